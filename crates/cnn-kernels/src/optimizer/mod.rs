//! One step of an optimiser on a parameter: SGD with momentum, Adam, Adadelta, Adagrad; on all of it or on touched rows.
//!
//! # Equations
//!
//! Elementwise, with `w` the parameter, `g` its gradient; `s1`, `s2` its two states, all 0 before the first step:
//!
//! ```text
//! Sgd        g += decay w;  s1 = momentum s1 + g;  w -= lr s1                              (momentum 0: w -= lr g)
//! Adam       w -= lr decay w;  s1 = b1 s1 + (1 - b1) g;  s2 = b2 s2 + (1 - b2) g²
//!            w -= lr (s1 / (1 - b1^step)) / (sqrt(s2 / (1 - b2^step)) + epsilon)
//! Adadelta   g += decay w;  s1 = rho s1 + (1 - rho) g²
//!            d = sqrt(s2 + epsilon) / sqrt(s1 + epsilon) g;  s2 = rho s2 + (1 - rho) d²;  w -= lr d
//! Adagrad    g += decay w;  s1 += g²;  w -= lr g / (sqrt(s1) + epsilon)
//! ```
//!
//! Sgd: heavy ball as PyTorch writes it (the rate multiplies the velocity, no dampening). Adam: Kingma & Ba 2015,
//! algorithm 1, with the decoupled decay of Loshchilov & Hutter 2019. Adadelta: Zeiler 2012, algorithm 1; its rate is
//! 1 in the paper. Adagrad: Duchi, Hazan & Singer 2011. All as `torch.optim` has them, decay of Adam as in `AdamW`.
//!
//! # Touched rows
//!
//! With `rows`, the parameter is a table `[rows, width]`, and only the listed rows, and their states, move: a batch of a
//! thousand words costs a thousand rows, however large the table. On those rows the step has the same bits as the dense
//! one. What the *other* rows miss, compared with the dense rule and a gradient of 0:
//!
//! | rule | a skipped step misses |
//! |---|---|
//! | Sgd, momentum 0 | nothing; with `weight_decay`, the shrinking `w *= 1 - lr decay` |
//! | Sgd, momentum | the velocity's own motion: `s1 *= momentum; w -= lr s1` (and the decay's part of both) |
//! | Adam | both states' fading, and the motion that goes on from the first: `s1 *= b1; s2 *= b2; w -= ...` |
//! | Adadelta | both averages' fading: `s1 *= rho; s2 *= rho`; `w` would not move (but for the decay) |
//! | Adagrad | nothing (but for the decay) |
//!
//! For Adam this is what PyTorch's `SparseAdam` does too: states fade by the steps that touch a row, while the bias
//! correction counts all steps.
//!
//! # Order and threads
//!
//! Nothing is summed: every element is on its own, in plain multiplications and additions without fusion, divisions and
//! square roots, so each instruction set and each cut of the work gives the same bits.

mod kernels;
pub mod reference;
mod tuning;

use crate::Isa;
use kernels::Constants;
use tuning::TUNING;

/// An optimiser's rule with its settings; the equations are in [the module](self).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StepRule {
    /// Stochastic gradient descent with momentum. `state1` is the velocity; with `momentum` 0 no state is used.
    Sgd {
        /// Learning rate.
        lr: f32,
        /// Share of the velocity that stays, of [0, 1).
        momentum: f32,
        /// L2 penalty, added to the gradient as `weight_decay * w`.
        weight_decay: f32,
    },
    /// Adam with decoupled decay (AdamW). `state1` and `state2` are the running means of `g` and `g²`.
    Adam {
        /// Learning rate.
        lr: f32,
        /// Share of the mean of `g` that stays.
        beta1: f32,
        /// Share of the mean of `g²` that stays.
        beta2: f32,
        /// Added to the root in the denominator.
        epsilon: f32,
        /// Decoupled decay: `w -= lr * weight_decay * w`.
        weight_decay: f32,
        /// The number of this step, counted from 1; for the bias correction.
        step: u64,
    },
    /// Adadelta. `state1` and `state2` are the running means of `g²` and of the squared steps.
    Adadelta {
        /// Learning rate; 1 in the paper.
        lr: f32,
        /// Share of the means that stays.
        rho: f32,
        /// Added below both roots.
        epsilon: f32,
        /// L2 penalty, added to the gradient as `weight_decay * w`.
        weight_decay: f32,
    },
    /// Adagrad. `state1` is the sum of `g²`; `state2` is not used.
    Adagrad {
        /// Learning rate.
        lr: f32,
        /// Added to the root in the denominator.
        epsilon: f32,
        /// L2 penalty, added to the gradient as `weight_decay * w`.
        weight_decay: f32,
    },
}

impl StepRule {
    /// How many of the two states the rule reads and writes, the first ones; the others may be empty slices.
    pub fn states(&self) -> usize {
        match *self {
            Self::Sgd { momentum, .. } => usize::from(momentum != 0.0),
            Self::Adagrad { .. } => 1,
            Self::Adam { .. } | Self::Adadelta { .. } => 2,
        }
    }
}

