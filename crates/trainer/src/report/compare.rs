//! Two finished runs on the same test set: which is better, or that it cannot be told.

use super::figures::{grouped, percent};
use super::{Finished, ReportError, p_value};
use crate::run_folder::{Answer, DifferenceScore, Predictions, RunFiles};
use crate::statistics::{Comparison, ConfusionMatrix, LabelSetScores, SetComparison, Verdict};
use serde::Serialize;
use std::fmt;

/// Two runs compared. Where rows may have any number of labels a row is right if all of its labels are.
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
    /// Where rows may have any number of labels.
    #[serde(flatten)]
    pub sets: Option<OfSets>,
    /// Resamples of the bootstrap.
    pub resamples: usize,
    /// `first`, `second`, or `null` where it cannot be told.
    pub better: Option<&'static str>,
}

/// What decides between two runs whose rows may have any number of labels.
#[derive(Clone, Debug, Serialize)]
pub struct OfSets {
    /// Their micro-F1 scores.
    pub micro_f1: [f64; 2],
    /// The first one's minus the second one's.
    pub micro_f1_difference: DifferenceScore,
    /// The p-value of the paired randomization test of micro-F1.
    pub randomization_p: f64,
}

impl RunComparison {
    /// Compares two finished runs.
    ///
    /// # Errors
    /// [`ReportError::NotComparable`] where they were not judged on the same rows; what cannot be read.
    pub fn of(first: &RunFiles, second: &RunFiles) -> Result<Self, ReportError> {
        let [a, b] = [Finished::read(first)?, Finished::read(second)?];
        let files = [first, second];
        match (&a.result.test.sets, &b.result.test.sets) {
            (None, None) => Self::of_classes(files, [&a, &b]),
            (Some(_), Some(_)) => Self::of_sets(files, [&a, &b]),
            _ => Err(not_comparable(
                files,
                "in one of them a row has one label, in the other any number of them".to_owned(),
            )),
        }
    }

    fn of_classes(files: [&RunFiles; 2], runs: [&Finished; 2]) -> Result<Self, ReportError> {
        let [a, b]: [Predictions; 2] = read_same_rows(files, runs)?;
        let classes = runs[0].labels.len();
        let labels = &a.test.labels;
        let answers = [&a.test.predictions, &b.test.predictions];
        let seed = runs[0].result.seed;
        let comparison = Comparison::of(classes, labels, answers[0], answers[1], seed)
            .expect("one answer of each for every row");
        let matrices = answers.map(|answers| {
            ConfusionMatrix::from_predictions(classes, labels, answers)
                .expect("reading them has checked the classes")
        });
        let mcnemar = comparison.mcnemar;
        Ok(Self {
            runs: names(files),
            count: labels.len() as u64,
            accuracy: [matrices[0].accuracy(), matrices[1].accuracy()],
            macro_f1: [matrices[0].macro_f1(), matrices[1].macro_f1()],
            only_right: [mcnemar.only_first, mcnemar.only_second],
            mcnemar_p: mcnemar.p_value,
            accuracy_difference: comparison.bootstrap.accuracy.into(),
            macro_f1_difference: comparison.bootstrap.macro_f1.into(),
            sets: None,
            resamples: comparison.bootstrap.resamples,
            better: better(comparison.verdict()),
        })
    }

    fn of_sets(files: [&RunFiles; 2], runs: [&Finished; 2]) -> Result<Self, ReportError> {
        let [a, b]: [Predictions<Vec<u32>>; 2] = read_same_rows(files, runs)?;
        let classes = runs[0].labels.len();
        let labels = &a.test.labels;
        let answers = [&a.test.predictions, &b.test.predictions];
        let seed = runs[0].result.seed;
        let comparison = SetComparison::of(classes, labels, answers[0], answers[1], seed);
        let scores = answers.map(|answers| LabelSetScores::of_sets(classes, labels, answers));
        let both = |of: fn(&LabelSetScores) -> f64| [of(&scores[0]), of(&scores[1])];
        let mcnemar = comparison.mcnemar;
        Ok(Self {
            runs: names(files),
            count: labels.len() as u64,
            accuracy: both(LabelSetScores::subset_accuracy),
            macro_f1: both(LabelSetScores::macro_f1),
            only_right: [mcnemar.only_first, mcnemar.only_second],
            mcnemar_p: mcnemar.p_value,
            accuracy_difference: comparison.exact.into(),
            macro_f1_difference: comparison.macro_f1.into(),
            sets: Some(OfSets {
                micro_f1: both(LabelSetScores::micro_f1),
                micro_f1_difference: comparison.micro_f1.into(),
                randomization_p: comparison.randomization.p_value,
            }),
            resamples: comparison.resamples,
            better: better(comparison.verdict()),
        })
    }
}

fn names(files: [&RunFiles; 2]) -> [String; 2] {
    files.map(|run| run.folder().display().to_string())
}

fn better(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::FirstBetter => Some("first"),
        Verdict::SecondBetter => Some("second"),
        Verdict::CannotBeTold => None,
    }
}

fn not_comparable([first, second]: [&RunFiles; 2], what: String) -> ReportError {
    ReportError::NotComparable {
        first: first.folder().to_owned(),
        second: second.folder().to_owned(),
        what,
    }
}

/// The answers of two runs, if they are to the same rows by the same labels.
fn read_same_rows<A: Answer>(
    files: [&RunFiles; 2],
    runs: [&Finished; 2],
) -> Result<[Predictions<A>; 2], ReportError> {
    let read = |side: usize| files[side].read_predictions::<A>(runs[side].labels.len());
    let [a, b] = [read(0)?, read(1)?];
    let shas = runs.map(|run| run.result.test.sha256.as_deref().unwrap_or("unknown"));
    if shas[0] != shas[1] || a.test.labels != b.test.labels {
        return Err(not_comparable(
            files,
            format!(
                "their test sets differ ({} rows with sha256 {}, {} rows with sha256 {})",
                a.test.labels.len(),
                shas[0],
                b.test.labels.len(),
                shas[1]
            ),
        ));
    }
    if runs[0].labels != runs[1].labels {
        return Err(not_comparable(
            files,
            format!(
                "their labels differ ({:?}, {:?})",
                runs[0].labels, runs[1].labels
            ),
        ));
    }
    Ok([a, b])
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
            let first = match &self.sets {
                None => format!("accuracy {}", percent(self.accuracy[side])),
                Some(sets) => format!(
                    "micro-F1 {:.4}, all labels right {}",
                    sets.micro_f1[side],
                    percent(self.accuracy[side])
                ),
            };
            writeln!(
                f,
                "{}: {first}, macro-F1 {:.4}, {} of {count} test examples right that the other gets wrong",
                self.runs[side],
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
        let of_rows = match &self.sets {
            None => "accuracy",
            Some(sets) => {
                writeln!(
                    f,
                    "micro-F1, first minus second: {}",
                    points(&sets.micro_f1_difference)
                )?;
                "all labels right"
            }
        };
        writeln!(
            f,
            "{of_rows}, first minus second: {}",
            points(&self.accuracy_difference)
        )?;
        writeln!(
            f,
            "macro-F1, first minus second: {}",
            points(&self.macro_f1_difference)
        )?;
        if let Some(sets) = &self.sets {
            writeln!(
                f,
                "paired randomization test of micro-F1, which decides: p = {}",
                p_value(sets.randomization_p)
            )?;
        }
        writeln!(
            f,
            "McNemar's exact test: p = {}; intervals by the paired bootstrap, {} resamples",
            p_value(self.mcnemar_p),
            grouped(self.resamples as u64)
        )
    }
}
