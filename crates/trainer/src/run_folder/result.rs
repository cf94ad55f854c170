//! `result.json`: the score of a finished run, beside its baseline and what it cost.

use super::error::RunFolderError;
use super::set_score::SetScore;
use crate::statistics::{Comparison, ConfusionMatrix, Difference};
use serde::{Deserialize, Serialize};

/// The content of `result.json`. Accuracies are fractions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// The model's name.
    pub model: String,
    /// The data set's name (never a path).
    pub data: String,
    /// The Burn backend.
    pub backend: String,
    /// The seed.
    pub seed: u64,
    /// The score on the test set, read once.
    pub test: TestScore,
    /// The linear baseline on the same split; `null` when it was not asked for.
    pub baseline: Option<BaselineScore>,
    /// What the training took.
    pub train: TrainSummary,
    /// The scores of each class on the test set, in the order of `labels.json`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassScore>,
    /// How far the probabilities say how often the network is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationScore>,
}

/// The scores of one class on the test set; 0 where undefined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassScore {
    /// Its name.
    pub label: String,
    /// Share of the rows predicted as this class that are of it.
    pub precision: f64,
    /// Share of the rows of this class that were predicted as it.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
    /// Rows of this class.
    pub support: u64,
}

/// How far the probabilities on the test set say how often the network is right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationScore {
    /// Expected calibration error over 15 bins of the probabilities as they come.
    pub expected_error: f64,
    /// The temperature of least loss on dev; `null` where dev wants none (all rows right, say).
    pub temperature: Option<f64>,
    /// Expected calibration error at that temperature.
    pub expected_error_scaled: Option<f64>,
    /// Mean loss at that temperature.
    pub loss_scaled: Option<f64>,
}

/// A difference of two scores, the network's minus the other's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifferenceScore {
    /// On the test set as it is.
    pub value: f64,
    /// 95 % interval by the paired bootstrap.
    pub ci95: [f64; 2],
}

impl From<Difference> for DifferenceScore {
    fn from(difference: Difference) -> Self {
        let Difference { value, low, high } = difference;
        Self {
            value,
            ci95: [low, high],
        }
    }
}

/// A score on the test set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestScore {
    /// Share predicted right.
    pub accuracy: f64,
    /// Share predicted wrong.
    pub error: f64,
    /// 95 % Wilson interval of the accuracy.
    pub ci95: [f64; 2],
    /// Mean F1 over all labels, 0 where undefined.
    pub macro_f1: f64,
    /// Mean loss.
    pub loss: f64,
    /// Rows.
    pub count: u64,
    /// Texts that were cut to the model's longest length; left out where nothing is ever cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncated: Option<u64>,
    /// SHA-256 of the test rows with their labels: runs with the same one can be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Where rows may have any number of labels; then a row is right if all of its labels are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sets: Option<SetScore>,
}

/// The score of the linear baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaselineScore {
    /// What the baseline is.
    pub name: String,
    /// Share predicted right.
    pub accuracy: f64,
    /// Share predicted wrong.
    pub error: f64,
    /// 95 % Wilson interval of the accuracy.
    pub ci95: [f64; 2],
    /// Mean F1 over all labels, 0 where undefined.
    pub macro_f1: f64,
    /// Rows.
    pub count: u64,
    /// Seconds to fit it and predict with it.
    pub seconds: f64,
    /// McNemar's exact p-value of the network against it on the same rows.
    pub mcnemar_p: Option<f64>,
    /// Difference of the accuracies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_difference: Option<DifferenceScore>,
    /// Difference of the macro-F1 scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub macro_f1_difference: Option<DifferenceScore>,
    /// Where rows may have any number of labels: difference of the micro-F1 scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub micro_f1_difference: Option<DifferenceScore>,
    /// And the p-value of the network against it by the paired randomization test of micro-F1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub randomization_p: Option<f64>,
    /// Where rows may have any number of labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sets: Option<SetScore>,
}

/// What the training took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainSummary {
    /// Passes over the training set.
    pub epochs: u64,
    /// Optimiser steps.
    pub steps: u64,
    /// Seconds of training, all resumed parts together.
    pub seconds: f64,
    /// Training samples per second.
    pub samples_per_s: f64,
    /// The most memory the process held; `null` where the system does not tell.
    pub peak_rss_bytes: Option<u64>,
    /// Steps done at the best look at dev, whose weights the run keeps unless told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_step: Option<u64>,
    /// Steps that were found to fit into the time budget, over which the learning rate falls: `--steps` with this number repeats
    /// the run without a clock. Left out without a budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_steps: Option<u64>,
    /// What ended the run before its last step: `patience` or `time budget`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
}

impl TrainSummary {
    /// The options that repeat a run whose steps the clock decided; `None` for other runs.
    pub fn in_place_of_the_clock(&self) -> Option<String> {
        let planned = self.planned_steps?;
        let stop = match self.ended_by.as_deref() {
            Some("time budget") => format!(" --set training.stop_after={}", self.steps),
            _ => String::new(),
        };
        Some(format!("--steps {planned}{stop}"))
    }
}

