//! Sets of labels on the same rows: how sure their scores are, and which of two classifiers is better.
//!
//! A row, with all of its labels, is what is drawn or swapped: labels of one row are not independent of each other.

use super::bootstrap::{Difference, difference, draw, quantile, resamples};
use super::comparison::Verdict;
use super::mcnemar::McNemar;
use cnn_core::random::{mix, philox4x32, stream};
use rayon::prelude::*;

/// A score with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// On the test set as it is.
    pub value: f64,
    /// The 2.5 % quantile of the resamples.
    pub low: f64,
    /// The 97.5 % quantile of the resamples.
    pub high: f64,
}

/// The scores of one classifier with their intervals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SetIntervals {
    /// F1 over all answers, one per row and class.
    pub micro_f1: Score,
    /// Mean F1 over all classes, 0 where undefined.
    pub macro_f1: Score,
    /// Share of wrong answers.
    pub hamming_loss: Score,
}

/// Two classifiers compared on the same rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SetComparison {
    /// Resamples of the bootstrap.
    pub resamples: usize,
    /// Difference of the micro-F1 scores.
    pub micro_f1: Difference,
    /// Difference of the macro-F1 scores.
    pub macro_f1: Difference,
    /// Difference of the shares of rows that are wholly right.
    pub exact: Difference,
    /// Whether chance explains the difference of the micro-F1 scores.
    pub randomization: Randomization,
    /// McNemar's exact test on the rows that are wholly right.
    pub mcnemar: McNemar,
}

/// The paired randomization test of the micro-F1 scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Randomization {
    /// Two-sided p-value; 1 when the two never differ.
    pub p_value: f64,
    /// In how many ways the answers were swapped.
    pub samples: usize,
}

/// The scores of one resample, of one classifier.
#[derive(Clone, Copy, Default)]
struct Scores {
    micro_f1: f64,
    macro_f1: f64,
    hamming_loss: f64,
    exact: f64,
}

impl SetIntervals {
    /// Draws as many rows as there are, with replacement, 10,000 times (fewer above 100,000 rows); the intervals go from the
    /// 2.5 % to the 97.5 % quantile. The labels of a row, and those it was `given`, are classes, ascending.
    ///
    /// The draws are numbers of (seed, resample, place): the same bits for any number of threads.
    ///
    /// # Panics
    /// When the lists differ in length or hold a class that is not below `classes`.
    pub fn of(classes: usize, truths: &[Vec<u32>], given: &[Vec<u32>], seed: u64) -> Self {
        let kinds = Kinds::of(classes, truths, [given, given]);
        let drawn = kinds.resampled(seed);
        let own = kinds.scores(&kinds.rows_of_each())[0];
        let score = |of: fn(&Scores) -> f64| {
            let mut values: Vec<f64> = drawn.iter().map(|scores| of(&scores[0])).collect();
            values.sort_unstable_by(f64::total_cmp);
            Score {
                value: of(&own),
                low: quantile(&values, 0.025),
                high: quantile(&values, 0.975),
            }
        };
        Self {
            micro_f1: score(|scores| scores.micro_f1),
            macro_f1: score(|scores| scores.macro_f1),
            hamming_loss: score(|scores| scores.hamming_loss),
        }
    }
}

