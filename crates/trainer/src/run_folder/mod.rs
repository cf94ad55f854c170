//! The folder of one run: where it lies, who may write it, and the files in it (the first half of promise 4).
//!
//! | file | holds |
//! |---|---|
//! | `config.toml` | everything needed to repeat the run |
//! | `model.safetensors` | the weights |
//! | `tokenizer.json`, `labels.json` | text models: tokens; label order as trained |
//! | `metrics.jsonl` | one line per logged step and per epoch ([`MetricsLog`]) |
//! | `environment.json` | what it ran on ([`Environment`]) |
//! | `checkpoints/` | see [`crate::checkpoint`] |
//! | `data.json` | what it learned from ([`DataCard`]) |
//! | `predictions.jsonl` | every answer on dev and test ([`Predictions`]) |
//! | `report.html`, `README.md`, `metrics.csv` | see [`crate::report`] |
//! | `result.json` | the score; written last, so its presence means "finished" ([`RunResult`]) |
//! | `tune.jsonl`, `best.toml` | in the folder of a search: its trials; the best settings so far |
//! | `thresholds.json` | where rows have any number of labels: one probability per label, from which on a row is given it |
//! | `.lock` | held by the running process |
//!
//! [`RunFolder`] is the writer: it holds the lock as long as it lives, and each file it writes is the old
//! one or the new one, whatever happens. [`RunFiles`] is the reader and needs no lock.

mod data_card;
mod environment;
mod error;
mod events;
mod files;
mod folder;
mod lock;
mod memory;
mod metrics;
mod place;
mod predictions;
mod result;
mod series;
mod set_score;

pub use data_card::{DataCard, count_labels};
pub use environment::Environment;
pub use error::{Holder, RunFolderError};
pub use files::{RunFile, RunFiles};
pub use folder::RunFolder;
pub use memory::peak_rss_bytes;
pub use metrics::{Cut, MetricsLog};
pub use place::Place;
pub use predictions::{Answer, AnsweredPart, Input, PartAnswers, Predictions, TEXT_KEPT};
pub use result::{
    BaselineScore, CalibrationScore, ClassScore, DifferenceScore, RunResult, TestScore,
    TrainSummary,
};
pub use series::{Series, SeriesRun, Spread};
pub use set_score::{LabelScore, SetScore};

#[cfg(test)]
pub(crate) use result::sample_result;
