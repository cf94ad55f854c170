//! The optimiser steps in f64, word for word as the papers have them: the judge of the kernels.

use super::StepRule;

/// One dense step.
pub fn optimizer_step(
    rule: &StepRule,
    param: &mut [f64],
    grad: &[f64],
    state1: &mut [f64],
    state2: &mut [f64],
) {
    for i in 0..param.len() {
        let w = &mut param[i];
        let mut g = grad[i];
        match *rule {
            StepRule::Sgd {
                lr,
                momentum,
                weight_decay,
            } => {
                g += f64::from(weight_decay) * *w;
                if momentum == 0.0 {
                    *w -= f64::from(lr) * g;
                } else {
                    state1[i] = f64::from(momentum) * state1[i] + g;
                    *w -= f64::from(lr) * state1[i];
                }
            }
            StepRule::Adam {
                lr,
                beta1,
                beta2,
                epsilon,
                weight_decay,
                step,
            } => {
                let (lr, beta1, beta2) = (f64::from(lr), f64::from(beta1), f64::from(beta2));
                *w -= lr * f64::from(weight_decay) * *w;
                state1[i] = beta1 * state1[i] + (1.0 - beta1) * g;
                state2[i] = beta2 * state2[i] + (1.0 - beta2) * g * g;
                let mean = state1[i] / (1.0 - beta1.powf(step as f64));
                let square = state2[i] / (1.0 - beta2.powf(step as f64));
                *w -= lr * mean / (square.sqrt() + f64::from(epsilon));
            }
            StepRule::Adadelta {
                lr,
                rho,
                epsilon,
                weight_decay,
            } => {
                let (rho, epsilon) = (f64::from(rho), f64::from(epsilon));
                g += f64::from(weight_decay) * *w;
                state1[i] = rho * state1[i] + (1.0 - rho) * g * g;
                let delta = (state2[i] + epsilon).sqrt() / (state1[i] + epsilon).sqrt() * g;
                state2[i] = rho * state2[i] + (1.0 - rho) * delta * delta;
                *w -= f64::from(lr) * delta;
            }
            StepRule::Adagrad {
                lr,
                epsilon,
                weight_decay,
            } => {
                g += f64::from(weight_decay) * *w;
                state1[i] += g * g;
                *w -= f64::from(lr) * g / (state1[i].sqrt() + f64::from(epsilon));
            }
        }
    }
}
