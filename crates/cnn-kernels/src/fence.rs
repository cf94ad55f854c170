//! Memory that ends where a page begins that nobody may touch: a read or write one number too far ends the test program.

use std::ffi::{c_int, c_long, c_void};
use std::ops::{Deref, DerefMut};

// The standard library links these, and offers nothing like them.
unsafe extern "C" {
    fn mmap(
        at: *mut c_void,
        len: usize,
        access: c_int,
        kind: c_int,
        file: c_int,
        offset: c_long,
    ) -> *mut c_void;
    fn mprotect(at: *mut c_void, len: usize, access: c_int) -> c_int;
    fn munmap(at: *mut c_void, len: usize) -> c_int;
}

const NO_ACCESS: c_int = 0;
const READ_AND_WRITE: c_int = 3;
const PRIVATE_ANONYMOUS: c_int = 0x22;
/// A multiple of the page size of every Linux machine that we know.
const PAGE: usize = 1 << 16;

/// A slice whose end is the end of accessible memory.
pub(crate) struct Fenced {
    mapping: *mut c_void,
    mapped: usize,
    first: *mut f32,
    len: usize,
}

impl Fenced {
    /// A fenced copy of `numbers`.
    pub(crate) fn of(numbers: &[f32]) -> Self {
        let bytes = size_of_val(numbers);
        let accessible = bytes.next_multiple_of(PAGE);
        let mapped = accessible + PAGE;
        // SAFETY: a new anonymous mapping overlaps nothing, and its last page is protected before anybody knows of it.
        let mapping = unsafe {
            let none = std::ptr::null_mut();
            let mapping = mmap(none, mapped, READ_AND_WRITE, PRIVATE_ANONYMOUS, -1, 0);
            assert_ne!(mapping as isize, -1, "mmap of {mapped} bytes failed");
            assert_eq!(mprotect(mapping.byte_add(accessible), PAGE, NO_ACCESS), 0);
            mapping
        };
        let first = mapping.wrapping_byte_add(accessible - bytes).cast::<f32>();
        let mut fenced = Self {
            mapping,
            mapped,
            first,
            len: numbers.len(),
        };
        fenced.copy_from_slice(numbers);
        fenced
    }
}

impl Deref for Fenced {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: `first` and the `len` numbers behind it lie in the accessible part of the mapping, which is zeroed memory
        // (so every number is initialised), aligned to 4 as pages and `len` are, and lives as long as `self`.
        unsafe { std::slice::from_raw_parts(self.first, self.len) }
    }
}

impl DerefMut for Fenced {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as in `deref`; `self` is borrowed mutably and owns the mapping.
        unsafe { std::slice::from_raw_parts_mut(self.first, self.len) }
    }
}

impl Drop for Fenced {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, whole, and no borrow of it is left.
        unsafe { munmap(self.mapping, self.mapped) };
    }
}

/// Every kernel of this file's neighbours, with all its slices fenced, gives what it gives elsewhere.
mod tests {
    use super::*;
    use crate::conv1d::Input;
    use crate::testing::{bits, normals};
    use crate::trial::for_each_isa;
    use crate::{
        Activation, Conv1dPacked, Conv1dShape, Conv2dShape, FilterGroup, FilterMaxShape,
        ImageStage, ImageStages, Offsets, Pooling, Windows, conv1d, conv2d, filter_max,
        image_stages, linear,
    };

    /// Compares `kernel(inputs, output)` on fenced slices with the same on ordinary ones.
    #[track_caller]
    fn compare<const N: usize>(
        inputs: [Vec<f32>; N],
        output: usize,
        kernel: impl Fn([&[f32]; N], &mut [f32]),
    ) {
        let mut ordinary = vec![f32::NAN; output];
        kernel(inputs.each_ref().map(Vec::as_slice), &mut ordinary);
        let inputs = inputs.map(|numbers| Fenced::of(&numbers));
        let mut fenced = Fenced::of(&vec![f32::NAN; output]);
        kernel(inputs.each_ref().map(|numbers| &**numbers), &mut fenced);
        assert_eq!(bits(&fenced), bits(&ordinary));
    }

