//! fastText's model files (`.bin`, version 12 and the older ones without a version), little-endian:
//!
//! ```text
//! i32 magic, i32 version             not in the oldest files
//! i32 x 12: dim ws epoch minCount neg wordNgrams loss model bucket minn maxn lrUpdateRate, f64 t
//! i32 size, nwords, nlabels, i64 ntokens, i64 pruneidx_size (not in the oldest)
//! size x { word, 0, i64 count, i8 type (0 word, 1 label) }
//! u8 quantised (not in the oldest)
//! i64 rows, i64 dim, rows x dim f32   rows = nwords, then one for each bucket of n-grams
//! ```
//!
//! What follows (the output matrix) is not read. The vector of a word is the mean of its own row and those of its
//! n-grams; of a word that the model never saw, of its n-grams alone. Rows are added in f64, in the order of the file.

use std::io::Read;

use super::source::Source;
use super::subwords::Subwords;
use super::wanted::{Match, Wanted};
use super::{DIMENSION_LIMIT, Found, VectorOptions, VectorProblem, checked_dimension};

const MAGIC: i32 = 793_712_314;
const VERSION: i32 = 12;
/// fastText's `args`, in the order of the file.
const ARGUMENTS: usize = 12;
const DIM: usize = 0;
const LOSS: usize = 6;
const MODEL: usize = 7;
const BUCKET: usize = 8;
const MINN: usize = 9;
const MAXN: usize = 10;
/// No n-gram is longer; fastText's default is 6.
const NGRAM_LIMIT: i32 = 1000;

/// Whether the bytes begin like a model, of the new or the old kind.
pub(super) fn begins_model(front: &[u8]) -> bool {
    let number = |index: usize| {
        let bytes = front.get(4 * index..4 * index + 4)?;
        Some(i32::from_le_bytes(bytes.try_into().ok()?))
    };
    if number(0) == Some(MAGIC) {
        return true;
    }
    // The oldest files begin with the arguments: small numbers, so that no text can look like them.
    let within =
        |index, low, high| number(index).is_some_and(|value| (low..=high).contains(&value));
    within(DIM, 1, DIMENSION_LIMIT as i32)
        && within(LOSS, 1, 4)
        && within(MODEL, 1, 3)
        && within(BUCKET, 0, i32::MAX)
        && within(MINN, 0, NGRAM_LIMIT)
        && within(MAXN, 0, NGRAM_LIMIT)
}

pub(super) fn read<R: Read>(
    source: &mut Source<R>,
    wanted: &mut Wanted<'_>,
    options: &VectorOptions,
) -> Result<Found, VectorProblem> {
    let model = Model::read(source)?;
    let limit = options.limit.unwrap_or(u64::MAX);
    let mut sums = Sums::default();
    model.read_dictionary(source, |word, row| {
        if row >= limit {
            return Ok(());
        }
        let takers = wanted.ask(word)?;
        if !takers.is_empty() {
            // `ask` found the word, so it is UTF-8.
            let word = String::from_utf8_lossy(word);
            sums.add_word(takers, Some(row), &word, &model);
        }
        Ok(())
    })?;
    let has_subwords = options.subwords && model.subwords.longest > 0;
    if has_subwords {
        let unmatched: Vec<(u32, &str)> = wanted.unmatched().collect();
        for (index, word) in unmatched {
            if sums.add_word(vec![(index, Match::Subwords)], None, word, &model) {
                wanted.matched_by_subwords(index);
            }
        }
    }
    model.read_matrix(source, sums, wanted)?;
    Ok(Found {
        dimension: model.dimension,
        words: model.words.min(limit),
    })
}

struct Model {
    dimension: usize,
    is_old: bool,
    entries: u64,
    words: u64,
    subwords: Subwords,
}

