//! One run from its settings to its result: data, network, loop, test score, baseline, run folder.

mod baseline;
mod judging;
mod judging_sets;
mod report;
mod report_sets;
mod rows;
mod sample;
mod session;

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use burn::tensor::Device;
use cnn_core::backend::Backend;
use datasets::OpenOptions;
use datasets::tokenize::Tokenizer;
use serde_json::{Value, json};

use crate::assembly::{self, AssemblyError, ImageTask, TextTask};
use crate::baseline::BaselineRun;
use crate::checkpoint::{Checkpoint, CheckpointError, sha256_hex};
use crate::config::{ConfigError, ModelKind};
use crate::examples::Examples;
use crate::learning::{
    self, Ending, Objective, Reporter, RestoreError, Surroundings, Trainer, TrainingError,
    WallClock, evaluate,
};
use crate::network::Network;
use crate::report::{self as page, Material, ReportError};
use crate::run_folder::{DataCard, RunFile, RunFolderError, RunResult, count_labels};
use crate::signals::Stop;
use crate::weights::{collect, to_safetensors};

use judging_sets::ManyLabels;
pub use report::{predict_line, quoted, score_line};
pub use report_sets::{scores as set_scores, table as label_table};
use rows::Rows;
pub use session::Session;

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The settings are wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Data or network could not be put together.
    #[error(transparent)]
    Assembly(#[from] AssemblyError),
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] RunFolderError),
    /// A checkpoint cannot be read or written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The newest checkpoint is not of this network.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// Training stopped.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// The run on disk is not the one that was asked for.
    #[error("cannot resume {}: {what} {then}, now {now}; resume with what the run began with, or start a new one", folder.display())]
    Differs {
        /// The run's folder.
        folder: PathBuf,
        /// What differs.
        what: String,
        /// What the run began with.
        then: String,
        /// What was found or asked for now.
        now: String,
    },
    /// The report could not be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The baseline could not be fitted.
    #[error("the linear baseline: {reason}; --no-baseline skips it")]
    Baseline {
        /// Its words.
        reason: String,
    },
}

/// Where a run computes.
pub struct Machine {
    /// The backend.
    pub backend: Backend,
    /// Its device, without autodiff.
    pub device: Device,
}

/// What a run leaves besides the trained network.
#[derive(Clone, Copy, Debug)]
pub struct Extras {
    /// The linear baseline beside the score.
    pub baseline: bool,
    /// `report.html`.
    pub report: bool,
    /// Event files for TensorBoard, written as the run goes.
    pub tensorboard: bool,
}

/// How a run ended.
pub enum RunOutcome {
    /// With a result; the folder is ready to predict from.
    Complete {
        /// The run's folder.
        folder: PathBuf,
        /// What `result.json` holds.
        result: Box<RunResult>,
        /// An input to show the predict command with, where the run's folder holds one.
        sample: Option<String>,
    },
    /// By a signal, after a checkpoint.
    Interrupted {
        /// The run's folder.
        folder: PathBuf,
    },
}

impl RunOutcome {
    /// The result of a complete run.
    pub fn result(&self) -> Option<&RunResult> {
        match self {
            Self::Complete { result, .. } => Some(result),
            Self::Interrupted { .. } => None,
        }
    }
}

