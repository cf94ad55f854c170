//! The report of a run: `report.html` to read, `README.md` to ship with the network, `metrics.csv` for a spreadsheet.
//!
//! All of it is made from what the run's folder holds, so that [`rebuild`] writes the same files as the run itself did.
//! Whatever a user's file holds, label or text, reaches a page through [`Markup`](crate::html::Markup) alone.

mod calibration;
mod card;
mod classes;
mod compare;
mod curves;
mod errors;
mod figures;
mod judgement;
mod metrics;
mod page;
mod repeat;
mod repeated;
mod sets;
mod verdict;
mod why;

pub use compare::RunComparison;
pub use judgement::{Judgement, SHOWN, Scaled, Unseen};
pub use sets::{SetAnswers, SetError, SetJudgement, SuspectedAnswer};
pub use verdict::{p_value, sentence, verdict};
pub use why::{PictureWhy, TextWhy, Why, reasons};

use crate::config::{ConfigError, RunConfig};
use crate::prediction::{PredictionError, Predictor};
use crate::run::Machine;
use crate::run_folder::{
    DataCard, Environment, Predictions, RunFile, RunFiles, RunFolder, RunFolderError, RunResult,
};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file of the run cannot be read or written.
    #[error(transparent)]
    Folder(#[from] RunFolderError),
    /// The run's settings cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The network cannot be asked for its reasons.
    #[error(transparent)]
    Prediction(#[from] PredictionError),
    /// Two runs that were not judged on the same rows.
    #[error("{} and {} cannot be compared: {what}; compare runs on the same data, split and seed, or judge both on one file \
             with `eval --data`", first.display(), second.display())]
    NotComparable {
        /// One run.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// What differs.
        what: String,
    },
}

/// What `predictions.jsonl` holds, and what follows from it.
#[derive(Clone, Debug)]
pub enum Answers {
    /// Where a row has one label.
    One {
        /// The answers.
        predictions: Predictions,
        /// Their scores.
        judgement: Box<Judgement>,
    },
    /// Where a row may have any number of labels.
    Sets {
        /// The answers.
        predictions: Predictions<Vec<u32>>,
        /// Their scores.
        judgement: Box<SetJudgement>,
    },
}

impl Answers {
    /// The bytes of `predictions.jsonl`.
    pub fn to_bytes(&self, classes: usize) -> Vec<u8> {
        match self {
            Self::One { predictions, .. } => predictions.to_bytes(classes),
            Self::Sets { predictions, .. } => predictions.to_bytes(classes),
        }
    }

    /// The test rows that also stand in the training part, ascending.
    fn in_train(&self) -> &[usize] {
        match self {
            Self::One { predictions, .. } => &predictions.test.in_train,
            Self::Sets { predictions, .. } => &predictions.test.in_train,
        }
    }
}

/// A run's scores with the answers that they come from.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What `result.json` holds.
    pub result: RunResult,
    /// The answers.
    pub answers: Answers,
}

/// Everything that a report is made of.
#[derive(Clone, Debug)]
pub struct Material {
    /// The run's folder.
    pub folder: PathBuf,
    /// The run's settings.
    pub config: RunConfig,
    /// Class names.
    pub labels: Vec<String>,
    /// What it learned from.
    pub data: DataCard,
    /// What it ran on.
    pub environment: Environment,
    /// The text of `metrics.jsonl`.
    pub metrics: String,
    /// Its scores.
    pub result: RunResult,
    /// Its answers.
    pub answers: Answers,
    /// Why the errors that are shown were made, by their test rows; of networks that read text on backends that can tell.
    pub reasons: BTreeMap<usize, Why>,
}

impl Material {
    /// Takes a run's scores, reads the rest from its folder, and asks the network there for its reasons.
    ///
    /// # Errors
    /// [`ReportError`] naming the file.
    pub fn read(files: &RunFiles, judged: Judged, machine: &Machine) -> Result<Self, ReportError> {
        let path = files.path(RunFile::Config).display().to_string();
        let Judged { result, answers } = judged;
        let config = RunConfig::from_toml(&files.read_config()?, &path)?;
        let reasons = match config.model.reads_images() || machine.backend.runs_our_kernels() {
            true => {
                let predictor = Predictor::open(files.folder(), machine)?;
                reasons(&predictor, &answers)?
            }
            false => BTreeMap::new(),
        };
        Ok(Self {
            folder: files.folder().to_owned(),
            config,
            labels: files.read_labels()?,
            data: files.read_data()?,
            environment: files.read_environment()?,
            metrics: files.read_metrics()?,
            result,
            answers,
            reasons,
        })
    }

    /// Reads all of it from the folder of a finished run.
    ///
    /// # Errors
    /// [`ReportError`] naming the file that is missing or malformed.
    pub fn of_finished(files: &RunFiles, machine: &Machine) -> Result<Self, ReportError> {
        let Finished { result, labels } = Finished::read(files)?;
        let (classes, seed) = (labels.len(), result.seed);
        let answers = match result.test.sets {
            None => {
                let predictions = files.read_predictions(classes)?;
                let judgement = Box::new(Judgement::of(&predictions, classes, seed));
                Answers::One {
                    predictions,
                    judgement,
                }
            }
            Some(_) => {
                let predictions = files.read_predictions(classes)?;
                let judgement = Box::new(SetJudgement::of(&predictions, classes, seed));
                Answers::Sets {
                    predictions,
                    judgement,
                }
            }
        };
        Self::read(files, Judged { result, answers }, machine)
    }
}

/// The scores and labels of a finished run.
struct Finished {
    result: RunResult,
    labels: Vec<String>,
}

impl Finished {
    fn read(files: &RunFiles) -> Result<Self, ReportError> {
        let unfinished = || RunFolderError::Older {
            path: files.folder().to_owned(),
            missing: RunFile::Result.name(),
        };
        let result = files.read_result()?.ok_or_else(unfinished)?;
        let labels = files.read_labels()?;
        Ok(Self { result, labels })
    }
}

/// Writes the model card, the table of metrics and, unless it is not wanted, the page.
///
/// # Errors
/// [`ReportError`] naming the file that cannot be written.
pub fn write(folder: &RunFolder, material: &Material, with_page: bool) -> Result<(), ReportError> {
    folder.write(RunFile::Card, card::card(material).as_bytes())?;
    folder.write(
        RunFile::MetricsTable,
        metrics::table(&material.metrics).as_bytes(),
    )?;
    if with_page {
        folder.write(RunFile::Report, page::page(material).as_bytes())?;
    }
    Ok(())
}

/// Reads a finished run and writes its report again.
///
/// # Errors
/// [`ReportError`] naming the file.
pub fn rebuild(folder: &RunFolder, machine: &Machine) -> Result<Material, ReportError> {
    let material = Material::of_finished(folder.files(), machine)?;
    write(folder, &material, true)?;
    Ok(material)
}