impl SetComparison {
    /// Compares the sets that two classifiers gave the same rows: sizes by the paired bootstrap, a row keeping both its answers;
    /// whether there is a difference by the paired randomization test of the micro-F1 scores.
    ///
    /// # Panics
    /// When the lists differ in length or hold a class that is not below `classes`.
    pub fn of(
        classes: usize,
        truths: &[Vec<u32>],
        first: &[Vec<u32>],
        second: &[Vec<u32>],
        seed: u64,
    ) -> Self {
        let kinds = Kinds::of(classes, truths, [first, second]);
        let drawn = kinds.resampled(seed);
        let own = kinds.scores(&kinds.rows_of_each());
        let between = |of: fn(&Scores) -> f64| {
            let minus = |[a, b]: &[Scores; 2]| of(a) - of(b);
            difference(minus(&own), drawn.iter().map(minus).collect())
        };
        let right = |given: &[Vec<u32>]| -> Vec<u32> {
            let rows = truths.iter().zip(given);
            rows.map(|(truth, given)| u32::from(truth == given))
                .collect()
        };
        let mcnemar = McNemar::compare(&vec![1; truths.len()], &right(first), &right(second));
        Self {
            resamples: drawn.len(),
            micro_f1: between(|scores| scores.micro_f1),
            macro_f1: between(|scores| scores.macro_f1),
            exact: between(|scores| scores.exact),
            randomization: Randomization::of(truths, [first, second], seed, drawn.len()),
            mcnemar: mcnemar.expect("lists of the same rows"),
        }
    }

    /// Which one is better by its micro-F1, at the 5 % level of the randomization test.
    pub fn verdict(&self) -> Verdict {
        match self.micro_f1.value {
            _ if self.randomization.p_value >= 0.05 => Verdict::CannotBeTold,
            value if value > 0.0 => Verdict::FirstBetter,
            _ => Verdict::SecondBetter,
        }
    }
}

/// The rows by what they tell apart: those with the same labels and the same answers are of one kind.
struct Kinds {
    classes: usize,
    of_row: Vec<u32>,
    /// Of each kind the classes that it has or was given, with a bit for the truth, the first and the second classifier.
    entries: Vec<Vec<(u32, u8)>>,
    /// Whether each of the two is wholly right.
    exact: Vec<[bool; 2]>,
}

const TRUTH: u8 = 1;
const GIVEN: [u8; 2] = [2, 4];

impl Kinds {
    fn of(classes: usize, truths: &[Vec<u32>], given: [&[Vec<u32>]; 2]) -> Self {
        for given in given {
            assert_eq!(truths.len(), given.len(), "a set for every row");
        }
        let row = |row: usize| [&truths[row], &given[0][row], &given[1][row]];
        let mut kinds: Vec<[&Vec<u32>; 3]> = (0..truths.len()).map(row).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let of_row = (0..truths.len()).map(|number| {
            let place = kinds.binary_search(&row(number));
            place.expect("every row is of a kind") as u32
        });
        let entries = |sets: &[&Vec<u32>; 3]| {
            let mut entries: Vec<(u32, u8)> = Vec::new();
            for (set, bit) in sets.iter().zip([TRUTH, GIVEN[0], GIVEN[1]]) {
                for &class in *set {
                    assert!((class as usize) < classes, "there is no class {class}");
                    match entries.iter_mut().find(|(known, _)| *known == class) {
                        Some((_, bits)) => *bits |= bit,
                        None => entries.push((class, bit)),
                    }
                }
            }
            entries
        };
        let exact = |sets: &[&Vec<u32>; 3]| [sets[1] == sets[0], sets[2] == sets[0]];
        Self {
            classes,
            of_row: of_row.collect(),
            entries: kinds.iter().map(entries).collect(),
            exact: kinds.iter().map(exact).collect(),
        }
    }

    /// The rows of each kind in the test set as it is.
    fn rows_of_each(&self) -> Vec<u32> {
        let mut counts = vec![0; self.entries.len()];
        self.of_row
            .iter()
            .for_each(|kind| counts[*kind as usize] += 1);
        counts
    }

    fn resampled(&self, seed: u64) -> Vec<[Scores; 2]> {
        let own = stream("bootstrap of label sets");
        let resample = |number: usize| {
            let counts = draw(
                &self.of_row,
                self.entries.len(),
                seed,
                mix(own, number as u64),
            );
            self.scores(&counts)
        };
        let numbers = 0..resamples(self.of_row.len());
        numbers.into_par_iter().map(resample).collect()
    }

