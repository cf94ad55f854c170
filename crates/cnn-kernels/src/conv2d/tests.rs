//! Convolution of images: exact on integers, bounded on reals, the same bits everywhere.

use super::*;
use crate::testing::{assert_is_gradient, bits, dot, integers, normals, same_on_threads, to_f64};
use crate::trial::{assert_close, direct_sum, for_each_isa, poisoned};

/// Everything one convolution computes.
struct Case {
    shape: Conv2dShape,
    batch: usize,
    x: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    grad: Vec<f32>,
}

impl Case {
    fn new(shape: Conv2dShape, batch: usize, numbers: impl Fn(u64, usize) -> Vec<f32>) -> Self {
        Self {
            x: numbers(1, batch * shape.inputs()),
            weight: numbers(2, shape.weights()),
            bias: numbers(3, shape.channels_out),
            grad: numbers(4, batch * shape.outputs()),
            shape,
            batch,
        }
    }

    /// Images `first .. first + batch` alone.
    fn part(&self, first: usize, batch: usize) -> Self {
        let (inputs, outputs) = (self.shape.inputs(), self.shape.outputs());
        Self {
            shape: self.shape,
            batch,
            x: self.x[first * inputs..][..batch * inputs].to_vec(),
            weight: self.weight.clone(),
            bias: self.bias.clone(),
            grad: self.grad[first * outputs..][..batch * outputs].to_vec(),
        }
    }

    /// `[y, dx, dw, db]`
    fn kernels(&self, isa: Isa) -> [Vec<f32>; 4] {
        let Self {
            shape,
            batch,
            x,
            weight,
            bias,
            grad,
        } = self;
        [
            poisoned(grad.len(), |y| {
                forward_on(isa, shape, *batch, x, weight, Some(bias), y)
            }),
            poisoned(x.len(), |dx| {
                backward_input_on(isa, shape, *batch, grad, weight, dx)
            }),
            poisoned(weight.len(), |dw| {
                backward_weight_on(isa, shape, x, grad, dw)
            }),
            poisoned(bias.len(), |db| {
                conv2d_backward_bias(shape, *batch, grad, db)
            }),
        ]
    }

    /// `[y, dx, dw, db]` in `f64`, of the numbers themselves or of their absolute values.
    fn references(&self, map: fn(f64) -> f64) -> [Vec<f64>; 4] {
        let Self { shape, batch, .. } = self;
        let [x, weight, bias, grad] =
            [&self.x, &self.weight, &self.bias, &self.grad].map(|numbers| {
                numbers
                    .iter()
                    .map(|&number| map(number.into()))
                    .collect::<Vec<_>>()
            });
        let mut results = [grad.len(), x.len(), weight.len(), bias.len()].map(|len| vec![0.0; len]);
        let [y, dx, dw, db] = &mut results;
        reference::conv2d_forward(shape, *batch, &x, &weight, Some(&bias), y);
        reference::conv2d_backward_input(shape, *batch, &grad, &weight, dx);
        reference::conv2d_backward_weight(shape, *batch, &x, &grad, dw);
        reference::conv2d_backward_bias(shape, &grad, db);
        results
    }
}

const C1: Conv2dShape = Conv2dShape {
    channels_in: 1,
    channels_out: 6,
    height: 32,
    width: 32,
    kernel: [5, 5],
    padding: [0, 0],
};
const C3: Conv2dShape = Conv2dShape {
    channels_in: 6,
    channels_out: 16,
    height: 14,
    width: 14,
    ..C1
};
const C5: Conv2dShape = Conv2dShape {
    channels_in: 16,
    channels_out: 120,
    height: 5,
    width: 5,
    ..C1
};

/// Shapes at and around the edges of the tiles, the blocks of samples, the kernel and the padding.
fn shapes() -> Vec<(Conv2dShape, usize)> {
    let small = Conv2dShape {
        channels_in: 2,
        channels_out: 3,
        height: 6,
        width: 7,
        kernel: [3, 2],
        padding: [0, 0],
    };
    let mut shapes = Vec::new();
    for batch in [0, 1, 2, 7, 15, 16, 17, 33] {
        shapes.push((small, batch));
        shapes.push((
            Conv2dShape {
                padding: [1, 2],
                ..small
            },
            batch,
        ));
    }
    for channels in [0, 1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14] {
        for batch in [3, 16] {
            shapes.push((
                Conv2dShape {
                    channels_in: channels,
                    ..small
                },
                batch,
            ));
            shapes.push((
                Conv2dShape {
                    channels_out: channels,
                    ..small
                },
                batch,
            ));
        }
    }
    for kernel in [[1, 1], [1, 3], [4, 1], [6, 7], [5, 5], [7, 8], [8, 9]] {
        for padding in [[0, 0], [1, 0], [0, 3], [2, 2], [5, 6]] {
            for batch in [2, 16] {
                shapes.push((
                    Conv2dShape {
                        kernel,
                        padding,
                        ..small
                    },
                    batch,
                ));
            }
        }
    }
    for (height, width) in [(0, 4), (4, 0), (1, 1), (1, 9), (9, 1), (3, 17)] {
        for padding in [[0, 0], [2, 1]] {
            shapes.push((
                Conv2dShape {
                    height,
                    width,
                    padding,
                    ..small
                },
                5,
            ));
            shapes.push((
                Conv2dShape {
                    height,
                    width,
                    padding,
                    ..small
                },
                18,
            ));
        }
    }
    // Sums of more than one group of channels; LeNet itself.
    shapes.push((
        Conv2dShape {
            channels_in: 60,
            channels_out: 50,
            ..small
        },
        17,
    ));
    shapes.extend([(C1, 3), (C3, 19), (C5, 35)]);
    shapes
}

