//! Mean and sample standard deviation over repeated runs (seeds, folds).

/// Mean and spread of one score over several runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Number of runs.
    pub count: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation `√(Σ(x - mean)² / (count - 1))`; a single run has none.
    pub standard_deviation: Option<f64>,
}

impl Summary {
    /// Summarises `values`; `None` when there are none.
    ///
    /// Two passes, so that the spread of nearly equal scores is not lost to cancellation.
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let count = values.len();
        let mean = values.iter().sum::<f64>() / count as f64;
        let standard_deviation = (count > 1).then(|| {
            let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
            (squares / (count - 1) as f64).sqrt()
        });
        Some(Self {
            count,
            mean,
            standard_deviation,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divides_by_one_less_than_the_count() {
        let summary = Summary::of(&[0.98, 0.99, 1.0]).unwrap();
        assert_eq!(summary.count, 3);
        assert!((summary.mean - 0.99).abs() < 1e-15);
        assert!((summary.standard_deviation.unwrap() - 0.01).abs() < 1e-15);
    }

    #[test]
    fn one_run_has_no_spread_and_none_has_no_mean() {
        assert_eq!(Summary::of(&[0.5]).unwrap().standard_deviation, None);
        assert_eq!(Summary::of(&[]), None);
    }
}
