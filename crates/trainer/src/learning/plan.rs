//! How many steps a run has, and where it looks at dev.
//!
//! The learning rate falls over the planned steps, so the plan must stand before the first step. Under a time budget the
//! steps that fit are found by a [rehearsal](super::rehearsal). From then on the run is the one that this number of steps would
//! have been without a clock, and can be repeated as such.

use crate::config::RunConfig;

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
    pub(super) fn steps_within(&self, seconds: f64, step: f64, look: f64) -> u64 {
        let each = step + look * self.looks as f64 / self.steps_per_epoch as f64;
        // One look is at the end, wherever that is.
        let steps = ((seconds - look) / each.max(1e-9)).max(1.0);
        (steps as u64).min(self.steps)
    }
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
