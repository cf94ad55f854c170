//! Convolution of words: exact on integers, bounded on normals, the same bits everywhere.

use super::*;
use crate::conv1d::reference;
use crate::testing::{
    assert_is_gradient, batches, bits, dot, ids, integers, normals, same_on_threads, to_f64,
};
use crate::trial::{assert_close, direct_sum, for_each_isa, poisoned};

const DISTINCT: usize = 11;

pub(super) struct Case {
    pub(super) shape: Conv1dShape,
    pub(super) offsets: Offsets,
    pub(super) ids: Vec<u32>,
    pub(super) rows: Vec<f32>,
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) grad: Vec<f32>,
}

/// `[y, drows, dw]`
pub(super) type Results<T> = [Vec<T>; 3];

impl Case {
    fn new(shape: Conv1dShape, offsets: Offsets, numbers: impl Fn(u64, usize) -> Vec<f32>) -> Self {
        let positions = shape.output_offsets(&offsets).total();
        Self {
            ids: ids(7, offsets.total(), DISTINCT as u64, 6),
            rows: numbers(1, DISTINCT * shape.channels_in),
            weight: numbers(2, shape.weights()),
            bias: numbers(3, shape.channels_out),
            grad: numbers(4, positions * shape.channels_out),
            shape,
            offsets,
        }
    }

    pub(super) fn kernels(&self, isa: Isa) -> Results<f32> {
        let Self {
            shape,
            offsets,
            ids,
            rows,
            weight,
            bias,
            grad,
        } = self;
        let y = poisoned(grad.len(), |y| {
            forward_on(isa, shape, offsets, ids, rows, weight, bias, y);
        });
        let mut dw = Vec::new();
        let drows = poisoned(rows.len(), |drows| {
            dw = poisoned(weight.len(), |dw| {
                backward_on(isa, shape, offsets, ids, rows, weight, grad, drows, dw);
            });
        });
        [y, drows, dw]
    }

    /// By the convolution of gathered vectors in `f64`, of the numbers themselves or of their absolute values.
    fn references(&self, map: fn(f64) -> f64) -> Results<f64> {
        let [rows, weight, bias, grad] = [&self.rows, &self.weight, &self.bias, &self.grad]
            .map(|numbers| to_f64(numbers).into_iter().map(map).collect::<Vec<_>>());
        let (shape, offsets, width) = (&self.shape, &self.offsets, self.shape.channels_in);
        let mut x = vec![0.0; self.ids.len() * width];
        for (x, &id) in x.chunks_exact_mut(width).zip(&self.ids) {
            if id != SKIP {
                x.copy_from_slice(&rows[id as usize * width..][..width]);
            }
        }
        let mut y = vec![0.0; grad.len()];
        reference::conv1d_forward(shape, offsets, &x, &weight, Some(&bias), &mut y);
        let mut dx = vec![0.0; x.len()];
        reference::conv1d_backward_input(shape, offsets, &grad, &weight, &mut dx);
        let mut dw = vec![0.0; weight.len()];
        reference::conv1d_backward_weight(shape, offsets, &x, &grad, &mut dw);
        let mut drows = vec![0.0; rows.len()];
        for (dx, &id) in dx.chunks_exact(width).zip(&self.ids) {
            if id != SKIP {
                let drow = &mut drows[id as usize * width..][..width];
                drow.iter_mut().zip(dx).for_each(|(a, b)| *a += b);
            }
        }
        [y, drows, dw]
    }
}

fn shape([channels_in, channels_out, kernel_size]: [usize; 3], padding: [usize; 2]) -> Conv1dShape {
    Conv1dShape {
        channels_in,
        channels_out,
        kernel_size,
        padding_left: padding[0],
        padding_right: padding[1],
    }
}

