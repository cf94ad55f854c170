//! tf-idf: from the n-gram keys of documents to sparse rows of length 1.
//!
//! As scikit-learn computes it with `sublinear_tf=True` and its default settings, over n training documents:
//!
//! ```text
//! value(t, d) = (1 + ln count(t, d)) · idf(t),   idf(t) = ln((1 + n) / (1 + documents with t)) + 1
//! ```
//!
//! then each document is divided by its Euclidean length. n-grams that no training document has are left out,
//! before the length is taken.

use super::BaselineError;
use super::ngrams::KeyIndex;
use super::rows::Rows;
use rayon::prelude::*;

/// Counting goes over ranges of keys, this many, so that only a few of them are sorted at a time.
const KEY_RANGES: u64 = 16;

/// Documents are counted in parts of this many, so that a thread has work for a while.
const PART: usize = 512;

/// The n-grams of the training set: those of several documents, which are columns of their own, and
/// those of one document, which share its private column.
#[derive(Debug)]
pub(super) struct TfIdf {
    index: KeyIndex,
    /// What stands at each place of the index.
    entries: Vec<Entry>,
    /// idf of each column. Columns are in order of falling frequency, so that what is used most lies close together.
    idf: Vec<f32>,
    /// The document and the value of each private n-gram.
    private: Vec<(u32, f32)>,
    /// idf of an n-gram that stands in one document.
    private_idf: f32,
}

/// The column of a shared n-gram, or the number of a private one with the top bit set.
#[derive(Clone, Copy, Debug)]
struct Entry(u32);

const PRIVATE: u32 = 1 << 31;

/// One n-gram of a document to be judged.
pub(super) enum Term {
    /// A shared column.
    Shared(usize),
    /// A private n-gram: the training document it stands in, and its value there.
    Private(usize, f32),
}

/// Distinct keys of documents and `1 + ln count` of each, one document after another.
#[derive(Debug, Default)]
struct Counts {
    starts: Vec<usize>,
    keys: Vec<u64>,
    weights: Vec<f32>,
}

impl TfIdf {
    /// Counts the n-grams of `documents` documents and turns the documents into rows. `keys_of` puts the keys of one
    /// document, repeated as often as they stand in it, into the vector it is given.
    pub(super) fn fit(
        documents: usize,
        keys_of: impl Fn(usize, &mut Vec<u64>) + Sync,
    ) -> Result<(Self, Rows), BaselineError> {
        let counts = Counts::of(documents, keys_of);
        let (keys, frequencies) = distinct(&counts.keys);
        if keys.len() >= PRIVATE as usize {
            return Err(BaselineError::TooMany {
                count: keys.len(),
                what: "different n-grams",
            });
        }
        let idf = |frequency: u32| {
            let ratio = (1.0 + documents as f64) / (1.0 + f64::from(frequency));
            (ratio.ln() + 1.0) as f32
        };
        let mut shared: Vec<u32> = (0..keys.len() as u32)
            .filter(|&place| frequencies[place as usize] > 1)
            .collect();
        shared.sort_by_key(|&place| std::cmp::Reverse(frequencies[place as usize]));
        let mut entries = vec![Entry(PRIVATE); keys.len()];
        for (column, &place) in shared.iter().enumerate() {
            entries[place as usize] = Entry(column as u32);
        }
        let mut private = 0;
        for entry in entries.iter_mut().filter(|entry| entry.0 == PRIVATE) {
            entry.0 |= private;
            private += 1;
        }
        let mut tfidf = Self {
            index: KeyIndex::new(keys),
            entries,
            idf: shared
                .into_iter()
                .map(|place| idf(frequencies[place as usize]))
                .collect(),
            private: vec![(0, 0.0); private as usize],
            private_idf: idf(1),
        };
        let rows = tfidf.rows(counts);
        Ok((tfidf, rows))
    }

    /// Turns the counted documents into rows, and notes where the private n-grams went.
    fn rows(&mut self, counts: Counts) -> Rows {
        let documents = counts.starts.len() - 1;
        // Documents are independent; only the placing of their private n-grams, below, is one after another.
        let found: Vec<Vec<(Entry, f32)>> = (0..documents)
            .into_par_iter()
            .map(|document| {
                let range = counts.starts[document]..counts.starts[document + 1];
                let keys = counts.keys[range.clone()].iter();
                self.weigh(keys.zip(&counts.weights[range]).map(|(&k, &w)| (k, w)))
            })
            .collect();
        drop(counts);
        let mut rows = Rows {
            columns: self.idf.len(),
            starts: vec![0],
            ..Rows::default()
        };
        for (document, entries) in found.into_iter().enumerate() {
            let mut private_square = 0.0;
            for (entry, value) in entries {
                match entry.private() {
                    Some(number) => {
                        private_square += value * value;
                        self.private[number] = (document as u32, value);
                    }
                    None => {
                        rows.indices.push(entry.0);
                        rows.values.push(value);
                    }
                }
            }
            rows.starts.push(rows.indices.len());
            rows.private_squares.push(private_square);
        }
        rows
    }

