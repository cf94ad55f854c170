//! Scores where a row may have any number of labels, and the thresholds that decide which it is given.

use super::confusion::ClassScores;

/// True and false answers of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    true_positives: u64,
    false_positives: u64,
    false_negatives: u64,
}

/// How well sets of labels were predicted: every class is a question of its own. Each score is 0 where it is undefined (0/0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSetScores {
    classes: Vec<Counts>,
    rows: u64,
    exact: u64,
}

impl LabelSetScores {
    /// Counts the rows; `truths` and `predictions` are `[rows, classes]`, row by row.
    ///
    /// # Panics
    /// If the two differ in length, or that is no multiple of `classes`.
    pub fn of(classes: usize, truths: &[bool], predictions: &[bool]) -> Self {
        assert_eq!(truths.len(), predictions.len(), "a prediction per truth");
        assert!(truths.len().is_multiple_of(classes.max(1)), "whole rows");
        let mut scores = Self {
            classes: vec![Counts::default(); classes],
            rows: 0,
            exact: 0,
        };
        let rows = truths.chunks_exact(classes.max(1));
        for (truths, predictions) in rows.zip(predictions.chunks_exact(classes.max(1))) {
            scores.rows += 1;
            scores.exact += u64::from(truths == predictions);
            for (counts, pair) in scores
                .classes
                .iter_mut()
                .zip(truths.iter().zip(predictions))
            {
                match pair {
                    (true, true) => counts.true_positives += 1,
                    (false, true) => counts.false_positives += 1,
                    (true, false) => counts.false_negatives += 1,
                    (false, false) => {}
                }
            }
        }
        scores
    }

    /// The same of sets of classes: those that each row has, and those that it was given.
    ///
    /// # Panics
    /// If the two differ in length, or a class is not below `classes`.
    pub fn of_sets(classes: usize, truths: &[Vec<u32>], given: &[Vec<u32>]) -> Self {
        Self::of(
            classes,
            &table_of(classes, truths),
            &table_of(classes, given),
        )
    }

    /// Number of rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows whose labels are exactly right.
    pub fn exact(&self) -> u64 {
        self.exact
    }

    /// The share of them: subset accuracy.
    pub fn subset_accuracy(&self) -> f64 {
        ratio(self.exact, self.rows)
    }

    /// The share of wrong answers among all, one per row and class: Hamming loss.
    pub fn hamming_loss(&self) -> f64 {
        let wrong = |c: &Counts| c.false_positives + c.false_negatives;
        let wrong = self.classes.iter().map(wrong).sum();
        ratio(wrong, self.rows * self.classes.len() as u64)
    }

    /// F1 of all answers together.
    pub fn micro_f1(&self) -> f64 {
        let mut sum = Counts::default();
        for counts in &self.classes {
            sum.true_positives += counts.true_positives;
            sum.false_positives += counts.false_positives;
            sum.false_negatives += counts.false_negatives;
        }
        f1(&sum)
    }

    /// The mean of the classes' F1, a class without rows and predictions counting as 0.
    pub fn macro_f1(&self) -> f64 {
        let sum: f64 = self.classes.iter().map(f1).sum();
        sum / self.classes.len().max(1) as f64
    }

    /// Precision, recall, F1 and support of one class.
    ///
    /// # Panics
    /// When there is no such class.
    pub fn class_scores(&self, class: usize) -> ClassScores {
        let counts = &self.classes[class];
        let (right, support) = (
            counts.true_positives,
            counts.true_positives + counts.false_negatives,
        );
        ClassScores {
            precision: ratio(right, right + counts.false_positives),
            recall: ratio(right, support),
            f1: f1(counts),
            support,
        }
    }
}

