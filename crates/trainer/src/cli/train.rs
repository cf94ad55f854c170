//! `cnn train`: from a data set to a run folder.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use datasets::manifest;
use datasets::{DataError, OpenOptions, kind_of, name_of, namesake};

use super::CliError;
use super::options::{DataArgs, MachineArgs};
use super::progress::Progress;
use super::series::{self, Kind};
use super::settings::SettingArgs;
use crate::config::{ModelKind, RunConfig};
use crate::run::{self, Extras, Machine, RunOutcome, Session};
use crate::run_folder::{Place, RunFile, Series};
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
    /// Cut the set into K folds, train one network for each to be judged on, and print the mean
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(2..=1000))]
    folds: Option<u16>,
    /// Train N networks that differ in their seed, on one split, and print mean, deviation and interval
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=1000), conflicts_with = "folds")]
    seeds: Option<u16>,
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
    /// Write no report.html
    #[arg(long)]
    no_report: bool,
    /// Also write the metrics as an event file for TensorBoard: tensorboard --logdir runs
    #[arg(long)]
    tensorboard: bool,
    /// Print the results alone
    #[arg(long)]
    quiet: bool,
}

/// Runs the command.
pub fn run(args: TrainArgs, stop: &Stop) -> Result<(), CliError> {
    let config = args.settings.resolve(args.model, &args.data)?;
    check_data(&config)?;
    let machine = args.machine.open()?;
    let runs = PathBuf::from("runs");
    let folds = args.folds.map(|folds| Kind::Folds(folds.into()));
    let seeds = args.seeds.map(|seeds| Kind::Seeds(seeds.into()));
    let Some(kind) = folds.or(seeds) else {
        let named = || Place::Named {
            runs,
            model: config.model.name().into(),
            data: name_of(Path::new(&config.data)),
        };
        let place = args.out.clone().map_or_else(named, Place::At);
        let outcome = train_one(&args, &config, &place, &machine, stop)?;
        return print_outcome(&outcome);
    };
    let root = || {
        kind.folder(
            &runs,
            config.model.name(),
            &name_of(Path::new(&config.data)),
        )
    };
    let root = args.out.clone().unwrap_or_else(root);
    let members = kind.members(&config)?;
    let mut outcomes = Vec::new();
    for member in &members {
        let place = Place::At(root.join(&member.folder));
        outcomes.push(train_one(&args, &member.config, &place, &machine, stop)?);
    }
    let results: Vec<_> = members
        .iter()
        .zip(&outcomes)
        .filter_map(|(member, outcome)| Some((member.folder.clone(), outcome.result()?)))
        .collect();
    let mut out = std::io::stdout().lock();
    for (member, (_, result)) in members.iter().zip(&results) {
        writeln!(out, "{}: {}", member.name, run::score_line(result))?;
    }
    if let Some(series) = Series::of(kind.differs(), &results) {
        series.write(&root)?;
        writeln!(out, "{}", series::line(&series))?;
    }
    if let Some(first) = outcomes.first() {
        print_command(&mut out, first)?;
    }
    Ok(out.flush()?)
}

/// A wrong name, or pictures where texts are read, is told before any folder is made.
pub fn check_data(config: &RunConfig) -> Result<(), CliError> {
    let wanted = if config.model.reads_images() {
        manifest::Kind::Image
    } else {
        manifest::Kind::Text
    };
    let found = kind_of(&config.data, &OpenOptions::default())?;
    if found == wanted {
        return Ok(());
    }
    let name = config.data.clone();
    let source = DataError::WrongKind {
        name,
        found,
        wanted,
    };
    Err(CliError::usage(match namesake(&config.data) {
        None => source,
        Some(said) => DataError::Namesake {
            said,
            source: Box::new(source),
        },
    }))
}

fn train_one(
    args: &TrainArgs,
    config: &RunConfig,
    place: &Place,
    machine: &Machine,
    stop: &Stop,
) -> Result<RunOutcome, CliError> {
    // Of a series only some runs may have begun.
    let in_series = args.folds.is_some() || args.seeds.is_some();
    let begun = !in_series || place.first().join(RunFile::Config.name()).exists();
    let session = if args.resume && begun {
        Session::resume(place, |begun: RunConfig| -> Result<RunConfig, CliError> {
            let mut asked = args.settings.lay_over(begun)?;
            asked.model = config.model;
            if let Some(data) = &args.data.data {
                asked.data.clone_from(data);
            }
            // Known sets may lie elsewhere now: their digest tells whether they are the same.
            let data_dir = asked.reading.data_dir.clone();
            args.data.reading.lay_over(&mut asked.reading);
            asked.reading.data_dir = data_dir;
            if in_series {
                asked.seed = config.seed;
                asked.examples.clone_from(&config.examples);
            }
            Ok(asked)
        })?
    } else {
        Session::create(place, args.force, config.clone())?
    };
    let mut progress = Progress::new(args.quiet);
    let outcome = run::train(
        &session,
        &args.data.reading.base(),
        machine,
        Extras {
            baseline: !args.no_baseline,
            report: !args.no_report,
            tensorboard: args.tensorboard,
        },
        stop,
        &mut progress,
    );
    progress.finish();
    match outcome? {
        RunOutcome::Interrupted { folder } => Err(CliError::Interrupted {
            signal: stop.signal(),
            advice: if in_series {
                "interrupted; a checkpoint holds the run, go on with the same command and --resume"
                    .into()
            } else {
                format!(
                    "interrupted; a checkpoint holds the run, go on with: {} train {} --resume --out {}{}",
                    called_as(),
                    config.model.name(),
                    run::quoted(&folder.display().to_string()),
                    args.machine.words()
                )
            },
        }),
        complete => Ok(complete),
    }
}

fn print_outcome(outcome: &RunOutcome) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    write!(out, "{outcome}")?;
    print_command(&mut out, outcome)?;
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
pub fn called_as() -> String {
    let own = || run::quoted(&std::env::args().next().unwrap_or_else(|| "cnn".to_owned()));
    std::env::var("CNN_CALLED_AS").unwrap_or_else(|_| own())
}
