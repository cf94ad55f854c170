//! Optimiser steps: equal to their default bodies, in place where nobody else looks, and on the rows named alone.
#![cfg(feature = "flex")]
#![cfg_attr(feature = "ndarray", allow(deprecated))]

mod drawn;

use std::sync::Arc;

use burn::backend::Flex;
use burn::module::Param;
use burn::tensor::{Device, Tensor};
use cnn_core::ops::{self, StepRule, optimizer_step};
use drawn::{assert_close, bits, drawn};

fn rules(step: u64) -> [StepRule; 6] {
    let weight_decay = 0.01;
    [
        StepRule::Sgd {
            lr: 0.1,
            momentum: 0.0,
            weight_decay: 0.0,
        },
        StepRule::Sgd {
            lr: 0.1,
            momentum: 0.9,
            weight_decay,
        },
        StepRule::Adam {
            lr: 0.01,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay,
            step,
        },
        StepRule::Adadelta {
            lr: 1.0,
            rho: 0.95,
            epsilon: 1e-6,
            weight_decay,
        },
        StepRule::Adagrad {
            lr: 0.1,
            epsilon: 1e-10,
            weight_decay: 0.0,
        },
        StepRule::Adagrad {
            lr: 0.1,
            epsilon: 1e-10,
            weight_decay,
        },
    ]
}

fn states<const D: usize>(rule: &StepRule, shape: [usize; D], device: &Device) -> [Tensor<D>; 2] {
    let mut none = shape;
    none[0] = 0;
    [1, 2].map(|state| Tensor::zeros(if rule.states() >= state { shape } else { none }, device))
}

#[test]
fn the_kernel_and_the_default_body_agree_over_five_steps() {
    let device = Device::flex();
    let rows: Arc<[u32]> = [0, 3, 4, 9].into();
    for touched in [None, Some(rows)] {
        let grads = touched.as_ref().map_or(10, |rows| rows.len());
        for (which, rule) in rules(1).into_iter().enumerate() {
            let mut w = drawn("w", [10, 3, 2], &device);
            let mut state = states(&rule, [10, 3, 2], &device);
            let (mut w2, mut state2) = (w.clone(), state.clone());
            for step in 1..=5 {
                let rule = rules(step)[which];
                let grad = drawn(&format!("grad {step}"), [grads, 3, 2], &device);
                let open = |t: Tensor<3>| t.try_into_primitive::<Flex>().expect("flex");
                let [s1, s2] = state2.map(open);
                let default = ops::optimizer_step::default::step::<Flex>;
                let (p, s1, s2) =
                    default(open(w2), open(grad.clone()), s1, s2, rule, touched.clone());
                (w2, state2) = (
                    Tensor::from_primitive::<Flex>(p),
                    [s1, s2].map(Tensor::from_primitive::<Flex>),
                );
                (w, state) = optimizer_step(&rule, w, grad, state, touched.clone());
                assert_close(&format!("{rule:?}: w"), w.clone(), w2.clone(), 1e-5);
                for (a, b) in state.iter().zip(&state2) {
                    assert_close(&format!("{rule:?}: state"), a.clone(), b.clone(), 1e-5);
                }
            }
        }
    }
}

#[test]
fn rows_that_are_not_named_keep_their_bits_and_named_ones_move_as_in_a_dense_step() {
    let device = Device::flex();
    let rows = [1usize, 4, 5];
    for rule in rules(3) {
        let w = drawn("w", [8, 5], &device);
        let start = || states(&rule, [8, 5], &device).map(|s| s + 0.25);
        let grad = drawn("grad", [3, 5], &device);
        let named: Arc<[u32]> = rows.iter().map(|row| *row as u32).collect();
        let (sparse, sparse_state) =
            optimizer_step(&rule, w.clone(), grad.clone(), start(), Some(named));

        let row = |t: &Tensor<2>, r: usize| t.clone().slice([r..r + 1, 0..5]);
        let full = (0..8).map(|r| match rows.iter().position(|named| *named == r) {
            Some(i) => row(&grad, i),
            None => Tensor::zeros([1, 5], &device),
        });
        let full = Tensor::cat(full.collect(), 0);
        let (dense, dense_state) = optimizer_step(&rule, w.clone(), full, start(), None);
        for r in 0..8 {
            let expected = if rows.contains(&r) { &dense } else { &w };
            assert_eq!(
                bits(row(&sparse, r)),
                bits(row(expected, r)),
                "{rule:?}: row {r}"
            );
        }
        for state in 0..rule.states() {
            for r in 0..8 {
                let before = start();
                let expected = if rows.contains(&r) {
                    &dense_state
                } else {
                    &before
                };
                let (found, expected) = (row(&sparse_state[state], r), row(&expected[state], r));
                assert_eq!(
                    bits(found),
                    bits(expected),
                    "{rule:?}: state {state}, row {r}"
                );
            }
        }
    }
}