fn f1(counts: &Counts) -> f64 {
    let twice = 2 * counts.true_positives;
    ratio(
        twice,
        twice + counts.false_positives + counts.false_negatives,
    )
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// The classes of each row, ascending, of a table `[rows, classes]`, row by row.
pub fn sets_of(classes: usize, table: &[bool]) -> Vec<Vec<u32>> {
    let set = |row: &[bool]| -> Vec<u32> {
        let classes = (0u32..).zip(row).filter(|(_, is)| **is);
        classes.map(|(class, _)| class).collect()
    };
    table.chunks_exact(classes.max(1)).map(set).collect()
}

/// The other way round: whether each row has each class, `[rows, classes]`, row by row.
///
/// # Panics
/// If a class is not below `classes`.
pub fn table_of(classes: usize, sets: &[Vec<u32>]) -> Vec<bool> {
    let mut table = vec![false; sets.len() * classes];
    for (row, set) in table.chunks_exact_mut(classes.max(1)).zip(sets) {
        set.iter().for_each(|class| row[*class as usize] = true);
    }
    table
}

/// Which probabilities reach the threshold of their class; one threshold per class.
pub fn given(probabilities: &[f32], thresholds: &[f32]) -> Vec<bool> {
    let rows = probabilities.chunks_exact(thresholds.len().max(1));
    rows.flat_map(|row| {
        row.iter()
            .zip(thresholds)
            .map(|(p, threshold)| p >= threshold)
    })
    .collect()
}

/// For each class the threshold with the best F1: a row has the label if its probability is at least that. `probabilities` and
/// `truths` are `[rows, classes]`, row by row.
///
/// By few rows a threshold is chosen by chance, and a low one gives a rare class to many rows that do not have it. So a class that
/// fewer than ten rows have takes the one that is best for all answers together, by their micro-F1.
///
/// A threshold lies in the middle between two probabilities that it separates, so that it does not hang on the digits of one
/// of them; of equally good ones the highest is taken. Where no row has any class it is one half.
///
/// # Panics
/// If the two differ in length, or that is no multiple of `classes`.
pub fn best_thresholds(classes: usize, probabilities: &[f32], truths: &[bool]) -> Vec<f32> {
    assert_eq!(probabilities.len(), truths.len(), "a truth per probability");
    assert!(truths.len().is_multiple_of(classes.max(1)), "whole rows");
    let answers = |places: &mut dyn Iterator<Item = usize>| -> Vec<(f32, bool)> {
        places.map(|i| (probabilities[i], truths[i])).collect()
    };
    let mut common = None;
    let mut of_class = |class: usize| {
        let own = answers(&mut (class..truths.len()).step_by(classes.max(1)));
        match own.iter().filter(|(_, truth)| *truth).count() {
            0..FEWEST_ROWS => {
                *common.get_or_insert_with(|| best_threshold(answers(&mut (0..truths.len()))))
            }
            _ => best_threshold(own),
        }
    };
    (0..classes).map(&mut of_class).collect()
}

/// Rows of a class from which on it has a threshold of its own.
pub(super) const FEWEST_ROWS: usize = 10;

fn best_threshold(mut rows: Vec<(f32, bool)>) -> f32 {
    rows.retain(|(p, _)| !p.is_nan());
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = rows.iter().filter(|(_, truth)| *truth).count() as u64;
    let (mut best, mut threshold) = (0.0, 0.5);
    let (mut found, mut taken) = (0u64, 0u64);
    for (index, &(p, truth)) in rows.iter().enumerate() {
        found += u64::from(truth);
        taken += 1;
        let next = rows.get(index + 1).map_or(0.0, |row| row.0);
        if next == p && index + 1 < rows.len() {
            continue; // no threshold separates equal probabilities
        }
        // 2 tp / (2 tp + fp + fn): what is taken and what should be.
        let f1 = ratio(2 * found, taken + positives);
        if f1 > best {
            best = f1;
            threshold = 0.5 * (p + next);
            if threshold <= next {
                threshold = p; // neighbours have nothing between them
            }
        }
    }
    threshold
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bools(bits: &[u8]) -> Vec<bool> {
        bits.iter().map(|bit| *bit == 1).collect()
    }

    #[test]
    fn the_examples_of_scikit_learn() {
        // The documentation of hamming_loss, accuracy_score and f1_score, scikit-learn 1.7.
        let truths = bools(&[0, 1, 1, 1]);
        let zeros = LabelSetScores::of(2, &truths, &[false; 4]);
        assert_eq!(zeros.hamming_loss(), 0.75);
        let ones = LabelSetScores::of(2, &truths, &[true; 4]);
        assert_eq!(ones.subset_accuracy(), 0.5);
        let truths = bools(&[0, 0, 0, 1, 1, 1, 0, 1, 1]);
        let predictions = bools(&[0, 0, 0, 1, 1, 1, 1, 1, 0]);
        let scores = LabelSetScores::of(3, &truths, &predictions);
        let f1: Vec<f64> = (0..3).map(|class| scores.class_scores(class).f1).collect();
        assert_eq!(f1, [2.0 / 3.0, 1.0, 2.0 / 3.0]);
        assert!((scores.macro_f1() - 7.0 / 9.0).abs() < 1e-15);
        // By hand: 4 found, 1 too many, 1 missing.
        assert_eq!(scores.micro_f1(), 0.8);
        assert_eq!((scores.exact(), scores.rows()), (2, 3));
        let first = scores.class_scores(0);
        assert_eq!(
            (first.precision, first.recall, first.support),
            (0.5, 1.0, 1)
        );
    }

    #[test]
    fn nothing_is_zero_and_no_label_can_be_right() {
        let none = LabelSetScores::of(3, &[], &[]);
        assert_eq!(
            (none.micro_f1(), none.macro_f1(), none.hamming_loss()),
            (0.0, 0.0, 0.0)
        );
        let empty = LabelSetScores::of(2, &[false; 4], &[false; 4]);
        assert_eq!((empty.subset_accuracy(), empty.micro_f1()), (1.0, 0.0));
    }

    /// Every threshold that could matter, tried one by one.
    fn by_brute_force(probabilities: &[f32], truths: &[bool]) -> f64 {
        let f1_at = |threshold: f32| {
            let predictions: Vec<bool> = probabilities.iter().map(|p| *p >= threshold).collect();
            LabelSetScores::of(1, truths, &predictions).micro_f1()
        };
        probabilities
            .iter()
            .map(|p| f1_at(*p))
            .fold(f1_at(2.0), f64::max)
    }

    #[test]
    fn no_threshold_is_better_than_the_one_that_was_chosen() {
        use cnn_core::random;
        for seed in 0..200 {
            let rows = 1 + random::below(seed, 0, 0, 30) as usize;
            // Few distinct values, so that many are equal.
            let probabilities: Vec<f32> = (0..rows)
                .map(|i| random::below(seed, 1, i as u64, 8) as f32 / 8.0)
                .collect();
            let truths: Vec<bool> = (0..rows)
                .map(|i| random::below(seed, 2, i as u64, 3) == 0)
                .collect();
            let threshold = best_thresholds(1, &probabilities, &truths)[0];
            let predictions: Vec<bool> = probabilities.iter().map(|p| *p >= threshold).collect();
            let found = LabelSetScores::of(1, &truths, &predictions).micro_f1();
            assert_eq!(
                found,
                by_brute_force(&probabilities, &truths),
                "seed {seed}"
            );
        }
    }

    #[test]
    fn thresholds_lie_between_what_they_separate() {
        let probabilities = [0.9, 0.1, 0.7, 0.2, 0.3, 0.4, 0.1, 0.9];
        let truths = bools(&[1, 0, 1, 0, 0, 0, 0, 1]);
        let of_rows =
            |times| best_thresholds(2, &probabilities.repeat(times), &truths.repeat(times));
        assert_eq!(of_rows(10), [0.5, 0.65]);
        // Five rows have the second class: it takes the one that suits all answers best.
        assert_eq!(of_rows(5), [0.5, 0.55]);
        assert_eq!(
            best_thresholds(1, &[0.4, 0.6], &[false, false]),
            [0.5],
            "nobody has it"
        );
        let neighbours = [0.5, 0.5f32.next_down()];
        assert_eq!(best_thresholds(1, &neighbours, &[true, false]), [0.5]);
        assert_eq!(best_thresholds(1, &[f32::NAN, 0.8], &[true, true]), [0.4]);
    }
}
