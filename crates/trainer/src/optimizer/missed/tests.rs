//! Rows that waited beside rows that took every step.

use cnn_core::backend::Backend;
use cnn_core::ops::optimizer_step;

use super::*;
use crate::weights::values_of;

const ROWS: usize = 7;
const WIDTH: usize = 3;
const STEPS: usize = 200;

/// Numbers between -1 and 1 without a pattern that a step could meet.
fn numbers(seed: usize, count: usize) -> Vec<f32> {
    let number = |i: usize| (seed * 7919 + i * 104_729) % 2001;
    (0..count)
        .map(|i| number(i) as f32 / 1000.0 - 1.0)
        .collect()
}

fn tensor(values: Vec<f32>, device: &Device) -> Tensor<2> {
    let rows = values.len() / WIDTH;
    Tensor::from_data(TensorData::new(values, [rows, WIDTH]), device)
}

/// The rows of a step: the first in each, the last never, the others now and then; 4 waits for more than two blocks.
fn touched(step: usize) -> Vec<u32> {
    let every = [1, 3, 10, 40, 150, 7, usize::MAX];
    (0..ROWS as u32)
        .filter(|&row| step.is_multiple_of(every[row as usize]) && row != 6)
        .collect()
}

struct Run {
    table: Tensor<2>,
    state: [Tensor<2>; 2],
    missed: Missed,
}

impl Run {
    fn new(device: &Device) -> Self {
        let table = tensor(numbers(1, ROWS * WIDTH), device);
        let state = [table.zeros_like(), table.zeros_like()];
        Self {
            table,
            state,
            missed: Missed::default(),
        }
    }

    fn step(&mut self, rule: &StepRule, gradient: Tensor<2>, ids: Option<Vec<u32>>) {
        let (table, state) = (self.table.clone(), self.state.clone());
        if let Some(ids) = &ids {
            self.missed.step(rule, ids, ROWS);
        }
        (self.table, self.state) =
            optimizer_step(rule, table, gradient, state, ids.map(Into::into));
    }

    fn catch_up(&mut self, rule: &StepRule, ids: Option<&[u32]>) {
        let (table, state) = (self.table.clone(), self.state.clone());
        (self.table, self.state) = self.missed.make_up_for(rule, ids, table, state);
    }
}

fn largest_difference(a: &Run, b: &Run) -> f32 {
    let values = |run: &Run| values_of(run.table.clone());
    let pairs = values(a).into_iter().zip(values(b));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn rate(step: usize) -> f32 {
    0.05 * (1.0 - step as f32 / STEPS as f32)
}

fn rules(step: usize) -> [StepRule; 4] {
    let lr = rate(step);
    let sgd = |momentum, weight_decay| StepRule::Sgd {
        lr,
        momentum,
        weight_decay,
    };
    let adadelta = StepRule::Adadelta {
        lr: 1.0,
        rho: 0.95,
        epsilon: 1e-6,
        weight_decay: 0.0,
    };
    [sgd(0.9, 0.0), sgd(0.9, 0.1), sgd(0.0, 0.1), adadelta]
}

#[test]
fn waiting_rows_arrive_where_dense_steps_bring_them() {
    let device = Backend::compiled()[0].device().unwrap();
    for kind in 0..4 {
        let [mut dense, mut late, mut forgetful] = [0; 3].map(|_| Run::new(&device));
        for step in 0..STEPS {
            let rule = rules(step)[kind];
            let ids = touched(step);
            let rows = numbers(step + 2, ids.len() * WIDTH);
            let mut all = vec![0.0; ROWS * WIDTH];
            for (row, &id) in rows.chunks_exact(WIDTH).zip(&ids) {
                all[id as usize * WIDTH..][..WIDTH].copy_from_slice(row);
            }
            let rows = tensor(rows, &device);
            dense.step(&rule, tensor(all, &device), None);
            late.catch_up(&rule, Some(&ids));
            late.step(&rule, rows.clone(), Some(ids.clone()));
            forgetful.step(&rule, rows, Some(ids));
            if step == 77 {
                late.catch_up(&rule, None);
                assert!(
                    largest_difference(&dense, &late) < 1e-5,
                    "rule {kind} on the way"
                );
            }
        }
        late.catch_up(&rules(STEPS)[kind], None);
        let distance = largest_difference(&dense, &late);
        assert!(distance < 1e-5, "rule {kind}: {distance}");
        let distance = largest_difference(&dense, &forgetful);
        assert!(
            distance > 1e-3,
            "rule {kind}: nothing to make up for ({distance})"
        );
    }
}

#[test]
fn a_checkpoint_remembers_who_waits() {
    let device = Backend::compiled()[0].device().unwrap();
    let mut run = Run::new(&device);
    let rule = |step| rules(step)[1];
    let advance = |run: &mut Run, steps: std::ops::Range<usize>| {
        for step in steps {
            let ids = touched(step);
            run.catch_up(&rule(step), Some(&ids));
            run.step(
                &rule(step),
                tensor(numbers(step, ids.len() * WIDTH), &device),
                Some(ids),
            );
        }
    };
    advance(&mut run, 0..90);
    let mut arrays: Arrays = run.missed.to_arrays().into_iter().collect();
    let mut resumed = Run {
        table: run.table.clone(),
        state: run.state.clone(),
        missed: Missed::take_from(&mut arrays).unwrap(),
    };
    assert!(arrays.is_empty());
    for run in [&mut run, &mut resumed] {
        advance(run, 90..STEPS);
        run.catch_up(&rule(STEPS), None);
    }
    let bits = |run: &Run| {
        values_of(run.table.clone())
            .into_iter()
            .map(f32::to_bits)
            .collect::<Vec<_>>()
    };
    assert_eq!(bits(&run), bits(&resumed));
}

#[test]
fn half_a_memory_is_refused() {
    let one = Array {
        shape: vec![1],
        values: vec![1.0],
    };
    let mut arrays: Arrays = [(SEEN.to_owned(), one)].into_iter().collect();
    assert!(Missed::take_from(&mut arrays).is_err());
}
