//! Calibration: how often a prediction is right, beside how sure it was.

use super::interval::wilson_interval;

/// Bins of the reliability plot and of the calibration error, as in Guo et al. (arXiv 1706.04599).
pub const RELIABILITY_BINS: usize = 15;

/// The predictions whose confidence lies in `(low, high]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReliabilityBin {
    /// Lower end of the confidences, not included (but 0 belongs to the first bin).
    pub low: f64,
    /// Upper end, included.
    pub high: f64,
    /// Predictions in it.
    pub count: u64,
    /// Their mean confidence; 0 without any.
    pub confidence: f64,
    /// The share of them that is right; 0 without any.
    pub accuracy: f64,
    /// 95 % Wilson interval of that share.
    pub interval: [f64; 2],
}

/// Confidence against accuracy, bin by bin.
#[derive(Clone, Debug, PartialEq)]
pub struct Reliability {
    /// Equal steps of confidence from 0 to 1.
    pub bins: Vec<ReliabilityBin>,
    /// Expected calibration error: the mean of |accuracy - confidence| over the bins, each weighted by its predictions.
    pub expected_error: f64,
    /// The largest |accuracy - confidence| of a bin that holds predictions.
    pub largest_error: f64,
}

impl Reliability {
    /// Sorts predictions into `bins` bins by their confidence, the probability of the predicted class.
    ///
    /// # Panics
    /// When the two lists differ in length or there are no bins.
    pub fn of(confidences: &[f64], correct: &[bool], bins: usize) -> Self {
        assert_eq!(
            confidences.len(),
            correct.len(),
            "one answer per confidence"
        );
        assert!(bins > 0, "no bins");
        let mut sums = vec![(0u64, 0u64, 0.0f64); bins];
        for (&confidence, &right) in confidences.iter().zip(correct) {
            let bin = (confidence * bins as f64).ceil() as usize;
            let (count, hits, sum) = &mut sums[bin.clamp(1, bins) - 1];
            *count += 1;
            *hits += u64::from(right);
            *sum += confidence;
        }
        let total = confidences.len().max(1) as f64;
        let (mut expected_error, mut largest_error) = (0.0, 0.0f64);
        let bins = sums.into_iter().enumerate().map(|(i, (count, hits, sum))| {
            let [low, high] = [i, i + 1].map(|edge| edge as f64 / bins as f64);
            let n = count.max(1) as f64;
            let (confidence, accuracy) = (sum / n, hits as f64 / n);
            let gap = (accuracy - confidence).abs();
            expected_error += count as f64 / total * gap;
            largest_error = largest_error.max(gap);
            ReliabilityBin {
                low,
                high,
                count,
                confidence,
                accuracy,
                interval: wilson_interval(hits, count).to_array(),
            }
        });
        Self {
            bins: bins.collect(),
            expected_error,
            largest_error,
        }
    }

    /// The reliability of predictions by the probabilities of their classes, `[rows, classes]`.
    ///
    /// # Panics
    /// When the lists differ in length.
    pub fn of_predictions(
        classes: usize,
        probabilities: &[f32],
        predictions: &[u32],
        labels: &[u32],
    ) -> Self {
        assert_eq!(probabilities.len(), classes * predictions.len());
        let rows = probabilities.chunks_exact(classes.max(1));
        let confidences: Vec<f64> = rows
            .zip(predictions)
            .map(|(row, &prediction)| f64::from(row[prediction as usize]))
            .collect();
        let correct: Vec<bool> = predictions
            .iter()
            .zip(labels)
            .map(|(p, l)| p == l)
            .collect();
        Self::of(&confidences, &correct, RELIABILITY_BINS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_bins_by_hand() {
        let found = Reliability::of(&[0.4, 0.5, 0.9, 0.7], &[true, false, true, true], 2);
        assert_eq!((found.bins[0].count, found.bins[1].count), (2, 2));
        assert!((found.bins[0].confidence - 0.45).abs() < 1e-15);
        assert_eq!((found.bins[0].accuracy, found.bins[1].accuracy), (0.5, 1.0));
        assert!((found.expected_error - (0.5 * 0.05 + 0.5 * 0.2)).abs() < 1e-15);
        assert!((found.largest_error - 0.2).abs() < 1e-15);
    }

    #[test]
    fn an_edge_belongs_to_the_bin_below_it_and_nothing_is_lost() {
        let found = Reliability::of(&[0.0, 0.5, 1.0], &[true; 3], 2);
        assert_eq!((found.bins[0].count, found.bins[1].count), (2, 1));
        let none = Reliability::of(&[], &[], 3);
        assert_eq!((none.expected_error, none.largest_error), (0.0, 0.0));
        assert_eq!(none.bins[1].interval, [0.0, 1.0]);
    }
}