    /// The scores of rows of which each kind has so many.
    fn scores(&self, counts: &[u32]) -> [Scores; 2] {
        let mut support = vec![0u64; self.classes];
        let (mut hits, mut given) = (vec![[0u64; 2]; self.classes], vec![[0u64; 2]; self.classes]);
        let (mut right, mut rows) = ([0u64; 2], 0u64);
        for (kind, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let count = u64::from(count);
            rows += count;
            for &(class, bits) in &self.entries[kind] {
                let is = bits & TRUTH != 0;
                support[class as usize] += count * u64::from(is);
                for side in [0, 1] {
                    let gave = bits & GIVEN[side] != 0;
                    given[class as usize][side] += count * u64::from(gave);
                    hits[class as usize][side] += count * u64::from(gave && is);
                }
            }
            for side in [0, 1] {
                right[side] += count * u64::from(self.exact[kind][side]);
            }
        }
        [0, 1].map(|side| {
            let of = |class: usize| (hits[class][side], support[class] + given[class][side]);
            let all = (0..self.classes).map(of);
            let (hits, whole) = all.fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
            let macro_f1: f64 = (0..self.classes).map(|class| f1(of(class))).sum();
            let answers = rows * self.classes as u64;
            Scores {
                micro_f1: f1((hits, whole)),
                macro_f1: macro_f1 / self.classes.max(1) as f64,
                hamming_loss: (whole - 2 * hits) as f64 / answers.max(1) as f64,
                exact: right[side] as f64 / rows.max(1) as f64,
            }
        })
    }
}

/// From what was found, and what was there plus what was given; 0 where undefined.
fn f1((hits, whole): (u64, u64)) -> f64 {
    2.0 * hits as f64 / whole.max(1) as f64
}

/// What a row adds to the counts of a classifier: labels found, and labels given.
type Counts = (i64, i64);

impl Randomization {
    /// If the two were equally good, a row's two answers could be swapped: how often, over ways to swap some of them, is the
    /// difference of the micro-F1 scores at least what it is? All ways are tried where they are at most `samples`, which makes the
    /// test exact; else as many are drawn, and the answers as they are count as one of them.
    fn of(truths: &[Vec<u32>], given: [&[Vec<u32>]; 2], seed: u64, samples: usize) -> Self {
        let counts = |side: usize, row: usize| -> Counts {
            let (truth, given) = (&truths[row], &given[side][row]);
            let found = given.iter().filter(|class| truth.contains(class)).count();
            (found as i64, given.len() as i64)
        };
        let rows = (0..truths.len()).map(|row| [counts(0, row), counts(1, row)]);
        let support: i64 = truths.iter().map(|truth| truth.len() as i64).sum();
        let mut sums = [(0, 0); 2];
        // Rows that add the same on both sides may as well stay.
        let mut apart: Vec<Counts> = Vec::new();
        for [a, b] in rows {
            sums = [
                (sums[0].0 + a.0, sums[0].1 + a.1),
                (sums[1].0 + b.0, sums[1].1 + b.1),
            ];
            if a != b {
                apart.push((b.0 - a.0, b.1 - a.1));
            }
        }
        let score = |(found, given): Counts| f1((found as u64, (given + support) as u64));
        let gap = |moved: Counts| {
            let [a, b] = sums;
            let first = score((a.0 + moved.0, a.1 + moved.1));
            (first - score((b.0 - moved.0, b.1 - moved.1))).abs()
        };
        // Sums in another order would be equal but for their last bits.
        let least = gap((0, 0)) - 1e-12;
        let moved_by = |is_swapped: &dyn Fn(usize) -> bool| {
            let swapped = apart.iter().enumerate().filter(|(row, _)| is_swapped(*row));
            swapped.fold((0, 0), |sum, (_, by)| (sum.0 + by.0, sum.1 + by.1))
        };
        let ways = 1usize.checked_shl(apart.len() as u32).unwrap_or(usize::MAX);
        if ways <= samples.max(1) {
            let at_least =
                (0..ways).filter(|way| gap(moved_by(&|row| way >> row & 1 == 1)) >= least);
            return Self {
                p_value: at_least.count() as f64 / ways as f64,
                samples: ways,
            };
        }
        let own = stream("paired randomization");
        let reaches = |sample: &usize| {
            let bits = coins(apart.len(), seed, mix(own, *sample as u64));
            gap(moved_by(&|row| bits[row / 32] >> (row % 32) & 1 == 1)) >= least
        };
        let at_least = (0..samples).into_par_iter().filter(reaches).count();
        Self {
            p_value: (1 + at_least) as f64 / (1 + samples) as f64,
            samples,
        }
    }
}