/// Trains, judges and writes a run. A finished run that is resumed gives back its result.
///
/// # Errors
///
/// [`RunError`]; the last good checkpoint stays as it is.
pub fn train(
    session: &Session,
    base: &OpenOptions,
    machine: &Machine,
    extras: Extras,
    stop: &Stop,
    reporter: &mut dyn Reporter,
) -> Result<RunOutcome, RunError> {
    let files = session.folder.files();
    let config = &session.config;
    if session.resumed
        && let Some(result) = files.read_result()?
    {
        reporter.say("this run is finished already; nothing was done");
        return Ok(RunOutcome::Complete {
            folder: session.folder().to_owned(),
            result: Box::new(result),
            sample: sample::of_finished(files, config.model),
        });
    }
    let trained = machine.device.clone().autodiff();
    match config.model {
        ModelKind::Lenet5 => {
            let mut task = ImageTask::open(config, base)?;
            let (objective, note) =
                assembly::objective(config, &task.labels, &task.train.labels, None)?;
            task.notes.extend(note);
            let work = Work {
                session,
                machine,
                stop,
                reporter,
                extras,
                labels: &task.labels,
                objective: &objective,
                many: None,
                data: &task.name,
                sha256: &task.sha256,
                notes: &task.notes,
                rows: &task,
            };
            let network =
                assembly::lenet5(config, task.train.channels, task.labels.len(), &trained)?;
            let sample = || sample::of_images(&session.folder, &task.dev);
            let baseline = || baseline::of_images(&task, &objective);
            work.finish(
                network,
                [&task.train, &task.dev, &task.test],
                None,
                extras.baseline.then_some(baseline),
                sample,
            )
        }
        ModelKind::Textcnn | ModelKind::Dpcnn => {
            let known = files.path(RunFile::Tokenizer);
            let tokenizer = if session.resumed && known.exists() {
                Some(Tokenizer::load(&known).map_err(AssemblyError::from)?)
            } else {
                None
            };
            let mut task = TextTask::open(config, base, tokenizer)?;
            task.notes.extend(config.chosen_by(task.language));
            let (objective, note) = {
                let targets = &task.train.labels;
                assembly::objective(config, &task.labels, targets, task.sets.as_ref())?
            };
            task.notes.extend(note);
            let work = Work {
                session,
                machine,
                stop,
                reporter,
                extras,
                labels: &task.labels,
                objective: &objective,
                many: task.sets.as_deref().map(|sets| ManyLabels {
                    sets,
                    task: &task,
                    with_baseline: extras.baseline,
                }),
                data: &task.name,
                sha256: &task.sha256,
                notes: &task.notes,
                rows: &task,
            };
            let sample = || sample::of_texts(&session.folder, &task.split.dev);
            let (words, classes) = (task.tokenizer.vocabulary_size(), task.labels.len());
            let baseline = extras
                .baseline
                .then_some(|| baseline::of_texts(&task, &objective));
            let sets = [&task.train, &task.dev, &task.test];
            if config.model == ModelKind::Textcnn {
                let network =
                    assembly::textcnn(config, words, task.vectors.as_ref(), classes, &trained)?;
                work.finish(network, sets, Some(&task.tokenizer), baseline, sample)
            } else {
                let network =
                    assembly::dpcnn(config, words, task.vectors.as_ref(), classes, &trained)?;
                work.finish(network, sets, Some(&task.tokenizer), baseline, sample)
            }
        }
    }
}

/// What every kind of run has in common.
struct Work<'a> {
    session: &'a Session,
    machine: &'a Machine,
    stop: &'a Stop,
    reporter: &'a mut dyn Reporter,
    extras: Extras,
    labels: &'a [String],
    objective: &'a Objective,
    many: Option<ManyLabels<'a>>,
    data: &'a str,
    sha256: &'a str,
    notes: &'a [String],
    rows: &'a dyn Rows,
}

