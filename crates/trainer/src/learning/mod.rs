//! The training loop: steps, looks at the dev set, checkpoints; exact to the bit over kills and resumes.
//!
//! A run's state is the weights, the optimiser's arrays, and a [`Position`]: plain numbers. The order of examples is a
//! function of (seed, epoch), dropout of (seed, step, example, unit), so nothing else has to be remembered. The clock is asked
//! in two places, both under a time budget alone: how many steps are planned, and whether they end before they are done; both
//! answers are part of the position.

#[cfg(test)]
mod budget_tests;
mod clock;
mod evaluation;
mod look;
mod objective;
mod plan;
mod position;
mod rehearsal;
mod set_evaluation;
mod trainer;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use burn::tensor::Device;

use crate::checkpoint::{CheckpointError, CheckpointStore};
use crate::config::RunConfig;
use crate::examples::{Examples, epoch_order};
use crate::network::Network;
use crate::run_folder::{MetricsLog, RunFolderError};
use look::Look;
use plan::Plan;
use rehearsal::rehearse;

pub use clock::{Clock, WallClock};
pub use evaluation::{Evaluation, evaluate};
pub use objective::Objective;
pub use plan::{steps_of_run, steps_per_epoch};
pub use position::{Best, Position};
pub use set_evaluation::{SetEvaluation, logits};
pub use trainer::{RestoreError, Trainer};

/// Why training stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// The loss became NaN or infinite.
    #[error("the loss is {loss} at step {step}{}; lower the learning rate (it was {learning_rate}). The checkpoint before it is intact",
            .parameter.as_ref().map(|p| format!(", and `{p}` holds values that are not finite")).unwrap_or_default())]
    NotFinite {
        /// The step, counted from 1.
        step: u64,
        /// The loss.
        loss: f64,
        /// The learning rate of the run.
        learning_rate: f64,
        /// The first parameter with a value that is not finite.
        parameter: Option<String>,
    },
    /// A checkpoint could not be written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The metrics could not be written.
    #[error(transparent)]
    Log(#[from] RunFolderError),
}

/// What a reporter is told after every step.
#[derive(Clone, Copy, Debug)]
pub struct StepReport {
    /// Steps done.
    pub step: u64,
    /// Steps of the whole run.
    pub steps: u64,
    /// Epoch, from 1.
    pub epoch: usize,
    /// Mean loss of the epoch so far.
    pub mean_loss: f64,
    /// Accuracy at the last look at dev, if there was one.
    pub dev_accuracy: Option<f64>,
    /// Examples trained per second since this process began.
    pub examples_per_second: f64,
}

/// Told how a run goes.
pub trait Reporter {
    /// After every step.
    fn step(&mut self, report: StepReport);
    /// A line worth keeping: a look at dev, a warning.
    fn say(&mut self, line: &str);
}

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All steps are done, or patience or time ran out: the position tells.
    Complete,
    /// The stop flag was raised; a checkpoint holds the state.
    Interrupted,
}

/// What the loop reads and writes besides the network.
pub struct Surroundings<'a, E> {
    /// The settings of the run.
    pub config: &'a RunConfig,
    /// What is made small.
    pub objective: &'a Objective,
    /// What is learned from.
    pub train: &'a E,
    /// What choices are made on.
    pub dev: &'a E,
    /// The device, without autodiff.
    pub device: &'a Device,
    /// Where checkpoints go; `None` writes none.
    pub checkpoints: Option<&'a mut CheckpointStore>,
    /// Where metrics go.
    pub metrics: Option<&'a mut MetricsLog>,
    /// Raised from outside to stop after the current step.
    pub stop: &'a AtomicBool,
    /// What tells the time: rates, checkpoints that are due, and a time budget ask it.
    pub clock: &'a dyn Clock,
    /// What every checkpoint remembers of the run beside its position: digests of configuration and data.
    pub identity: &'a serde_json::Value,
}

/// Steps between two lines of metrics.
const METRICS_EVERY: u64 = 50;
/// An epoch ends without a checkpoint where less than so many times the seconds of writing the last one have been trained since: an
/// epoch of a small set takes a third of a second, writing and verifying its checkpoint as long.
const CHECKPOINT_PAYS: u32 = 30;

