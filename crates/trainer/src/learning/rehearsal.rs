//! How many steps fit into a time budget, found by a few of them on a copy of the network that is thrown away.
//!
//! The first steps pay for memory and for threads that sleep, and so does the first look. So both are tried for a while, and the
//! later half counts.

use burn::tensor::Device;

use super::clock::Clock;
use super::evaluation::BATCH;
use super::plan::Plan;
use super::{Objective, Trainer, TrainingError};
use crate::config::RunConfig;
use crate::examples::{Examples, epoch_order};
use crate::network::Network;
use crate::weights::values_of;

/// Share of the budget that goes into trying steps.
const STEPS: f64 = 0.04;
/// Share of the budget that goes into looking at dev.
const LOOKS: f64 = 0.01;
/// The longest budget of which these are shares: more steps tell nothing new.
const LONGEST: f64 = 250.0;
/// Steps that are tried however long they take, up to a tenth of the budget.
const FEWEST: usize = 3;
/// The most times that the dev set is looked at.
const ROUNDS: usize = 100;
/// Share of what is left that is planned for. A run that the clock cuts off loses its last and smallest steps; one that is done
/// early has wasted time.
const PLANNED: f64 = 0.95;

/// Seconds that were measured.
#[derive(Default)]
struct Measured {
    /// Of each step.
    steps: Vec<f64>,
    /// Of each look at some dev examples, with their number.
    looks: Vec<(f64, usize)>,
}

impl Measured {
    /// Seconds of one step.
    fn step(&self) -> f64 {
        let later = &self.steps[self.steps.len() / 2..];
        later.iter().sum::<f64>() / later.len().max(1) as f64
    }

    /// Seconds of a look at `count` dev examples.
    fn look(&self, count: usize) -> f64 {
        let later = &self.looks[self.looks.len() / 2..];
        let seen: usize = later.iter().map(|(_, seen)| seen).sum();
        let seconds: f64 = later.iter().map(|(seconds, _)| seconds).sum();
        seconds * count as f64 / seen.max(1) as f64
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
    clock: &dyn Clock,
) -> Result<u64, TrainingError>
where
    N: Network,
    E: Examples<Batch = N::Batch>,
{
    let plan = Plan::new(config, train.count(), None);
    let budget = config.training.time_budget;
    let share = |share: f64| share * budget.min(LONGEST);
    let began = clock.now();
    let since = |moment| (clock.now() - moment).as_secs_f64();
    let mut measured = Measured::default();
    let mut copy = Trainer::new(trainer.network().clone());
    'steps: for epoch in 0..config.training.epochs {
        let order = epoch_order(config.seed, epoch, train.count());
        for indices in order.chunks(config.training.batch_size) {
            let started = clock.now();
            copy.step(config, objective, plan.steps, train, indices, device)?;
            measured.steps.push(since(started));
            let (steps, spent) = (measured.steps.len(), since(began));
            let enough = spent >= share(STEPS) || steps as u64 >= plan.steps / 20;
            if enough && (steps >= FEWEST || spent >= budget / 10.0) {
                break 'steps;
            }
        }
    }
    let (network, looking) = (copy.network().valid(), clock.now());
    let all: Vec<u32> = (0..dev.count() as u32).collect();
    'looks: for _ in 0..ROUNDS {
        for indices in all.chunks(BATCH) {
            let started = clock.now();
            let scores = network.scores(&dev.batch(indices, device), None, None);
            values_of(scores); // a GPU answers later than it is asked
            measured.looks.push((since(started), indices.len()));
            if since(looking) >= share(LOOKS) {
                break 'looks;
            }
        }
    }
    let left = PLANNED * (budget - since(began));
    Ok(plan.steps_within(left, measured.step(), measured.look(dev.count())))
}