impl Model {
    /// Everything before the dictionary's entries.
    fn read<R: Read>(source: &mut Source<R>) -> Result<Self, VectorProblem> {
        let mut first = read_i32(source)?;
        let is_old = first != MAGIC;
        if !is_old {
            let version = read_i32(source)?;
            if version != VERSION {
                return Err(impossible("version", version.into(), VERSION));
            }
            first = read_i32(source)?;
        }
        let mut arguments = [first; ARGUMENTS];
        for argument in &mut arguments[1..] {
            *argument = read_i32(source)?;
        }
        source.skip(8, "the arguments of the model")?;
        let dimension = checked_dimension(u64::try_from(arguments[DIM]).unwrap_or(0))?;
        let within = |field: &'static str, index: usize, high: i32| {
            let value = arguments[index];
            let message = format!("0 to {high}");
            u32::try_from(value)
                .ok()
                .filter(|_| value <= high)
                .ok_or_else(|| impossible(field, value.into(), message))
        };
        let subwords = Subwords {
            shortest: within("minn", MINN, NGRAM_LIMIT)? as usize,
            longest: within("maxn", MAXN, NGRAM_LIMIT)? as usize,
            buckets: within("bucket", BUCKET, i32::MAX)?,
        };
        let [entries, words, labels] = [read_i32(source)?, read_i32(source)?, read_i32(source)?];
        if words < 0 || labels < 0 || i64::from(words) + i64::from(labels) != i64::from(entries) {
            let expected = format!("nwords + nlabels = {words} + {labels}");
            return Err(impossible("size", entries.into(), expected));
        }
        source.skip(8, "the dictionary's head")?;
        if !is_old {
            let pruned = read_i64(source)?;
            if pruned > 0 {
                // Only `fasttext quantize -cutoff` prunes.
                return Err(VectorProblem::Quantised);
            }
        }
        Ok(Self {
            dimension,
            is_old,
            entries: entries as u64,
            words: words as u64,
            subwords,
        })
    }

    /// Calls `each` with every word and its row; labels are passed over.
    fn read_dictionary<R: Read>(
        &self,
        source: &mut Source<R>,
        mut each: impl FnMut(&[u8], u64) -> Result<(), VectorProblem>,
    ) -> Result<(), VectorProblem> {
        let mut word = Vec::new();
        for entry in 0..self.entries {
            source.word(0, &mut word)?;
            let mut rest = [0; 9];
            source.read_exact(&mut rest, "the dictionary")?;
            let is_word = entry < self.words;
            let kind = rest[8];
            if kind != u8::from(!is_word) {
                return Err(impossible("entry type", kind.into(), u8::from(!is_word)));
            }
            if is_word {
                each(&word, entry)?;
            }
        }
        Ok(())
    }

    /// Passes over the matrix once, adding each row to the words that need it.
    fn read_matrix<R: Read>(
        &self,
        source: &mut Source<R>,
        sums: Sums,
        wanted: &mut Wanted<'_>,
    ) -> Result<(), VectorProblem> {
        if !self.is_old {
            let mut quantised = [0];
            source.read_exact(&mut quantised, "the matrix's head")?;
            match quantised[0] {
                0 => {}
                1 => return Err(VectorProblem::Quantised),
                other => return Err(impossible("quant_input", other.into(), "0 or 1")),
            }
        }
        let (rows, columns) = (read_i64(source)?, read_i64(source)?);
        if columns != self.dimension as i64 {
            return Err(impossible("matrix columns", columns, self.dimension));
        }
        let with_buckets = self.words as i64 + i64::from(self.subwords.buckets);
        let needs_buckets = self.subwords.longest > 0;
        if rows != with_buckets && (needs_buckets || rows < self.words as i64) {
            return Err(impossible("matrix rows", rows, with_buckets));
        }
        let Sums { mut shares, takers } = sums;
        shares.sort_unstable();
        let mut totals = vec![0.0f64; takers.len() * self.dimension];
        let mut counts = vec![0u32; takers.len()];
        let (mut vector, mut bytes) = (vec![0.0; self.dimension], Vec::new());
        let mut next_row = 0;
        for group in shares.chunk_by(|a, b| a.0 == b.0) {
            let row = u64::from(group[0].0);
            source.skip((row - next_row) * 4 * self.dimension as u64, "the matrix")?;
            source.floats(&mut vector, &mut bytes)?;
            next_row = row + 1;
            for &(_, taker) in group {
                let total = &mut totals[taker as usize * self.dimension..][..self.dimension];
                total
                    .iter_mut()
                    .zip(&vector)
                    .for_each(|(t, v)| *t += f64::from(*v));
                counts[taker as usize] += 1;
            }
        }
        let left = (rows as u64).saturating_sub(next_row);
        source.skip(left.saturating_mul(4 * self.dimension as u64), "the matrix")?;
        for (index, takers) in takers.iter().enumerate() {
            let total = &totals[index * self.dimension..][..self.dimension];
            let count = f64::from(counts[index]);
            vector
                .iter_mut()
                .zip(total)
                .for_each(|(v, t)| *v = (t / count) as f32);
            wanted.keep(takers, &vector)?;
        }
        Ok(())
    }
}

/// Which rows of the matrix make up which vectors.
#[derive(Default)]
struct Sums {
    /// Row of the matrix, index of the sum; an n-gram that occurs twice counts twice, as in fastText.
    shares: Vec<(u32, u32)>,
    /// The vocabulary words that get each sum.
    takers: Vec<Vec<(u32, Match)>>,
}

impl Sums {
    /// Adds a sum for `word`; returns false, adding nothing, if no row belongs to it.
    fn add_word(
        &mut self,
        takers: Vec<(u32, Match)>,
        row: Option<u64>,
        word: &str,
        model: &Model,
    ) -> bool {
        let sum = self.takers.len() as u32;
        let before = self.shares.len();
        self.shares.extend(row.map(|row| (row as u32, sum)));
        // The end of a sentence has no n-grams, except in the oldest models.
        if word != "</s>" || model.is_old {
            let words = model.words as u32;
            model.subwords.for_each_bucket(word, |bucket| {
                self.shares.push((words + bucket, sum));
            });
        }
        let added = self.shares.len() > before;
        if added {
            self.takers.push(takers);
        }
        added
    }
}

fn impossible(field: &'static str, found: i64, expected: impl ToString) -> VectorProblem {
    VectorProblem::FastText {
        field,
        found,
        expected: expected.to_string(),
    }
}

fn read_i32<R: Read>(source: &mut Source<R>) -> Result<i32, VectorProblem> {
    let mut bytes = [0; 4];
    source.read_exact(&mut bytes, "the model's head")?;
    Ok(i32::from_le_bytes(bytes))
}

fn read_i64<R: Read>(source: &mut Source<R>) -> Result<i64, VectorProblem> {
    let mut bytes = [0; 8];
    source.read_exact(&mut bytes, "the model's head")?;
    Ok(i64::from_le_bytes(bytes))
}
