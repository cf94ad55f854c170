//! Optimiser steps: against the f64 references over many steps, dense against rows, threads and instruction sets.

use super::*;
use crate::testing::*;

fn rules(step: u64) -> [StepRule; 8] {
    [
        StepRule::Sgd {
            lr: 0.1,
            momentum: 0.0,
            weight_decay: 0.0,
        },
        StepRule::Sgd {
            lr: 0.05,
            momentum: 0.9,
            weight_decay: 1e-4,
        },
        StepRule::Adam {
            lr: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            step,
        },
        StepRule::Adam {
            lr: 1e-2,
            beta1: 0.8,
            beta2: 0.99,
            epsilon: 1e-6,
            weight_decay: 0.05,
            step,
        },
        StepRule::Adadelta {
            lr: 1.0,
            rho: 0.95,
            epsilon: 1e-6,
            weight_decay: 0.0,
        },
        StepRule::Adadelta {
            lr: 0.5,
            rho: 0.9,
            epsilon: 1e-6,
            weight_decay: 1e-3,
        },
        StepRule::Adagrad {
            lr: 0.01,
            epsilon: 1e-10,
            weight_decay: 0.0,
        },
        StepRule::Adagrad {
            lr: 0.1,
            epsilon: 1e-8,
            weight_decay: 1e-3,
        },
    ]
}

/// A parameter with its states after `steps` dense steps.
fn train(rule: usize, steps: u64, n: usize) -> [Vec<f32>; 3] {
    let (mut param, mut state1, mut state2) = (normals(1, n), vec![0.0; n], vec![0.0; n]);
    for step in 1..=steps {
        let grad = normals(100 + step, n);
        optimizer_step(
            &rules(step)[rule],
            n,
            &mut param,
            &grad,
            &mut state1,
            &mut state2,
            None,
        );
    }
    [param, state1, state2]
}

#[test]
fn two_hundred_steps_follow_the_f64_reference() {
    let n = 50;
    for rule in 0..rules(1).len() {
        let (mut param, mut state1, mut state2) =
            (to_f64(&normals(1, n)), vec![0.0; n], vec![0.0; n]);
        for step in 1..=200 {
            let grad = to_f64(&normals(100 + step, n));
            reference::optimizer_step(
                &rules(step)[rule],
                &mut param,
                &grad,
                &mut state1,
                &mut state2,
            );
        }
        let got = train(rule, 200, n);
        for (what, got, wanted) in [
            ("param", &got[0], &param),
            ("state1", &got[1], &state1),
            ("state2", &got[2], &state2),
        ] {
            for (i, (&got, &wanted)) in got.iter().zip(wanted).enumerate() {
                let error = (f64::from(got) - wanted).abs();
                assert!(
                    error <= 2e-5 * (0.1 + wanted.abs()),
                    "{:?}: {what}[{i}] is {got}, not {wanted}",
                    rules(1)[rule]
                );
            }
        }
    }
}

#[test]
fn one_step_is_exact_to_a_few_roundings() {
    let n = 1000;
    for rule in 0..rules(1).len() {
        let mut param = to_f64(&normals(1, n));
        let (mut state1, mut state2) = (vec![0.0; n], vec![0.0; n]);
        reference::optimizer_step(
            &rules(1)[rule],
            &mut param,
            &to_f64(&normals(101, n)),
            &mut state1,
            &mut state2,
        );
        for (&got, &wanted) in train(rule, 1, n)[0].iter().zip(&param) {
            let slack = 4.0 * f64::from(f32::EPSILON) * (0.5 + wanted.abs());
            assert!(
                (f64::from(got) - wanted).abs() <= slack,
                "{:?}: {got}, not {wanted}",
                rules(1)[rule]
            );
        }
    }
}

#[test]
fn all_rows_touched_equals_dense_and_untouched_rows_keep_their_bits() {
    let (width, n) = (23, 300);
    let touched: Vec<u32> = (0..n as u32).filter(|row| row % 7 < 3).collect();
    let all: Vec<u32> = (0..n as u32).collect();
    for rule in rules(3) {
        let start = [
            normals(1, n * width),
            normals(2, n * width),
            integers(3, n * width, 9),
        ];
        let start = [
            start[0].clone(),
            start[1].iter().map(|x| x.abs()).collect(),
            start[2].iter().map(|x| x.abs()).collect(),
        ];
        let grad = normals(4, n * width);
        let run = |grad: &[f32], rows: Option<&[u32]>| {
            let [mut param, mut state1, mut state2]: [Vec<f32>; 3] = start.clone();
            optimizer_step(
                &rule,
                width,
                &mut param,
                grad,
                &mut state1,
                &mut state2,
                rows,
            );
            [param, state1, state2]
        };
        let dense = run(&grad, None);
        let full = run(&grad, Some(&all));
        let part_grad: Vec<f32> = touched
            .iter()
            .flat_map(|&row| grad[row as usize * width..][..width].to_vec())
            .collect();
        let part = run(&part_grad, Some(&touched));
        for k in 0..3 {
            assert_same_bits("dense and all rows", &dense[k], &full[k]);
            for row in 0..n {
                let of = row * width..(row + 1) * width;
                let wanted = if touched.contains(&(row as u32)) {
                    &dense[k]
                } else {
                    &start[k]
                };
                assert_same_bits("some rows", &part[k][of.clone()], &wanted[of]);
            }
        }
        let none = run(&[], Some(&[]));
        assert_same_bits("no rows", &none[0], &start[0]);
    }
}

