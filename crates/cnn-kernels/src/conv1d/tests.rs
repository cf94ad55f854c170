//! Convolution along documents: exact on integers, bounded on normals, the same bits everywhere.

use super::*;
use crate::testing::{assert_is_gradient, bits, dot, integers, normals, same_on_threads, to_f64};
use crate::trial::{assert_close, direct_sum, for_each_isa, poisoned};

/// Everything one convolution computes.
pub(super) struct Case {
    pub(super) shape: Conv1dShape,
    pub(super) offsets: Offsets,
    pub(super) x: Vec<f32>,
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) grad: Vec<f32>,
}

impl Case {
    pub(super) fn new(
        shape: Conv1dShape,
        lengths: &[usize],
        numbers: impl Fn(u64, usize) -> Vec<f32>,
    ) -> Self {
        let offsets = Offsets::from_lengths(lengths.iter().copied());
        Self {
            x: numbers(1, offsets.total() * shape.channels_in),
            weight: numbers(2, shape.weights()),
            bias: numbers(3, shape.channels_out),
            grad: numbers(
                4,
                shape.output_offsets(&offsets).total() * shape.channels_out,
            ),
            shape,
            offsets,
        }
    }

    /// `[y, dx, dw]`
    pub(super) fn kernels(&self, isa: Isa) -> [Vec<f32>; 3] {
        let Self {
            shape,
            offsets,
            x,
            weight,
            bias,
            grad,
        } = self;
        [
            poisoned(grad.len(), |y| {
                forward_on(isa, shape, offsets, Input::of(x), weight, Some(bias), y)
            }),
            poisoned(x.len(), |dx| {
                backward_input_on(isa, shape, offsets, None, grad, weight, dx)
            }),
            poisoned(weight.len(), |dw| {
                backward_weight_on(isa, shape, offsets, Input::of(x), grad, dw)
            }),
        ]
    }

    /// The sums of the absolute values of all terms of `[y, dx, dw]`. In groups each number is the difference of sums that
    /// hold the terms of the other taps and of the group's other positions too.
    fn magnitudes(&self) -> [Vec<f64>; 3] {
        if !winograd::suits(&self.shape) {
            return self.references(f64::abs);
        }
        let smeared = |numbers: &[f64]| -> Vec<f64> {
            let taps = numbers.chunks_exact(3);
            taps.flat_map(|taps| [taps.iter().sum(); 3]).collect()
        };
        let absolute = |numbers: &[f32]| numbers.iter().map(|number| number.abs()).collect();
        let weight = absolute(&self.weight);
        let case = Self {
            shape: self.shape,
            offsets: self.offsets.clone(),
            x: absolute(&self.x),
            weight: smeared(&to_f64(&weight))
                .iter()
                .map(|&w| w as f32)
                .collect(),
            bias: absolute(&self.bias),
            grad: absolute(&self.grad),
        };
        let [mut y, mut dx, dw] = case.references(f64::abs);
        let (channels_in, channels_out) = (self.shape.channels_in, self.shape.channels_out);
        spread_in_groups(
            &self.shape.output_offsets(&self.offsets),
            channels_out,
            &mut y,
        );
        spread_in_groups(&self.offsets, channels_in, &mut dx);
        [y, dx, smeared(&dw)]
    }

    /// `[y, dx, dw]` in `f64`, of the numbers themselves or of their absolute values.
    pub(super) fn references(&self, map: fn(f64) -> f64) -> [Vec<f64>; 3] {
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
        reference::conv1d_forward(&self.shape, &self.offsets, &x, &weight, Some(&bias), y);
        reference::conv1d_backward_input(&self.shape, &self.offsets, &grad, &weight, dx);
        reference::conv1d_backward_weight(&self.shape, &self.offsets, &x, &grad, dw);
        results
    }
}

/// Gives all of the up to four rows that are computed together the greatest number of each channel.
fn spread_in_groups(offsets: &Offsets, channels: usize, rows: &mut [f64]) {
    for document in 0..offsets.documents() {
        let range = offsets.range(document);
        let rows = &mut rows[range.start * channels..range.end * channels];
        for group in rows.chunks_mut(4 * channels) {
            for c in 0..channels {
                let own = || (c..group.len()).step_by(channels);
                let greatest = own().map(|i| group[i]).fold(0.0, f64::max);
                own().for_each(|i| group[i] = greatest);
            }
        }
    }
}

