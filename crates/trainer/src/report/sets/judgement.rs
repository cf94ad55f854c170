//! What the answers of a run are worth where a row may have any number of labels.

use crate::report::judgement::{Scaled, Unseen, shown_of, unseen};
use crate::run_folder::{
    AnsweredPart, BaselineScore, CalibrationScore, PartAnswers, Predictions, SetScore, TestScore,
};
use crate::statistics::{
    LabelSetScores, RELIABILITY_BINS, Reliability, SetComparison, SetIntervals, Temperature,
    mean_loss, pairs_of, suspected_labels, table_of,
};

/// Rows with any number of labels, and answers to them.
pub type SetAnswers = PartAnswers<Vec<u32>>;

/// The scores of a run.
#[derive(Clone, Debug)]
pub struct SetJudgement {
    /// The counts of the network's answers on test.
    pub scores: LabelSetScores,
    /// Its scores with their intervals.
    pub intervals: SetIntervals,
    /// The same of the baseline.
    pub baseline: Option<(LabelSetScores, SetIntervals)>,
    /// The network against it.
    pub comparison: Option<SetComparison>,
    /// All probabilities on test as they come, each beside whether the row has the label.
    pub reliability: Reliability,
    /// The temperature that dev wants, and the probabilities on test at it.
    pub scaled: Option<Scaled>,
    /// The test rows that were not answered wholly right, with their worst answers; the worst first.
    pub errors: Vec<SetError>,
    /// Answers of dev and test that are probably right against the row's labels, the most suspicious first.
    pub suspected: Vec<SuspectedAnswer>,
    /// The share wholly right of the test rows that do not stand in the training part, where some do.
    pub unseen: Option<Unseen>,
}

/// A row that was not answered wholly right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SetError {
    /// The test row.
    pub row: usize,
    /// The label about which the network was most wrong.
    pub class: u32,
    /// Whether the row has it, so that it was missed; else it was given.
    pub missed: bool,
    /// The probability that the network had for what is right.
    pub right: f32,
}

/// A label that a row probably should have, or should not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuspectedAnswer {
    /// Of which part.
    pub part: AnsweredPart,
    /// The row.
    pub row: usize,
    /// The label.
    pub class: u32,
    /// Whether the row has it.
    pub has: bool,
    /// Probability of what the row says minus that of the contrary; the lower, the more suspicious.
    pub margin: f64,
}

impl SetJudgement {
    /// Judges the answers of a run with so many classes; `seed` is that of draws.
    ///
    /// # Panics
    /// When the answers are not of these classes, which reading them has checked.
    pub fn of(predictions: &Predictions<Vec<u32>>, classes: usize, seed: u64) -> Self {
        let Predictions { dev, test } = predictions;
        let SetAnswers {
            labels,
            predictions: answers,
            probabilities,
            ..
        } = test;
        let judged = |answers: &[Vec<u32>]| {
            (
                LabelSetScores::of_sets(classes, labels, answers),
                SetIntervals::of(classes, labels, answers, seed),
            )
        };
        let (scores, intervals) = judged(answers);
        let has = table_of(classes, labels);
        let reliability = |probabilities: &[f32]| {
            let confidences: Vec<f64> = probabilities.iter().map(|p| f64::from(*p)).collect();
            Reliability::of(&confidences, &has, RELIABILITY_BINS)
        };
        let baseline = test.baseline.as_deref();
        Self {
            scores,
            intervals,
            baseline: baseline.map(judged),
            comparison: baseline
                .map(|baseline| SetComparison::of(classes, labels, answers, baseline, seed)),
            reliability: reliability(probabilities),
            scaled: temperature(classes, dev).map(|temperature| {
                let scaled = temperature.apply_to_answers(probabilities);
                Scaled {
                    temperature,
                    reliability: reliability(&scaled),
                    loss: mean_loss(2, &pairs_of(&scaled), &classes_of(&has)),
                }
            }),
            errors: errors(test, classes),
            suspected: suspected(predictions, classes),
            unseen: unseen(test),
        }
    }

    /// The rows of a part that the report shows, ascending.
    pub fn shown(&self, part: AnsweredPart) -> Vec<usize> {
        let suspected = self.suspected.iter().map(|found| (found.part, found.row));
        shown_of(part, suspected, self.errors.iter().map(|error| error.row))
    }

    /// The score on test, for `result.json`; `thresholds` and `labels` are those of the classes.
    pub fn test_score(&self, labels: &[String], thresholds: &[f32], loss: f64) -> TestScore {
        let sets = SetScore::new(&self.scores, labels, thresholds).within(&self.intervals);
        TestScore::of_sets(&self.scores, sets, loss)
    }

    /// The baseline's, which has such a name and took so many seconds; `None` where there is none.
    pub fn baseline_score(
        &self,
        labels: &[String],
        name: &str,
        seconds: f64,
    ) -> Option<BaselineScore> {
        let (scores, intervals) = self.baseline.as_ref()?;
        let sets = SetScore::new(scores, labels, &[]).within(intervals);
        let score = BaselineScore::of_sets(name, scores, sets, seconds);
        Some(score.compared_as_sets(self.comparison.as_ref()?))
    }

