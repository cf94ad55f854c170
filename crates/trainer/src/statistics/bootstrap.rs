//! The paired bootstrap: how far the difference of two classifiers would swing with another test set of the same kind.

use super::confusion::ConfusionMatrix;
use cnn_core::random::{mix, philox4x32, stream};
use rayon::prelude::*;

/// Resamples, unless the test set is so large that fewer do.
pub const RESAMPLES: usize = 10_000;

/// Rows drawn in all resamples together, at most: a second or two of work.
const MOST_DRAWS: usize = 1_000_000_000;

/// Resamples at the least, however large the test set is.
const LEAST_RESAMPLES: usize = 1_000;

/// A difference of two scores, first minus second, with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// On the test set as it is.
    pub value: f64,
    /// The 2.5 % quantile of the resamples.
    pub low: f64,
    /// The 97.5 % quantile of the resamples.
    pub high: f64,
}

/// What the resamples say of two classifiers on the same rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedBootstrap {
    /// How many there were.
    pub resamples: usize,
    /// Difference of the accuracies.
    pub accuracy: Difference,
    /// Difference of the macro-F1 scores.
    pub macro_f1: Difference,
}

/// The rows that have the same label and the same two predictions: no score tells them apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    label: u32,
    first: u32,
    second: u32,
}

impl PairedBootstrap {
    /// Draws as many rows as there are, with replacement, 10,000 times (fewer above 100,000 rows), and takes both scores'
    /// differences each time; the interval is theirs from the 2.5 % to the 97.5 % quantile.
    ///
    /// A row keeps its two predictions together, so that what is hard for both cancels. The draws are numbers of (seed,
    /// resample, place), so the result has the same bits for any number of threads.
    ///
    /// # Panics
    /// When the lists differ in length or hold a class that is not below `classes`.
    pub fn compare(
        classes: usize,
        labels: &[u32],
        first: &[u32],
        second: &[u32],
        seed: u64,
    ) -> Self {
        let resamples = resamples(labels.len());
        Self::with_resamples(classes, [labels, first, second], seed, resamples)
    }

    fn with_resamples(
        classes: usize,
        [labels, first, second]: [&[u32]; 3],
        seed: u64,
        resamples: usize,
    ) -> Self {
        let [a, b] = [first, second].map(|predictions| {
            ConfusionMatrix::from_predictions(classes, labels, predictions)
                .expect("labels and predictions are classes of the same rows")
        });
        let rows: Vec<Kind> = (0..labels.len())
            .map(|row| Kind {
                label: labels[row],
                first: first[row],
                second: second[row],
            })
            .collect();
        let mut kinds = rows.clone();
        kinds.sort_unstable();
        kinds.dedup();
        let kind_of_row: Vec<u32> = rows
            .iter()
            .map(|row| kinds.binary_search(row).expect("every row is of a kind") as u32)
            .collect();
        let own = stream("paired bootstrap");
        let (accuracies, macro_f1s): (Vec<f64>, Vec<f64>) = (0..resamples)
            .into_par_iter()
            .map(|resample| {
                let counts = draw(&kind_of_row, kinds.len(), seed, mix(own, resample as u64));
                differences(classes, &kinds, &counts)
            })
            .unzip();
        Self {
            resamples,
            accuracy: difference(a.accuracy() - b.accuracy(), accuracies),
            macro_f1: difference(a.macro_f1() - b.macro_f1(), macro_f1s),
        }
    }
}

/// Resamples of so many rows.
pub(super) fn resamples(rows: usize) -> usize {
    (MOST_DRAWS / rows.max(1)).clamp(LEAST_RESAMPLES, RESAMPLES)
}

/// How often each kind is met in as many draws as there are rows.
pub(super) fn draw(kind_of_row: &[u32], kinds: usize, seed: u64, stream: u64) -> Vec<u32> {
    let mut counts = vec![0; kinds];
    let rows = kind_of_row.len() as u64;
    let key = [seed as u32, (seed >> 32) as u32];
    let mut left = kind_of_row.len();
    let mut index = 0u64;
    while left > 0 {
        let counter = [
            index as u32,
            (index >> 32) as u32,
            stream as u32,
            (stream >> 32) as u32,
        ];
        for word in philox4x32(key, counter).into_iter().take(left) {
            // A row's probability is off by at most rows / 2^32 of itself.
            let row = (u64::from(word) * rows) >> 32;
            counts[kind_of_row[row as usize] as usize] += 1;
        }
        left = left.saturating_sub(4);
        index += 1;
    }
    counts
}

