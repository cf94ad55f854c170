//! Trains, judges and uses the networks: loop, checkpoints, evaluation, prediction, and the `cnn` binary.
//!
//! This is the one crate where models and data meet. [`run`] carries a run from its settings ([`config`]) to its
//! folder ([`run_folder`]); [`tune`](mod@tune) searches for settings; [`learning`] is the loop itself, for use with examples of one's own; [`prediction`] answers
//! from a finished run's folder.

// burn-ndarray 0.22.1 is deprecated upstream.
#![cfg_attr(feature = "ndarray", allow(deprecated))]

pub mod assembly;
mod base64;
pub mod baseline;
pub mod bench;
pub mod checkpoint;
pub mod cli;
pub mod config;
pub mod examples;
pub mod explain;
pub mod frozen;
pub mod html;
pub mod learning;
pub mod network;
pub mod optimizer;
pub mod prediction;
pub mod report;
pub mod run;
pub mod run_folder;
mod signals;
pub mod statistics;
pub mod tune;
pub mod weights;

pub use signals::Stop;
