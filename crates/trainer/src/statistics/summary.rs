//! Mean, sample standard deviation and t-interval over repeated runs (seeds, folds).

use super::student::t_95;

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

impl Summary {
    /// The 95 % t-interval of the mean, `mean ± t s / √count`, which takes the runs for independent; a single run has none.
    pub fn interval(&self) -> Option<[f64; 2]> {
        let deviation = self.standard_deviation?;
        let half = t_95(self.count - 1) * deviation / (self.count as f64).sqrt();
        Some([self.mean - half, self.mean + half])
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
    fn the_interval_is_that_of_the_handbook() {
        // NIST/SEMATECH e-Handbook, 1.3.5.2: 195 heat flow measurements, mean 9.261460, sd 0.022789,
        // 95 % interval 9.258242 to 9.264679.
        let summary = Summary {
            count: 195,
            mean: 9.261_460,
            standard_deviation: Some(0.022_789),
        };
        let [low, high] = summary.interval().unwrap();
        assert!((low - 9.258_242).abs() < 2e-6, "{low}");
        assert!((high - 9.264_679).abs() < 2e-6, "{high}");
    }

    #[test]
    fn one_run_has_no_spread_and_none_has_no_mean() {
        assert_eq!(Summary::of(&[0.5]).unwrap().standard_deviation, None);
        assert_eq!(Summary::of(&[0.5]).unwrap().interval(), None);
        assert_eq!(Summary::of(&[]), None);
    }
}
