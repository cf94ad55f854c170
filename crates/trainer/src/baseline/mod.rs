//! The linear baselines that stand beside every score (promise 6).
//!
//! A network that a bag of n-grams beats is of no use, and a reader of a score should see at once whether that
//! is the case. So the baseline is a strong one, trained in seconds on the same split:
//!
//! - [`TextBaseline`]: tf-idf of all 1- to 3-grams (of words; of characters for Chinese) and a linear support
//!   vector machine, as scikit-learn's `TfidfVectorizer(ngram_range=(1, 3), sublinear_tf=True)` and `LinearSVC`
//!   with their default settings would do it;
//! - [`PixelBaseline`]: the same machine on the pixels, each image scaled to length 1.
//!
//! Both are fitted on the training part alone, idf included. Both are deterministic, for any number of
//! threads: threads share the classes or the documents, never a sum.
//!
//! ```
//! use trainer::baseline::{TextBaseline, TextBaselineOptions, Units};
//!
//! let texts = ["good fun", "good film", "not good", "not good at all", "not bad", "not bad at all", "bad", "so bad"];
//! let labels = [1, 1, 0, 0, 1, 1, 0, 0];
//! let options = TextBaselineOptions::default();
//! let baseline = TextBaseline::fit_texts(&texts, &labels, 2, Units::Words, &options)?;
//! assert_eq!(baseline.predict_text("not good"), 0);
//! assert_eq!(baseline.predict_text("not bad"), 1);
//! # Ok::<(), trainer::baseline::BaselineError>(())
//! ```

mod ngrams;
mod pixels;
mod rows;
mod svm;
mod text;
mod tfidf;
mod units;

pub use pixels::{PixelBaseline, PixelBaselineOptions};
pub use text::{TextBaseline, TextBaselineOptions};
pub use units::Units;

use crate::statistics::{ConfusionError, ConfusionMatrix, best_thresholds, given};
use rayon::prelude::*;
use std::time::Instant;
use thiserror::Error;

/// Why a baseline cannot be fitted or judged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BaselineError {
    /// There is nothing to learn from.
    #[error("the training part has no rows")]
    NoRows,
    /// Not one label per row.
    #[error("{rows} rows but {labels} labels")]
    LengthMismatch {
        /// Number of rows.
        rows: usize,
        /// Number of labels.
        labels: usize,
    },
    /// A label that is no class.
    #[error("training row {row} has the label {label}, but there are only {classes} classes")]
    LabelOutOfRange {
        /// Index of the row.
        row: usize,
        /// Its label.
        label: u32,
        /// Number of classes.
        classes: usize,
    },
    /// An image of another size than the first.
    #[error("training image {row} has {found} pixels, the first one has {expected}")]
    PixelCount {
        /// Index of the image.
        row: usize,
        /// Pixels of the first image.
        expected: usize,
        /// Its pixels.
        found: usize,
    },
    /// More rows, or more different n-grams, than 32 bits can number.
    #[error("{count} {what} are more than the baseline can number (4,294,967,295)")]
    TooMany {
        /// How many.
        count: usize,
        /// Of what.
        what: &'static str,
    },
    /// The test part does not fit the classes.
    #[error(transparent)]
    Test(#[from] ConfusionError),
}

/// A baseline's answers on the test part.
#[derive(Clone, Debug, PartialEq)]
pub struct BaselineRun {
    /// What the baseline is, for the reader of a report.
    pub name: String,
    /// The predicted label of each test row: what McNemar's test needs.
    pub predictions: Vec<u32>,
    /// The counts from which accuracy, interval and macro-F1 follow.
    pub matrix: ConfusionMatrix,
    /// Seconds to fit and to predict.
    pub seconds: f64,
}

/// The two parts of a split, with their labels.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a, T> {
    /// Rows to learn from.
    pub train: &'a [T],
    /// Their labels.
    pub train_labels: &'a [u32],
    /// Rows to be judged on.
    pub test: &'a [T],
    /// Their labels.
    pub test_labels: &'a [u32],
    /// Number of classes.
    pub classes: usize,
    /// How much a row of each class counts in the loss; empty = the same.
    pub class_weights: &'a [f32],
}

/// Fits the text baseline with its default settings and judges it.
///
/// # Errors
/// When the parts do not fit together; see [`BaselineError`].
pub fn run_text_baseline<T: AsRef<str> + Sync>(
    parts: &Parts<'_, T>,
    units: Units,
) -> Result<BaselineRun, BaselineError> {
    let start = Instant::now();
    let options = TextBaselineOptions {
        class_weights: parts.class_weights.to_vec(),
        ..TextBaselineOptions::default()
    };
    let Parts { classes, .. } = *parts;
    let baseline =
        TextBaseline::fit_texts(parts.train, parts.train_labels, classes, units, &options)?;
    let predictions = baseline.predict_texts(parts.test);
    let name = format!(
        "tf-idf of {}, {}",
        units.describe(),
        machine(parts.class_weights)
    );
    judge(name, start, predictions, parts.test_labels, classes)
}

