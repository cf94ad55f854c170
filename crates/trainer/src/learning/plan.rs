//! How many steps a run has, where it looks at dev, and how many fit into a time budget.
//!
//! The learning rate falls over the planned steps, so the plan must stand before the first step. Under a time budget the
//! steps that fit are found by a rehearsal: a few steps on a copy of the network that is thrown away. From then on the run is
//! the one that this number of steps would have been without a clock, and can be repeated as such.

use std::time::{Duration, Instant};

use burn::tensor::Device;

use super::{Objective, Trainer, TrainingError};
use crate::config::RunConfig;
use crate::examples::{Examples, epoch_order};
use crate::network::Network;

/// Share of the budget that may go into the rehearsal.
const REHEARSAL: f64 = 0.05;
/// The longest rehearsal.
const LONGEST: Duration = Duration::from_secs(10);
/// Steps of the rehearsal at most; behind the first one, which alone pays for memory.
const STEPS: usize = 64;
/// Share of what is left that is planned for: steps differ in length, and the checkpoints take time too.
const PLANNED: f64 = 0.95;

/// Steps of one pass over `examples` training examples; the last one may be smaller.
pub fn steps_per_epoch(config: &RunConfig, examples: usize) -> u64 {
    examples.div_ceil(config.training.batch_size).max(1) as u64
}

/// Steps of a whole run on `examples` training examples, as the settings have it.
pub fn steps_of_run(config: &RunConfig, examples: usize) -> u64 {
    match config.training.steps {
        0 => steps_per_epoch(config, examples) * config.training.epochs as u64,
        steps => steps,
    }
}

/// The steps of a run, counted beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Over which the learning rate falls.
    pub steps: u64,
    /// Steps that are done, unless patience or time ends before.
    pub last: u64,
    pub steps_per_epoch: u64,
    looks: u64,
}

impl Plan {
    /// As the settings have it; `planned` are the steps that fit into a time budget.
    pub fn new(config: &RunConfig, examples: usize, planned: Option<u64>) -> Self {
        let training = &config.training;
        let steps_per_epoch = steps_per_epoch(config, examples);
        let asked = steps_of_run(config, examples);
        let steps = planned.map_or(asked, |planned| planned.clamp(1, asked));
        let last = match training.stop_after {
            0 => steps,
            stop => stop.min(steps),
        };
        Self {
            steps,
            last,
            steps_per_epoch,
            looks: (training.evaluations_per_epoch as u64).min(steps_per_epoch),
        }
    }

    /// Whether the dev set is looked at after `step` steps: `looks` times an epoch, the last time at its end; and after the
    /// last step.
    pub fn looks_after(&self, step: u64) -> bool {
        let within = (step - 1) % self.steps_per_epoch + 1;
        step == self.last
            || within * self.looks / self.steps_per_epoch
                > (within - 1) * self.looks / self.steps_per_epoch
    }

    /// How many steps take `seconds`, with the looks at dev between them: `step` and `look` are the seconds of one.
    fn steps_within(&self, seconds: f64, step: f64, look: f64) -> u64 {
        let each = step + look * self.looks as f64 / self.steps_per_epoch as f64;
        // One look is at the end, wherever that is.
        let steps = ((seconds - look) / each.max(1e-9)).max(1.0);
        (steps as u64).min(self.steps)
    }
}

/// How many steps of the plan fit into the time budget.
///
/// # Errors
///
/// As a step.
pub(super) fn rehearse<N, E>(
    trainer: &Trainer<N>,
    config: &RunConfig,
    objective: &Objective,
    [train, dev]: [&E; 2],
    device: &Device,
) -> Result<u64, TrainingError>
where
    N: Network,
    E: Examples<Batch = N::Batch>,
{
    let plan = Plan::new(config, train.count(), None);
    let budget = config.training.time_budget;
    let began = Instant::now();
    let longest = LONGEST.as_secs_f64().min(REHEARSAL * budget);
    let order = epoch_order(config.seed, 0, train.count());
    let mut copy = Trainer::new(trainer.network().clone());
    let mut timed = Vec::new();
    for indices in order.chunks(config.training.batch_size).take(STEPS) {
        let started = Instant::now();
        copy.step(config, objective, plan.steps, train, indices, device)?;
        timed.push(started.elapsed().as_secs_f64());
        if began.elapsed().as_secs_f64() >= longest {
            break;
        }
    }
    // The first step pays for memory and is left out, unless it is all there is.
    let steady = timed.get(1..).filter(|rest| !rest.is_empty());
    let steady = steady.unwrap_or(&timed);
    let step = steady.iter().sum::<f64>() / steady.len().max(1) as f64;
    let shown: Vec<u32> = (0..dev.count().min(config.training.batch_size) as u32).collect();
    let started = Instant::now();
    let scores = copy
        .network()
        .valid()
        .scores(&dev.batch(&shown, device), None, None);
    let _: f32 = scores.sum().into_scalar(); // a GPU answers later than it is asked
    let one = started.elapsed().as_secs_f64() / shown.len().max(1) as f64;
    let left = PLANNED * (budget - began.elapsed().as_secs_f64());
    Ok(plan.steps_within(left, step, one * dev.count() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ModelKind;

    fn config() -> RunConfig {
        let mut config = RunConfig::defaults(ModelKind::Textcnn, "mr");
        config.training.batch_size = 10;
        config
    }

    #[test]
    fn looks_are_spread_over_an_epoch_and_end_with_it() {
        let mut config = config();
        for (examples, looks) in [(95, 3), (10, 4), (1000, 1), (70, 7)] {
            config.training.evaluations_per_epoch = looks;
            let plan = Plan::new(&config, examples, None);
            let per_epoch: Vec<u64> = (1..=plan.steps_per_epoch)
                .filter(|&s| plan.looks_after(s))
                .collect();
            assert_eq!(
                per_epoch.len() as u64,
                plan.looks,
                "{examples} examples, {looks} looks"
            );
            assert_eq!(*per_epoch.last().unwrap(), plan.steps_per_epoch);
            assert!(plan.looks_after(2 * plan.steps_per_epoch));
        }
    }

    #[test]
    fn steps_go_before_epochs_and_a_budget_only_shortens() {
        let mut config = config();
        config.training.epochs = 4;
        let steps = |config: &RunConfig, planned| {
            let plan = Plan::new(config, 95, planned);
            (plan.steps, plan.last)
        };
        assert_eq!(steps(&config, None), (40, 40));
        assert_eq!(steps(&config, Some(17)), (17, 17));
        assert_eq!(steps(&config, Some(400)), (40, 40));
        config.training.steps = 23;
        assert_eq!(steps(&config, None), (23, 23));
        config.training.stop_after = 7;
        assert_eq!(steps(&config, None), (23, 7));
        let plan = Plan::new(&config, 95, None);
        assert!(plan.looks_after(7), "the last step is looked at");
        assert!(!plan.looks_after(6));
    }

    #[test]
    fn a_budget_is_shared_by_steps_and_looks() {
        let plan = Plan::new(&config(), 100, None);
        assert_eq!(plan.steps, 100);
        // A step and its tenth of a look take 2 + 0.5, the last look 5.
        assert_eq!(plan.steps_within(55.0, 2.0, 5.0), 20);
        assert_eq!(plan.steps_within(1e9, 2.0, 5.0), 100);
        assert_eq!(plan.steps_within(0.1, 2.0, 5.0), 1, "one step at least");
        assert_eq!(plan.steps_within(10.0, 0.0, 0.0), 100);
    }
}
