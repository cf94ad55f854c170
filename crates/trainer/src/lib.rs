//! Trains, judges and uses the networks: loop, checkpoints, evaluation, prediction, and the cnn binary.

pub mod checkpoint;
pub mod statistics;