    /// The known ones of a document's n-grams with their values, the document scaled to length 1.
    fn weigh(&self, counts: impl Iterator<Item = (u64, f32)>) -> Vec<(Entry, f32)> {
        let mut square = 0f32;
        let mut entries: Vec<(Entry, f32)> = counts
            .filter_map(|(key, weight)| {
                let entry = self.entries[self.index.find(key)?];
                let idf = match entry.private() {
                    Some(_) => self.private_idf,
                    None => self.idf[entry.0 as usize],
                };
                let value = weight * idf;
                square += value * value;
                Some((entry, value))
            })
            .collect();
        let scale = 1.0 / square.sqrt();
        for (_, value) in &mut entries {
            *value *= scale;
        }
        entries
    }

    /// The terms of a document to be judged, with their values, from its keys (which are sorted on the way).
    pub(super) fn transform(&self, keys: &mut [u64]) -> impl Iterator<Item = (Term, f32)> {
        keys.sort_unstable();
        let counts = keys.chunk_by(|a, b| a == b);
        let entries = self.weigh(counts.map(|same| (same[0], count_weight(same.len()))));
        entries.into_iter().map(|(entry, value)| {
            let term = match entry.private() {
                Some(number) => {
                    let (document, there) = self.private[number];
                    Term::Private(document as usize, there)
                }
                None => Term::Shared(entry.0 as usize),
            };
            (term, value)
        })
    }

    /// Number of different n-grams.
    pub(super) fn len(&self) -> usize {
        self.index.len()
    }
}

impl Entry {
    /// The number of a private n-gram, `None` for a shared one.
    fn private(self) -> Option<usize> {
        (self.0 & PRIVATE != 0).then_some((self.0 & !PRIVATE) as usize)
    }
}

/// `1 + ln count`
fn count_weight(count: usize) -> f32 {
    if count == 1 {
        1.0
    } else {
        (1.0 + (count as f64).ln()) as f32
    }
}

impl Counts {
    fn of(documents: usize, keys_of: impl Fn(usize, &mut Vec<u64>) + Sync) -> Self {
        let parts: Vec<Self> = (0..documents.div_ceil(PART))
            .into_par_iter()
            .map(|part| {
                let mut counts = Self::default();
                let mut keys = Vec::new();
                for document in part * PART..documents.min((part + 1) * PART) {
                    keys_of(document, &mut keys);
                    keys.sort_unstable();
                    for repeated in keys.chunk_by(|a, b| a == b) {
                        counts.keys.push(repeated[0]);
                        counts.weights.push(count_weight(repeated.len()));
                    }
                    counts.starts.push(counts.keys.len());
                }
                counts
            })
            .collect();
        let mut all = Self {
            starts: vec![0],
            ..Self::default()
        };
        let total = parts.iter().map(|part| part.keys.len()).sum();
        all.keys.reserve_exact(total);
        all.weights.reserve_exact(total);
        for part in parts {
            let offset = all.keys.len();
            all.starts
                .extend(part.starts.iter().map(|end| offset + end));
            all.keys.extend(part.keys);
            all.weights.extend(part.weights);
        }
        all
    }
}

/// The distinct keys, ascending, and in how many documents each stands.
fn distinct(keys: &[u64]) -> (Vec<u64>, Vec<u32>) {
    let ranges: Vec<(Vec<u64>, Vec<u32>)> = (0..KEY_RANGES)
        .into_par_iter()
        .map(|range| {
            let of_range = |key: &&u64| **key / (u64::MAX / KEY_RANGES + 1) == range;
            let mut some: Vec<u64> = keys.iter().filter(of_range).copied().collect();
            some.sort_unstable();
            let same = some.chunk_by(|a, b| a == b);
            same.map(|same| (same[0], same.len() as u32)).unzip()
        })
        .collect();
    let (mut all, mut frequencies) = (Vec::new(), Vec::new());
    for (keys, counts) in ranges {
        all.extend(keys);
        frequencies.extend(counts);
    }
    (all, frequencies)
}
