//! The part of `result.json` that is there where rows may have any number of labels.

use serde::{Deserialize, Serialize};

use super::result::{BaselineScore, TestScore};
use crate::statistics::{LabelSetScores, Score, SetComparison, SetIntervals, wilson_interval};

/// A score where rows may have any number of labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetScore {
    /// F1 over all answers, one per row and label.
    pub micro_f1: f64,
    /// Its 95 % interval by the bootstrap over rows, as of the two below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub micro_f1_ci95: Option<[f64; 2]>,
    /// That of the macro-F1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub macro_f1_ci95: Option<[f64; 2]>,
    /// Share of wrong answers among them.
    pub hamming_loss: f64,
    /// Its interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hamming_loss_ci95: Option<[f64; 2]>,
    /// Precision, recall, F1 and rows of each label, in the order of `labels.json`.
    pub labels: Vec<LabelScore>,
}

/// A score of one label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelScore {
    /// The label.
    pub label: String,
    /// From this probability on a row is given the label; `null` for the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
    /// Share of the rows given the label that have it.
    pub precision: f64,
    /// Share of the rows that have it that were given it.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
    /// Rows that have it.
    pub support: u64,
}

impl SetScore {
    /// The score that follows from the counts; `thresholds` has one per label, or none at all.
    pub fn new(scores: &LabelSetScores, labels: &[String], thresholds: &[f32]) -> Self {
        let label = |(class, label): (usize, &String)| {
            let of_class = scores.class_scores(class);
            LabelScore {
                label: label.clone(),
                threshold: thresholds.get(class).copied(),
                precision: of_class.precision,
                recall: of_class.recall,
                f1: of_class.f1,
                support: of_class.support,
            }
        };
        Self {
            micro_f1: scores.micro_f1(),
            micro_f1_ci95: None,
            macro_f1_ci95: None,
            hamming_loss: scores.hamming_loss(),
            hamming_loss_ci95: None,
            labels: labels.iter().enumerate().map(label).collect(),
        }
    }

    /// The same with its intervals.
    pub fn within(mut self, intervals: &SetIntervals) -> Self {
        let ends = |score: Score| Some([score.low, score.high]);
        self.micro_f1_ci95 = ends(intervals.micro_f1);
        self.macro_f1_ci95 = ends(intervals.macro_f1);
        self.hamming_loss_ci95 = ends(intervals.hamming_loss);
        self
    }
}

impl TestScore {
    /// The score where rows may have any number of labels.
    pub fn of_sets(scores: &LabelSetScores, sets: SetScore, loss: f64) -> Self {
        let accuracy = scores.subset_accuracy();
        Self {
            accuracy,
            error: 1.0 - accuracy,
            ci95: wilson_interval(scores.exact(), scores.rows()).to_array(),
            macro_f1: scores.macro_f1(),
            loss,
            count: scores.rows(),
            truncated: None,
            sha256: None,
            sets: Some(sets),
        }
    }
}

impl BaselineScore {
    /// The score where rows may have any number of labels.
    pub fn of_sets(
        name: impl Into<String>,
        scores: &LabelSetScores,
        sets: SetScore,
        seconds: f64,
    ) -> Self {
        let accuracy = scores.subset_accuracy();
        Self {
            name: name.into(),
            accuracy,
            error: 1.0 - accuracy,
            ci95: wilson_interval(scores.exact(), scores.rows()).to_array(),
            macro_f1: scores.macro_f1(),
            count: scores.rows(),
            seconds,
            mcnemar_p: None,
            accuracy_difference: None,
            macro_f1_difference: None,
            micro_f1_difference: None,
            randomization_p: None,
            sets: Some(sets),
        }
    }

    /// The same with the network compared against it.
    pub fn compared_as_sets(mut self, comparison: &SetComparison) -> Self {
        self.mcnemar_p = Some(comparison.mcnemar.p_value);
        self.accuracy_difference = Some(comparison.exact.into());
        self.macro_f1_difference = Some(comparison.macro_f1.into());
        self.micro_f1_difference = Some(comparison.micro_f1.into());
        self.randomization_p = Some(comparison.randomization.p_value);
        self
    }
}