impl TestScore {
    /// The score that follows from the counts.
    pub fn new(matrix: &ConfusionMatrix, loss: f64) -> Self {
        Self {
            accuracy: matrix.accuracy(),
            error: matrix.error(),
            ci95: matrix.accuracy_interval().to_array(),
            macro_f1: matrix.macro_f1(),
            loss,
            count: matrix.total(),
            truncated: None,
            sha256: None,
            sets: None,
        }
    }
}

impl BaselineScore {
    /// The score that follows from the counts.
    pub fn new(name: impl Into<String>, matrix: &ConfusionMatrix, seconds: f64) -> Self {
        Self {
            name: name.into(),
            accuracy: matrix.accuracy(),
            error: matrix.error(),
            ci95: matrix.accuracy_interval().to_array(),
            macro_f1: matrix.macro_f1(),
            count: matrix.total(),
            seconds,
            mcnemar_p: None,
            accuracy_difference: None,
            macro_f1_difference: None,
            micro_f1_difference: None,
            randomization_p: None,
            sets: None,
        }
    }

    /// The same with the network compared against it.
    pub fn compared(mut self, comparison: &Comparison) -> Self {
        self.mcnemar_p = Some(comparison.mcnemar.p_value);
        self.accuracy_difference = Some(comparison.bootstrap.accuracy.into());
        self.macro_f1_difference = Some(comparison.bootstrap.macro_f1.into());
        self
    }
}

impl RunResult {
    /// JSON has no NaN: it would be written as `null` and could not be read back.
    pub(super) fn check_finite(&self) -> Result<(), RunFolderError> {
        let test = &self.test;
        let mut fields = vec![
            ("test.accuracy", test.accuracy),
            ("test.error", test.error),
            ("test.ci95", test.ci95[0] + test.ci95[1]),
            ("test.macro_f1", test.macro_f1),
            ("test.loss", test.loss),
            ("train.seconds", self.train.seconds),
            ("train.samples_per_s", self.train.samples_per_s),
        ];
        if let Some(baseline) = &self.baseline {
            fields.extend([
                ("baseline.accuracy", baseline.accuracy),
                ("baseline.error", baseline.error),
                ("baseline.ci95", baseline.ci95[0] + baseline.ci95[1]),
                ("baseline.macro_f1", baseline.macro_f1),
                ("baseline.seconds", baseline.seconds),
                ("baseline.mcnemar_p", baseline.mcnemar_p.unwrap_or(0.0)),
            ]);
        }
        match fields.into_iter().find(|(_, value)| !value.is_finite()) {
            Some((field, value)) => Err(RunFolderError::NotFinite { field, value }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
pub(crate) fn sample_result() -> RunResult {
    let matrix = ConfusionMatrix::from_predictions(2, &[0, 0, 1, 1], &[0, 1, 1, 1]).unwrap();
    RunResult {
        model: "textcnn".to_owned(),
        data: "phrases".to_owned(),
        backend: "flex".to_owned(),
        seed: 42,
        test: TestScore::new(&matrix, 0.5),
        baseline: Some(BaselineScore::new("tf-idf", &matrix, 1.5)),
        train: TrainSummary {
            epochs: 3,
            steps: 100,
            seconds: 2.0,
            samples_per_s: 50.0,
            peak_rss_bytes: Some(1 << 20),
            best_step: Some(80),
            planned_steps: None,
            ended_by: None,
        },
        classes: Vec::new(),
        calibration: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_exactly_the_promised_fields() {
        let json = serde_json::to_value(sample_result()).unwrap();
        let keys = |value: &serde_json::Value| -> Vec<String> {
            value.as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(
            keys(&json),
            [
                "model", "data", "backend", "seed", "test", "baseline", "train"
            ]
        );
        assert_eq!(
            keys(&json["test"]),
            ["accuracy", "error", "ci95", "macro_f1", "loss", "count"]
        );
        assert_eq!(
            keys(&json["train"]),
            [
                "epochs",
                "steps",
                "seconds",
                "samples_per_s",
                "peak_rss_bytes",
                "best_step"
            ]
        );
        assert_eq!(json["test"]["accuracy"], 0.75);
        assert_eq!(json["test"]["ci95"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn a_result_comes_back() {
        let text = serde_json::to_string(&sample_result()).unwrap();
        let back: RunResult = serde_json::from_str(&text).unwrap();
        // To 12 digits: reading a float from JSON text may be one unit in the last place off.
        assert_eq!(format!("{back:.12?}"), format!("{:.12?}", sample_result()));
    }

    #[test]
    fn no_score_is_infinite() {
        let mut result = sample_result();
        assert!(result.check_finite().is_ok());
        result.test.loss = f64::NAN;
        assert!(matches!(
            result.check_finite(),
            Err(RunFolderError::NotFinite {
                field: "test.loss",
                ..
            })
        ));
    }
}
