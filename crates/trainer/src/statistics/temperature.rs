//! Temperature scaling: one number, fitted on dev, that makes a network's probabilities say how often it is right.

/// The softmax of `logits / T` keeps every prediction and changes how sure it is (Guo et al., arXiv 1706.04599).
///
/// A network that is sure of its mistakes gets T > 1. Logits are known up to a constant from the logarithms of the
/// probabilities, which is all that a softmax needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Temperature(f64);

/// The smallest and the largest temperature that is fitted: beyond them dev says nothing but "surer" or "less sure".
const BOUNDS: [f64; 2] = [0.05, 20.0];

/// Below this a probability counts as this: its logarithm must be a number.
const FLOOR: f64 = f32::MIN_POSITIVE as f64;

/// Steps of the search, each of which at least halves the bracket where Newton's step does not do better.
const STEPS: usize = 64;

impl Temperature {
    /// The temperature of least mean loss on these rows, `[rows, classes]`.
    ///
    /// The loss is convex in 1/T, so there is one minimum; it is found by Newton's steps kept inside a shrinking bracket,
    /// the same bits every time. `None` where there is none to be found: without rows, or where the rows alone would want a
    /// temperature beyond 0.05 or 20, as they do when every one of them is predicted right.
    ///
    /// # Panics
    /// When the lists differ in length or a label is no class.
    pub fn fit(classes: usize, probabilities: &[f32], labels: &[u32]) -> Option<Self> {
        assert_eq!(probabilities.len(), classes * labels.len());
        if labels.is_empty() || classes < 2 {
            return None;
        }
        let slope = |inverse: f64| slope(classes, probabilities, labels, inverse);
        let (mut low, mut high) = (1.0 / BOUNDS[1], 1.0 / BOUNDS[0]);
        if slope(low).0 >= 0.0 || slope(high).0 <= 0.0 {
            return None;
        }
        let mut inverse = 1.0;
        for _ in 0..STEPS {
            let (first, second) = slope(inverse);
            *(if first > 0.0 { &mut high } else { &mut low }) = inverse;
            let newton = inverse - first / second;
            let next = if newton > low && newton < high {
                newton
            } else {
                0.5 * (low + high)
            };
            if (next - inverse).abs() <= 1e-12 * inverse {
                break;
            }
            inverse = next;
        }
        Some(Self(1.0 / inverse))
    }

    /// A temperature that was written down; `None` unless it is a positive number.
    pub fn new(value: f64) -> Option<Self> {
        (value.is_finite() && value > 0.0).then_some(Self(value))
    }

    /// The number itself; 1 changes nothing.
    pub fn value(self) -> f64 {
        self.0
    }

    /// The probabilities of answers that stand alone, the sigmoids of their logits, at this temperature.
    pub fn apply_to_answers(self, probabilities: &[f32]) -> Vec<f32> {
        let scaled = self.apply(2, &pairs_of(probabilities));
        scaled.into_iter().skip(1).step_by(2).collect()
    }

    /// The probabilities of rows, `[rows, classes]`, at this temperature.
    pub fn apply(self, classes: usize, probabilities: &[f32]) -> Vec<f32> {
        let mut scaled = Vec::with_capacity(probabilities.len());
        let mut row = Vec::new();
        for probabilities in probabilities.chunks_exact(classes.max(1)) {
            softmax(probabilities, 1.0 / self.0, &mut row);
            scaled.extend(row.iter().map(|&p| p as f32));
        }
        scaled
    }
}

/// Answers that stand alone, of the probability `p` each, as rows of two classes: 1 - p and p. Their softmax is the sigmoid.
pub fn pairs_of(probabilities: &[f32]) -> Vec<f32> {
    // What was rounded to 1 lies within half a unit in the last place of it.
    const LEAST: f32 = f32::EPSILON / 4.0;
    let pair = |&p: &f32| [(1.0 - p).max(LEAST), p];
    probabilities.iter().flat_map(pair).collect()
}