/// Shapes at and around the edges of the tiles (4, 6, 12 rows; 16, 32 columns) and of the kernel.
fn shapes() -> Vec<(Conv1dShape, Vec<usize>)> {
    let mut shapes = Vec::new();
    let shape = |channels_in, channels_out, kernel_size, padding_left, padding_right| Conv1dShape {
        channels_in,
        channels_out,
        kernel_size,
        padding_left,
        padding_right,
    };
    for lengths in [
        vec![],
        vec![0],
        vec![1],
        vec![0, 2, 0, 0, 7, 1, 3, 0],
        vec![13, 12, 11],
        vec![25],
    ] {
        for kernel_size in [1, 2, 3, 5] {
            for (left, right) in [
                (0, 0),
                (1, 1),
                (kernel_size - 1, kernel_size - 1),
                (0, 3),
                (6, 0),
            ] {
                shapes.push((shape(3, 5, kernel_size, left, right), lengths.clone()));
            }
        }
    }
    for channels in [0, 1, 5, 6, 7, 11, 12, 13, 15, 16, 17, 31, 32, 33, 65] {
        shapes.push((shape(channels, 7, 3, 1, 1), vec![4, 9, 1]));
        shapes.push((shape(7, channels, 3, 1, 1), vec![4, 9, 1]));
    }
    // In groups: channels around the width of a vector and of a panel, odd and even documents, paddings of both kinds.
    for (channels_in, channels_out, left, right) in [
        (32, 32, 1, 1),
        (33, 50, 0, 0),
        (47, 64, 2, 2),
        (65, 36, 0, 3),
        (40, 97, 6, 0),
        (260, 34, 1, 1),
        (34, 300, 1, 1),
    ] {
        let lengths = vec![4, 0, 9, 1, 2, 1, 5, 1, 12, 31];
        shapes.push((shape(channels_in, channels_out, 3, left, right), lengths));
        shapes.push((shape(channels_in, channels_out, 3, left, right), vec![0, 1]));
        shapes.push((shape(channels_in, channels_out, 3, left, right), vec![]));
    }
    // Blocks of the gradient of the filters: more than all its tasks take at a time, the last without a large group; and no large
    // group at all.
    let mut lengths = vec![2600, 1, 249, 0, 277];
    lengths.extend((0..300).map(|d| 1 + d % 2));
    shapes.push((shape(33, 35, 3, 1, 1), lengths));
    shapes.push((shape(33, 35, 3, 1, 1), [vec![1; 70], vec![2; 40]].concat()));
    // Sums longer than one block, over taps and over positions; more rows than one task.
    shapes.push((shape(87, 9, 3, 1, 1), vec![5, 30, 2]));
    shapes.push((shape(5, 130, 4, 3, 3), vec![400, 0, 150, 1]));
    shapes
}

/// Whole numbers of which a kernel must make no error. Where it works in groups, taps and gradients are multiples of 24, by which
/// it divides sums of them.
fn exact_numbers(shape: &Conv1dShape) -> impl Fn(u64, usize) -> Vec<f32> {
    let in_groups = winograd::suits(shape);
    move |seed, len| {
        let (taps, grad) = (2, 4);
        match in_groups && [taps, grad].contains(&seed) {
            true => integers(seed, len, 2).iter().map(|n| 24.0 * n).collect(),
            false => integers(seed, len, 8),
        }
    }
}

#[test]
fn integers_are_exact() {
    for_each_isa(|isa| {
        for (shape, lengths) in shapes() {
            let case = Case::new(shape, &lengths, exact_numbers(&shape));
            let exact = case.references(|number| number);
            for (found, exact) in case.kernels(isa).iter().zip(&exact) {
                assert_eq!(&to_f64(found), exact, "{isa} {shape:?} {lengths:?}");
            }
        }
    });
}

