//! `cnn tune`: a search over settings on dev data, and the settings it ends with.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use datasets::name_of;

use super::CliError;
use super::options::{DataArgs, MachineArgs};
use super::settings::SettingArgs;
use super::train::{called_as, check_data};
use crate::config::{ModelKind, RunConfig};
use crate::run::{Session, quoted};
use crate::run_folder::{Place, RunFile};
use crate::signals::Stop;
use crate::tune::{self, Record, Search, SearchEnd, Tuned};

/// Lines of the table.
const SHOWN: usize = 15;

/// Options of `tune`.
#[derive(Args, Debug)]
pub struct TuneArgs {
    /// Which network
    model: ModelKind,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    pub(super) machine: MachineArgs,
    /// Settings that are given are held, the others are searched; --time-budget is that of the whole search
    #[command(flatten)]
    settings: SettingArgs,
    /// How many settings are tried, the defaults first; nine of them cost three whole runs
    #[arg(long, value_name = "N", default_value_t = 27, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    trials: u16,
    /// Judge on K folds of the training and dev rows in place of the dev part; K times the time
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(2..=100))]
    dev_folds: Option<u16>,
    /// Folder of the search [default: runs/tune-<model>-<data>, numbered when taken]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on with a search that was stopped, behind its finished trials; without --out the newest of this model and data
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Replace a search in --out
    #[arg(long, requires = "out")]
    force: bool,
    /// Print the results alone
    #[arg(long)]
    quiet: bool,
}

/// Runs the command.
pub fn run(args: TuneArgs, stop: &Stop) -> Result<(), CliError> {
    let mut base = args.settings.resolve(args.model, &args.data)?;
    if base.examples.folds > 0 {
        let text = "`examples.folds` cuts a test part, which a search does not see; --dev-folds K judges on folds";
        return Err(CliError::Usage(text.into()));
    }
    check_data(&base)?;
    // The time of the search, not that of a run.
    let budget = std::mem::take(&mut base.training.time_budget);
    let limit = (budget > 0.0).then(|| Duration::from_secs_f64(budget));
    let machine = args.machine.open()?;
    let named = || Place::Named {
        runs: PathBuf::from("runs"),
        model: format!("tune-{}", base.model.name()),
        data: name_of(Path::new(&base.data)),
    };
    let place = args.out.clone().map_or_else(named, Place::At);
    let session = match args.resume {
        false => Session::create(&place, args.force, base)?,
        true => Session::resume(&place, |begun| -> Result<RunConfig, CliError> {
            let mut asked = args.settings.lay_over(begun)?;
            asked.training.time_budget = 0.0;
            asked.model = base.model;
            if let Some(data) = &args.data.data {
                asked.data.clone_from(data);
            }
            // Known sets may lie elsewhere now: their digest tells whether they are the same.
            let data_dir = asked.reading.data_dir.clone();
            args.data.reading.lay_over(&mut asked.reading);
            asked.reading.data_dir = data_dir;
            Ok(asked)
        })?,
    };
    let space = tune::space(&session.config);
    let dev_folds = args.dev_folds.map_or(0, usize::from);
    let finished = tune::finished(&session, dev_folds)?;
    if !args.quiet {
        eprintln!(
            "the test part is withheld; each of {} trials draws",
            args.trials
        );
        for dimension in &space {
            eprintln!("  {:24} {}", dimension.key, dimension.values);
        }
        if args.resume {
            eprintln!("the search goes on behind {} results", finished.len());
        }
    }
    let search = Search {
        session: &session,
        space,
        trials: args.trials.into(),
        dev_folds,
        limit,
        finished,
    };
    let mut told = |record: &Record| {
        if !args.quiet {
            eprintln!("{}, {:.1} s", line(record), record.seconds);
        }
    };
    let options = args.data.reading.base();
    let tuned = tune::tune(search, &options, &machine, stop, &mut told)?;
    print(&args, &tuned, session.folder(), stop)
}

/// `trial  3, 1/9 of a run: dev score 0.7812, training.batch_size = 64, …`
fn line(record: &Record) -> String {
    let score = record
        .score
        .map_or("the loss is infinite".to_owned(), |score| {
            format!("dev score {score:.4}")
        });
    let share = match record.one_in {
        1 => "a whole run".to_owned(),
        one_in => format!("1/{one_in} of a run"),
    };
    let settings: Vec<String> = record
        .settings
        .iter()
        .map(|(key, value)| {
            let short = key.rsplit('.').next().unwrap_or(key);
            format!("{short} {}", value.as_str().unwrap_or_default())
        })
        .collect();
    let settings = match settings.is_empty() {
        true => "the settings as they were".to_owned(),
        false => settings.join(", "),
    };
    format!(
        "trial {:>3}, {share:>11}: {score}, {settings}",
        record.trial
    )
}

fn print(args: &TuneArgs, tuned: &Tuned, folder: &Path, stop: &Stop) -> Result<(), CliError> {
    let Some((best, _)) = &tuned.best else {
        return Err(match tuned.end {
            SearchEnd::Signal => CliError::Interrupted {
                signal: stop.signal(),
                advice: "interrupted before the first trial was done: nothing was found".into(),
            },
            _ => CliError::Failed(
                "the time was over before the first trial was done; give a longer --time-budget"
                    .into(),
            ),
        });
    };
    let mut out = std::io::stdout().lock();
    let mut order: Vec<&Record> = tuned.records.iter().collect();
    order.sort_by(|a, b| tune::best_first(&a.found(), &b.found()));
    for record in order.iter().take(SHOWN) {
        writeln!(out, "{}", line(record))?;
    }
    if order.len() > SHOWN {
        writeln!(out, "and {} more in tune.jsonl", order.len() - SHOWN)?;
    }
    let file = folder.join(RunFile::Best.name());
    let trials = tuned
        .records
        .iter()
        .filter(|record| record.rung == 0)
        .count();
    writeln!(
        out,
        "the best of {trials} settings is trial {}, dev score {:.4}: chosen on dev, so it flatters; {} holds it",
        best.trial,
        best.score,
        file.display()
    )?;
    writeln!(
        out,
        "train with: {} train {} --config {}{}",
        called_as(),
        args.model.name(),
        quoted(&file.display().to_string()),
        args.machine.words()
    )?;
    out.flush()?;
    match tuned.end {
        SearchEnd::Signal => Err(CliError::Interrupted {
            signal: stop.signal(),
            advice: format!(
                "interrupted; what was found until then is above, go on with --resume --out {}",
                quoted(&folder.display().to_string())
            ),
        }),
        SearchEnd::Time | SearchEnd::Complete => Ok(()),
    }
}