pub(super) fn cases(numbers: impl Fn(u64, usize) -> Vec<f32> + Copy) -> Vec<Case> {
    let long = || Offsets::from_lengths([9, 0, 1, 2, 40, 3]);
    let mut cases: Vec<Case> = batches()
        .into_iter()
        .map(|offsets| Case::new(shape([5, 7, 3], [1, 1]), offsets, numbers))
        .collect();
    for (sizes, padding) in [
        ([1, 1, 1], [0, 0]),
        ([15, 16, 2], [0, 1]),
        ([17, 33, 3], [1, 1]),
        ([300, 4, 3], [2, 2]),
        ([4, 31, 5], [0, 0]),
        ([3, 0, 3], [1, 1]),
    ] {
        cases.push(Case::new(shape(sizes, padding), long(), numbers));
    }
    // Sums of more than one block.
    let many = Offsets::from_lengths((0..1500).map(|d| d % 5));
    cases.push(Case::new(shape([6, 40, 3], [1, 1]), many, numbers));
    cases
}

#[test]
fn integers_are_exact() {
    for case in cases(|seed, n| integers(seed, n, 8)) {
        let expected = case.references(|number| number);
        for_each_isa(|isa| {
            for (found, expected) in case.kernels(isa).iter().zip(&expected) {
                assert_eq!(&to_f64(found), expected, "{isa} {:?}", case.shape);
            }
        });
    }
}

#[test]
fn rounding_stays_within_bounds() {
    for case in cases(normals) {
        let (exact, magnitude) = (case.references(|number| number), case.references(f64::abs));
        let taps = case.shape.kernel_size;
        // A sum over all tokens is one of blocks, and each term of it one over channels.
        let terms = case.shape.channels_in * taps + case.shape.channels_out * taps + case.ids.len();
        for_each_isa(|isa| {
            let found = case.kernels(isa);
            for i in 0..3 {
                assert_close(&found[i], &exact[i], &magnitude[i], direct_sum(terms));
            }
        });
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    for case in cases(normals) {
        let expected = case.kernels(Isa::Portable).map(|numbers| bits(&numbers));
        for_each_isa(|isa| {
            let found = case.kernels(isa).map(|numbers| bits(&numbers));
            assert_eq!(found, expected, "{isa}");
        });
    }
}

#[test]
fn threads_do_not_matter() {
    for case in cases(normals) {
        same_on_threads(|| case.kernels(Isa::active()).map(|numbers| bits(&numbers)));
    }
}

#[test]
fn neighbours_do_not_matter() {
    for case in cases(normals) {
        let [together, ..] = case.kernels(Isa::active());
        let positions = case.shape.output_offsets(&case.offsets);
        let channels = case.shape.channels_out;
        for d in 0..case.offsets.documents() {
            let document = &case.ids[case.offsets.range(d)];
            let alone = Offsets::from_lengths([document.len()]);
            let range = positions.range(d);
            let expected = &together[range.start * channels..range.end * channels];
            let y = poisoned(expected.len(), |y| {
                let Case {
                    shape,
                    rows,
                    weight,
                    bias,
                    ..
                } = &case;
                word_conv_forward(shape, &alone, document, rows, weight, bias, y);
            });
            assert_eq!(bits(&y), bits(expected));
        }
    }
}

/// The references that judge the kernels are the gradients of the forward pass.
#[test]
fn the_judge_holds_against_finite_differences() {
    let case = Case::new(
        shape([3, 4, 3], [1, 1]),
        Offsets::from_lengths([4, 0, 1, 7]),
        normals,
    );
    let [_, drows, dw] = case.references(|number| number);
    let grad = to_f64(&case.grad);
    let y_of = |rows: &[f64], weight: &[f64]| {
        let width = case.shape.channels_in;
        let mut x = vec![0.0; case.ids.len() * width];
        for (x, &id) in x.chunks_exact_mut(width).zip(&case.ids) {
            if id != SKIP {
                x.copy_from_slice(&rows[id as usize * width..][..width]);
            }
        }
        let bias = to_f64(&case.bias);
        let mut y = vec![0.0; grad.len()];
        reference::conv1d_forward(&case.shape, &case.offsets, &x, weight, Some(&bias), &mut y);
        dot(&y, &grad)
    };
    let (rows, weight) = (to_f64(&case.rows), to_f64(&case.weight));
    assert_is_gradient(&rows, &drows, |rows| y_of(rows, &weight));
    assert_is_gradient(&weight, &dw, |weight| y_of(&rows, weight));
}