#[test]
fn integers_are_exact() {
    for_each_isa(|isa| {
        for (shape, batch) in shapes() {
            let case = Case::new(shape, batch, |seed, len| integers(seed, len, 8));
            let exact = case.references(|number| number);
            for (found, exact) in case.kernels(isa).iter().zip(&exact) {
                assert_eq!(&to_f64(found), exact, "{isa} {shape:?} {batch}");
            }
        }
    });
}

#[test]
fn reals_are_within_the_bound_of_direct_sums() {
    for (shape, batch) in shapes() {
        let case = Case::new(shape, batch, normals);
        let (exact, magnitude) = (case.references(|number| number), case.references(f64::abs));
        let taps = shape.kernel[0] * shape.kernel[1];
        let terms = [
            shape.channels_in * taps,
            shape.channels_out * taps,
            256,
            256,
        ];
        for (i, found) in case.kernels(Isa::active()).iter().enumerate() {
            assert_close(found, &exact[i], &magnitude[i], direct_sum(terms[i]));
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    for (shape, batch) in shapes() {
        let case = Case::new(shape, batch, normals);
        let portable = case.kernels(Isa::Portable).map(|numbers| bits(&numbers));
        for_each_isa(|isa| {
            let found = case.kernels(isa).map(|numbers| bits(&numbers));
            assert_eq!(found, portable, "{isa} {shape:?} {batch}");
        });
    }
}

#[test]
fn threads_do_not_matter() {
    for shape in [C1, C3, C5] {
        let case = Case::new(shape, 150, normals);
        same_on_threads(|| case.kernels(Isa::active()).map(|numbers| bits(&numbers)));
    }
}

#[test]
fn splits_of_the_batch_do_not_matter() {
    let batch = 67;
    for shape in [
        Conv2dShape {
            padding: [1, 2],
            ..C3
        },
        C1,
        C5,
    ] {
        let case = Case::new(shape, batch, normals);
        let [y, dx, ..] = case.kernels(Isa::active());
        for size in [1, 3, 7, 16, 20, 64] {
            for first in (0..batch).step_by(size) {
                let part = case.part(first, size.min(batch - first));
                let [y_part, dx_part, ..] = part.kernels(Isa::active());
                let whole = &y[first * shape.outputs()..][..y_part.len()];
                assert_eq!(bits(&y_part), bits(whole), "{shape:?} in parts of {size}");
                let whole = &dx[first * shape.inputs()..][..dx_part.len()];
                assert_eq!(bits(&dx_part), bits(whole), "{shape:?} in parts of {size}");
            }
        }
    }
}

#[test]
fn a_broken_image_stays_alone() {
    for broken in [f32::NAN, f32::INFINITY] {
        let mut case = Case::new(C3, 21, normals);
        let [healthy, healthy_dx, ..] = case.kernels(Isa::active());
        let (inputs, outputs) = (C3.inputs(), C3.outputs());
        for image in [4, 18] {
            case.x[image * inputs..][..inputs].fill(broken);
            case.grad[image * outputs..][..outputs].fill(broken);
        }
        let (bias, weight) = (&case.bias, &case.weight);
        let mut y = vec![0.0; 21 * outputs];
        conv2d_forward(&C3, 21, &case.x, weight, Some(bias), &mut y);
        let mut dx = vec![0.0; 21 * inputs];
        conv2d_backward_input(&C3, 21, &case.grad, weight, &mut dx);
        for image in 0..21 {
            let (y, dx) = (
                &y[image * outputs..][..outputs],
                &dx[image * inputs..][..inputs],
            );
            if [4, 18].contains(&image) {
                assert!(y.iter().chain(dx).all(|number| !number.is_finite()));
            } else {
                assert_eq!(bits(y), bits(&healthy[image * outputs..][..outputs]));
                assert_eq!(bits(dx), bits(&healthy_dx[image * inputs..][..inputs]));
            }
        }
    }
}

#[test]
fn the_reference_passes_finite_differences() {
    let shape = Conv2dShape {
        channels_in: 2,
        channels_out: 3,
        height: 4,
        width: 3,
        kernel: [3, 2],
        padding: [1, 2],
    };
    let case = Case::new(shape, 2, normals);
    let [_, dx, dw, db] = case.references(|number| number);
    let (x, weight) = (to_f64(&case.x), to_f64(&case.weight));
    let (bias, grad) = (to_f64(&case.bias), to_f64(&case.grad));
    let loss = |x: &[f64], weight: &[f64], bias: &[f64]| {
        let mut y = vec![0.0; grad.len()];
        reference::conv2d_forward(&shape, 2, x, weight, Some(bias), &mut y);
        dot(&y, &grad)
    };
    assert_is_gradient(&x, &dx, |x| loss(x, &weight, &bias));
    assert_is_gradient(&weight, &dw, |weight| loss(&x, weight, &bias));
    assert_is_gradient(&bias, &db, |bias| loss(&x, &weight, bias));
}
