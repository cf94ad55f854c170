//! What the rows of a table missed while they waited, made up for in closed form.
//!
//! A step of gradient 0 changes a weight `w` and its state `s` linearly under SGD, whatever the momentum `m`, the decay `d` and
//! the rate `lr` of the step, and only fades the averages under Adadelta:
//!
//! ```text
//! Sgd        [w]    [1 - lr d   -lr m] [w]            Adadelta (d = 0)    s1 *= rho;  s2 *= rho
//!            [s] := [    d         m ] [s]
//! ```
//!
//! So a row that waited from step `a` to step `b` is multiplied by the product of their matrices, which is the same for all rows
//! that waited as long: numbers of a step, not of the table. Under Adam the averages fade in the same way, but the weight moves on
//! by quotients of them, for which there is no closed form; and so it is with Adadelta and a decay. There rows miss what they
//! miss.
//!
//! The products are computed in f64. Compared with steps one by one the result differs by their roundings.

use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData};
use cnn_core::ops::StepRule;

use crate::weights::{Array, Arrays, WeightsError};

/// The steps that each row of the table has seen.
#[derive(Default)]
pub(super) struct Missed {
    /// How many steps each row has seen, touched or made up for. Empty until a rule asks.
    seen: Vec<u32>,
    /// The learning rate of every step.
    rates: Vec<f32>,
    /// The product of every BLOCK steps.
    blocks: Vec<Matrix>,
}

/// Steps whose product is kept.
const BLOCK: usize = 64;

type Matrix = [[f64; 2]; 2];

const IDENTITY: Matrix = [[1.0, 0.0], [0.0, 1.0]];

/// What a step of gradient 0 does.
enum Empty {
    Nothing,
    /// To the weight and the velocity.
    Moves {
        momentum: f64,
        decay: f64,
    },
    /// To both averages.
    Fades {
        rho: f64,
    },
}

impl Empty {
    fn of(rule: &StepRule) -> (Self, f32) {
        match *rule {
            StepRule::Sgd {
                lr,
                momentum,
                weight_decay,
            } if momentum != 0.0 || weight_decay != 0.0 => {
                let (momentum, decay) = (momentum.into(), weight_decay.into());
                (Self::Moves { momentum, decay }, lr)
            }
            StepRule::Adadelta {
                lr,
                rho,
                weight_decay: 0.0,
                ..
            } => (Self::Fades { rho: rho.into() }, lr),
            StepRule::Sgd { lr, .. }
            | StepRule::Adadelta { lr, .. }
            | StepRule::Adam { lr, .. }
            | StepRule::Adagrad { lr, .. } => (Self::Nothing, lr),
        }
    }

    fn matrix(&self, rate: f32) -> Matrix {
        let rate = f64::from(rate);
        match *self {
            Self::Nothing => IDENTITY,
            Self::Moves { momentum, decay } => {
                [[1.0 - rate * decay, -rate * momentum], [decay, momentum]]
            }
            Self::Fades { rho } => [[rho, 0.0], [0.0, rho]],
        }
    }
}

impl Missed {
    /// A step touches the rows with these ids of a table of so many.
    pub(super) fn step(&mut self, rule: &StepRule, ids: &[u32], rows: usize) {
        let (empty, rate) = Empty::of(rule);
        if matches!(empty, Empty::Nothing) {
            return;
        }
        self.seen.resize(rows, 0);
        self.rates.push(rate);
        for &id in ids {
            self.seen[id as usize] = self.rates.len() as u32;
        }
    }

    /// Whether there were steps that a row can have missed; under Adam there are none.
    pub(super) fn counts(&self) -> bool {
        !self.rates.is_empty()
    }