/// One step of `rule` on `param`.
///
/// Without `rows`: `param`, `grad` and the states have one length, and `width` does not matter. With `rows`: `param` and
/// the states are `[n, width]`, `grad` is `[rows.len(), width]`, and only the rows listed move (ids ascending, each
/// once). A state that the rule does not use ([`StepRule::states`]) may have any length and is not touched.
///
/// # Panics
///
/// If a length disagrees with these shapes, the rows are not ascending or not in the table, or Adam's `step` is 0.
pub fn optimizer_step(
    rule: &StepRule,
    width: usize,
    param: &mut [f32],
    grad: &[f32],
    state1: &mut [f32],
    state2: &mut [f32],
    rows: Option<&[u32]>,
) {
    let states = rule.states();
    let state1 = used_state("state1", states >= 1, state1, param.len());
    let state2 = used_state("state2", states >= 2, state2, param.len());
    let isa = Isa::active();
    let constants = Constants::new(rule);
    match rows {
        None => {
            assert_eq!(
                grad.len(),
                param.len(),
                "optimizer_step: grad must have the parameter's length"
            );
            dense(
                isa,
                constants,
                Part {
                    param,
                    grad,
                    state1,
                    state2,
                },
            );
        }
        Some(rows) => {
            check_rows(width, param.len(), grad.len(), rows);
            if width > 0 {
                touched(
                    isa,
                    constants,
                    width,
                    0,
                    rows,
                    Part {
                        param,
                        grad,
                        state1,
                        state2,
                    },
                );
            }
        }
    }
}

/// Scales each row of `param` `[rows, width]` whose Euclidean norm exceeds `limit` down to norm `limit`; shorter rows
/// keep their bits (Kim 2014, section 2.1; Hinton et al. 2012). The norm is computed in f64.
///
/// A row with a NaN is left alone; one with an infinity becomes NaN.
///
/// # Panics
///
/// If `width` is 0 and `param` is not empty, or the length is no multiple of `width`.
pub fn max_norm_rows(width: usize, limit: f32, param: &mut [f32]) {
    assert!(
        param.is_empty() || (width > 0 && param.len().is_multiple_of(width)),
        "max_norm_rows: {} numbers are no [rows, {width}]",
        param.len()
    );
    for row in param.chunks_exact_mut(width.max(1)) {
        let norm = row
            .iter()
            .map(|&w| f64::from(w) * f64::from(w))
            .sum::<f64>()
            .sqrt();
        if norm > f64::from(limit) {
            let scale = f64::from(limit) / norm;
            for w in row {
                *w = (f64::from(*w) * scale) as f32;
            }
        }
    }
}

fn used_state<'a>(name: &str, used: bool, state: &'a mut [f32], param: usize) -> &'a mut [f32] {
    if !used {
        return &mut [];
    }
    assert_eq!(
        state.len(),
        param,
        "optimizer_step: {name} must have the parameter's length"
    );
    state
}

fn check_rows(width: usize, param: usize, grad: usize, rows: &[u32]) {
    assert_eq!(
        grad,
        rows.len() * width,
        "optimizer_step: grad must be [rows.len(), width]"
    );
    if width == 0 {
        return;
    }
    assert_eq!(param % width, 0, "optimizer_step: param must be [n, width]");
    for pair in rows.windows(2) {
        assert!(
            pair[0] < pair[1],
            "optimizer_step: rows must ascend, each once, but {} comes before {}",
            pair[0],
            pair[1]
        );
    }
    if let Some(&last) = rows.last() {
        assert!(
            (last as usize) < param / width,
            "optimizer_step: row {last} is not in a table of {} rows",
            param / width
        );
    }
}

/// A stretch of a parameter with what belongs to it; unused states are empty.
struct Part<'a> {
    param: &'a mut [f32],
    grad: &'a [f32],
    state1: &'a mut [f32],
    state2: &'a mut [f32],
}

impl<'a> Part<'a> {
    /// Cuts before element `at` of the parameter and `grad_at` of the gradient.
    fn split(self, at: usize, grad_at: usize) -> (Part<'a>, Part<'a>) {
        let (param, param_right) = self.param.split_at_mut(at);
        let (grad, grad_right) = self.grad.split_at(grad_at);
        let (state1, state1_right) = self.state1.split_at_mut(at.min(self.state1.len()));
        let (state2, state2_right) = self.state2.split_at_mut(at.min(self.state2.len()));
        let left = Part {
            param,
            grad,
            state1,
            state2,
        };
        let right = Part {
            param: param_right,
            grad: grad_right,
            state1: state1_right,
            state2: state2_right,
        };
        (left, right)
    }
}

fn dense(isa: Isa, constants: Constants, part: Part<'_>) {
    let length = part.param.len();
    if length <= TUNING.elements_of_task {
        kernels::step(
            isa,
            constants,
            part.param,
            part.grad,
            part.state1,
            part.state2,
        );
        return;
    }
    let half = length / 2;
    let (left, right) = part.split(half, half);
    rayon::join(
        || dense(isa, constants, left),
        || dense(isa, constants, right),
    );
}

/// `part.param` begins with row `base` of the table.
fn touched(
    isa: Isa,
    constants: Constants,
    width: usize,
    base: usize,
    rows: &[u32],
    part: Part<'_>,
) {
    if rows.len() <= 1 || rows.len() * width <= TUNING.elements_of_task {
        kernels::step_rows(
            isa,
            constants,
            width,
            base,
            rows,
            part.param,
            part.grad,
            part.state1,
            part.state2,
        );
        return;
    }
    let half = rows.len() / 2;
    let middle = rows[half] as usize;
    let (left, right) = part.split((middle - base) * width, half * width);
    rayon::join(
        || touched(isa, constants, width, base, &rows[..half], left),
        || touched(isa, constants, width, middle, &rows[half..], right),
    );
}

#[cfg(test)]
mod tests;