    #[test]
    fn dense_layers_stay_inside() {
        for_each_isa(|isa| {
            for rows in 1..14 {
                for (ins, outs) in [(1, 1), (5, 17), (8, 16), (13, 31), (33, 9)] {
                    let [x, weight, bias, grad] =
                        [rows * ins, ins * outs, outs, rows * outs].map(|len| normals(1, len));
                    let forward = [x.clone(), weight.clone(), bias];
                    compare(forward, rows * outs, |[x, weight, bias], y| {
                        linear::forward_on(isa, ins, outs, x, weight, Some(bias), y);
                    });
                    compare([grad.clone(), weight], rows * ins, |[grad, weight], dx| {
                        linear::backward_input_on(isa, ins, outs, grad, weight, dx);
                    });
                    compare([x, grad], ins * outs, |[x, grad], dw| {
                        linear::backward_weight_on(isa, ins, outs, x, grad, dw);
                    });
                }
            }
        });
    }

    #[test]
    fn convolutions_along_documents_stay_inside() {
        let offsets = Offsets::from_lengths([3, 0, 1, 9, 2]);
        for_each_isa(|isa| {
            for kernel_size in 1..5 {
                for (channels_in, channels_out, padding_left, padding_right) in [
                    (1, 1, 0, 0),
                    (3, 17, 1, 1),
                    (8, 16, 0, 3),
                    (13, 7, 4, 0),
                    (33, 49, 1, 1),
                    (47, 32, 0, 2),
                ] {
                    let shape = Conv1dShape {
                        channels_in,
                        channels_out,
                        kernel_size,
                        padding_left,
                        padding_right,
                    };
                    let outputs = shape.output_offsets(&offsets).total() * channels_out;
                    let inputs = offsets.total() * channels_in;
                    let [x, weight, grad] =
                        [inputs, shape.weights(), outputs].map(|len| normals(1, len));
                    compare([x.clone(), weight.clone()], outputs, |[x, weight], y| {
                        conv1d::forward_on(isa, &shape, &offsets, Input::of(x), weight, None, y);
                    });
                    let packed =
                        Conv1dPacked::new_on(isa, &shape, &weight, Some(&grad[..channels_out]));
                    compare([x.clone(), grad.clone()], outputs, |[x, add], y| {
                        packed.forward(&offsets, x, true, Some(add), y);
                    });
                    let operands = [x.clone(), grad.clone(), weight];
                    compare(operands, inputs, |[x, grad, weight], dx| {
                        let (shape, offsets, relu_of) = (&shape, &offsets, Some(x));
                        conv1d::backward_input_on(isa, shape, offsets, relu_of, grad, weight, dx);
                    });
                    compare([x, grad], shape.weights(), |[x, grad], dw| {
                        let input = Input { x, relu: true };
                        conv1d::backward_weight_on(isa, &shape, &offsets, input, grad, dw);
                    });
                }
            }
        });
    }

    #[test]
    fn convolutions_of_images_stay_inside() {
        for_each_isa(|isa| {
            for batch in [1, 2, 5, 16, 19] {
                for padding in [[0, 0], [1, 2]] {
                    let shape = Conv2dShape {
                        channels_in: 3,
                        channels_out: 7,
                        height: 6,
                        width: 9,
                        kernel: [3, 5],
                        padding,
                    };
                    let (inputs, outputs) = (batch * shape.inputs(), batch * shape.outputs());
                    let [x, weight, grad] =
                        [inputs, shape.weights(), outputs].map(|len| normals(1, len));
                    compare([x.clone(), weight.clone()], outputs, |[x, weight], y| {
                        conv2d::forward_on(isa, &shape, batch, x, weight, None, y);
                    });
                    compare([grad.clone(), weight], inputs, |[grad, weight], dx| {
                        conv2d::backward_input_on(isa, &shape, batch, grad, weight, dx);
                    });
                    compare([x, grad], shape.weights(), |[x, grad], dw| {
                        conv2d::backward_weight_on(isa, &shape, x, grad, dw);
                    });
                }
            }
        });
    }

