//! A search over settings: drawn at random, thinned out by successive halving, judged on dev data alone.
//!
//! The data are opened with their test part withheld: its files are not opened, and rows that would be cut for it are dropped
//! before this module sees any, so that nothing here could look at them. Every trial is a run of its own from first weights;
//! its score depends on the settings, the data and the seed, not on the clock.

mod halving;
mod record;
mod space;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use datasets::duplicates::Labelled;
use datasets::split::cut_fold;
use datasets::{ImageSet, OpenOptions, Split, TextSet, open_image, open_text};
use serde_json::Value;

pub use halving::{DIVISORS, Found, best, best_first, search};
pub use record::{Record, finished};
pub use space::{Dimension, Drawn, Values, draw, space};

use crate::assembly::{self, AssemblyError, ImageTask, TextTask};
use crate::config::{ConfigError, ModelKind, RunConfig};
use crate::examples::Examples;
use crate::learning::{
    self, Ending, Objective, Reporter, StepReport, Surroundings, Trainer, TrainingError, WallClock,
    steps_of_run,
};
use crate::network::Network;
use crate::run::{Machine, RunError, Session};
use crate::run_folder::{RunFile, RunFolderError};
use crate::signals::Stop;

/// Why a search failed.
#[derive(Debug, thiserror::Error)]
pub enum TuneError {
    /// A drawn setting does not fit the others.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Data or network could not be put together.
    #[error(transparent)]
    Assembly(#[from] AssemblyError),
    /// A trial could not be trained.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// What was found could not be written or read.
    #[error(transparent)]
    Folder(#[from] RunFolderError),
    /// The search in the folder is not the one that was asked for.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// What is searched.
pub struct Search<'a> {
    /// The folder, and the settings that are varied. The folder holds what was found so far at any moment: `tune.jsonl` and
    /// `best.toml`.
    pub session: &'a Session,
    /// Which of them, and how.
    pub space: Vec<Dimension>,
    /// How many settings are drawn, the base among them.
    pub trials: usize,
    /// Folds of the training and dev rows that a trial is judged on; 0: the dev part.
    pub dev_folds: usize,
    /// How long the search takes at most, with the trials that are finished.
    pub limit: Option<Duration>,
    /// Trials that are finished: of a search that goes on.
    pub finished: Vec<Record>,
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchEnd {
    /// All trials are done.
    Complete,
    /// The time is over.
    Time,
    /// A signal.
    Signal,
}

/// What a search found.
pub struct Tuned {
    /// Every trial at every rung, in the order of their running.
    pub records: Vec<Record>,
    /// The best trial, if one was finished.
    pub best: Option<(Found, RunConfig)>,
    /// Why it ended.
    pub end: SearchEnd,
}

/// The rows that a search may see.
enum Rows {
    Texts(TextSet),
    Images(ImageSet),
}

impl Rows {
    fn sha256(&self) -> &str {
        match self {
            Self::Texts(set) => &set.sha256,
            Self::Images(set) => &set.sha256,
        }
    }
}

/// Runs a search, or goes on with one: a trial that is finished is not trained again. `told` hears every new record.
///
/// # Errors
///
/// [`TuneError`]; what was found before stays in the folder.
pub fn tune(
    of: Search<'_>,
    options: &OpenOptions,
    machine: &Machine,
    stop: &Stop,
    told: &mut dyn FnMut(&Record),
) -> Result<Tuned, TuneError> {
    let base = &of.session.config;
    let mut records = of.finished;
    let before = records.iter().map(|record| record.seconds).sum();
    // A file may claim any number of seconds.
    let before = Duration::try_from_secs_f64(before).unwrap_or_default();
    let left = |limit: Duration| limit.saturating_sub(before);
    let deadline = of
        .limit
        .and_then(|limit| Instant::now().checked_add(left(limit)));
    let options = OpenOptions {
        withhold_test: true,
        ..assembly::open_options(base, options)
    };
    let rows = if base.model.reads_images() {
        open_image(&base.data, &options).map(Rows::Images)
    } else {
        open_text(&base.data, &options).map(Rows::Texts)
    };
    let rows = rows.map_err(AssemblyError::from)?;
    begin(of.session, machine, rows.sha256())?;
    let halt = Halt {
        stop,
        deadline,
        raised: AtomicBool::new(false),
    };
    let drawn = |trial| draw(&of.space, base, base.seed, trial);
    if !records.is_empty() {
        write(of.session, &records, &drawn)?; // a kill may have come between the files
    }
    halving::search(of.trials, |trial, rung| -> Result<Option<f64>, TuneError> {
        let started = Instant::now();
        let (config, settings) = drawn(trial)?;
        let settings = record::settings(&settings);
        if let Some(known) = records.iter().find(|r| (r.trial, r.rung) == (trial, rung)) {
            return match known.settings == settings {
                true => Ok(Some(known.found().score)),
                false => Err(record::redrawn(of.session, known, &settings).into()),
            };
        }
        let Some(score) = judge(&rows, &config, DIVISORS[rung], of.dev_folds, machine, &halt)?
        else {
            return Ok(None);
        };
        let record = Record {
            trial,
            rung,
            one_in: DIVISORS[rung],
            dev_folds: of.dev_folds,
            score: score.is_finite().then_some(score),
            seconds: started.elapsed().as_secs_f64(),
            settings,
        };
        told(&record);
        records.push(record);
        write(of.session, &records, &drawn)?;
        Ok(Some(score))
    })?;
    let best = best_of(&records)
        .map(|best| Ok::<_, ConfigError>((best, drawn(best.trial)?.0)))
        .transpose()?;
    let signalled = stop.flag().load(Ordering::Relaxed);
    let end = match (halt.raised.into_inner(), signalled) {
        (_, true) => SearchEnd::Signal,
        (true, false) => SearchEnd::Time,
        (false, false) => SearchEnd::Complete,
    };
    Ok(Tuned { records, best, end })
}

/// Writes what the search is, or compares it with what it was.
fn begin(session: &Session, machine: &Machine, sha256: &str) -> Result<(), TuneError> {
    let written = session.folder.files().path(RunFile::Environment).exists();
    if session.resumed && written {
        let then = session.folder.files().read_environment()?;
        for (what, then, now) in [
            ("the data's sha256 was", then.data_sha256, sha256),
            ("`--backend` was", then.backend, machine.backend.name()),
        ] {
            if then != now {
                return Err(session.differs(what, then, now.to_owned()).into());
            }
        }
    }
    Ok(session.write_beginnings(machine, sha256)?)
}

fn best_of(records: &[Record]) -> Option<Found> {
    let found: Vec<Found> = records.iter().map(Record::found).collect();
    best(&found)
}

/// Leaves what was found so far.
fn write(
    session: &Session,
    records: &[Record],
    drawn: &impl Fn(usize) -> Result<(RunConfig, Drawn), ConfigError>,
) -> Result<(), TuneError> {
    let lines: String = records.iter().map(Record::line).collect();
    session.folder.write(RunFile::Tune, lines.as_bytes())?;
    if let Some(best) = best_of(records) {
        let (config, _) = drawn(best.trial)?;
        let text = format!(
            "# Found by a search: trial {}, dev score {:.4} after one {} of a run.\n{}",
            best.trial,
            best.score,
            ["ninth", "third", "whole"][best.rung],
            config.to_toml()
        );
        session.folder.write(RunFile::Best, text.as_bytes())?;
    }
    Ok(())
}

/// The score of settings after one in `divisor` of their steps; `None` if the search was told to end. A loss that became
/// infinite is the worst score.
fn judge(
    rows: &Rows,
    config: &RunConfig,
    divisor: u64,
    dev_folds: usize,
    machine: &Machine,
    halt: &Halt<'_>,
) -> Result<Option<f64>, TuneError> {
    let device = machine.device.clone().autodiff();
    let mut scores = Vec::new();
    for part in 0..dev_folds.max(1) {
        let score = match rows {
            Rows::Images(set) => {
                let split = parts(&set.split, dev_folds, part, config.seed);
                let task = ImageTask::of(ImageSet {
                    split,
                    ..set.clone()
                })?;
                let network =
                    assembly::lenet5(config, task.train.channels, task.labels.len(), &device)?;
                let (objective, _) =
                    assembly::objective(config, &task.labels, &task.train.labels, None)?;
                let sets = [&task.train, &task.dev];
                learn(network, config, divisor, &objective, sets, machine, halt)?
            }
            Rows::Texts(set) => {
                let split = parts(&set.split, dev_folds, part, config.seed);
                let task = TextTask::of(
                    TextSet {
                        split,
                        ..set.clone()
                    },
                    config,
                    None,
                )?;
                let (words, classes) = (task.tokenizer.vocabulary_size(), task.labels.len());
                let targets = &task.train.labels;
                let (objective, _) =
                    assembly::objective(config, &task.labels, targets, task.sets.as_ref())?;
                let (sets, vectors) = ([&task.train, &task.dev], task.vectors.as_ref());
                if config.model == ModelKind::Textcnn {
                    let network = assembly::textcnn(config, words, vectors, classes, &device)?;
                    learn(network, config, divisor, &objective, sets, machine, halt)?
                } else {
                    let network = assembly::dpcnn(config, words, vectors, classes, &device)?;
                    learn(network, config, divisor, &objective, sets, machine, halt)?
                }
            }
        };
        let Some(score) = score else {
            return Ok(None);
        };
        scores.push(score);
    }
    Ok(Some(scores.iter().sum::<f64>() / scores.len() as f64))
}

/// The dev part as it is, or fold `fold` of the training and dev rows in its place.
fn parts<T: Labelled + Clone>(split: &Split<T>, folds: usize, fold: usize, seed: u64) -> Split<T> {
    let (train, dev) = if folds == 0 {
        (split.train.clone(), split.dev.clone())
    } else {
        let pool = [split.train.as_slice(), &split.dev].concat();
        cut_fold(pool, seed, fold, folds)
    };
    Split {
        train,
        dev,
        test: Vec::new(),
    }
}

fn learn<N, E>(
    network: N,
    config: &RunConfig,
    divisor: u64,
    objective: &Objective,
    [train, dev]: [&E; 2],
    machine: &Machine,
    halt: &Halt<'_>,
) -> Result<Option<f64>, TuneError>
where
    N: Network,
    E: Examples<Batch = N::Batch>,
{
    let mut config = config.clone();
    config.training.steps = steps_of_run(&config, train.count()).div_ceil(divisor);
    let mut trainer = Trainer::new(network);
    let around = Surroundings {
        config: &config,
        objective,
        train,
        dev,
        device: &machine.device,
        checkpoints: None,
        metrics: None,
        stop: &halt.raised,
        clock: &WallClock::start(),
        identity: &Value::Null,
    };
    match learning::train(&mut trainer, around, &mut Watch(halt)) {
        Ok(Ending::Interrupted) => Ok(None),
        Ok(Ending::Complete) => {
            let best = trainer.position().best.as_ref();
            Ok(Some(best.map_or(f64::NEG_INFINITY, |best| best.score())))
        }
        Err(TrainingError::NotFinite { .. }) => Ok(Some(f64::NEG_INFINITY)),
        Err(error) => Err(error.into()),
    }
}

/// When a trial is to be broken off.
struct Halt<'a> {
    stop: &'a Stop,
    deadline: Option<Instant>,
    raised: AtomicBool,
}

/// Asks after every step.
struct Watch<'a>(&'a Halt<'a>);

impl Reporter for Watch<'_> {
    fn step(&mut self, _: StepReport) {
        let late = self
            .0
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline);
        if late || self.0.stop.flag().load(Ordering::Relaxed) {
            self.0.raised.store(true, Ordering::Relaxed);
        }
    }

    fn say(&mut self, _: &str) {}
}
