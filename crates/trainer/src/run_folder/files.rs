//! The names of a run's files, and reading them.

use super::data_card::DataCard;
use super::environment::Environment;
use super::error::RunFolderError;
use super::predictions::{Answer, Predictions};
use super::result::RunResult;
use crate::checkpoint::{Disk, IoFailure, Storage};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The small text files of a run are far below this; a longer one is not ours.
const TEXT_LIMIT: u64 = 64 << 20;

/// Runs that are named where one is not found.
const RUNS_NAMED: usize = 8;

/// The name of the folder with the checkpoints.
pub(super) const CHECKPOINTS: &str = "checkpoints";

/// A file of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunFile {
    /// `config.toml`
    Config,
    /// `model.safetensors`
    Model,
    /// `tokenizer.json`
    Tokenizer,
    /// `labels.json`
    Labels,
    /// `metrics.jsonl`
    Metrics,
    /// `environment.json`
    Environment,
    /// `result.json`
    Result,
    /// `sample.png`, an image to try the network with
    SampleImage,
    /// `sample.txt`, a text to try the network with
    SampleText,
    /// `thresholds.json`, from which probability on a row is given each label
    Thresholds,
    /// `tune.jsonl`, the trials of a search
    Tune,
    /// `best.toml`, the settings that a search found
    Best,
    /// `data.json`, what was learned from
    Data,
    /// `predictions.jsonl`, every answer on dev and test
    Predictions,
    /// `report.html`, the run to read
    Report,
    /// `README.md`, the model card
    Card,
    /// `metrics.csv`, the same as `metrics.jsonl` for a spreadsheet
    MetricsTable,
    /// `events.out.tfevents.cnn`, the same for TensorBoard
    Events,
}

impl RunFile {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Config,
        Self::Model,
        Self::Tokenizer,
        Self::Labels,
        Self::Metrics,
        Self::Environment,
        Self::Result,
        Self::SampleImage,
        Self::SampleText,
        Self::Thresholds,
        Self::Tune,
        Self::Best,
        Self::Data,
        Self::Predictions,
        Self::Report,
        Self::Card,
        Self::MetricsTable,
        Self::Events,
    ];

    /// Its name in the folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Config => "config.toml",
            Self::Model => "model.safetensors",
            Self::Tokenizer => "tokenizer.json",
            Self::Labels => "labels.json",
            Self::Metrics => "metrics.jsonl",
            Self::Environment => "environment.json",
            Self::Result => "result.json",
            Self::SampleImage => "sample.png",
            Self::SampleText => "sample.txt",
            Self::Thresholds => "thresholds.json",
            Self::Tune => "tune.jsonl",
            Self::Best => "best.toml",
            Self::Data => "data.json",
            Self::Predictions => "predictions.jsonl",
            Self::Report => "report.html",
            Self::Card => "README.md",
            Self::MetricsTable => "metrics.csv",
            Self::Events => "events.out.tfevents.cnn",
        }
    }
}

/// A run folder to read from. Needs no lock: every file is written atomically.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFiles {
    folder: PathBuf,
}

impl RunFiles {
    /// Opens an existing run, finished or not.
    ///
    /// # Errors
    /// [`RunFolderError::NoFolder`] when there is none, [`RunFolderError::NotARun`] when there is no `config.toml` in it.
    pub fn open(folder: &Path) -> Result<Self, RunFolderError> {
        let files = Self::at(folder.to_path_buf());
        if !folder.exists() {
            return Err(RunFolderError::NoFolder {
                path: folder.to_path_buf(),
                beside: runs_beside(folder),
            });
        }
        if !files.path(RunFile::Config).is_file() {
            return Err(RunFolderError::NotARun {
                path: folder.to_path_buf(),
                missing: RunFile::Config.name(),
            });
        }
        Ok(files)
    }

    pub(super) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a file of the run lies, whether it is there or not.
    pub fn path(&self, file: RunFile) -> PathBuf {
        self.folder.join(file.name())
    }

    /// Where the checkpoints lie.
    pub fn checkpoints(&self) -> PathBuf {
        self.folder.join(CHECKPOINTS)
    }

    /// Whether the run went through to its end: `result.json` is written last.
    pub fn is_finished(&self) -> bool {
        self.path(RunFile::Result).exists()
    }

    /// The text of `config.toml`.
    ///
    /// # Errors
    /// When it cannot be read or is not UTF-8.
    pub fn read_config(&self) -> Result<String, RunFolderError> {
        self.read_text(RunFile::Config)
    }

    /// The labels in the order in which they were trained.
    ///
    /// # Errors
    /// When the file cannot be read, is no list of texts, is empty, or names a label twice.
    pub fn read_labels(&self) -> Result<Vec<String>, RunFolderError> {
        let labels: Vec<String> = self.read_json(RunFile::Labels)?;
        check_labels(&labels).map_err(|what| RunFolderError::Malformed {
            path: self.path(RunFile::Labels),
            what,
        })?;
        Ok(labels)
    }