#[test]
fn unused_states_may_be_empty_and_are_not_touched() {
    let grad = [1.0, 2.0];
    for (rule, states) in rules(1).iter().zip([0, 1, 2, 2, 2, 2, 1, 1]) {
        assert_eq!(rule.states(), states);
        for rows in [None, Some(&[0, 1][..])] {
            let mut kept = [7.0f32; 2];
            let (mut used1, mut used2, mut param) = ([0.0; 2], [0.0; 2], [1.0, 1.0]);
            match states {
                0 => optimizer_step(rule, 1, &mut param, &grad, &mut kept, &mut [], rows),
                1 => optimizer_step(rule, 1, &mut param, &grad, &mut used1, &mut kept, rows),
                _ => optimizer_step(rule, 1, &mut param, &grad, &mut used1, &mut used2, rows),
            }
            assert_eq!(kept, [7.0; 2]);
            assert!(param.iter().all(|&w| w < 1.0));
        }
    }
}

#[test]
fn every_thread_count_gives_the_same_bits() {
    let (width, n) = (30, 4001);
    let rows: Vec<u32> = (0..n as u32).filter(|row| row % 3 > 0).collect();
    for rule in rules(2) {
        same_on_threads(|| {
            let (mut param, mut state1, mut state2) = (
                normals(1, n * width),
                vec![0.5; n * width],
                vec![0.25; n * width],
            );
            let grad = normals(2, n * width);
            optimizer_step(
                &rule,
                width,
                &mut param,
                &grad,
                &mut state1,
                &mut state2,
                None,
            );
            let grad = &grad[..rows.len() * width];
            optimizer_step(
                &rule,
                width,
                &mut param,
                grad,
                &mut state1,
                &mut state2,
                Some(&rows),
            );
            [bits(&param), bits(&state1), bits(&state2)]
        });
    }
}

#[test]
fn every_isa_gives_the_same_bits_at_every_length() {
    for n in [0, 1, 7, 8, 9, 31, 100] {
        for rule in rules(5) {
            let on = |isa| {
                let (mut param, mut state1, mut state2) =
                    (normals(1, n), vec![0.5; n], vec![0.25; n]);
                let grad = normals(2, n);
                kernels::step(
                    isa,
                    Constants::new(&rule),
                    &mut param,
                    &grad,
                    &mut state1,
                    &mut state2,
                );
                [bits(&param), bits(&state1), bits(&state2)]
            };
            for isa in Isa::available() {
                assert_eq!(on(isa), on(Isa::Portable), "{isa}, {rule:?}, {n}");
            }
        }
    }
}

#[test]
fn adam_s_first_step_has_the_length_of_its_rate_and_the_millionth_is_finite() {
    let rule = |step| StepRule::Adam {
        lr: 0.01,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-12,
        weight_decay: 0.0,
        step,
    };
    let mut param = [0.0; 2];
    optimizer_step(
        &rule(1),
        2,
        &mut param,
        &[3.0, -0.002],
        &mut [0.0; 2],
        &mut [0.0; 2],
        None,
    );
    assert!(
        (param[0] + 0.01).abs() < 1e-8 && (param[1] - 0.01).abs() < 1e-8,
        "{param:?}"
    );
    optimizer_step(
        &rule(u64::MAX),
        2,
        &mut param,
        &[1.0; 2],
        &mut [0.0; 2],
        &mut [0.0; 2],
        None,
    );
    assert!(param.iter().all(|w| w.is_finite()));
}

#[test]
fn max_norm_scales_rows_not_columns_and_only_the_long_ones() {
    // Rows of norm 5, 1 and 13; columns of other norms.
    let mut param = [3.0, 4.0, 0.6, 0.8, -5.0, 12.0];
    max_norm_rows(2, 3.0, &mut param);
    assert_eq!(param[2..4], [0.6, 0.8], "a short row keeps its bits");
    for (got, wanted) in param
        .iter()
        .zip([1.8, 2.4, 0.6, 0.8, -15.0 / 13.0, 36.0 / 13.0])
    {
        assert!((got - wanted).abs() < 1e-6, "{param:?}");
    }
    let mut zero = [0.0; 4];
    max_norm_rows(4, 0.0, &mut zero);
    assert_eq!(zero, [0.0; 4]);
    max_norm_rows(0, 1.0, &mut []);
}

#[test]
#[should_panic(expected = "rows must ascend, each once, but 4 comes before 4")]
fn repeated_rows_are_refused() {
    optimizer_step(
        &rules(1)[0],
        1,
        &mut [0.0; 9],
        &[0.0; 2],
        &mut [],
        &mut [],
        Some(&[4, 4]),
    );
}

#[test]
#[should_panic(expected = "row 9 is not in a table of 9 rows")]
fn a_row_outside_is_refused() {
    optimizer_step(
        &rules(1)[0],
        1,
        &mut [0.0; 9],
        &[0.0; 2],
        &mut [],
        &mut [],
        Some(&[4, 9]),
    );
}