/// A baseline's answers on a test part whose rows may have any number of classes.
#[derive(Clone, Debug, PartialEq)]
pub struct SetBaselineRun {
    /// What the baseline is, for the reader of a report.
    pub name: String,
    /// Which classes each test row was given, `[rows, classes]`, row by row.
    pub predictions: Vec<bool>,
    /// Seconds to fit and to predict.
    pub seconds: f64,
}

/// The parts of a split whose rows may have any number of classes; truths are `[rows, classes]`, row by row.
#[derive(Clone, Copy, Debug)]
pub struct SetParts<'a> {
    /// Texts to learn from.
    pub train: &'a [&'a str],
    /// Their classes.
    pub train_truths: &'a [bool],
    /// Texts to choose on.
    pub dev: &'a [&'a str],
    /// Their classes.
    pub dev_truths: &'a [bool],
    /// Texts to answer.
    pub test: &'a [&'a str],
    /// Number of classes.
    pub classes: usize,
}

/// Fits the text baseline one class against the rest, where a row may have any number of them, and answers the test part.
///
/// A network's thresholds are chosen on dev, so the machines' are too: fitted on the training part, each is given the cut of the
/// best F1 on dev; then they are fitted again on both parts together and answer with those cuts.
///
/// # Errors
/// When there are no rows; see [`BaselineError`].
pub fn run_set_baseline(
    parts: &SetParts<'_>,
    units: Units,
) -> Result<SetBaselineRun, BaselineError> {
    let start = Instant::now();
    let options = TextBaselineOptions::default();
    let SetParts { classes, .. } = *parts;
    let fit = |texts: &[&str], truths: &[bool]| {
        TextBaseline::fit_sets(texts, truths, classes, units, &options)
    };
    let chooser = fit(parts.train, parts.train_truths)?;
    let cuts = best_thresholds(classes, &sigmoids(&chooser, parts.dev), parts.dev_truths);
    drop(chooser);
    let baseline = fit(
        &[parts.train, parts.dev].concat(),
        &[parts.train_truths, parts.dev_truths].concat(),
    )?;
    Ok(SetBaselineRun {
        name: format!(
            "tf-idf of {}, one linear SVM a label with its cut chosen on dev",
            units.describe()
        ),
        predictions: given(&sigmoids(&baseline, parts.test), &cuts),
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// The sigmoids of the machines' scores, `[texts, classes]`: in the order of the scores, and 0.5 where they are 0.
fn sigmoids(baseline: &TextBaseline, texts: &[&str]) -> Vec<f32> {
    let scores = texts.par_iter().map(|text| baseline.text_scores(text));
    let scores = scores.collect::<Vec<Vec<f32>>>().concat();
    let mut sigmoids = vec![0.0; scores.len()];
    predictor::sigmoid(&scores, &mut sigmoids);
    sigmoids
}

/// Fits the pixel baseline with its default settings and judges it.
///
/// # Errors
/// When the parts do not fit together; see [`BaselineError`].
pub fn run_pixel_baseline<T: AsRef<[u8]> + Sync>(
    parts: &Parts<'_, T>,
) -> Result<BaselineRun, BaselineError> {
    let start = Instant::now();
    let options = PixelBaselineOptions {
        class_weights: parts.class_weights.to_vec(),
        ..PixelBaselineOptions::default()
    };
    let Parts { classes, .. } = *parts;
    let baseline = PixelBaseline::fit(parts.train, parts.train_labels, classes, &options)?;
    let predictions = baseline.predict_all(parts.test);
    let name = format!("pixels, {}", machine(parts.class_weights));
    judge(name, start, predictions, parts.test_labels, classes)
}

/// What the machine is called.
fn machine(class_weights: &[f32]) -> &'static str {
    match class_weights {
        [] => "linear SVM",
        _ => "linear SVM with the class weights",
    }
}

fn judge(
    name: String,
    start: Instant,
    predictions: Vec<u32>,
    labels: &[u32],
    classes: usize,
) -> Result<BaselineRun, BaselineError> {
    let seconds = start.elapsed().as_secs_f64();
    let matrix = ConfusionMatrix::from_predictions(classes, labels, &predictions)?;
    Ok(BaselineRun {
        name,
        predictions,
        matrix,
        seconds,
    })
}

/// What every fit demands of its rows.
fn check_rows(rows: usize, labels: &[u32], classes: usize) -> Result<(), BaselineError> {
    if rows == 0 {
        return Err(BaselineError::NoRows);
    }
    if rows != labels.len() {
        return Err(BaselineError::LengthMismatch {
            rows,
            labels: labels.len(),
        });
    }
    if u32::try_from(rows).is_err() {
        return Err(BaselineError::TooMany {
            count: rows,
            what: "rows",
        });
    }
    match labels.iter().position(|&label| label as usize >= classes) {
        Some(row) => Err(BaselineError::LabelOutOfRange {
            row,
            label: labels[row],
            classes,
        }),
        None => Ok(()),
    }
}

/// The index of the largest score, the lowest one on ties.
fn arg_max(scores: &[f32]) -> u32 {
    let mut best = 0;
    for (index, &score) in scores.iter().enumerate() {
        if score > scores[best] {
            best = index;
        }
    }
    best as u32
}

#[cfg(test)]
mod fixture_tests;
#[cfg(test)]
mod tests;