    /// The calibration, for `result.json`.
    pub fn calibration(&self) -> CalibrationScore {
        CalibrationScore::of(&self.reliability, self.scaled.as_ref())
    }
}

/// Answers as classes of their own: no and yes.
fn classes_of(truths: &[bool]) -> Vec<u32> {
    truths.iter().map(|is| u32::from(*is)).collect()
}

/// One for all labels: every answer on dev is a row of two classes.
fn temperature(classes: usize, dev: &SetAnswers) -> Option<Temperature> {
    let labels = classes_of(&table_of(classes, &dev.labels));
    Temperature::fit(2, &pairs_of(&dev.probabilities), &labels)
}

fn errors(test: &SetAnswers, classes: usize) -> Vec<SetError> {
    let worst = |row: usize| -> Option<SetError> {
        let (labels, given) = (&test.labels[row], &test.predictions[row]);
        let probability = |class: u32| test.probabilities[row * classes + class as usize];
        let missed = labels.iter().filter(|class| !given.contains(class));
        let missed = missed.map(|&class| (class, true, probability(class)));
        let wrong = given.iter().filter(|class| !labels.contains(class));
        let wrong = wrong.map(|&class| (class, false, 1.0 - probability(class)));
        let worst = missed.chain(wrong).min_by(|a, b| a.2.total_cmp(&b.2))?;
        let (class, missed, right) = worst;
        Some(SetError {
            row,
            class,
            missed,
            right,
        })
    };
    let mut errors: Vec<SetError> = (0..test.labels.len()).filter_map(worst).collect();
    // Stable: equal probabilities keep the order of the rows.
    errors.sort_by(|a, b| a.right.total_cmp(&b.right));
    errors
}

/// Confident learning of each label for itself, on dev and test together: neither was learned from.
fn suspected(predictions: &Predictions<Vec<u32>>, classes: usize) -> Vec<SuspectedAnswer> {
    let Predictions { dev, test } = predictions;
    let probabilities = [dev.probabilities.as_slice(), &test.probabilities].concat();
    let truths = table_of(classes, &[dev.labels.as_slice(), &test.labels].concat());
    let of_class = |class: usize| {
        let column = (class..probabilities.len()).step_by(classes);
        let own: Vec<f32> = column.clone().map(|i| probabilities[i]).collect();
        let has: Vec<bool> = column.map(|i| truths[i]).collect();
        let found = suspected_labels(2, &pairs_of(&own), &classes_of(&has));
        found.into_iter().map(move |found| {
            let (part, row) = match found.row.checked_sub(dev.labels.len()) {
                None => (AnsweredPart::Dev, found.row),
                Some(row) => (AnsweredPart::Test, row),
            };
            SuspectedAnswer {
                part,
                row,
                class: class as u32,
                has: found.given == 1,
                margin: found.margin,
            }
        })
    };
    let mut found: Vec<SuspectedAnswer> = (0..classes).flat_map(of_class).collect();
    // Stable: equal margins keep the order of the labels and rows.
    found.sort_by(|a, b| a.margin.total_cmp(&b.margin));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(labels: &[&[u32]], probabilities: &[f32]) -> SetAnswers {
        let given = |row: &[f32]| -> Vec<u32> {
            let reached = (0u32..).zip(row).filter(|(_, p)| **p >= 0.5);
            reached.map(|(class, _)| class).collect()
        };
        SetAnswers {
            labels: labels.iter().map(|set| set.to_vec()).collect(),
            predictions: probabilities.chunks(2).map(given).collect(),
            probabilities: probabilities.to_vec(),
            ..SetAnswers::default()
        }
    }

    #[test]
    fn the_worst_answer_of_a_row_decides_its_place() {
        let mut test = answers(
            &[&[0, 1], &[], &[1], &[0]],
            &[0.9, 0.3, 0.8, 0.1, 0.6, 0.05, 0.7, 0.2],
        );
        test.in_train = vec![3];
        test.baseline = Some(vec![vec![0], vec![], vec![1], vec![]]);
        let dev = answers(&[&[0], &[1], &[]], &[0.9, 0.2, 0.1, 0.6, 0.2, 0.9]);
        let judgement = SetJudgement::of(&Predictions { dev, test }, 2, 1);
        let found: Vec<(usize, u32, bool)> = judgement
            .errors
            .iter()
            .map(|error| (error.row, error.class, error.missed))
            .collect();
        assert_eq!(found, [(2, 1, true), (1, 0, false), (0, 1, true)]);
        assert_eq!(judgement.shown(AnsweredPart::Test), [0, 1, 2]);
        // None of the three rows that no training row repeats is wholly right.
        let unseen = judgement.unseen.unwrap();
        assert_eq!((unseen.count, unseen.accuracy), (3, 0.0));
        assert_eq!(judgement.comparison.unwrap().mcnemar.only_second, 2);
        assert!(
            judgement
                .suspected
                .is_sorted_by(|a, b| a.margin <= b.margin)
        );
    }
}
