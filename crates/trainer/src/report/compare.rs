//! Two finished runs on the same test set: which is better, or that it cannot be told.

use super::figures::{grouped, percent};
use super::{Finished, ReportError, p_value};
use crate::run_folder::{DifferenceScore, RunFiles};
use crate::statistics::{Comparison, ConfusionMatrix, Verdict};
use serde::Serialize;
use std::fmt;

/// Two runs compared.
#[derive(Clone, Debug, Serialize)]
pub struct RunComparison {
    /// Their folders, as given.
    pub runs: [String; 2],
    /// Test rows.
    pub count: u64,
    /// Their accuracies.
    pub accuracy: [f64; 2],
    /// Their macro-F1 scores.
    pub macro_f1: [f64; 2],
    /// Rows that only one of them answers right.
    pub only_right: [u64; 2],
    /// McNemar's exact p-value.
    pub mcnemar_p: f64,
    /// The first one's accuracy minus the second one's.
    pub accuracy_difference: DifferenceScore,
    /// The same of macro-F1.
    pub macro_f1_difference: DifferenceScore,
    /// Resamples of the bootstrap.
    pub resamples: usize,
    /// `first`, `second`, or `null` where it cannot be told.
    pub better: Option<&'static str>,
}

impl RunComparison {
    /// Compares two finished runs.
    ///
    /// # Errors
    /// [`ReportError::NotComparable`] where they were not judged on the same rows; what cannot be read.
    pub fn of(first: &RunFiles, second: &RunFiles) -> Result<Self, ReportError> {
        let [a, b] = [Finished::read(first)?, Finished::read(second)?];
        let differ = |what: String| ReportError::NotComparable {
            first: first.folder().to_owned(),
            second: second.folder().to_owned(),
            what,
        };
        let [sha_a, sha_b] =
            [&a, &b].map(|run| run.result.test.sha256.as_deref().unwrap_or("unknown"));
        if sha_a != sha_b || a.predictions.test.labels != b.predictions.test.labels {
            return Err(differ(format!(
                "their test sets differ ({} rows with sha256 {}, {} rows with sha256 {})",
                a.predictions.test.labels.len(),
                sha_a,
                b.predictions.test.labels.len(),
                sha_b
            )));
        }
        if a.labels != b.labels {
            return Err(differ(format!(
                "their labels differ ({:?}, {:?})",
                a.labels, b.labels
            )));
        }
        let classes = a.labels.len();
        let labels = &a.predictions.test.labels;
        let answers = [
            &a.predictions.test.predictions,
            &b.predictions.test.predictions,
        ];
        let comparison = Comparison::of(classes, labels, answers[0], answers[1], a.result.seed)
            .expect("one answer of each for every row");
        let matrices = answers.map(|answers| {
            ConfusionMatrix::from_predictions(classes, labels, answers)
                .expect("reading them has checked the classes")
        });
        let mcnemar = comparison.mcnemar;
        Ok(Self {
            runs: [first, second].map(|run| run.folder().display().to_string()),
            count: labels.len() as u64,
            accuracy: [matrices[0].accuracy(), matrices[1].accuracy()],
            macro_f1: [matrices[0].macro_f1(), matrices[1].macro_f1()],
            only_right: [mcnemar.only_first, mcnemar.only_second],
            mcnemar_p: mcnemar.p_value,
            accuracy_difference: comparison.bootstrap.accuracy.into(),
            macro_f1_difference: comparison.bootstrap.macro_f1.into(),
            resamples: comparison.bootstrap.resamples,
            better: match comparison.verdict() {
                Verdict::FirstBetter => Some("first"),
                Verdict::SecondBetter => Some("second"),
                Verdict::CannotBeTold => None,
            },
        })
    }
}

impl fmt::Display for RunComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = &self.runs;
        match self.better {
            Some("first") => writeln!(f, "{a} is better than {b}")?,
            Some(_) => writeln!(f, "{b} is better than {a}")?,
            None => writeln!(f, "it cannot be told which is better, {a} or {b}")?,
        }
        let count = grouped(self.count);
        for side in [0, 1] {
            writeln!(
                f,
                "{}: accuracy {}, macro-F1 {:.4}, {} of {count} test examples right that the other gets wrong",
                self.runs[side],
                percent(self.accuracy[side]),
                self.macro_f1[side],
                grouped(self.only_right[side])
            )?;
        }
        let points = |difference: &DifferenceScore| {
            let [low, high] = difference.ci95.map(|end| 100.0 * end);
            format!(
                "{:+.2} points (95 % interval {low:+.2} to {high:+.2})",
                100.0 * difference.value
            )
        };
        writeln!(
            f,
            "accuracy, first minus second: {}",
            points(&self.accuracy_difference)
        )?;
        writeln!(
            f,
            "macro-F1, first minus second: {}",
            points(&self.macro_f1_difference)
        )?;
        writeln!(
            f,
            "McNemar's exact test: p = {}; intervals by the paired bootstrap, {} resamples",
            p_value(self.mcnemar_p),
            grouped(self.resamples as u64)
        )
    }
}
