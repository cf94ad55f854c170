//! The dense layer: exact on integers, bounded on normals, the same bits everywhere.

use super::*;
use crate::testing::{assert_is_gradient, bits, dot, integers, normals, same_on_threads, to_f64};
use crate::trial::{assert_close, direct_sum, for_each_isa, poisoned};

/// Everything one layer computes.
struct Case {
    sizes: [usize; 3],
    x: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    grad: Vec<f32>,
}

impl Case {
    fn new([rows, ins, outs]: [usize; 3], numbers: impl Fn(u64, usize) -> Vec<f32>) -> Self {
        Self {
            sizes: [rows, ins, outs],
            x: numbers(1, rows * ins),
            weight: numbers(2, outs * ins),
            bias: numbers(3, outs),
            grad: numbers(4, rows * outs),
        }
    }

    /// `[y, dx, dw]`
    fn kernels(&self, isa: Isa) -> [Vec<f32>; 3] {
        let Self {
            sizes: [_, ins, outs],
            x,
            weight,
            bias,
            grad,
        } = self;
        let (ins, outs) = (*ins, *outs);
        [
            poisoned(grad.len(), |y| {
                forward_on(isa, ins, outs, x, weight, Some(bias), y)
            }),
            poisoned(x.len(), |dx| {
                backward_input_on(isa, ins, outs, grad, weight, dx)
            }),
            poisoned(weight.len(), |dw| {
                backward_weight_on(isa, ins, outs, x, grad, dw)
            }),
        ]
    }

    /// `[y, dx, dw]` in `f64`, of the numbers themselves or of their absolute values.
    fn references(&self, map: fn(f64) -> f64) -> [Vec<f64>; 3] {
        let [_, ins, outs] = self.sizes;
        let [x, weight, bias, grad] =
            [&self.x, &self.weight, &self.bias, &self.grad].map(|numbers| {
                numbers
                    .iter()
                    .map(|&number| map(number.into()))
                    .collect::<Vec<_>>()
            });
        let mut results = [
            vec![0.0; grad.len()],
            vec![0.0; x.len()],
            vec![0.0; weight.len()],
        ];
        let [y, dx, dw] = &mut results;
        reference::linear_forward(ins, outs, &x, &weight, Some(&bias), y);
        reference::linear_backward_input(ins, outs, &grad, &weight, dx);
        reference::linear_backward_weight(ins, outs, &x, &grad, dw);
        results
    }
}

/// Each size in turn at and around the edges of the tiles, the tasks and the blocks.
fn sizes() -> Vec<[usize; 3]> {
    let edges = [
        0, 1, 3, 4, 5, 6, 7, 11, 12, 13, 15, 16, 17, 24, 25, 31, 32, 33, 47, 48, 49, 97,
    ];
    let long = [255, 256, 257, 511, 513];
    let mut sizes: Vec<_> = edges
        .iter()
        .flat_map(|&n| [[n, 5, 7], [5, n, 7], [7, 5, n]])
        .collect();
    sizes.extend(long.iter().flat_map(|&n| [[n, 3, 5], [3, n, 5], [5, 3, n]]));
    sizes.push([400, 50, 70]);
    sizes
}

#[test]
fn integers_are_exact() {
    for_each_isa(|isa| {
        for sizes in sizes() {
            let case = Case::new(sizes, |seed, len| integers(seed, len, 32));
            let exact = case.references(|number| number);
            for (found, exact) in case.kernels(isa).iter().zip(&exact) {
                assert_eq!(&to_f64(found), exact, "{isa} {sizes:?}");
            }
        }
    });
}

