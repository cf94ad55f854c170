//! Trains, judges and uses the networks: loop, checkpoints, evaluation, prediction, and the cnn binary.

pub mod checkpoint;
pub mod run_folder;
pub mod statistics;
