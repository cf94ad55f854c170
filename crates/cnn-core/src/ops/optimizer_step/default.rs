//! Optimiser steps made of Burn operations: run on every backend.
use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::IndexingUpdateOp;
use cnn_kernels::StepRule;

use crate::ops::tables::upload;

/// See [`optimizer_step_of_rule`](super::OptimizerStepBackend::optimizer_step_of_rule).
pub fn step<B: Backend>(
    param: FloatTensor<B>,
    grad: FloatTensor<B>,
    state1: FloatTensor<B>,
    state2: FloatTensor<B>,
    rule: StepRule,
    rows: Option<Arc<[u32]>>,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    if grad.shape().num_elements() == 0 {
        return (param, state1, state2);
    }
    let Some(rows) = rows else {
        return dense::<B>(param, grad, state1, state2, rule);
    };
    // Take the rows out, step, put them back.
    let used = rule.states();
    let ids: Vec<i32> = rows.iter().map(|row| *row as i32).collect();
    let ids = upload::<B>(ids, [rows.len()], &param.device());
    let take = |table: &FloatTensor<B>, used: bool| match used {
        true => B::float_select(table.clone(), 0, ids.clone()),
        false => table.clone(),
    };
    let put = |table: FloatTensor<B>, rows: FloatTensor<B>, used: bool| match used {
        true => B::float_select_assign(table, 0, ids.clone(), rows, IndexingUpdateOp::Assign),
        false => table,
    };
    let (p, s1, s2) = (
        take(&param, true),
        take(&state1, used >= 1),
        take(&state2, used >= 2),
    );
    let (p, s1, s2) = dense::<B>(p, grad, s1, s2, rule);
    (
        put(param, p, true),
        put(state1, s1, used >= 1),
        put(state2, s2, used >= 2),
    )
}

fn dense<B: Backend>(
    w: FloatTensor<B>,
    g: FloatTensor<B>,
    s1: FloatTensor<B>,
    s2: FloatTensor<B>,
    rule: StepRule,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    match rule {
        StepRule::Sgd {
            lr,
            momentum,
            weight_decay,
        } => {
            let g = with_decay::<B>(g, &w, weight_decay);
            if momentum == 0.0 {
                return (minus::<B>(w, lr, g), s1, s2);
            }
            let s1 = B::float_add(times::<B>(s1, momentum), g);
            (minus::<B>(w, lr, s1.clone()), s1, s2)
        }
        StepRule::Adam {
            lr,
            beta1,
            beta2,
            epsilon,
            weight_decay,
            step,
        } => {
            let w = times::<B>(w, 1.0 - lr * weight_decay);
            let s1 = mean::<B>(s1, beta1, g.clone());
            let s2 = mean::<B>(s2, beta2, square::<B>(g));
            let unbiased = |beta: f32| 1.0 - f64::from(beta).powf(step as f64);
            let (first, second) = (1.0 / unbiased(beta1), 1.0 / unbiased(beta2));
            let root = B::float_sqrt(times::<B>(s2.clone(), second as f32));
            let direction = B::float_div(
                times::<B>(s1.clone(), first as f32),
                B::float_add_scalar(root, epsilon.into()),
            );
            (minus::<B>(w, lr, direction), s1, s2)
        }
        StepRule::Adadelta {
            lr,
            rho,
            epsilon,
            weight_decay,
        } => {
            let g = with_decay::<B>(g, &w, weight_decay);
            let s1 = mean::<B>(s1, rho, square::<B>(g.clone()));
            let root =
                |s: &FloatTensor<B>| B::float_sqrt(B::float_add_scalar(s.clone(), epsilon.into()));
            let d = B::float_mul(B::float_div(root(&s2), root(&s1)), g);
            let s2 = mean::<B>(s2, rho, square::<B>(d.clone()));
            (minus::<B>(w, lr, d), s1, s2)
        }
        StepRule::Adagrad {
            lr,
            epsilon,
            weight_decay,
        } => {
            let g = with_decay::<B>(g, &w, weight_decay);
            let s1 = B::float_add(s1, square::<B>(g.clone()));
            let root = B::float_add_scalar(B::float_sqrt(s1.clone()), epsilon.into());
            (minus::<B>(w, lr, B::float_div(g, root)), s1, s2)
        }
    }
}

fn times<B: Backend>(x: FloatTensor<B>, factor: f32) -> FloatTensor<B> {
    B::float_mul_scalar(x, factor.into())
}

fn square<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    B::float_mul(x.clone(), x)
}

/// `w - lr d`
fn minus<B: Backend>(w: FloatTensor<B>, lr: f32, d: FloatTensor<B>) -> FloatTensor<B> {
    B::float_sub(w, times::<B>(d, lr))
}

/// `share mean + (1 - share) x`
fn mean<B: Backend>(mean: FloatTensor<B>, share: f32, x: FloatTensor<B>) -> FloatTensor<B> {
    B::float_add(times::<B>(mean, share), times::<B>(x, 1.0 - share))
}

/// `g + decay w`
fn with_decay<B: Backend>(g: FloatTensor<B>, w: &FloatTensor<B>, decay: f32) -> FloatTensor<B> {
    match decay {
        0.0 => g,
        decay => B::float_add(g, times::<B>(w.clone(), decay)),
    }
}
