//! `cnn train`: from a data set to a run folder.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use datasets::manifest::Kind;
use datasets::{DataError, OpenOptions, kind_of};

use super::CliError;
use super::options::{DataArgs, MachineArgs};
use super::progress::Progress;
use crate::config::{ModelKind, RunConfig};
use crate::run::{self, Machine, RunOutcome, Session};
use crate::run_folder::Place;
use crate::signals::Stop;

/// Options of `train`.
#[derive(Args, Debug)]
pub struct TrainArgs {
    /// Which network
    model: ModelKind,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    pub(super) machine: MachineArgs,
    #[command(flatten)]
    settings: SettingArgs,
    /// Train one network per fold of a set without a split, and print the mean
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(2..=1000))]
    folds: Option<u16>,
    /// Folder of the run [default: runs/<model>-<data>, numbered when taken]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on from the run's newest checkpoint; without --out the newest unfinished run of this model and data
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Replace a finished run in --out
    #[arg(long, requires = "out")]
    force: bool,
    /// Skip the linear baseline that is printed beside the score
    #[arg(long)]
    no_baseline: bool,
    /// Print the results alone
    #[arg(long)]
    quiet: bool,
}

/// Options that change settings; shared with `config print`.
#[derive(Args, Debug, Default)]
pub struct SettingArgs {
    /// Seed of everything random
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Passes over the training examples
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Examples per step
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,
    /// Learning rate
    #[arg(long, value_name = "RATE")]
    lr: Option<f64>,
    /// Use at most N training examples
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Change one setting, such as training.patience=3; may be repeated, `config print` lists the keys
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Lay a TOML file with any of the settings over the defaults
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl SettingArgs {
    /// The defaults of `model` on `data`, then the file, the pairs, the named options.
    pub fn resolve(&self, model: ModelKind, data: Option<&str>) -> Result<RunConfig, CliError> {
        self.lay_over(RunConfig::defaults(
            model,
            data.unwrap_or(RunConfig::default_data(model)),
        ))
    }

    /// The file, the pairs and the named options over `config`.
    fn lay_over(&self, mut config: RunConfig) -> Result<RunConfig, CliError> {
        if let Some(path) = &self.config {
            let place = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .map_err(|e| CliError::Usage(format!("--config {place}: {e}")))?;
            config = config.with_file(&text, &place)?;
        }
        for pair in &self.set {
            config = config.with_pair(pair)?;
        }
        config.seed = self.seed.unwrap_or(config.seed);
        config.training.epochs = self.epochs.unwrap_or(config.training.epochs);
        config.training.batch_size = self.batch_size.unwrap_or(config.training.batch_size);
        config.optimizer.learning_rate = self.lr.unwrap_or(config.optimizer.learning_rate);
        config.examples.limit = self.limit.unwrap_or(config.examples.limit);
        config
            .check()
            .map_err(|(key, reason)| CliError::Usage(format!("`{key}`: {reason}")))?;
        Ok(config)
    }
}

/// Runs the command.
pub fn run(args: TrainArgs, stop: &Stop) -> Result<(), CliError> {
    let config = args
        .settings
        .resolve(args.model, args.data.data.as_deref())?;
    check_data(&config, &args.data.reading.open_options())?;
    let machine = args.machine.open()?;
    let runs = PathBuf::from("runs");
    match args.folds {
        None => {
            let named = || Place::Named {
                runs,
                model: config.model.name().into(),
                data: set_name(&config.data),
            };
            let place = args.out.clone().map_or_else(named, Place::At);
            let outcome = train_one(&args, &config, &place, &machine, stop)?;
            print_outcome(&outcome)
        }
        Some(folds) => {
            let folds = usize::from(folds);
            let root = || {
                runs.join(format!(
                    "{}-{}-{folds}-folds",
                    config.model.name(),
                    set_name(&config.data)
                ))
            };
            let root = args.out.clone().unwrap_or_else(root);
            let mut outcomes = Vec::new();
            for fold in 0..folds {
                let mut config = config.clone();
                (config.examples.fold, config.examples.folds) = (fold, folds);
                let place = Place::At(root.join(format!("fold-{fold}")));
                outcomes.push(train_one(&args, &config, &place, &machine, stop)?);
            }
            print_folds(&outcomes)
        }
    }
}

/// A wrong name, or pictures where texts are read, is told before any folder is made.
fn check_data(config: &RunConfig, options: &OpenOptions) -> Result<(), CliError> {
    let wanted = if config.model.reads_images() {
        Kind::Image
    } else {
        Kind::Text
    };
    let found = kind_of(&config.data, options)?;
    if found == wanted {
        return Ok(());
    }
    let name = config.data.clone();
    Err(CliError::usage(DataError::WrongKind {
        name,
        found,
        wanted,
    }))
}

fn train_one(
    args: &TrainArgs,
    config: &RunConfig,
    place: &Place,
    machine: &Machine,
    stop: &Stop,
) -> Result<RunOutcome, CliError> {
    let session = if args.resume {
        Session::resume(place, |begun: RunConfig| -> Result<RunConfig, CliError> {
            let mut asked = args.settings.lay_over(begun)?;
            asked.model = config.model;
            if let Some(data) = &args.data.data {
                asked.data.clone_from(data);
            }
            if args.folds.is_some() {
                (asked.examples.fold, asked.examples.folds) =
                    (config.examples.fold, config.examples.folds);
            }
            Ok(asked)
        })?
    } else {
        Session::create(place, args.force, config.clone())?
    };
    let mut progress = Progress::new(args.quiet);
    let outcome = run::train(
        &session,
        &args.data.reading.open_options(),
        machine,
        !args.no_baseline,
        stop,
        &mut progress,
    );
    progress.finish();
    match outcome? {
        RunOutcome::Interrupted { folder } => Err(CliError::Interrupted {
            signal: stop.signal(),
            advice: format!(
                "interrupted; a checkpoint holds the run, go on with --resume --out {}",
                folder.display()
            ),
        }),
        complete => Ok(complete),
    }
}

/// A short name for a folder: the set's, or the last part of a path without its ending.
fn set_name(data: &str) -> String {
    Path::new(data).file_stem().map_or_else(
        || data.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn print_outcome(outcome: &RunOutcome) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    write!(out, "{outcome}")?;
    print_command(&mut out, outcome)?;
    Ok(out.flush()?)
}

fn print_folds(outcomes: &[RunOutcome]) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    let results: Vec<_> = outcomes.iter().filter_map(RunOutcome::result).collect();
    for (fold, result) in results.iter().enumerate() {
        writeln!(out, "fold {fold}: {}", run::score_line(result))?;
    }
    writeln!(out, "{}", run::folds_line(&results))?;
    if let Some(first) = outcomes.first() {
        print_command(&mut out, first)?;
    }
    Ok(out.flush()?)
}

/// The last line: how to use what was trained.
fn print_command(out: &mut impl Write, outcome: &RunOutcome) -> Result<(), CliError> {
    if let Some(line) = run::predict_line(outcome, &called_as()) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// How this program is called, for a command to paste: as the door to it says, else as it was.
fn called_as() -> String {
    let own = || run::quoted(&std::env::args().next().unwrap_or_else(|| "cnn".to_owned()));
    std::env::var("CNN_CALLED_AS").unwrap_or_else(|_| own())
}
