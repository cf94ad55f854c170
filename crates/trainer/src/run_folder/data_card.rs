//! `data.json`: what a run learned from, in figures and in the sentences that were said when it was opened.

use datasets::Repeats;
use serde::{Deserialize, Serialize};

/// The content of `data.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataCard {
    /// The set's name (never a path).
    pub name: String,
    /// Digest of all examples and their split.
    pub sha256: String,
    /// Training rows of each class, in the order of `labels.json`.
    pub train: Vec<u64>,
    /// Dev rows of each class.
    pub dev: Vec<u64>,
    /// Test rows of each class.
    pub test: Vec<u64>,
    /// Rows of train, dev and test where a row may have any number of classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<[u64; 3]>,
    /// What was guessed, cut, skipped or noticed; repeats within and across the parts among it.
    pub notes: Vec<String>,
    /// Rows that repeat an earlier one, some of them with both places.
    #[serde(default)]
    pub repeats: Repeats,
}

impl DataCard {
    /// Rows of train, dev and test.
    pub fn rows(&self) -> [u64; 3] {
        let one_class_a_row = || [&self.train, &self.dev, &self.test].map(|part| part.iter().sum());
        self.rows.unwrap_or_else(one_class_a_row)
    }
}

/// Rows of each class.
pub fn count_labels(labels: &[u32], classes: usize) -> Vec<u64> {
    let mut counts = vec![0; classes];
    for &label in labels {
        counts[label as usize] += 1;
    }
    counts
}
