//! The Wilson score interval of a proportion.

/// The 97.5 % quantile of the standard normal distribution: two-sided 95 %.
const Z_95: f64 = 1.959_963_984_540_054;

/// A range of proportions, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end, at least 0.
    pub low: f64,
    /// The upper end, at most 1.
    pub high: f64,
}

impl Interval {
    /// The two ends as `[low, high]`, the form in which `result.json` holds them.
    pub fn to_array(self) -> [f64; 2] {
        [self.low, self.high]
    }
}

/// The 95 % Wilson score interval of `successes` among `trials`.
///
/// With `p = successes / trials`, `n = trials` and z = 1.96:
///
/// ```text
/// (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n)
/// ```
///
/// Unlike `p ± z·√(p(1-p)/n)` it stays inside 0..1 and keeps its width at p = 0 and p = 1, where
/// small test sets often end. No trials tell nothing: the interval is then 0..1.
///
/// ```
/// let interval = trainer::statistics::wilson_interval(91, 100);
/// assert!((interval.low - 0.8378).abs() < 1e-4 && (interval.high - 0.9519).abs() < 1e-4);
/// ```
///
/// # Panics
/// When there are more successes than trials.
pub fn wilson_interval(successes: u64, trials: u64) -> Interval {
    assert!(
        successes <= trials,
        "{successes} successes among {trials} trials"
    );
    if trials == 0 {
        return Interval {
            low: 0.0,
            high: 1.0,
        };
    }
    let n = trials as f64;
    let p = successes as f64 / n;
    let z2 = Z_95 * Z_95;
    let centre = p + z2 / (2.0 * n);
    let half_width = Z_95 * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    Interval {
        // At the two ends the formula is exact in real numbers but not in f64.
        low: if successes == 0 {
            0.0
        } else {
            ((centre - half_width) / scale).max(0.0)
        },
        high: if successes == trials {
            1.0
        } else {
            ((centre + half_width) / scale).min(1.0)
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_trials_tell_nothing() {
        assert_eq!(wilson_interval(0, 0).to_array(), [0.0, 1.0]);
    }

    #[test]
    fn the_ends_are_exact() {
        let none = wilson_interval(0, 7);
        assert_eq!(none.low, 0.0);
        assert!(none.high > 0.0 && none.high < 1.0);
        let all = wilson_interval(7, 7);
        assert_eq!(all.high, 1.0);
        assert!((all.low - (1.0 - none.high)).abs() < 1e-15);
    }
}