/// Trains until the end of the run or until `stop` is raised.
///
/// # Errors
///
/// [`TrainingError`]; what was written before stays valid.
pub fn train<N, E>(
    trainer: &mut Trainer<N>,
    around: Surroundings<'_, E>,
    reporter: &mut dyn Reporter,
) -> Result<Ending, TrainingError>
where
    N: Network,
    E: Examples<Batch = N::Batch>,
{
    let Surroundings {
        config,
        objective,
        train,
        dev,
        device,
        mut checkpoints,
        mut metrics,
        stop,
        clock,
        identity,
    } = around;
    let since = |moment| clock.now().saturating_sub(moment);
    let mut counted = clock.now();
    let budget = config.training.time_budget;
    if budget > 0.0 && trainer.position().planned_steps.is_none() {
        let planned = rehearse(trainer, config, objective, [train, dev], device, clock)?;
        trainer.plan(planned);
        reporter.say(&format!(
            "{planned} steps fit into the time budget of {budget} s; the learning rate falls over them"
        ));
    }
    let plan = Plan::new(config, train.count(), trainer.position().planned_steps);
    let judge_by = config.training.judge_by;
    let (started, first_step) = (clock.now(), trainer.position().step);
    let seconds_before = trainer.seconds();
    let mut order = (usize::MAX, Vec::new());
    let (mut last_checkpoint, mut writing) = (clock.now(), Duration::ZERO);
    let (mut looking, mut examples_done) = (Duration::ZERO, 0);
    while trainer.position().step < plan.last && !trainer.position().has_ended() {
        let step = trainer.position().step;
        let (epoch, index) = (
            (step / plan.steps_per_epoch) as usize,
            (step % plan.steps_per_epoch) as usize,
        );
        if order.0 != epoch {
            order = (epoch, epoch_order(config.seed, epoch, train.count()));
        }
        let size = config.training.batch_size;
        let indices = &order.1[index * size..((index + 1) * size).min(train.count())];
        trainer.step(config, objective, plan.steps, train, indices, device)?;
        examples_done += indices.len();
        let mut position = trainer.position().clone();
        if position.step.is_multiple_of(METRICS_EVERY)
            && let Some(metrics) = metrics.as_deref_mut()
        {
            metrics.append(
                position.step,
                &serde_json::json!({
                    "kind": "train", "epoch": epoch + 1, "loss": position.mean_loss(),
                    "learning_rate": config.optimizer.learning_rate
                        * config.optimizer.schedule.factor(step, plan.steps),
                }),
            )?;
        }
        // The look that ends the run is within the budget too.
        let spent = trainer.seconds() + (since(counted) + looking).as_secs_f64();
        let late = budget > 0.0 && spent >= budget;
        let ends = position.step == plan.last || late;
        if plan.looks_after(position.step) || ends {
            let began = clock.now();
            trainer.settle(config, plan.steps);
            let look = Look::at(trainer.network(), objective, dev, device, judge_by);
            let better = trainer.remember(&look, config);
            looking = since(began);
            position = trainer.position().clone();
            if let Some(metrics) = metrics.as_deref_mut() {
                let mut line = serde_json::json!({
                    "kind": "dev", "epoch": epoch + 1, "loss": look.loss, "accuracy": look.accuracy(),
                    "macro_f1": look.macro_f1, "train_loss": position.mean_loss(), "best": better,
                });
                if let Some(micro_f1) = look.micro_f1 {
                    line["micro_f1"] = micro_f1.into();
                }
                metrics.append(position.step, &line)?;
            }
            reporter.say(&format!(
                "epoch {:>2}, step {:>6}: train loss {:.4}, dev loss {:.4}, dev accuracy {:.2} %{}{}",
                epoch + 1,
                position.step,
                position.mean_loss(),
                look.loss,
                100.0 * look.accuracy(),
                look.words,
                if better { " (best)" } else { "" },
            ));
        }
        if late && position.step < plan.last {
            trainer.end_for_time();
        }
        reporter.step(StepReport {
            step: position.step,
            steps: plan.last,
            epoch: epoch + 1,
            mean_loss: position.mean_loss(),
            dev_accuracy: position.last_accuracy(),
            examples_per_second: examples_done as f64 / since(started).as_secs_f64(),
        });
        let epoch_ends = position.step.is_multiple_of(plan.steps_per_epoch);
        if epoch_ends {
            trainer.begin_epoch();
        }
        trainer.add_seconds(since(counted).as_secs_f64());
        counted = clock.now();
        let stopping = stop.load(Ordering::Relaxed);
        let waited = since(last_checkpoint);
        let due = waited >= Duration::from_secs(config.training.checkpoint_seconds)
            || epoch_ends && waited >= CHECKPOINT_PAYS * writing;
        if let Some(store) = checkpoints.as_deref_mut()
            && (due || stopping || ends || trainer.position().has_ended())
        {
            if let Some(metrics) = metrics.as_deref_mut() {
                metrics.sync()?;
            }
            for warning in trainer.save(store, identity)? {
                reporter.say(&warning);
            }
            last_checkpoint = clock.now();
            writing = since(counted);
        }
        if stopping {
            return Ok(Ending::Interrupted);
        }
    }
    if trainer.position().step > first_step {
        let seconds = trainer.seconds() - seconds_before;
        reporter.say(&format!(
            "trained {} steps in {seconds:.1} s ({:.0} examples/s)",
            trainer.position().step - first_step,
            examples_done as f64 / seconds,
        ));
    }
    Ok(Ending::Complete)
}
