//! Statistics of a test score: how sure it is, per class and overall, and whether two classifiers differ.
//!
//! Everything here is plain arithmetic in f64, and is checked against SciPy, scikit-learn and cleanlab
//! (`tests/fixtures/statistics.py`, `judge.py` and `label_sets.py` remake the files of their values).

mod bootstrap;
mod comparison;
mod confusion;
mod interval;
mod label_errors;
mod label_sets;
mod mcnemar;
mod reliability;
mod set_comparison;
mod student;
mod summary;
mod temperature;

pub use bootstrap::{Difference, PairedBootstrap, RESAMPLES};
pub use comparison::{Comparison, Verdict};
pub use confusion::{ClassScores, ConfusionError, ConfusionMatrix};
pub use interval::{Interval, wilson_interval};
pub use label_errors::{SuspectedLabel, suspected_labels};
pub use label_sets::{LabelSetScores, best_thresholds, given, sets_of, table_of};
pub use mcnemar::{McNemar, McNemarError};
pub use reliability::{RELIABILITY_BINS, Reliability, ReliabilityBin};
pub use set_comparison::{Randomization, Score, SetComparison, SetIntervals};
pub use student::t_95;
pub use summary::Summary;
pub use temperature::{Temperature, mean_loss, pairs_of};

#[cfg(test)]
mod fixture_tests;
#[cfg(test)]
mod judge_tests;
#[cfg(test)]
mod label_set_tests;
