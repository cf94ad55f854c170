//! McNemar's exact test: do two classifiers differ on the same test rows?

use thiserror::Error;

/// The rows on which exactly one of two classifiers is right, and what they say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct McNemar {
    /// Rows that only the first classifier gets right.
    pub only_first: u64,
    /// Rows that only the second classifier gets right.
    pub only_second: u64,
    /// Two-sided p-value of the exact test; 1 when the two never disagree.
    pub p_value: f64,
}

/// Why two lists of predictions cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum McNemarError {
    /// The three lists must speak of the same rows.
    #[error(
        "{truths} labels, {first} predictions of the first classifier and {second} of the second: \
         all must be of the same rows"
    )]
    LengthMismatch {
        /// Number of true labels.
        truths: usize,
        /// Number of predictions of the first classifier.
        first: usize,
        /// Number of predictions of the second classifier.
        second: usize,
    },
}

impl McNemar {
    /// Compares the predictions of two classifiers on the same rows.
    ///
    /// # Errors
    /// [`McNemarError::LengthMismatch`] when the lists differ in length.
    pub fn compare(truths: &[u32], first: &[u32], second: &[u32]) -> Result<Self, McNemarError> {
        if truths.len() != first.len() || truths.len() != second.len() {
            return Err(McNemarError::LengthMismatch {
                truths: truths.len(),
                first: first.len(),
                second: second.len(),
            });
        }
        let (mut only_first, mut only_second) = (0, 0);
        for ((truth, a), b) in truths.iter().zip(first).zip(second) {
            match (a == truth, b == truth) {
                (true, false) => only_first += 1,
                (false, true) => only_second += 1,
                _ => {}
            }
        }
        Ok(Self::from_counts(only_first, only_second))
    }

    /// The test from the two counts of disagreement.
    ///
    /// If the classifiers were equally good, each of the `n = only_first + only_second` rows would fall
    /// on either side with probability 1/2, so with `m = min(only_first, only_second)`
    ///
    /// ```text
    /// p = min(1, 2 · Σ_{k=0..m} C(n, k) / 2ⁿ)
    /// ```
    ///
    /// The sum is exact up to rounding for any n (time grows with m), so no normal approximation with
    /// its continuity correction is needed.
    pub fn from_counts(only_first: u64, only_second: u64) -> Self {
        Self {
            only_first,
            only_second,
            p_value: two_sided_binomial(only_first.min(only_second), only_first + only_second),
        }
    }

    /// Whether the difference is significant at the 5 % level.
    pub fn is_significant(&self) -> bool {
        self.p_value < 0.05
    }
}

/// `min(1, 2 · P(X ≤ m))` for X binomial with `n` trials of probability 1/2, `2m ≤ n`.
fn two_sided_binomial(m: u64, n: u64) -> f64 {
    if 2 * m == n {
        return 1.0;
    }
    // ln C(n, m) - n ln 2, the largest term; the others follow from it by C(n, k-1) = C(n, k)·k/(n-k+1).
    let ln_choose: f64 = (1..=m).map(|i| ((n - m + i) as f64 / i as f64).ln()).sum();
    let largest = (ln_choose - n as f64 * std::f64::consts::LN_2).exp();
    let (mut term, mut sum) = (1.0, 1.0);
    for k in (1..=m).rev() {
        term *= k as f64 / (n - k + 1) as f64;
        sum += term;
        if term < sum * 1e-18 {
            break;
        }
    }
    (2.0 * largest * sum).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_only_the_rows_where_one_is_right() {
        let truths = [0, 0, 1, 1, 2, 2];
        let first = [0, 0, 1, 0, 1, 2];
        let second = [0, 1, 0, 1, 0, 2];
        let test = McNemar::compare(&truths, &first, &second).unwrap();
        assert_eq!((test.only_first, test.only_second), (2, 1));
        // 2 · (1 + 3)/8, by hand.
        assert_eq!(test.p_value, 1.0);
    }

    #[test]
    fn small_cases_by_hand() {
        assert_eq!(McNemar::from_counts(0, 0).p_value, 1.0);
        assert!((McNemar::from_counts(0, 5).p_value - 2.0 / 32.0).abs() < 1e-15);
        assert!((McNemar::from_counts(6, 1).p_value - 2.0 * 8.0 / 128.0).abs() < 1e-15);
        assert!(!McNemar::from_counts(0, 5).is_significant());
        assert!(McNemar::from_counts(0, 6).is_significant());
    }

    #[test]
    fn lists_of_other_lengths_are_refused() {
        assert_eq!(
            McNemar::compare(&[0, 1], &[0], &[0, 1]),
            Err(McNemarError::LengthMismatch {
                truths: 2,
                first: 1,
                second: 2
            })
        );
    }
}