#[test]
fn reals_are_within_the_bound_of_their_sums() {
    for (shape, lengths) in shapes() {
        let case = Case::new(shape, &lengths, normals);
        let positions = shape.output_offsets(&case.offsets).total();
        let terms = [
            shape.channels_in * shape.kernel_size,
            shape.channels_out * shape.kernel_size,
            positions,
        ];
        let (exact, magnitude) = (case.references(|number| number), case.magnitudes());
        for (i, found) in case.kernels(Isa::active()).iter().enumerate() {
            assert_close(found, &exact[i], &magnitude[i], direct_sum(terms[i]));
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    for (shape, lengths) in shapes() {
        let case = Case::new(shape, &lengths, normals);
        let portable = case.kernels(Isa::Portable).map(|numbers| bits(&numbers));
        for_each_isa(|isa| {
            assert_eq!(
                case.kernels(isa).map(|numbers| bits(&numbers)),
                portable,
                "{isa} {shape:?} {lengths:?}"
            );
        });
    }
}

#[test]
fn threads_do_not_matter() {
    let shape = Conv1dShape {
        channels_in: 50,
        channels_out: 70,
        kernel_size: 3,
        padding_left: 1,
        padding_right: 1,
    };
    // In groups, more of them than the tasks of the gradient of the filters take at a time; and directly.
    for (kernel_size, last) in [(3, 2600), (4, 400)] {
        let shape = Conv1dShape {
            kernel_size,
            ..shape
        };
        let case = Case::new(shape, &[300, 1, 0, 251, 17, last], normals);
        same_on_threads(|| case.kernels(Isa::active()).map(|numbers| bits(&numbers)));
    }
}

#[test]
fn neighbours_do_not_matter() {
    for (kernel_size, channels_out) in [(4, 20), (3, 34)] {
        neighbours(Conv1dShape {
            channels_in: 33,
            channels_out,
            kernel_size,
            padding_left: 2,
            padding_right: 3,
        });
    }
}

fn neighbours(shape: Conv1dShape) {
    let outs = shape.channels_out;
    let lengths = [3, 0, 40, 1, 7, 120, 2, 2, 19];
    let case = Case::new(shape, &lengths, normals);
    let [together, dx, _] = case.kernels(Isa::active());
    let positions = shape.output_offsets(&case.offsets);
    for (d, &length) in lengths.iter().enumerate() {
        let (tokens, outputs) = (case.offsets.range(d), positions.range(d));
        let scaled = |range: &std::ops::Range<usize>, by: usize| range.start * by..range.end * by;
        let alone = Case {
            shape,
            offsets: Offsets::from_lengths([length]),
            x: case.x[scaled(&tokens, 33)].to_vec(),
            weight: case.weight.clone(),
            bias: case.bias.clone(),
            grad: case.grad[scaled(&outputs, outs)].to_vec(),
        };
        let [y, dx_alone, _] = alone.kernels(Isa::active());
        assert_eq!(
            bits(&y),
            bits(&together[scaled(&outputs, outs)]),
            "document {d}"
        );
        assert_eq!(
            bits(&dx_alone),
            bits(&dx[scaled(&tokens, 33)]),
            "document {d}"
        );
    }
}

#[test]
fn a_broken_document_stays_alone() {
    for (channels_in, channels_out) in [(9, 20), (34, 35)] {
        broken_document(Conv1dShape {
            channels_in,
            channels_out,
            kernel_size: 3,
            padding_left: 2,
            padding_right: 2,
        });
    }
}

fn broken_document(shape: Conv1dShape) {
    let (ins, outs) = (shape.channels_in, shape.channels_out);
    let mut case = Case::new(shape, &[5, 6, 7], normals);
    let [healthy, ..] = case.kernels(Isa::active());
    case.x[5 * ins..11 * ins].fill(f32::INFINITY);
    let [broken, ..] = case.kernels(Isa::active());
    let positions = shape.output_offsets(&case.offsets);
    for d in [0, 2] {
        let range = positions.range(d).start * outs..positions.range(d).end * outs;
        assert_eq!(bits(&broken[range.clone()]), bits(&healthy[range]));
    }
    let range = positions.range(1).start * outs..positions.range(1).end * outs;
    assert!(broken[range].iter().all(|number| !number.is_finite()));
}

#[test]
fn the_reference_passes_finite_differences() {
    let shape = Conv1dShape {
        channels_in: 2,
        channels_out: 3,
        kernel_size: 3,
        padding_left: 1,
        padding_right: 2,
    };
    let case = Case::new(shape, &[4, 0, 1, 2], normals);
    let [_, dx, dw] = case.references(|number| number);
    let (x, weight, bias, grad) = (
        to_f64(&case.x),
        to_f64(&case.weight),
        to_f64(&case.bias),
        to_f64(&case.grad),
    );
    let loss = |x: &[f64], weight: &[f64]| {
        let mut y = vec![0.0; grad.len()];
        reference::conv1d_forward(&shape, &case.offsets, x, weight, Some(&bias), &mut y);
        dot(&y, &grad)
    };
    assert_is_gradient(&x, &dx, |x| loss(x, &weight));
    assert_is_gradient(&weight, &dw, |weight| loss(&x, weight));
}
