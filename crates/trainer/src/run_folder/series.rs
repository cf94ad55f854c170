//! `folds.json` and `seeds.json`: several runs of one kind beside each other, and what they say together.

use std::path::Path;

use serde::Serialize;

use super::error::RunFolderError;
use super::result::RunResult;
use crate::checkpoint::{Disk, write_atomically};
use crate::statistics::Summary;

/// The content of the file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Series {
    /// The model's name.
    pub model: String,
    /// The data set's name.
    pub data: String,
    /// What differs between the runs: `fold` or `seed`.
    pub differs: &'static str,
    /// The runs.
    pub runs: Vec<SeriesRun>,
    /// Accuracy on the test sets.
    pub accuracy: Spread,
    /// Macro-F1 on the test sets.
    pub macro_f1: Spread,
    /// Accuracy of the baselines, where every run has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline_accuracy: Option<Spread>,
    /// Micro-F1 on the test sets, where rows may have any number of labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micro_f1: Option<Spread>,
    /// Micro-F1 of the baselines, where every run has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline_micro_f1: Option<Spread>,
}

/// One run of a series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeriesRun {
    /// Its folder, inside that of the series.
    pub folder: String,
    /// The seed.
    pub seed: u64,
    /// Rows of its test set.
    pub count: u64,
    /// Share predicted right.
    pub accuracy: f64,
    /// Mean F1 over all labels.
    pub macro_f1: f64,
    /// Share that the baseline predicted right.
    pub baseline_accuracy: Option<f64>,
}

/// A score over several runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation; `null` for one run.
    pub standard_deviation: Option<f64>,
    /// 95 % t-interval of the mean, cut to 0..1; `null` for one run.
    pub ci95: Option<[f64; 2]>,
}

impl Spread {
    /// Of scores between 0 and 1; `None` where there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let summary = Summary::of(values)?;
        Some(Self {
            mean: summary.mean,
            standard_deviation: summary.standard_deviation,
            ci95: summary
                .interval()
                .map(|[low, high]| [low.max(0.0), high.min(1.0)]),
        })
    }

    /// `76.84 % (sd 1.61, 95 % interval 75.69 to 77.99)`.
    pub fn sentence(&self) -> String {
        let mean = 100.0 * self.mean;
        match (self.standard_deviation, self.ci95) {
            (Some(deviation), Some([low, high])) => format!(
                "{mean:.2} % (sd {:.2}, 95 % interval {:.2} to {:.2})",
                100.0 * deviation,
                100.0 * low,
                100.0 * high
            ),
            _ => format!("{mean:.2} %"),
        }
    }
}

impl Series {
    /// What these runs, each with its folder, say together; `None` where there are none.
    pub fn of(differs: &'static str, runs: &[(String, &RunResult)]) -> Option<Self> {
        let (_, first) = runs.first()?;
        let over = |score: fn(&RunResult) -> f64| {
            let scores: Vec<f64> = runs.iter().map(|(_, result)| score(result)).collect();
            Spread::of(&scores)
        };
        let where_all_have = |score: fn(&RunResult) -> Option<f64>| {
            let scores: Option<Vec<f64>> = runs.iter().map(|(_, r)| score(r)).collect();
            scores.and_then(|scores| Spread::of(&scores))
        };
        Some(Self {
            model: first.model.clone(),
            data: first.data.clone(),
            differs,
            runs: runs
                .iter()
                .map(|(folder, r)| SeriesRun::new(folder, r))
                .collect(),
            accuracy: over(|result| result.test.accuracy)?,
            macro_f1: over(|result| result.test.macro_f1)?,
            baseline_accuracy: where_all_have(|r| Some(r.baseline.as_ref()?.accuracy)),
            micro_f1: where_all_have(|r| Some(r.test.sets.as_ref()?.micro_f1)),
            baseline_micro_f1: where_all_have(|r| {
                Some(r.baseline.as_ref()?.sets.as_ref()?.micro_f1)
            }),
        })
    }

    /// Writes `folds.json` or `seeds.json` into the folder of the series; readers find the old file or the new one.
    ///
    /// # Errors
    /// The step that failed, with its path.
    pub fn write(&self, folder: &Path) -> Result<(), RunFolderError> {
        let path = folder.join(format!("{}s.json", self.differs));
        let mut bytes =
            serde_json::to_vec_pretty(self).map_err(|error| RunFolderError::Malformed {
                path: path.clone(),
                what: error.to_string(),
            })?;
        bytes.push(b'\n');
        Ok(write_atomically(&Disk, &path, &bytes)?)
    }
}

impl SeriesRun {
    fn new(folder: &str, result: &RunResult) -> Self {
        Self {
            folder: folder.to_owned(),
            seed: result.seed,
            count: result.test.count,
            accuracy: result.test.accuracy,
            macro_f1: result.test.macro_f1,
            baseline_accuracy: result.baseline.as_ref().map(|b| b.accuracy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::result::sample_result;
    use super::*;

    #[test]
    fn a_series_is_summed_up_and_written() {
        let results: Vec<RunResult> = [0.90, 0.92, 0.94]
            .iter()
            .map(|&accuracy| {
                let mut result = sample_result();
                result.test.accuracy = accuracy;
                result
            })
            .collect();
        let named = |i: usize| format!("seed-{i}");
        let runs: Vec<_> = results
            .iter()
            .enumerate()
            .map(|(i, r)| (named(i), r))
            .collect();
        let series = Series::of("seed", &runs).unwrap();
        // sd 0.02; 4.303 * 0.02 / sqrt(3) on both sides.
        let [low, high] = series.accuracy.ci95.unwrap();
        assert!((low - 0.870_317).abs() < 1e-5 && (high - 0.969_683).abs() < 1e-5);
        assert_eq!(
            series.accuracy.sentence(),
            "92.00 % (sd 2.00, 95 % interval 87.03 to 96.97)"
        );
        let folder = tempfile::tempdir().unwrap();
        series.write(folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join("seeds.json")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["runs"][1]["folder"], "seed-1");
        assert_eq!(json["baseline_accuracy"]["standard_deviation"], 0.0);
    }

    #[test]
    fn one_run_has_no_interval_and_one_missing_baseline_no_mean() {
        let mut other = sample_result();
        other.baseline = None;
        let one = Series::of("fold", &[("fold-0".into(), &other)]).unwrap();
        assert_eq!(one.accuracy.ci95, None);
        assert_eq!(one.accuracy.sentence(), "75.00 %");
        let sample = sample_result();
        let runs = [("fold-0".into(), &other), ("fold-1".into(), &sample)];
        assert_eq!(Series::of("fold", &runs).unwrap().baseline_accuracy, None);
        assert_eq!(Series::of("fold", &[]), None);
    }
}
