//! What the answers of a run are worth: every score of the report, from the answers alone.

use crate::run_folder::{
    Answer, AnsweredPart, CalibrationScore, ClassScore, PartAnswers, Predictions,
};
use crate::statistics::{
    Comparison, ConfusionMatrix, Interval, Reliability, SuspectedLabel, Temperature, mean_loss,
    suspected_labels, wilson_interval,
};

/// Rows of a list that the report shows.
pub const SHOWN: usize = 50;

/// The scores of a run.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Test labels against the network's answers.
    pub matrix: ConfusionMatrix,
    /// The probabilities on test as they come.
    pub reliability: Reliability,
    /// The temperature that dev wants, and the probabilities on test at it.
    pub scaled: Option<Scaled>,
    /// The network against the baseline on test.
    pub comparison: Option<Comparison>,
    /// The test rows that were answered wrong, those first whose label was thought least likely.
    pub errors: Vec<usize>,
    /// Rows of dev and test whose label is probably wrong, the most suspicious first.
    pub suspected: Vec<(AnsweredPart, SuspectedLabel)>,
    /// The accuracy on the test rows that do not stand in the training part, where some do.
    pub unseen: Option<Unseen>,
}

/// The probabilities on test at the temperature of dev.
#[derive(Clone, Debug)]
pub struct Scaled {
    /// That temperature.
    pub temperature: Temperature,
    /// What becomes of the reliability.
    pub reliability: Reliability,
    /// What becomes of the mean loss.
    pub loss: f64,
}

/// The accuracy on test rows that the training part does not hold.
#[derive(Clone, Copy, Debug)]
pub struct Unseen {
    /// How many there are.
    pub count: u64,
    /// The share of them that is right.
    pub accuracy: f64,
    /// Its 95 % interval.
    pub interval: Interval,
}

impl Judgement {
    /// Judges the answers of a run with so many classes; `seed` is the bootstrap's.
    ///
    /// # Panics
    /// When the answers are not of these classes, which reading them has checked.
    pub fn of(predictions: &Predictions, classes: usize, seed: u64) -> Self {
        let Predictions { dev, test } = predictions;
        let PartAnswers {
            labels,
            predictions: answers,
            probabilities,
            ..
        } = test;
        let matrix = ConfusionMatrix::from_predictions(classes, labels, answers)
            .expect("labels and predictions are classes of this set");
        let reliability = Reliability::of_predictions(classes, probabilities, answers, labels);
        let scaled =
            Temperature::fit(classes, &dev.probabilities, &dev.labels).map(|temperature| {
                let scaled = temperature.apply(classes, probabilities);
                Scaled {
                    temperature,
                    reliability: Reliability::of_predictions(classes, &scaled, answers, labels),
                    loss: mean_loss(classes, &scaled, labels),
                }
            });
        let comparison = test.baseline.as_ref().map(|baseline| {
            Comparison::of(classes, labels, answers, baseline, seed)
                .expect("one answer of each for every row")
        });
        Self {
            matrix,
            reliability,
            scaled,
            comparison,
            errors: errors(test, classes),
            suspected: suspected(dev, test, classes),
            unseen: unseen(test),
        }
    }

    /// The rows of a part that the report shows, ascending.
    pub fn shown(&self, part: AnsweredPart) -> Vec<usize> {
        let suspected = self.suspected.iter().map(|(of, label)| (*of, label.row));
        shown_of(part, suspected, self.errors.iter().copied())
    }

    /// The scores of each class, for `result.json`.
    pub fn class_scores(&self, labels: &[String]) -> Vec<ClassScore> {
        let score = |(class, label): (usize, &String)| {
            let scores = self.matrix.class_scores(class);
            ClassScore {
                label: label.clone(),
                precision: scores.precision,
                recall: scores.recall,
                f1: scores.f1,
                support: scores.support,
            }
        };
        labels.iter().enumerate().map(score).collect()
    }

    /// The calibration, for `result.json`.
    pub fn calibration(&self) -> CalibrationScore {
        CalibrationScore::of(&self.reliability, self.scaled.as_ref())
    }
}

impl CalibrationScore {
    /// From the probabilities as they come, and at the temperature of dev where there is one.
    pub(super) fn of(reliability: &Reliability, scaled: Option<&Scaled>) -> Self {
        Self {
            expected_error: reliability.expected_error,
            temperature: scaled.map(|scaled| scaled.temperature.value()),
            expected_error_scaled: scaled.map(|scaled| scaled.reliability.expected_error),
            loss_scaled: scaled.map(|scaled| scaled.loss),
        }
    }
}

