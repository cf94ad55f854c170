//! The confusion matrix and the scores that follow from it.

use super::interval::{Interval, wilson_interval};
use thiserror::Error;

/// How often each true label was given each predicted label: `[classes (truth), classes (prediction)]`.
///
/// All scores come from these counts, so they cannot depend on how the test set was batched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: usize,
    counts: Vec<u64>,
}

/// Precision, recall and F1 of one class; each is 0 where it is undefined (0/0).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassScores {
    /// Share of the rows predicted as this class that are of it.
    pub precision: f64,
    /// Share of the rows of this class that were predicted as it.
    pub recall: f64,
    /// Harmonic mean of precision and recall, `2·tp / (2·tp + fp + fn)`.
    pub f1: f64,
    /// Number of rows of this class.
    pub support: u64,
}

/// Why labels and predictions cannot be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ConfusionError {
    /// A label or prediction names a class that does not exist.
    #[error("row {row} has the {role} {label}, but there are only {classes} classes (0 to {max})",
            max = classes.saturating_sub(1))]
    LabelOutOfRange {
        /// Index of the row.
        row: usize,
        /// `"label"` or `"prediction"`.
        role: &'static str,
        /// The offending value.
        label: u32,
        /// Number of classes.
        classes: usize,
    },
    /// Not one prediction per label.
    #[error("{truths} labels but {predictions} predictions")]
    LengthMismatch {
        /// Number of labels.
        truths: usize,
        /// Number of predictions.
        predictions: usize,
    },
}

impl ConfusionMatrix {
    /// An empty matrix over `classes` labels.
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            counts: vec![0; classes * classes],
        }
    }

    /// Counts one prediction per row.
    ///
    /// # Errors
    /// When the lists differ in length or hold a label that is not below `classes`.
    pub fn from_predictions(
        classes: usize,
        truths: &[u32],
        predictions: &[u32],
    ) -> Result<Self, ConfusionError> {
        if truths.len() != predictions.len() {
            return Err(ConfusionError::LengthMismatch {
                truths: truths.len(),
                predictions: predictions.len(),
            });
        }
        let mut matrix = Self::new(classes);
        for (row, (&truth, &prediction)) in truths.iter().zip(predictions).enumerate() {
            for (role, label) in [("label", truth), ("prediction", prediction)] {
                if label as usize >= classes {
                    return Err(ConfusionError::LabelOutOfRange {
                        row,
                        role,
                        label,
                        classes,
                    });
                }
            }
            matrix.counts[truth as usize * classes + prediction as usize] += 1;
        }
        Ok(matrix)
    }

    /// Adds the counts of another part of the test set.
    ///
    /// # Panics
    /// When the two matrices differ in their number of classes.
    pub fn merge(&mut self, other: &Self) {
        assert_eq!(self.classes, other.classes, "number of classes");
        for (a, b) in self.counts.iter_mut().zip(&other.counts) {
            *a += b;
        }
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many rows of class `truth` were predicted as `prediction`.
    ///
    /// # Panics
    /// When either is not below the number of classes.
    pub fn count(&self, truth: usize, prediction: usize) -> u64 {
        assert!(truth < self.classes && prediction < self.classes);
        self.counts[truth * self.classes + prediction]
    }

    /// Number of rows.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Number of rows predicted right.
    pub fn correct(&self) -> u64 {
        (0..self.classes).map(|c| self.count(c, c)).sum()
    }

    /// Share of the rows predicted right; 0 without rows.
    pub fn accuracy(&self) -> f64 {
        ratio(self.correct(), self.total())
    }

    /// Share of the rows predicted wrong; 0 without rows.
    ///
    /// Counted, not `1 - accuracy`, so that 95 wrong of 10,000 is exactly 0.0095.
    pub fn error(&self) -> f64 {
        ratio(self.total() - self.correct(), self.total())
    }

    /// The 95 % Wilson interval of the accuracy.
    pub fn accuracy_interval(&self) -> Interval {
        wilson_interval(self.correct(), self.total())
    }

    /// Precision, recall, F1 and support of one class.
    ///
    /// # Panics
    /// When `class` is not below the number of classes.
    pub fn class_scores(&self, class: usize) -> ClassScores {
        let true_positives = self.count(class, class);
        let support: u64 = (0..self.classes).map(|p| self.count(class, p)).sum();
        let predicted: u64 = (0..self.classes).map(|t| self.count(t, class)).sum();
        ClassScores {
            precision: ratio(true_positives, predicted),
            recall: ratio(true_positives, support),
            f1: ratio(2 * true_positives, support + predicted),
            support,
        }
    }

    /// The mean of the F1 scores of *all* labels, a class without rows and predictions counting as 0.
    ///
    /// This is scikit-learn's `f1_score(labels=all, average="macro", zero_division=0)`. Leaving out the
    /// undefined classes, or taking the F1 of mean precision and mean recall, gives other figures
    /// (Opitz & Burst, arXiv:1911.03347).
    pub fn macro_f1(&self) -> f64 {
        if self.classes == 0 {
            return 0.0;
        }
        let sum: f64 = (0..self.classes).map(|c| self.class_scores(c).f1).sum();
        sum / self.classes as f64
    }
}

/// `part / whole`, 0 where undefined.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_classes_by_hand() {
        let matrix =
            ConfusionMatrix::from_predictions(2, &[0, 0, 0, 1, 1], &[0, 0, 1, 1, 0]).unwrap();
        assert_eq!(matrix.count(0, 1), 1);
        assert_eq!(matrix.accuracy(), 0.6);
        assert_eq!(matrix.error(), 0.4);
        let first = matrix.class_scores(0);
        assert_eq!((first.precision, first.recall), (2.0 / 3.0, 2.0 / 3.0));
        assert_eq!(first.support, 3);
        assert!((matrix.macro_f1() - (2.0 / 3.0 + 0.5) / 2.0).abs() < 1e-15);
    }

    #[test]
    fn a_label_that_never_occurs_counts_as_zero() {
        let matrix = ConfusionMatrix::from_predictions(3, &[0, 1], &[0, 1]).unwrap();
        assert_eq!(matrix.class_scores(2).f1, 0.0);
        assert!((matrix.macro_f1() - 2.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn no_rows_and_no_classes_have_scores() {
        let empty = ConfusionMatrix::new(3);
        assert_eq!(
            (empty.accuracy(), empty.error(), empty.macro_f1()),
            (0.0, 0.0, 0.0)
        );
        assert_eq!(ConfusionMatrix::new(0).macro_f1(), 0.0);
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let truths = [0, 1, 2, 2, 1, 0, 2];
        let predictions = [0, 2, 2, 1, 1, 1, 2];
        let whole = ConfusionMatrix::from_predictions(3, &truths, &predictions).unwrap();
        let mut parts = ConfusionMatrix::new(3);
        for (t, p) in truths.chunks(2).zip(predictions.chunks(2)) {
            parts.merge(&ConfusionMatrix::from_predictions(3, t, p).unwrap());
        }
        assert_eq!(parts, whole);
    }

    #[test]
    fn bad_rows_are_named() {
        assert_eq!(
            ConfusionMatrix::from_predictions(2, &[0, 1], &[0, 2]),
            Err(ConfusionError::LabelOutOfRange {
                row: 1,
                role: "prediction",
                label: 2,
                classes: 2
            })
        );
        assert_eq!(
            ConfusionMatrix::from_predictions(2, &[0], &[]),
            Err(ConfusionError::LengthMismatch {
                truths: 1,
                predictions: 0
            })
        );
    }
}