#[test]
fn reals_are_within_the_bound_of_direct_sums() {
    for sizes in sizes() {
        let case = Case::new(sizes, normals);
        let terms = [sizes[1], sizes[2], sizes[0]];
        let (exact, magnitude) = (case.references(|number| number), case.references(f64::abs));
        for (i, found) in case.kernels(Isa::active()).iter().enumerate() {
            assert_close(found, &exact[i], &magnitude[i], direct_sum(terms[i]));
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    for sizes in sizes() {
        let case = Case::new(sizes, normals);
        let portable = case.kernels(Isa::Portable).map(|numbers| bits(&numbers));
        for_each_isa(|isa| {
            assert_eq!(
                case.kernels(isa).map(|numbers| bits(&numbers)),
                portable,
                "{isa} {sizes:?}"
            );
        });
    }
}

#[test]
fn threads_do_not_matter() {
    let case = Case::new([500, 60, 70], normals);
    same_on_threads(|| case.kernels(Isa::active()).map(|numbers| bits(&numbers)));
}

#[test]
fn splits_of_the_batch_do_not_matter() {
    let (rows, ins, outs) = (257, 84, 10);
    let case = Case::new([rows, ins, outs], normals);
    let [whole, dx_whole, _] = case.kernels(Isa::active());
    for size in [1, 7, 64] {
        let mut part = vec![0.0; rows * outs];
        let mut dx = vec![0.0; rows * ins];
        for first in (0..rows).step_by(size) {
            let last = (first + size).min(rows);
            let (x, grad) = (
                &case.x[first * ins..last * ins],
                &case.grad[first * outs..last * outs],
            );
            linear_forward(
                ins,
                outs,
                x,
                &case.weight,
                Some(&case.bias),
                &mut part[first * outs..last * outs],
            );
            linear_backward_input(
                ins,
                outs,
                grad,
                &case.weight,
                &mut dx[first * ins..last * ins],
            );
        }
        assert_eq!(bits(&part), bits(&whole), "in parts of {size}");
        assert_eq!(bits(&dx), bits(&dx_whole), "in parts of {size}");
    }
}

#[test]
fn the_bias_gradient_is_exact_bounded_and_the_same_for_all_threads() {
    for [rows, channels] in [
        [0, 3],
        [1, 1],
        [5, 0],
        [255, 4],
        [256, 4],
        [257, 5],
        [1000, 100],
        [9000, 17],
    ] {
        let of = |grad: &[f32]| poisoned(channels, |db| bias_gradient(channels, grad, db));
        let exact = |grad: &[f64]| {
            let mut db = vec![0.0; channels];
            reference::bias_gradient(channels, grad, &mut db);
            db
        };
        let grad = integers(5, rows * channels, 100);
        assert_eq!(
            to_f64(&of(&grad)),
            exact(&to_f64(&grad)),
            "{rows} {channels}"
        );
        let grad = normals(6, rows * channels);
        let magnitude = exact(
            &to_f64(&grad)
                .iter()
                .map(|number| number.abs())
                .collect::<Vec<_>>(),
        );
        assert_close(&of(&grad), &exact(&to_f64(&grad)), &magnitude, 16.0);
        same_on_threads(|| bits(&of(&grad)));
    }
}

#[test]
fn the_reference_passes_finite_differences() {
    let case = Case::new([3, 4, 5], normals);
    let [_, dx, dw] = case.references(|number| number);
    let (x, weight, bias, grad) = (
        to_f64(&case.x),
        to_f64(&case.weight),
        to_f64(&case.bias),
        to_f64(&case.grad),
    );
    let loss = |x: &[f64], weight: &[f64], bias: &[f64]| {
        let mut y = vec![0.0; grad.len()];
        reference::linear_forward(4, 5, x, weight, Some(bias), &mut y);
        dot(&y, &grad)
    };
    let mut db = vec![0.0; 5];
    reference::bias_gradient(5, &grad, &mut db);
    assert_is_gradient(&x, &dx, |x| loss(x, &weight, &bias));
    assert_is_gradient(&weight, &dw, |weight| loss(&x, weight, &bias));
    assert_is_gradient(&bias, &db, |bias| loss(&x, &weight, bias));
}
