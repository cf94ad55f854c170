//! A time budget on a clock whose hands are turned by the examples: how much of it is used, and what decides.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use burn::tensor::Device;
use cnn_core::Documents;
use cnn_core::backend::Backend;

use super::*;
use crate::assembly;
use crate::config::ModelKind;
use crate::examples::Texts;

/// A clock that goes when it is told to, in nanoseconds: sums must not depend on their order.
#[derive(Default)]
struct Hands(Cell<u64>);

impl Hands {
    fn turn(&self, seconds: f64) {
        self.0.set(self.0.get() + (1e9 * seconds) as u64);
    }
}

impl Clock for Hands {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.get())
    }
}

/// Examples of which a batch takes some time: the seconds of the batches in their order, the last for all that follow.
struct Slow<'a> {
    texts: Texts,
    hands: &'a Hands,
    batches: RefCell<Vec<f64>>,
}

impl<'a> Slow<'a> {
    fn new(count: usize, hands: &'a Hands, seconds: &[f64]) -> Self {
        let texts = Texts {
            documents: (0..count as u32).map(|i| vec![2 + i % 5, 7, 3]).collect(),
            labels: (0..count as u32).map(|i| i % 2).collect(),
        };
        let batches = RefCell::new(seconds.iter().rev().copied().collect());
        Self {
            texts,
            hands,
            batches,
        }
    }
}

impl Examples for Slow<'_> {
    type Batch = Documents;

    fn labels(&self) -> &[u32] {
        &self.texts.labels
    }

    fn batch(&self, indices: &[u32], device: &Device) -> Documents {
        let mut left = self.batches.borrow_mut();
        let seconds = match left.len() {
            1 => left[0],
            _ => left.pop().expect("one at least"),
        };
        self.hands.turn(seconds);
        self.texts.batch(indices, device)
    }
}

#[derive(Default)]
struct Told(Vec<String>);

impl Reporter for Told {
    fn step(&mut self, _: StepReport) {}

    fn say(&mut self, line: &str) {
        self.0.push(line.to_owned());
    }
}

/// Seconds of the budget that a run took, and where it stood in the end. `steps` and `looks` are the seconds of batches of 10
/// training rows out of 1000, and of all 200 dev rows.
fn run(budget: f64, steps: &[f64], looks: &[f64]) -> (f64, Position) {
    let mut config = RunConfig::defaults(ModelKind::Textcnn, "own.csv");
    config.training.time_budget = budget;
    config.training.batch_size = 10;
    config.training.epochs = 40;
    let settings = config.textcnn.as_mut().expect("a textcnn has them");
    (settings.dimension, settings.filters) = (4, 2);
    let device = Backend::compiled()[0].device().unwrap();
    let network = assembly::textcnn(&config, 10, None, 2, &device.clone().autodiff()).unwrap();
    let hands = Hands::default();
    let (train, dev) = (
        Slow::new(1000, &hands, steps),
        Slow::new(200, &hands, looks),
    );
    let mut trainer = Trainer::new(network);
    let around = Surroundings {
        config: &config,
        objective: &Objective::default(),
        train: &train,
        dev: &dev,
        device: &device,
        checkpoints: None,
        metrics: None,
        stop: &AtomicBool::new(false),
        clock: &hands,
        identity: &serde_json::Value::Null,
    };
    let ended = super::train(&mut trainer, around, &mut Told::default()).unwrap();
    assert_eq!(ended, Ending::Complete);
    let taken = hands.now().as_secs_f64();
    assert!(
        (taken - trainer.seconds()).abs() < 1e-6,
        "all of it is counted"
    );
    (taken, trainer.position().clone())
}

/// The first steps and the first look take several times as long as the others: the plan is made from the others.
#[test]
fn a_cold_start_does_not_shorten_the_plan() {
    let cold = [0.2, 0.1, 0.05];
    for (budget, step, look) in [(20.0, 0.02, 0.05), (20.0, 0.05, 0.1), (60.0, 0.1, 0.2)] {
        let steps = [&cold[..], &[step]].concat();
        let (taken, position) = run(budget, &steps, &[3.0 * look, look]);
        let used = taken / budget;
        assert!((0.85..=1.0).contains(&used), "{used} of {budget} s");
        assert!(!position.out_of_time, "the plan was done");
    }
}

/// A step or a look may become slower behind the plan: the run ends within the budget, its last look included.
#[test]
fn a_machine_that_becomes_slower_ends_the_run_in_time() {
    let slower = [[0.01; 200].as_slice(), &[0.05]].concat();
    let (taken, position) = run(10.0, &slower, &[0.3]);
    assert!(position.out_of_time && position.step < position.planned_steps.unwrap());
    assert!((9.5..=10.1).contains(&taken), "{taken}");
    // Looks that become slower are noticed when there was one.
    let (taken, _) = run(10.0, &[0.05], &[[0.1; 2].as_slice(), &[0.8]].concat());
    assert!(taken <= 10.8, "{taken}");
}

/// What is longer than the budget is done once.
#[test]
fn one_step_and_one_look_are_always_done() {
    let (taken, position) = run(0.1, &[2.0], &[1.0]);
    assert_eq!(position.step, 1);
    // The rehearsal's step and look, and those of the run.
    assert_eq!(taken, 6.0);
}

#[test]
fn a_budget_for_more_than_all_epochs_trains_all_epochs() {
    let (taken, position) = run(1e5, &[0.001], &[0.001]);
    assert_eq!(
        (position.step, position.planned_steps),
        (4_000, Some(4_000))
    );
    assert!(taken < 100.0, "{taken}");
}
