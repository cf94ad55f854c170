//! What stands under each window: the words of the documents with the zero vector's number wherever there is none.

use super::shape::Batch;
use crate::SKIP;
use crate::scratch::Buffer;

/// The words of all documents, each document between as many places without a word as its widest window can reach over.
pub(super) struct Places {
    words: Buffer<u32>,
    /// Places without a word before each document.
    before: usize,
    /// Places without a word before and after each document.
    around: usize,
}

impl Places {
    /// `nothing` stands for a token to skip and for places outside the document.
    pub(super) fn new(batch: Batch<'_>, nothing: u32) -> Self {
        let Batch {
            shape,
            offsets,
            ids,
        } = batch;
        let widest = shape.widest();
        let before = batch.before(widest.max(1));
        // The window that touches no token begins just behind the document.
        let around = before + widest;
        let mut words = Buffer::take(ids.len() + around * offsets.documents());
        let mut rest = &mut words[..];
        for d in 0..offsets.documents() {
            let document = &ids[offsets.range(d)];
            let (places, others) = rest.split_at_mut(document.len() + around);
            places[..before].fill(nothing);
            for (place, &id) in places[before..].iter_mut().zip(document) {
                *place = if id == SKIP { nothing } else { id };
            }
            places[before + document.len()..].fill(nothing);
            rest = others;
        }
        Self {
            words,
            before,
            around,
        }
    }

    /// The words from the first place of window 0 of a filter of `width` in document `d` on.
    #[inline(always)]
    pub(super) fn of(&self, batch: Batch<'_>, d: usize, width: usize) -> &[u32] {
        let start = batch.offsets.as_slice()[d] + d * self.around + self.before;
        &self.words[start - batch.before(width)..]
    }
}