/// First minus second: the accuracies and the macro-F1 scores of rows of which each kind has so many.
fn differences(classes: usize, kinds: &[Kind], counts: &[u32]) -> (f64, f64) {
    let mut support = vec![0u64; classes];
    let (mut hits, mut given) = (vec![[0u64; 2]; classes], vec![[0u64; 2]; classes]);
    let (mut right, mut total) = ([0u64; 2], 0u64);
    for (kind, &count) in kinds.iter().zip(counts) {
        let count = u64::from(count);
        total += count;
        support[kind.label as usize] += count;
        for (side, prediction) in [kind.first, kind.second].into_iter().enumerate() {
            given[prediction as usize][side] += count;
            if prediction == kind.label {
                hits[prediction as usize][side] += count;
                right[side] += count;
            }
        }
    }
    let macro_f1 = |side: usize| {
        let f1 = |class: usize| {
            let whole = support[class] + given[class][side];
            2.0 * hits[class][side] as f64 / whole.max(1) as f64
        };
        (0..classes).map(f1).sum::<f64>() / classes.max(1) as f64
    };
    let accuracy = (right[0] as f64 - right[1] as f64) / total.max(1) as f64;
    (accuracy, macro_f1(0) - macro_f1(1))
}

/// From the difference itself and those of the resamples.
pub(super) fn difference(value: f64, mut resampled: Vec<f64>) -> Difference {
    resampled.sort_unstable_by(f64::total_cmp);
    Difference {
        value,
        low: quantile(&resampled, 0.025),
        high: quantile(&resampled, 0.975),
    }
}

/// The quantile of sorted values, between two of them on a straight line, as NumPy's default.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len().max(1) - 1) as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    match sorted {
        [] => 0.0,
        sorted => {
            let above = (below + 1).min(sorted.len() - 1);
            sorted[below] + part * (sorted[above] - sorted[below])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All 4^4 samples of four rows, against the drawn ones.
    #[test]
    fn four_rows_have_the_distribution_that_counting_all_samples_gives() {
        let (labels, first, second) = ([0, 0, 1, 1], [0, 0, 1, 0], [0, 1, 0, 1]);
        let mut all = Vec::new();
        for code in 0..256usize {
            let picked = [0, 2, 4, 6].map(|shift| (code >> shift) & 3);
            let of = |list: &[u32; 4]| picked.map(|row| list[row]);
            let score =
                |p: &[u32; 4]| ConfusionMatrix::from_predictions(2, &of(&labels), &of(p)).unwrap();
            let (a, b) = (score(&first), score(&second));
            all.push((a.accuracy() - b.accuracy(), a.macro_f1() - b.macro_f1()));
        }
        let kinds_of = |f: fn(&(f64, f64)) -> f64| {
            let mut sorted: Vec<f64> = all.iter().map(f).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            sorted
        };
        let found = PairedBootstrap::with_resamples(2, [&labels, &first, &second], 1, 100_000);
        for (found, exact) in [
            (found.accuracy, kinds_of(|s| s.0)),
            (found.macro_f1, kinds_of(|s| s.1)),
        ] {
            for (found, share) in [(found.low, 0.025), (found.high, 0.975)] {
                // The distribution has steps; its quantile a little to either side brackets the drawn one.
                let (least, most) = (
                    quantile(&exact, share - 0.01),
                    quantile(&exact, share + 0.01),
                );
                assert!(
                    found >= least - 1e-12 && found <= most + 1e-12,
                    "{found} {least} {most}"
                );
            }
        }
        assert_eq!(found.accuracy.value, 0.25);
    }

    #[test]
    fn equal_predictions_never_differ_and_seeds_decide() {
        let labels: Vec<u32> = (0..50).map(|i| i % 3).collect();
        let same = PairedBootstrap::compare(3, &labels, &labels, &labels, 7);
        assert_eq!((same.accuracy.low, same.accuracy.high), (0.0, 0.0));
        let other: Vec<u32> = (0..50)
            .map(|i| if i % 4 == 0 { 0 } else { i % 3 })
            .collect();
        let [a, again, b] =
            [1, 1, 2].map(|seed| PairedBootstrap::compare(3, &labels, &labels, &other, seed));
        assert_eq!(a, again);
        assert_ne!(a, b);
        assert!(a.accuracy.low > 0.0 && a.accuracy.low < a.accuracy.value);
        let none = PairedBootstrap::compare(2, &[], &[], &[], 1);
        assert_eq!((none.accuracy.value, none.accuracy.high), (0.0, 0.0));
    }

    #[test]
    fn threads_do_not_matter_to_the_resamples() {
        let labels: Vec<u32> = (0..200).map(|i| i % 2).collect();
        let first: Vec<u32> = (0..200).map(|i| u32::from(i % 5 == 0)).collect();
        let second: Vec<u32> = (0..200).map(|i| u32::from(i % 3 == 0)).collect();
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap()
                .install(|| PairedBootstrap::compare(2, &labels, &first, &second, 3))
        };
        assert_eq!(with(1), with(3));
    }
}