/// Words that hold a coin for each of `count` rows.
fn coins(count: usize, seed: u64, stream: u64) -> Vec<u32> {
    let key = [seed as u32, (seed >> 32) as u32];
    let blocks = 0..count.div_ceil(128) as u32;
    let words =
        blocks.flat_map(|block| philox4x32(key, [block, 0, stream as u32, (stream >> 32) as u32]));
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::LabelSetScores;
    use cnn_core::random;

    fn sets(seed: u64, rows: usize, classes: u32) -> Vec<Vec<u32>> {
        let has =
            |row: usize, class: u32| random::below(seed, u64::from(class), row as u64, 3) == 0;
        let row = |row: usize| (0..classes).filter(|class| has(row, *class)).collect();
        (0..rows).map(row).collect()
    }

    #[test]
    fn the_scores_themselves_are_those_of_the_counts() {
        let (truths, given) = (sets(1, 60, 4), sets(2, 60, 4));
        let counted = LabelSetScores::of_sets(4, &truths, &given);
        let found = SetIntervals::of(4, &truths, &given, 1);
        for (score, value) in [
            (found.micro_f1, counted.micro_f1()),
            (found.macro_f1, counted.macro_f1()),
            (found.hamming_loss, counted.hamming_loss()),
        ] {
            assert!((score.value - value).abs() < 1e-15);
            assert!(score.low < value && value < score.high, "{score:?}");
        }
    }

    #[test]
    fn a_verdict_needs_more_than_a_difference() {
        let truths = vec![vec![0]; 5];
        let with_errors = |errors: usize| -> Vec<Vec<u32>> {
            (0..5).map(|row| vec![u32::from(row < errors)]).collect()
        };
        // All of five rows: p = 2 / 2^5.
        let five = SetComparison::of(2, &truths, &truths, &with_errors(5), 1);
        assert_eq!(five.randomization.p_value, 0.0625);
        assert_eq!(five.verdict(), Verdict::CannotBeTold);
        let truths = vec![vec![0, 1]; 40];
        let good = truths.clone();
        let half: Vec<Vec<u32>> = (0..40).map(|row| vec![row % 2]).collect();
        let better = SetComparison::of(2, &truths, &good, &half, 1);
        assert_eq!(better.verdict(), Verdict::FirstBetter);
        assert_eq!(better.mcnemar.only_first, 40);
        assert!(better.randomization.p_value <= 1.0 / 10_001.0 + 1e-12);
        let worse = SetComparison::of(2, &truths, &half, &good, 1);
        assert_eq!(worse.verdict(), Verdict::SecondBetter);
        let same = SetComparison::of(2, &truths, &half, &half, 1);
        assert_eq!((same.randomization.p_value, same.micro_f1.high), (1.0, 0.0));
        let none = SetComparison::of(2, &[], &[], &[], 1);
        assert_eq!(
            (none.micro_f1.value, none.randomization.p_value),
            (0.0, 1.0)
        );
    }

    #[test]
    fn threads_do_not_matter_and_seeds_do() {
        let [truths, a, b] = [1, 2, 3].map(|seed| sets(seed, 200, 5));
        let with = |threads: usize, seed: u64| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap().install(|| {
                (
                    SetIntervals::of(5, &truths, &a, seed),
                    SetComparison::of(5, &truths, &a, &b, seed),
                )
            })
        };
        assert_eq!(with(1, 7), with(3, 7));
        assert_ne!(with(1, 7), with(1, 8));
    }
}
