//! What a trained layer makes of each word, remembered from call to call.

use std::sync::OnceLock;

use rayon::prelude::*;

use crate::SKIP;

/// Words of one task when entries are made. Not measured: a task multiplies each of them with all filters, which is long for any
/// number of words.
const WORDS: usize = 32;

/// Numbers of a cache line.
const LINE: usize = 16;

/// Entries of so many numbers, one for each word of a vocabulary, made when the word is met for the first time.
pub(crate) struct Entries {
    length: usize,
    made: Vec<OnceLock<Entry>>,
    nothing: Entry,
}

/// The numbers of one word, from the first whole cache line on.
pub(crate) struct Entry {
    numbers: Box<[f32]>,
    start: usize,
}

impl Entry {
    fn zeros(length: usize) -> Self {
        let numbers = vec![0.0; length + LINE].into_boxed_slice();
        let start = numbers.as_ptr().align_offset(LINE * size_of::<f32>());
        // It may not be possible to align; reading is then merely slower.
        let start = if start < LINE { start } else { 0 };
        Self { numbers, start }
    }

    /// The numbers from `place` on.
    #[inline(always)]
    pub(crate) fn tail(&self, place: usize) -> &[f32] {
        &self.numbers[self.start + place..]
    }

    /// The same, to be written.
    pub(crate) fn tail_mut(&mut self, place: usize) -> &mut [f32] {
        &mut self.numbers[self.start + place..]
    }
}

impl Entries {
    pub(crate) fn new(words: usize, length: usize) -> Self {
        Self {
            length,
            made: (0..words).map(|_| OnceLock::new()).collect(),
            nothing: Entry::zeros(length),
        }
    }

    /// The number of words.
    pub(crate) fn words(&self) -> usize {
        self.made.len()
    }

    /// The numbers of an entry.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Bytes of the entries that have been made.
    pub(crate) fn bytes(&self) -> usize {
        let made = self.made.iter().filter(|entry| entry.get().is_some());
        made.count() * (self.length + LINE) * size_of::<f32>()
    }

    /// Makes the entries of those of `ids` that have none yet: `make` fills the entries of a few words, which start as zeros. Several
    /// threads may make the same one; it has the same bits.
    pub(crate) fn ensure(&self, ids: &[u32], make: impl Fn(&[u32], &mut [Entry]) + Sync) {
        let is_missing = |id: &u32| *id != SKIP && self.made[*id as usize].get().is_none();
        let mut missing: Vec<u32> = ids.iter().copied().filter(is_missing).collect();
        if missing.is_empty() {
            return;
        }
        missing.sort_unstable();
        missing.dedup();
        let task = |words: &[u32]| {
            let mut entries: Vec<Entry> = words.iter().map(|_| Entry::zeros(self.length)).collect();
            make(words, &mut entries);
            for (word, entry) in words.iter().zip(entries) {
                let _ = self.made[*word as usize].set(entry);
            }
        };
        if missing.len() <= WORDS {
            task(&missing);
        } else {
            missing.par_chunks(WORDS).for_each(task);
        }
    }

    /// The entry of a word that has one, and zeros for [`SKIP`].
    #[inline(always)]
    pub(crate) fn of(&self, id: u32) -> &Entry {
        match id {
            SKIP => &self.nothing,
            id => self.made[id as usize]
                .get()
                .expect("entries are made before they are read"),
        }
    }

    /// Zeros.
    pub(crate) fn nothing(&self) -> &Entry {
        &self.nothing
    }
}