/// Where a tensor's numbers lie; the tensor itself is handed back, still with one handle.
fn address<const D: usize>(tensor: Tensor<D>) -> (usize, Tensor<D>) {
    let inner = tensor
        .try_into_primitive::<Flex>()
        .expect("flex, without autodiff");
    let address = inner.bytes().as_ptr() as usize;
    (address, Tensor::from_primitive::<Flex>(inner))
}

#[test]
fn a_tensor_with_one_handle_is_changed_in_place() {
    let device = Device::flex();
    let rule = StepRule::Sgd {
        lr: 0.1,
        momentum: 0.9,
        weight_decay: 0.0,
    };
    for rows in [None, Some(Arc::from([2u32, 70]))] {
        let (w_at, w) = address(drawn("w", [100, 4], &device));
        let [s1, s2] = states(&rule, [100, 4], &device);
        let (s_at, s1) = address(s1);
        let grad = drawn("grad", [rows.as_ref().map_or(100, |_| 2), 4], &device);
        let (w, [s1, _]) = optimizer_step(&rule, w, grad, [s1, s2], rows);
        assert_eq!(address(w).0, w_at, "the parameter was copied");
        assert_eq!(address(s1).0, s_at, "the state was copied");
    }
    let (at, w) = address(drawn("w", [10, 4], &device));
    assert_eq!(
        address(ops::max_norm(w, 1.0)).0,
        at,
        "max_norm copied the weight"
    );
}

#[test]
fn a_second_handle_keeps_its_values() {
    let device = Device::flex();
    let rule = StepRule::Sgd {
        lr: 0.1,
        momentum: 0.0,
        weight_decay: 0.0,
    };
    let w = drawn("w", [10, 4], &device);
    let (kept, before) = (w.clone(), bits(w.clone()));
    let grad = drawn("grad", [10, 4], &device);
    let (moved, _) = optimizer_step(&rule, w, grad, states(&rule, [10, 4], &device), None);
    assert_eq!(bits(kept), before);
    assert_ne!(bits(moved), before);
}

#[test]
fn a_trained_parameter_is_changed_in_place_after_backward() {
    let device = Device::flex().autodiff();
    let rule = StepRule::Sgd {
        lr: 0.1,
        momentum: 0.0,
        weight_decay: 0.0,
    };
    let (at, weight) = address(drawn("w", [3, 4], &Device::flex()));
    let param = Param::from_tensor(weight.autodiff().require_grad());

    let x = drawn("x", [5, 4], &device);
    let grads = ops::linear(x, param.val(), None).sum().backward();
    let grad = param.grad(&grads).expect("a gradient");
    let param = param.map(|weight| {
        let state = states(&rule, [3, 4], &Device::flex());
        optimizer_step(&rule, weight, grad, state, None).0
    });
    assert!(
        param.is_require_grad() && param.val().is_autodiff(),
        "it can be trained on"
    );
    assert_eq!(
        address(param.into_value().inner()).0,
        at,
        "the parameter was copied"
    );
}

#[test]
fn parts_of_a_larger_tensor_and_turned_ones_come_out_right() {
    let device = Device::flex();
    let rule = StepRule::Sgd {
        lr: 1.0,
        momentum: 0.0,
        weight_decay: 0.0,
    };
    let whole = drawn("w", [6, 4], &device);
    for view in [
        whole.clone().slice([2..5, 0..4]),
        whole.clone().transpose().slice([0..3, 1..5]),
    ] {
        let dims = view.dims();
        let expected = view.clone() - 1.0;
        let state = states(&rule, dims, &device);
        let (moved, _) = optimizer_step(&rule, view, Tensor::ones(dims, &device), state, None);
        assert_eq!(bits(moved), bits(expected));
    }
    assert_eq!(
        bits(whole),
        bits(drawn("w", [6, 4], &device)),
        "the whole is as it was"
    );
}

#[test]
#[should_panic(expected = "rows must ascend")]
fn rows_twice_are_refused() {
    let device = Device::flex();
    let rule = StepRule::Sgd {
        lr: 1.0,
        momentum: 0.0,
        weight_decay: 0.0,
    };
    let table = Tensor::<2>::zeros([5, 1], &device);
    let grad = Tensor::<2>::zeros([2, 1], &device);
    optimizer_step(
        &rule,
        table,
        grad,
        states(&rule, [5, 1], &device),
        Some([3, 3].into()),
    );
}
