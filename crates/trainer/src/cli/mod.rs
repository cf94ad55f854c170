//! The command line: one file per command; parse, plan, act. Results go to stdout, everything else to stderr.

mod bench;
mod config;
mod data;
mod describe;
mod eval;
mod explain;
mod inputs;
mod options;
mod predict;
mod progress;
mod report;
mod series;
mod settings;
mod train;
mod tune;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::signals::Stop;

/// Convolutional classifiers for texts and images (LeNet-5, TextCNN, DPCNN): train them, judge them, use them
#[derive(Parser, Debug)]
#[command(
    name = "cnn",
    version,
    after_help = FIRST_STEPS,
    max_term_width = 100,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What to do first, at the end of the help.
const FIRST_STEPS: &str = "\
First steps:
  cnn train textcnn                            learn from a generated set, without network or data
  cnn data describe reviews.csv                look at your own data
  cnn train textcnn --data reviews.csv         learn from them; the last line says how to predict
  cnn train lenet5 --data photos/              a folder per class";

#[derive(Subcommand, Debug)]
enum Command {
    /// Train a network, judge it on the test set, and leave a run folder to predict with
    Train(train::TrainArgs),
    /// Search for settings on dev data: random draws, thinned out by successive halving
    Tune(tune::TuneArgs),
    /// Judge a trained network on a data set
    Eval(eval::EvalArgs),
    /// Classify texts or images; answers are JSON lines on stdout
    Predict(predict::PredictArgs),
    /// Show why a trained network answered as it did: in the terminal, as JSON lines, or as a page
    Explain(explain::ExplainArgs),
    /// Write the report of a finished run again, or compare two runs
    Report(report::ReportArgs),
    /// List, fetch, verify and describe data sets
    #[command(subcommand)]
    Data(data::DataCommand),
    /// Measure training steps and predictions on the batches of a comparison; JSON lines on stdout
    Bench(bench::BenchArgs),
    /// Show the settings of a run and where they come from
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

impl Command {
    /// The threads that it asks for.
    fn threads(&self) -> Option<u16> {
        match self {
            Self::Train(args) => args.machine.threads,
            Self::Tune(args) => args.machine.threads,
            Self::Eval(args) => args.machine.threads,
            Self::Predict(args) => args.machine.threads,
            Self::Explain(args) => args.machine.threads,
            Self::Bench(args) => args.machine.threads,
            Self::Report(args) => args.machine.threads,
            Self::Data(_) | Self::Config(_) => None,
        }
    }

    fn run(self, stop: &Stop) -> Result<(), CliError> {
        match self {
            Self::Train(args) => train::run(args, stop),
            Self::Tune(args) => tune::run(args, stop),
            Self::Eval(args) => eval::run(args),
            Self::Predict(args) => predict::run(args),
            Self::Explain(args) => explain::run(args),
            Self::Bench(args) => bench::run(args),
            Self::Report(args) => report::run(args),
            Self::Data(command) => data::run(command),
            Self::Config(command) => config::run(command),
        }
    }
}

/// How a command failed; decides the exit code.
#[derive(Debug)]
pub enum CliError {
    /// The command line or a setting is wrong: exit code 2.
    Usage(String),
    /// Everything else: exit code 1.
    Failed(String),
    /// Ended by a signal after a checkpoint was written: exit code 128 + signal.
    Interrupted {
        /// The signal's number.
        signal: i32,
        /// How to go on.
        advice: String,
    },
    /// The reader of our output went away; nobody is left to be told.
    Closed,
}

impl CliError {
    fn usage(error: impl std::fmt::Display) -> Self {
        Self::Usage(error.to_string())
    }

    /// An error with all of its causes, each said once.
    fn failed(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let words = error.to_string();
            if !text.contains(&words) {
                text = format!("{text}: {words}");
            }
            cause = error.source();
        }
        Self::Failed(text)
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::Closed
        } else {
            Self::failed(&error)
        }
    }
}

macro_rules! failures {
    ($($error:ty),+ $(,)?) => { $(impl From<$error> for CliError {
        fn from(error: $error) -> Self {
            Self::failed(&error)
        }
    })+ };
}

failures!(
    crate::assembly::AssemblyError,
    crate::bench::WorkloadError,
    crate::run::RunError,
    crate::tune::TuneError,
    crate::prediction::PredictionError,
    crate::learning::TrainingError,
    crate::checkpoint::CheckpointError,
    crate::report::ReportError,
    crate::run_folder::RunFolderError,
    crate::weights::WeightsError,
);

impl From<crate::config::ConfigError> for CliError {
    fn from(error: crate::config::ConfigError) -> Self {
        Self::usage(error)
    }
}

impl From<datasets::DataError> for CliError {
    fn from(error: datasets::DataError) -> Self {
        use datasets::DataError::{NoSuchPath, UnknownSet};
        if matches!(error, UnknownSet { .. } | NoSuchPath { .. }) {
            Self::usage(error)
        } else {
            Self::failed(&error)
        }
    }
}

impl From<cnn_core::backend::BackendError> for CliError {
    fn from(error: cnn_core::backend::BackendError) -> Self {
        if matches!(error, cnn_core::backend::BackendError::Unavailable { .. }) {
            Self::failed(&error)
        } else {
            Self::usage(error)
        }
    }
}

/// Runs the command of this process's arguments.
pub fn main() -> ExitCode {
    cnn_core::keep_freed_memory();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let stop = Stop::listen();
    let threads = cli.command.threads();
    // Before any work, where an error can still be told: the kernels could only panic.
    let result = match cnn_core::Isa::asked() {
        Ok(_) => options::on_threads(threads, || cli.command.run(&stop)).flatten(),
        Err(error) => Err(CliError::usage(error)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError::Closed) => ExitCode::SUCCESS,
        Err(CliError::Usage(text)) => {
            eprintln!("error: {text}");
            ExitCode::from(2)
        }
        Err(CliError::Failed(text)) => {
            eprintln!("error: {text}");
            ExitCode::FAILURE
        }
        Err(CliError::Interrupted { signal, advice }) => {
            eprintln!("{advice}");
            ExitCode::from((128 + signal) as u8)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }
}