    /// The thresholds of a run whose rows have any number of labels, one per label; `None` for another run.
    ///
    /// # Errors
    /// When the file is there but cannot be read, or does not hold one probability per label.
    pub fn read_thresholds(&self, labels: usize) -> Result<Option<Vec<f32>>, RunFolderError> {
        if !self.path(RunFile::Thresholds).exists() {
            return Ok(None);
        }
        let thresholds: Vec<f32> = self.read_json(RunFile::Thresholds)?;
        let fits = thresholds.len() == labels && thresholds.iter().all(|t| (0.0..=1.0).contains(t));
        if fits {
            return Ok(Some(thresholds));
        }
        Err(RunFolderError::Malformed {
            path: self.path(RunFile::Thresholds),
            what: format!("expected {labels} probabilities, one per label"),
        })
    }

    /// The result, `None` for an unfinished run.
    ///
    /// # Errors
    /// When the file is there but cannot be read or is malformed.
    pub fn read_result(&self) -> Result<Option<RunResult>, RunFolderError> {
        if !self.is_finished() {
            return Ok(None);
        }
        self.read_json(RunFile::Result).map(Some)
    }

    /// What the run learned from.
    ///
    /// # Errors
    /// [`RunFolderError::Older`] for a run of a version that did not write it; when it cannot be read or is malformed.
    pub fn read_data(&self) -> Result<DataCard, RunFolderError> {
        self.require(RunFile::Data)?;
        self.read_json(RunFile::Data)
    }

    /// What the run ran on.
    ///
    /// # Errors
    /// When it cannot be read or is malformed.
    pub fn read_environment(&self) -> Result<Environment, RunFolderError> {
        self.read_json(RunFile::Environment)
    }

    /// The text of `metrics.jsonl`.
    ///
    /// # Errors
    /// When it cannot be read or is not UTF-8.
    pub fn read_metrics(&self) -> Result<String, RunFolderError> {
        self.read_text(RunFile::Metrics)
    }

    /// The text of `tune.jsonl`.
    ///
    /// # Errors
    /// When it cannot be read or is not UTF-8.
    pub fn read_trials(&self) -> Result<String, RunFolderError> {
        self.read_text(RunFile::Tune)
    }

    /// The answers on dev and test, of a run with so many classes.
    ///
    /// # Errors
    /// [`RunFolderError::Older`] for a run of a version that did not keep them; when they cannot be read or a line is
    /// malformed, which is named.
    pub fn read_predictions<A: Answer>(
        &self,
        classes: usize,
    ) -> Result<Predictions<A>, RunFolderError> {
        self.require(RunFile::Predictions)?;
        let path = self.path(RunFile::Predictions);
        let (reader, _) = Disk.open(&path).map_err(IoFailure::new("read", &path))?;
        Predictions::read(reader, &path, classes)
    }

    fn require(&self, file: RunFile) -> Result<(), RunFolderError> {
        if self.path(file).exists() {
            return Ok(());
        }
        Err(RunFolderError::Older {
            path: self.folder.clone(),
            missing: file.name(),
        })
    }

    fn read_json<T: DeserializeOwned>(&self, file: RunFile) -> Result<T, RunFolderError> {
        serde_json::from_str(&self.read_text(file)?).map_err(|error| RunFolderError::Malformed {
            path: self.path(file),
            what: error.to_string(),
        })
    }

    fn read_text(&self, file: RunFile) -> Result<String, RunFolderError> {
        let path = self.path(file);
        let (reader, length) = Disk.open(&path).map_err(IoFailure::new("read", &path))?;
        if length > TEXT_LIMIT {
            return Err(RunFolderError::Malformed {
                path,
                what: format!("{length} bytes are more than the limit of {TEXT_LIMIT}"),
            });
        }
        let mut text = String::new();
        reader
            .take(TEXT_LIMIT)
            .read_to_string(&mut text)
            .map_err(IoFailure::new("read", &path))?;
        Ok(text)
    }
}

/// The runs in the folder where `folder` would lie; where that is no folder either, those in `runs/`.
fn runs_beside(folder: &Path) -> Vec<String> {
    let parents = [folder.parent().unwrap_or(Path::new("")), Path::new("runs")];
    let Some(parent) = parents.into_iter().find(|parent| parent.is_dir()) else {
        return Vec::new();
    };
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let folders = entries.map(|entry| parent.join(entry.file_name()));
    let runs = folders.filter(|folder| folder.join(RunFile::Config.name()).is_file());
    let mut runs: Vec<String> = runs.map(|folder| folder.display().to_string()).collect();
    runs.sort_unstable();
    runs.truncate(RUNS_NAMED);
    runs
}

/// Labels must be some, and distinct, or a prediction could not be told by its label.
pub(super) fn check_labels(labels: &[String]) -> Result<(), String> {
    if labels.is_empty() {
        return Err("it names no label".to_owned());
    }
    let mut seen = BTreeSet::new();
    match labels.iter().find(|label| !seen.insert(*label)) {
        Some(label) => Err(format!("it names the label {label:?} twice")),
        None => Ok(()),
    }
}
