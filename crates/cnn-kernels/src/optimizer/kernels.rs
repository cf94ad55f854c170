//! The loops of the optimiser steps, compiled for each instruction set.

use super::StepRule;
use crate::lanes::for_each_isa;

/// A rule with everything that is the same for all elements worked out once, in f64, and rounded.
#[derive(Clone, Copy)]
pub(super) enum Constants {
    Descent {
        lr: f32,
        decay: f32,
    },
    Momentum {
        lr: f32,
        decay: f32,
        momentum: f32,
    },
    Adam {
        shrink: f32,
        beta1: f32,
        rest1: f32,
        beta2: f32,
        rest2: f32,
        correct2: f32,
        epsilon: f32,
        rate: f32,
    },
    Adadelta {
        lr: f32,
        decay: f32,
        rho: f32,
        rest: f32,
        epsilon: f32,
    },
    Adagrad {
        lr: f32,
        decay: f32,
        epsilon: f32,
    },
}

impl Constants {
    pub(super) fn new(rule: &StepRule) -> Self {
        let rest = |share: f32| (1.0 - f64::from(share)) as f32;
        match *rule {
            StepRule::Sgd {
                lr,
                momentum: 0.0,
                weight_decay,
            } => Self::Descent {
                lr,
                decay: weight_decay,
            },
            StepRule::Sgd {
                lr,
                momentum,
                weight_decay,
            } => Self::Momentum {
                lr,
                decay: weight_decay,
                momentum,
            },
            StepRule::Adam {
                lr,
                beta1,
                beta2,
                epsilon,
                weight_decay,
                step,
            } => {
                assert!(step >= 1, "optimizer_step: Adam counts its steps from 1");
                let correction = |beta: f32| 1.0 - power(f64::from(beta), step);
                Self::Adam {
                    shrink: (1.0 - f64::from(lr) * f64::from(weight_decay)) as f32,
                    beta1,
                    rest1: rest(beta1),
                    beta2,
                    rest2: rest(beta2),
                    correct2: (1.0 / correction(beta2).sqrt()) as f32,
                    epsilon,
                    rate: (f64::from(lr) / correction(beta1)) as f32,
                }
            }
            StepRule::Adadelta {
                lr,
                rho,
                epsilon,
                weight_decay,
            } => Self::Adadelta {
                lr,
                decay: weight_decay,
                rho,
                rest: rest(rho),
                epsilon,
            },
            StepRule::Adagrad {
                lr,
                epsilon,
                weight_decay,
            } => Self::Adagrad {
                lr,
                decay: weight_decay,
                epsilon,
            },
        }
    }
}

/// `base^exponent` by squaring. Not `powi`, whose precision the standard library leaves open.
fn power(mut base: f64, mut exponent: u64) -> f64 {
    let mut result = 1.0;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= base;
        }
        base *= base;
        exponent >>= 1;
    }
    result
}

for_each_isa! {
    /// One step on a stretch of elements.
    fn step(constants: Constants, param: &mut [f32], grad: &[f32], state1: &mut [f32], state2: &mut [f32]) {
        step_elements(constants, param, grad, state1, state2);
    }
}

for_each_isa! {
    /// One step on the rows listed; `param` begins with row `base`, `grad` has one row for each id.
    fn step_rows(
        constants: Constants,
        width: usize,
        base: usize,
        rows: &[u32],
        param: &mut [f32],
        grad: &[f32],
        state1: &mut [f32],
        state2: &mut [f32],
    ) {
        for (&row, grad) in rows.iter().zip(grad.chunks_exact(width)) {
            let start = (row as usize - base) * width;
            let of = start..start + width;
            // A state that the rule does not use is empty, and stays so.
            let state1 = state1.get_mut(of.clone()).unwrap_or_default();
            let state2 = state2.get_mut(of.clone()).unwrap_or_default();
            step_elements(constants, &mut param[of], grad, state1, state2);
        }
    }
}

#[inline(always)]
fn step_elements(
    constants: Constants,
    param: &mut [f32],
    grad: &[f32],
    state1: &mut [f32],
    state2: &mut [f32],
) {
    match constants {
        Constants::Descent { lr, decay } => {
            for (w, &g) in param.iter_mut().zip(grad) {
                *w -= lr * (g + decay * *w);
            }
        }
        Constants::Momentum {
            lr,
            decay,
            momentum,
        } => {
            for ((w, &g), velocity) in param.iter_mut().zip(grad).zip(state1) {
                *velocity = momentum * *velocity + (g + decay * *w);
                *w -= lr * *velocity;
            }
        }
        Constants::Adam {
            shrink,
            beta1,
            rest1,
            beta2,
            rest2,
            correct2,
            epsilon,
            rate,
        } => {
            for (((w, &g), mean), square) in param.iter_mut().zip(grad).zip(state1).zip(state2) {
                *mean = beta1 * *mean + rest1 * g;
                *square = beta2 * *square + rest2 * (g * g);
                *w = shrink * *w - rate * *mean / (square.sqrt() * correct2 + epsilon);
            }
        }
        Constants::Adadelta {
            lr,
            decay,
            rho,
            rest,
            epsilon,
        } => {
            for (((w, &g), square), steps) in param.iter_mut().zip(grad).zip(state1).zip(state2) {
                let g = g + decay * *w;
                *square = rho * *square + rest * (g * g);
                // The root of the quotient: one root instead of two.
                let delta = ((*steps + epsilon) / (*square + epsilon)).sqrt() * g;
                *steps = rho * *steps + rest * (delta * delta);
                *w -= lr * delta;
            }
        }
        Constants::Adagrad { lr, decay, epsilon } => {
            for ((w, &g), sum) in param.iter_mut().zip(grad).zip(state1) {
                let g = g + decay * *w;
                *sum += g * g;
                *w -= lr * g / (sum.sqrt() + epsilon);
            }
        }
    }
}
