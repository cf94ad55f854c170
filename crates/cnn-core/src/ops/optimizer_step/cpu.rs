//! Optimiser steps on a CPU: the tensors' own memory for the kernel.
use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use cnn_kernels::{StepRule, optimizer_step};

use super::OptimizerStepBackend;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn step<T: CpuTensor>(
    param: T,
    grad: T,
    state1: T,
    state2: T,
    rule: &StepRule,
    rows: Option<&[u32]>,
) -> (T, T, T) {
    let width = param.shape().iter().skip(1).product();
    let used = rule.states();
    let (mut new1, mut new2) = (None, None);
    let param = param.edit(|param| {
        grad.read(|grad| {
            edit_if(used >= 1, state1, &mut new1, |state1| {
                edit_if(used >= 2, state2, &mut new2, |state2| {
                    optimizer_step(rule, width, param, grad, state1, state2, rows);
                });
            });
        });
    });
    let changed = "set by edit_if";
    (param, new1.expect(changed), new2.expect(changed))
}

/// Edits a state that the rule uses. Another one must not be touched: were it shared, it would be copied for nothing.
fn edit_if<T: CpuTensor>(
    used: bool,
    state: T,
    new: &mut Option<T>,
    change: impl FnOnce(&mut [f32]),
) {
    *new = Some(match used {
        true => state.edit(change),
        false => {
            change(&mut []);
            state
        }
    });
}

macro_rules! implement {
    ($backend:ty) => {
        impl OptimizerStepBackend for $backend {
            fn optimizer_step_of_rule(
                param: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                state1: FloatTensor<Self>,
                state2: FloatTensor<Self>,
                rule: StepRule,
                rows: Option<Arc<[u32]>>,
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                step(param, grad, state1, state2, &rule, rows.as_deref())
            }
        }
    };
}
on_cpu_backends!(implement);
