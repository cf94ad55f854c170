//! Statistics of a test score: how sure it is, per class and overall, and whether two classifiers differ.
//!
//! Everything here is plain arithmetic on counts, in f64, and is checked against SciPy and scikit-learn
//! (`tests/fixtures/statistics.py` remakes the file of their values).

mod confusion;
mod interval;
mod mcnemar;
mod student;
mod summary;

pub use confusion::{ClassScores, ConfusionError, ConfusionMatrix};
pub use interval::{Interval, wilson_interval};
pub use mcnemar::{McNemar, McNemarError};
pub use student::t_95;
pub use summary::Summary;

#[cfg(test)]
mod fixture_tests;
