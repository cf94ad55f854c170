//! Equal rows inside a part and across parts: counted, so that a score can be read with them in mind.

mod pairs;

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::example::{ImageExample, Split, TextExample};

pub use pairs::{RepeatedPair, RepeatedRow, Repeats};
pub(crate) use pairs::{Seen, groups};

/// Identity of a row for the purpose of finding equal ones: 128 bits of a SHA-256.
pub type Fingerprint = [u8; 16];

/// How many rows repeat, and where.
///
/// Texts are compared folded: lower case, every run of white space one blank, none at the ends.
/// Images are compared pixel by pixel. `dev` here means a published dev part: one that is cut
/// from the training rows keeps equal rows on one side, so it shares nothing with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateReport {
    /// Training rows equal to an earlier training row.
    pub within_train: usize,
    /// Dev rows equal to an earlier dev row.
    pub within_dev: usize,
    /// Test rows equal to an earlier test row.
    pub within_test: usize,
    /// Dev rows that also stand in the training part.
    pub dev_in_train: usize,
    /// Test rows that also stand in the training part.
    pub test_in_train: usize,
    /// Those of `test_in_train` that the training part knows under another label only.
    pub test_in_train_other_label: usize,
    /// Test rows that also stand in the dev part.
    pub test_in_dev: usize,
    /// Distinct training rows that carry two or more different labels.
    pub train_with_two_labels: usize,
}

impl DuplicateReport {
    /// How many different rows there are among so many of train, dev and test.
    pub(crate) fn distinct(&self, [train, dev, test]: [usize; 3]) -> usize {
        // Exact where only the training part has rows, and where the others repeat it; else at most this.
        let fresh = |rows: usize, known: usize, within: usize| match rows.saturating_sub(known) {
            0 => 0,
            fresh => fresh.saturating_sub(within).max(1),
        };
        train.saturating_sub(self.within_train)
            + fresh(dev, self.dev_in_train, self.within_dev)
            + fresh(test, self.test_in_train, self.within_test)
    }

    /// Whether any test or dev row stands in another part.
    pub fn crosses_parts(&self) -> bool {
        self.dev_in_train + self.test_in_train + self.test_in_dev > 0
    }

    /// The report as sentences for a set's notes; empty if nothing repeats.
    ///
    /// `noun` is what a row is called (`"texts"`, `"images"`); `rows` are the rows of train, dev, test.
    pub fn sentences(&self, noun: &str, rows: [usize; 3]) -> Vec<String> {
        let [train, dev, test] = rows;
        let mut said = Vec::new();
        if self.test_in_train > 0 {
            let other = match self.test_in_train_other_label {
                0 => String::new(),
                n => format!(" ({n} of them only under another label)"),
            };
            said.push(format!(
                "{} of {test} test {noun} also stand in the training part{other}",
                self.test_in_train
            ));
        }
        if self.dev_in_train > 0 {
            said.push(format!(
                "{} of {dev} dev {noun} also stand in the training part",
                self.dev_in_train
            ));
        }
        if self.test_in_dev > 0 {
            said.push(format!(
                "{} of {test} test {noun} also stand in the dev part",
                self.test_in_dev
            ));
        }
        // Counted before parts are cut: where none is published, no row is a training row yet.
        let all = if dev + test == 0 { "" } else { "training " };
        for (part, repeats, rows) in [
            (all, self.within_train, train),
            ("dev ", self.within_dev, dev),
            ("test ", self.within_test, test),
        ] {
            if repeats > 0 {
                said.push(format!(
                    "{repeats} of {rows} {part}{noun} repeat an earlier one"
                ));
            }
        }
        if self.train_with_two_labels > 0 {
            said.push(format!(
                "{} training {noun} carry more than one label",
                self.train_with_two_labels
            ));
        }
        said
    }
}

impl fmt::Display for DuplicateReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "repeats within   train {}, dev {}, test {}",
            self.within_train, self.within_dev, self.within_test
        )?;
        writeln!(
            f,
            "repeats across   test in train {} ({} with another label), dev in train {}, test in dev {}",
            self.test_in_train, self.test_in_train_other_label, self.dev_in_train, self.test_in_dev
        )?;
        write!(
            f,
            "two labels       {} distinct training rows",
            self.train_with_two_labels
        )
    }
}

/// A row that has an identity and a class.
pub trait Labelled {
    /// What makes two rows equal.
    fn fingerprint(&self) -> Fingerprint;
    /// The class.
    fn label(&self) -> u32;
}

impl Labelled for TextExample {
    fn fingerprint(&self) -> Fingerprint {
        text_fingerprint(&self.text)
    }
    fn label(&self) -> u32 {
        self.label
    }
}