    #[test]
    fn image_stages_stay_inside() {
        let stage = |[channels_in, height, width]: [usize; 3], channels_out, kernel| ImageStage {
            conv: Conv2dShape {
                channels_in,
                channels_out,
                height,
                width,
                kernel,
                padding: [if kernel == [3, 2] { 1 } else { 0 }, 0],
            },
            activation: Activation::Tanh {
                scale: 1.0,
                slope: 1.0,
            },
            pooling: Pooling::None,
        };
        let mut first = stage([2, 9, 10], 3, [3, 2]);
        first.pooling = Pooling::Average;
        let second = stage([3, 4, 4], 7, [3, 2]);
        let dense = stage([7, 4, 3], 5, [4, 3]);
        let stages = ImageStages::new(&[first, second, dense]).expect("they fit");
        for_each_isa(|isa| {
            for batch in [1, 2, 5, 16, 19] {
                let inputs = batch * stages.inputs();
                let outputs = batch * stages.outputs();
                let sizes = [inputs, 36, 126, 420, 3, 7, 5];
                let [images, w0, w1, w2, b0, b1, b2] = sizes.map(|len| normals(1, len));
                let mut saved = vec![0.0; stages.saved(batch)];
                let arguments = [images, w0.clone(), w1.clone(), w2.clone(), b0, b1, b2];
                compare(arguments.clone(), outputs, |slices, output| {
                    let [images, w0, w1, w2, b0, b1, b2] = slices;
                    let (weights, biases) = ([w0, w1, w2], [b0, b1, b2]);
                    let (stages, saved) = (&stages, &mut Fenced::of(&vec![0.0; saved.len()]));
                    image_stages::forward_on(
                        isa, stages, batch, images, &weights, &biases, saved, output,
                    );
                });
                compare(arguments.clone(), outputs, |slices, output| {
                    let [images, w0, w1, w2, b0, b1, b2] = slices;
                    let (weights, biases) = ([w0, w1, w2], [b0, b1, b2]);
                    image_stages::predict_on(
                        isa, &stages, batch, images, &weights, &biases, output,
                    );
                });
                let slices = arguments.each_ref().map(Vec::as_slice);
                let [images, w0, w1, w2, b0, b1, b2] = slices;
                let (weights, biases) = ([w0, w1, w2], [b0, b1, b2]);
                let output = &mut vec![0.0; outputs];
                image_stages::forward_on(
                    isa, &stages, batch, images, &weights, &biases, &mut saved, output,
                );
                let slices = [
                    weights[0],
                    weights[1],
                    weights[2],
                    &saved,
                    &normals(2, outputs),
                ];
                compare(slices.map(<[f32]>::to_vec), inputs, |slices, dx| {
                    let [w0, w1, w2, saved, grad] = slices;
                    let fenced = |len: usize| Fenced::of(&vec![0.0; len]);
                    let mut dw = [36, 126, 420].map(fenced);
                    let mut db = [3, 7, 5].map(fenced);
                    let mut dw: Vec<&mut [f32]> = dw.iter_mut().map(|d| &mut **d).collect();
                    let mut db: Vec<&mut [f32]> = db.iter_mut().map(|d| &mut **d).collect();
                    image_stages::backward_on(
                        isa,
                        &stages,
                        batch,
                        &[w0, w1, w2],
                        saved,
                        grad,
                        Some(dx),
                        &mut dw,
                        &mut db,
                    );
                });
            }
        });
    }

    #[test]
    fn filters_over_words_stay_inside() {
        let offsets = Offsets::from_lengths([3, 0, 1, 9, 2]);
        let ids = crate::testing::ids(1, offsets.total(), 5, 4);
        for_each_isa(|isa| {
            for (dimension, width, filters) in [(1, 1, 1), (8, 2, 16), (13, 3, 7), (97, 4, 17)] {
                for windows in [Windows::Touching, Windows::Valid] {
                    let shape = FilterMaxShape {
                        dimension,
                        groups: vec![FilterGroup { width, filters }],
                        windows,
                    };
                    let outputs = offsets.documents() * filters;
                    let [rows, weight, bias, grad] =
                        [5 * dimension, shape.weights(), filters, outputs]
                            .map(|len| normals(1, len));
                    let mut winners = vec![0; outputs];
                    let forward = [rows.clone(), weight.clone(), bias.clone()];
                    let batch = filter_max::Batch {
                        shape: &shape,
                        offsets: &offsets,
                        ids: &ids,
                    };
                    compare(forward, outputs, |[rows, weight, bias], y| {
                        filter_max::forward_on(
                            isa,
                            batch,
                            rows,
                            weight,
                            bias,
                            y,
                            &mut winners.clone(),
                        );
                    });
                    let mut y = vec![0.0; outputs];
                    filter_max::forward_on(isa, batch, &rows, &weight, &bias, &mut y, &mut winners);
                    let winners = &winners;
                    compare(
                        [grad.clone(), weight],
                        rows.len(),
                        |[grad, weight], drows| {
                            filter_max::backward_rows_on(isa, batch, winners, grad, weight, drows);
                        },
                    );
                    compare([grad, rows], shape.weights(), |[grad, rows], dweight| {
                        filter_max::backward_weight_on(isa, batch, winners, grad, rows, dweight);
                    });
                }
            }
        });
    }
}