/// The rows of a part that are shown, ascending: of the first suspected ones, and on test of the first errors.
pub(super) fn shown_of(
    part: AnsweredPart,
    suspected: impl Iterator<Item = (AnsweredPart, usize)>,
    errors: impl Iterator<Item = usize>,
) -> Vec<usize> {
    let suspected = suspected.take(SHOWN).filter(|(of, _)| *of == part);
    let mut rows: Vec<usize> = suspected.map(|(_, row)| row).collect();
    if part == AnsweredPart::Test {
        rows.extend(errors.take(SHOWN));
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// The probability of class `class` for row `row`.
pub fn probability<A>(answers: &PartAnswers<A>, row: usize, class: u32) -> f32 {
    let classes = answers.probabilities.len() / answers.labels.len().max(1);
    answers.probabilities[row * classes + class as usize]
}

fn errors(test: &PartAnswers, classes: usize) -> Vec<usize> {
    let of_label = |row: usize| test.probabilities[row * classes + test.labels[row] as usize];
    let mut errors: Vec<usize> = (0..test.labels.len())
        .filter(|&row| test.labels[row] != test.predictions[row])
        .collect();
    // Stable: equal probabilities keep the order of the rows.
    errors.sort_by(|a, b| of_label(*a).total_cmp(&of_label(*b)));
    errors
}

/// Dev and test together: neither was learned from, and thresholds are better of more rows.
fn suspected(
    dev: &PartAnswers,
    test: &PartAnswers,
    classes: usize,
) -> Vec<(AnsweredPart, SuspectedLabel)> {
    let labels = [dev.labels.as_slice(), &test.labels].concat();
    let probabilities = [dev.probabilities.as_slice(), &test.probabilities].concat();
    let found = suspected_labels(classes, &probabilities, &labels);
    let place = |mut label: SuspectedLabel| match label.row.checked_sub(dev.labels.len()) {
        None => (AnsweredPart::Dev, label),
        Some(row) => {
            label.row = row;
            (AnsweredPart::Test, label)
        }
    };
    found.into_iter().map(place).collect()
}

/// The share of right rows among those that the training part does not hold; `None` where it holds none.
pub(super) fn unseen<A: Answer>(test: &PartAnswers<A>) -> Option<Unseen> {
    if test.in_train.is_empty() {
        return None;
    }
    let right = |row: &usize| test.labels[*row] == test.predictions[*row];
    let is_unseen = |row: &usize| test.in_train.binary_search(row).is_err();
    let rows: Vec<usize> = (0..test.labels.len()).filter(is_unseen).collect();
    let (count, hits) = (
        rows.len() as u64,
        rows.iter().filter(|row| right(row)).count(),
    );
    Some(Unseen {
        count,
        accuracy: hits as f64 / count.max(1) as f64,
        interval: wilson_interval(hits as u64, count),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(labels: &[u32], of_one: &[f32]) -> PartAnswers {
        PartAnswers {
            labels: labels.to_vec(),
            predictions: of_one.iter().map(|&p| u32::from(p > 0.5)).collect(),
            probabilities: of_one.iter().flat_map(|&p| [1.0 - p, p]).collect(),
            ..PartAnswers::default()
        }
    }

    #[test]
    fn the_worst_error_comes_first_and_what_is_shown_has_its_place() {
        let mut test = answers(&[0, 1, 0, 1, 1], &[0.6, 0.1, 0.99, 0.9, 0.8]);
        test.in_train = vec![3];
        let dev = answers(&[0, 1, 1, 0], &[0.1, 0.9, 0.02, 0.7]);
        let judgement = Judgement::of(&Predictions { dev, test }, 2, 1);
        assert_eq!(judgement.errors, [2, 1, 0]);
        assert_eq!(judgement.shown(AnsweredPart::Test), [0, 1, 2]);
        let first = &judgement.suspected[0];
        assert_eq!((first.0, first.1.row), (AnsweredPart::Test, 2));
        assert!(judgement.shown(AnsweredPart::Dev).contains(&2));
        let unseen = judgement.unseen.unwrap();
        assert_eq!((unseen.count, unseen.accuracy), (4, 0.25));
        assert!(judgement.comparison.is_none());
        assert_eq!(probability(&answers(&[0], &[0.25]), 0, 1), 0.25);
    }
}