impl Work<'_> {
    fn finish<N, E>(
        self,
        network: N,
        [train, dev, test]: [&E; 3],
        tokenizer: Option<&Tokenizer>,
        baseline: Option<impl FnOnce() -> Result<BaselineRun, RunError>>,
        sample: impl FnOnce() -> Result<Option<String>, RunError>,
    ) -> Result<RunOutcome, RunError>
    where
        N: Network,
        E: Examples<Batch = N::Batch>,
    {
        let Session { folder, config, .. } = self.session;
        self.reporter.say(&format!(
            "{} on {}: {} training, {} dev, {} test examples, {} classes; folder {}",
            config.model.name(),
            self.data,
            train.count(),
            dev.count(),
            test.count(),
            self.labels.len(),
            folder.folder().display()
        ));
        self.notes.iter().for_each(|note| self.reporter.say(note));
        let config_sha256 = sha256_hex(config.to_toml().as_bytes());
        let identity = json!({
            "config": config_sha256,
            "data": self.sha256,
            "backend": self.machine.backend.name(),
        });
        let counts = |labels: &[u32]| match &self.many {
            Some(many) => many.counts(labels),
            None => count_labels(labels, self.labels.len()),
        };
        let card = DataCard {
            name: self.data.to_owned(),
            sha256: self.sha256.to_owned(),
            train: counts(train.labels()),
            dev: counts(dev.labels()),
            test: counts(test.labels()),
            rows: self
                .many
                .as_ref()
                .map(|_| [train, dev, test].map(|part| part.count() as u64)),
            notes: self.notes.to_vec(),
            repeats: self.rows.repeats(),
        };
        self.write_beginnings(tokenizer, &card)?;
        let sample = sample()?;
        let mut checkpoints = folder.open_checkpoints()?;
        let latest = checkpoints.latest_valid()?;
        for skipped in &latest.skipped {
            self.reporter.say(&format!(
                "warning: checkpoint {} is damaged and was skipped: {}",
                skipped.path.display(),
                skipped.damage
            ));
        }
        let mut trainer = match &latest.checkpoint {
            Some(checkpoint) => {
                self.check_identity(checkpoint, &identity)?;
                let trainer = Trainer::restore(network, checkpoint, &self.machine.device)?;
                self.reporter
                    .say(&format!("resumed after step {}", checkpoint.step));
                trainer
            }
            None => Trainer::new(network),
        };
        let step = latest.checkpoint.as_ref().map(|c| c.step);
        let (mut metrics, _) = folder.open_metrics(step, self.extras.tensorboard)?;
        let ending = learning::train(
            &mut trainer,
            Surroundings {
                config,
                objective: self.objective,
                train,
                dev,
                device: &self.machine.device,
                checkpoints: Some(&mut checkpoints),
                metrics: Some(&mut metrics),
                stop: self.stop.flag(),
                clock: &WallClock::start(),
                identity: &identity,
            },
            self.reporter,
        )?;
        if ending == Ending::Interrupted {
            return Ok(RunOutcome::Interrupted {
                folder: folder.folder().to_owned(),
            });
        }
        let summary = self.summary(&trainer, train.count());
        let kept = trainer.into_kept();
        let metadata = [
            ("format", "pt"),
            ("model", config.model.name()),
            ("config", &config_sha256),
            ("data", self.sha256),
        ];
        folder.write(RunFile::Model, &to_safetensors(&collect(&kept), &metadata))?;
        let judged = match &self.many {
            Some(many) => many.judge(&self, &kept, [dev, test], summary)?,
            None => {
                // The test set is read here for the first and only time, after every choice has been made.
                let [dev, test] =
                    [dev, test].map(|part| evaluate(&kept, part, &self.machine.device));
                let baseline = baseline.map(|fit| fit()).transpose()?;
                self.judge(dev, test, baseline, summary)
            }
        };
        let answers = judged.answers.to_bytes(self.labels.len());
        folder.write(RunFile::Predictions, &answers)?;
        let material = Material::read(folder.files(), judged, self.machine)?;
        page::write(folder, &material, self.extras.report)?;
        let result = material.result;
        if self.stop.flag().load(Ordering::Relaxed) {
            return Ok(RunOutcome::Interrupted {
                folder: folder.folder().to_owned(),
            });
        }
        folder.write_result(&result)?;
        Ok(RunOutcome::Complete {
            folder: folder.folder().to_owned(),
            result: Box::new(result),
            sample,
        })
    }

    fn write_beginnings(
        &self,
        tokenizer: Option<&Tokenizer>,
        data: &DataCard,
    ) -> Result<(), RunError> {
        let Session { folder, .. } = self.session;
        self.session.write_beginnings(self.machine, self.sha256)?;
        folder.write_labels(self.labels)?;
        folder.write_data(data)?;
        if let Some(tokenizer) = tokenizer {
            folder.write(RunFile::Tokenizer, tokenizer.to_json().as_bytes())?;
        }
        Ok(())
    }

    fn check_identity(&self, checkpoint: &Checkpoint, identity: &Value) -> Result<(), RunError> {
        let then = &checkpoint.state["identity"];
        for (key, what) in [
            ("data", "the data's sha256 was"),
            ("config", "the sha256 of config.toml was"),
            ("backend", "`--backend` was"), // bits are promised within a backend alone
        ] {
            if then[key] != identity[key] {
                let [then, now] = [&then[key], &identity[key]]
                    .map(|value| value.as_str().unwrap_or("unknown").to_owned());
                return Err(self.session.differs(what, then, now));
            }
        }
        Ok(())
    }
}