    /// The table and its states after the steps that these rows, or all, have missed.
    pub(super) fn make_up_for(
        &mut self,
        rule: &StepRule,
        ids: Option<&[u32]>,
        table: Tensor<2>,
        [s1, s2]: [Tensor<2>; 2],
    ) -> (Tensor<2>, [Tensor<2>; 2]) {
        let (empty, _) = Empty::of(rule);
        let now = self.rates.len() as u32;
        let all = 0..self.seen.len() as u32;
        let late = |id: &u32| self.seen.get(*id as usize).is_some_and(|&seen| seen < now);
        let ids: Vec<u32> = match ids {
            Some(ids) => ids.iter().copied().filter(late).collect(),
            None => all.filter(late).collect(),
        };
        if ids.is_empty() || matches!(empty, Empty::Nothing) {
            return (table, [s1, s2]);
        }
        let mut waits: Vec<u32> = ids.iter().map(|&id| self.seen[id as usize]).collect();
        waits.sort_unstable();
        waits.dedup();
        let products = self.products(&empty, &waits);
        let device = table.device();
        let factor = |row: usize, column: usize| {
            let of_row = |id: &u32| {
                let wait = waits.binary_search(&self.seen[*id as usize]);
                products[wait.expect("listed above")][row][column] as f32
            };
            let values: Vec<f32> = ids.iter().map(of_row).collect();
            Tensor::<2>::from_data(TensorData::new(values, [ids.len(), 1]), &device)
        };
        let places = places(&ids, &device);
        let take = |table: &Tensor<2>| table.clone().select(0, places.clone());
        let put = |table: Tensor<2>, rows| {
            table.select_assign(0, places.clone(), rows, IndexingUpdateOp::Assign)
        };
        let after = match empty {
            Empty::Nothing => unreachable!("returned above"),
            Empty::Moves { momentum, .. } => {
                let mut w = take(&table) * factor(0, 0);
                let mut state = s1;
                if momentum != 0.0 {
                    let s = take(&state);
                    w = w + s.clone() * factor(0, 1);
                    // The state's own row of the product holds the weight as it was.
                    let s = take(&table) * factor(1, 0) + s * factor(1, 1);
                    state = put(state, s);
                }
                (put(table, w), [state, s2])
            }
            Empty::Fades { .. } => {
                let [a, b] = [take(&s1) * factor(0, 0), take(&s2) * factor(1, 1)];
                (table, [put(s1, a), put(s2, b)])
            }
        };
        for id in ids {
            self.seen[id as usize] = now;
        }
        after
    }

    /// The product of the steps from each of `begins` (ascending) to now.
    fn products(&mut self, empty: &Empty, begins: &[u32]) -> Vec<Matrix> {
        let product = |rates: &[f32]| {
            let steps = rates.iter().map(|&rate| empty.matrix(rate));
            steps.fold(IDENTITY, |before, step| times(step, before))
        };
        let full = self.rates.len() / BLOCK;
        for block in self.blocks.len()..full {
            self.blocks
                .push(product(&self.rates[block * BLOCK..][..BLOCK]));
        }
        // From the beginning of each block to now.
        let mut rest = vec![product(&self.rates[full * BLOCK..])];
        for block in self.blocks.iter().rev() {
            let after = *rest.last().expect("it holds the tail");
            rest.push(times(after, *block));
        }
        rest.reverse();
        let to_now = |&begin: &u32| {
            let begin = begin as usize;
            let block = begin.div_ceil(BLOCK);
            if block > full {
                return product(&self.rates[begin..]);
            }
            times(rest[block], product(&self.rates[begin..block * BLOCK]))
        };
        begins.iter().map(to_now).collect()
    }

    /// For a checkpoint. Steps are counted in f32, which is exact below 2^24.
    pub(super) fn to_arrays(&self) -> Vec<(String, Array)> {
        if self.rates.is_empty() {
            return vec![];
        }
        let array = |name: &str, values: Vec<f32>| {
            let shape = vec![values.len()];
            (name.to_owned(), Array { shape, values })
        };
        let seen = self.seen.iter().map(|&seen| seen as f32).collect();
        vec![array(SEEN, seen), array(RATES, self.rates.clone())]
    }

    /// Takes what [`Missed::to_arrays`] gave.
    pub(super) fn take_from(arrays: &mut Arrays) -> Result<Self, WeightsError> {
        let mut missed = Self::default();
        match (arrays.remove(SEEN), arrays.remove(RATES)) {
            (None, None) => {}
            (Some(seen), Some(rates))
                if seen
                    .values
                    .iter()
                    .all(|&seen| seen as usize <= rates.values.len()) =>
            {
                missed.seen = seen.values.iter().map(|&seen| seen as u32).collect();
                missed.rates = rates.values;
            }
            _ => {
                return Err(WeightsError::Mismatch {
                    missing: vec![RATES.into()],
                    unused: vec![],
                    misshaped: vec![],
                });
            }
        }
        Ok(missed)
    }
}

const SEEN: &str = "table_seen";
const RATES: &str = "table_rates";

fn times(a: Matrix, b: Matrix) -> Matrix {
    let cell = |i: usize, j: usize| a[i][0] * b[0][j] + a[i][1] * b[1][j];
    [[cell(0, 0), cell(0, 1)], [cell(1, 0), cell(1, 1)]]
}

/// Ids as the indices of a Burn operation.
pub(super) fn places(ids: &[u32], device: &Device) -> Tensor<1, Int> {
    let ids: Vec<i32> = ids.iter().map(|&id| id as i32).collect();
    let count = ids.len();
    Tensor::from_data(TensorData::new(ids, [count]), device)
}

#[cfg(test)]
mod tests;