/// The mean of -ln p(label) over rows, `[rows, classes]`; 0 without rows.
///
/// # Panics
/// When the lists differ in length or a label is no class.
pub fn mean_loss(classes: usize, probabilities: &[f32], labels: &[u32]) -> f64 {
    assert_eq!(probabilities.len(), classes * labels.len());
    let rows = probabilities.chunks_exact(classes.max(1)).zip(labels);
    let sum: f64 = rows
        .map(|(row, &label)| -logarithm(row[label as usize]))
        .sum();
    sum / labels.len().max(1) as f64
}

fn logarithm(probability: f32) -> f64 {
    f64::from(probability).max(FLOOR).ln()
}

/// The softmax of `inverse · ln p`.
fn softmax(probabilities: &[f32], inverse: f64, into: &mut Vec<f64>) {
    into.clear();
    into.extend(probabilities.iter().map(|&p| inverse * logarithm(p)));
    let most = into.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    into.iter_mut()
        .for_each(|value| *value = (*value - most).exp());
    let sum: f64 = into.iter().sum();
    into.iter_mut().for_each(|value| *value /= sum);
}

/// The first and second derivative of the mean loss by 1/T: with z = ln p and q the softmax of z/T, the means of
/// `E_q[z] - z[label]` and of `E_q[z²] - E_q[z]²`.
fn slope(classes: usize, probabilities: &[f32], labels: &[u32], inverse: f64) -> (f64, f64) {
    let (mut first, mut second) = (0.0, 0.0);
    let mut scaled = Vec::with_capacity(classes);
    for (row, &label) in probabilities.chunks_exact(classes).zip(labels) {
        softmax(row, inverse, &mut scaled);
        let (mut mean, mut square) = (0.0, 0.0);
        for (&p, &q) in row.iter().zip(&scaled) {
            let z = logarithm(p);
            mean += q * z;
            square += q * z * z;
        }
        first += mean - logarithm(row[label as usize]);
        second += square - mean * mean;
    }
    let rows = labels.len() as f64;
    (first / rows, second / rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three of four right at 0.9: the loss is least where the confidence is 3/4, at odds of 3 instead of 9.
    #[test]
    fn odds_of_nine_that_should_be_three_want_a_temperature_of_two() {
        let rows = [0.9, 0.1].repeat(4);
        let fitted = Temperature::fit(2, &rows, &[0, 0, 0, 1]).unwrap();
        assert!((fitted.value() - 2.0).abs() < 1e-6, "{fitted:?}");
        let scaled = fitted.apply(2, &rows[..2]);
        assert!((scaled[0] - 0.75).abs() < 1e-6, "{scaled:?}");
    }

    #[test]
    fn rows_that_are_all_right_or_all_wrong_have_no_temperature() {
        let rows = [0.9, 0.1].repeat(3);
        assert_eq!(Temperature::fit(2, &rows, &[0, 0, 0]), None);
        assert_eq!(Temperature::fit(2, &rows, &[1, 1, 1]), None);
        assert_eq!(Temperature::fit(2, &[], &[]), None);
        assert_eq!(Temperature::fit(1, &[1.0], &[0]), None);
    }

    #[test]
    fn no_prediction_changes_and_zero_stays_a_number() {
        let rows = [0.5, 0.3, 0.2, 0.0, 1.0, 0.0];
        for value in [0.3, 1.0, 7.0] {
            let scaled = Temperature::new(value).unwrap().apply(3, &rows);
            for (row, was) in scaled.chunks(3).zip(rows.chunks(3)) {
                let sum: f32 = row.iter().sum();
                assert!((sum - 1.0).abs() < 1e-6);
                let most = |row: &[f32]| row.iter().position(|p| row.iter().all(|q| q <= p));
                assert_eq!(most(row), most(was));
            }
        }
        assert!(mean_loss(3, &rows, &[0, 0]).is_finite());
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Temperature::new(wrong), None);
        }
    }
}