impl Labelled for ImageExample {
    fn fingerprint(&self) -> Fingerprint {
        image_fingerprint(&self.pixels)
    }
    fn label(&self) -> u32 {
        self.label
    }
}

/// Fingerprint of a text folded in case and white space.
pub fn text_fingerprint(text: &str) -> Fingerprint {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    shorten(Sha256::digest(folded.as_bytes()).as_slice())
}

/// Fingerprint of an image by its pixels.
pub fn image_fingerprint(pixels: &[u8]) -> Fingerprint {
    shorten(Sha256::digest(pixels).as_slice())
}

/// Fingerprint and label of every row, part by part.
pub(crate) fn prints<T: Labelled>(split: &Split<T>) -> [Vec<(Fingerprint, u32)>; 3] {
    split.parts().map(|(_, rows)| {
        rows.iter()
            .map(|row| (row.fingerprint(), row.label()))
            .collect()
    })
}

fn shorten(digest: &[u8]) -> Fingerprint {
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    short
}

/// Counts the repeats inside and across the parts of `split`.
pub fn count_duplicates<T: Labelled>(split: &Split<T>) -> DuplicateReport {
    let [train, dev, test] = prints(split);
    let (train_labels, dev_labels) = (labels_by_fingerprint(&train), labels_by_fingerprint(&dev));
    let test_labels = labels_by_fingerprint(&test);
    let standing = |rows: &[(Fingerprint, u32)], other: &HashMap<Fingerprint, Vec<u32>>| {
        rows.iter()
            .filter(|(print, _)| other.contains_key(print))
            .count()
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "a count does not depend on the order"
    )]
    let two_labels = train_labels
        .values()
        .filter(|labels| labels.len() > 1)
        .count();
    DuplicateReport {
        within_train: train.len() - train_labels.len(),
        within_dev: dev.len() - dev_labels.len(),
        within_test: test.len() - test_labels.len(),
        dev_in_train: standing(&dev, &train_labels),
        test_in_train: standing(&test, &train_labels),
        test_in_train_other_label: test
            .iter()
            .filter(|(print, label)| {
                train_labels
                    .get(print)
                    .is_some_and(|known| !known.contains(label))
            })
            .count(),
        test_in_dev: standing(&test, &dev_labels),
        train_with_two_labels: two_labels,
    }
}

/// The distinct labels under which each distinct row appears.
fn labels_by_fingerprint(rows: &[(Fingerprint, u32)]) -> HashMap<Fingerprint, Vec<u32>> {
    let mut known: HashMap<Fingerprint, Vec<u32>> = HashMap::with_capacity(rows.len());
    for &(print, label) in rows {
        let labels = known.entry(print).or_default();
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str, label: u32) -> TextExample {
        TextExample::new(text, label)
    }

    #[test]
    fn texts_are_folded_in_case_and_white_space() {
        assert_eq!(
            text_fingerprint("  Not  GOOD\t"),
            text_fingerprint("not good")
        );
        assert_eq!(text_fingerprint("ÉTÉ"), text_fingerprint("été"));
        assert_ne!(text_fingerprint("not good"), text_fingerprint("notgood"));
    }

    #[test]
    fn every_count_of_the_report() {
        let split = Split {
            train: vec![
                row("a", 0),
                row("A ", 1),
                row("b", 0),
                row("b", 0),
                row("c", 1),
            ],
            dev: vec![row("b", 0), row("d", 0)],
            test: vec![
                row("a", 1),
                row("c", 0),
                row("d", 1),
                row("e", 0),
                row("E", 0),
            ],
        };
        let report = count_duplicates(&split);
        assert_eq!(
            report,
            DuplicateReport {
                within_train: 2,
                within_dev: 0,
                within_test: 1,
                dev_in_train: 1,
                test_in_train: 2,
                test_in_train_other_label: 1,
                test_in_dev: 1,
                train_with_two_labels: 1,
            }
        );
        assert!(report.crosses_parts());
        let said = report.sentences("texts", [5, 2, 5]);
        assert_eq!(
            said[0],
            "2 of 5 test texts also stand in the training part (1 of them only under another label)"
        );
        assert_eq!(said.len(), 6);
    }

    #[test]
    fn nothing_repeated_is_nothing_said() {
        let split = Split {
            train: vec![row("a", 0)],
            dev: vec![],
            test: vec![row("b", 0)],
        };
        let report = count_duplicates(&split);
        assert!(!report.crosses_parts());
        assert!(report.sentences("texts", [1, 0, 1]).is_empty());
    }
}
