//! Ragged pooling made of Burn operations: look the three positions up, take the greatest. Runs on every backend.
//!
//! Winners are row numbers of `x`.
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, TensorMetadata, get_device_settings};
use burn::tensor::{IndexingUpdateOp, Shape};
use cnn_kernels::Offsets;

use super::{PADDING, SIZE, STRIDE};
use crate::ops::tables::{rows_of, upload, windows, with_rows, zeros};

/// See [`ragged_max_pool_forward`](super::MaxPoolBackend::ragged_max_pool_forward).
pub fn forward<B: Backend>(
    x: FloatTensor<B>,
    input: Offsets,
    output: Offsets,
) -> (FloatTensor<B>, IntTensor<B>) {
    let [positions, channels] = x.shape().dims();
    let pooled = output.total();
    let device = x.device();
    let flat = Shape::new([pooled, channels]);
    if pooled * channels == 0 {
        return (
            zeros::<B>(&x, flat.clone()),
            upload::<B>(vec![], flat, &device),
        );
    }
    let table = windows(&input, &output, SIZE, STRIDE, PADDING, positions);
    let x = with_rows::<B>(x, &[f32::NEG_INFINITY]);
    let taps = B::float_reshape(rows_of::<B>(x, table), Shape::new([pooled, SIZE, channels]));
    let int_dtype = get_device_settings::<B>(&device).int_dtype;
    let (y, tap) = B::float_max_dim_with_indices(taps, 1, int_dtype);

    // A window starts at row `2p - 1` of its document; where that lies before the document, a later tap has won.
    let starts = (0..input.documents()).flat_map(|d| {
        let start = input.range(d).start as i32 - PADDING as i32;
        (0..output.len_of(d)).map(move |p| start + (p * STRIDE) as i32)
    });
    let starts = upload::<B>(starts.collect(), [pooled, 1], &device);
    let winners = B::int_add(B::int_reshape(tap, flat.clone()), starts);
    (B::float_reshape(y, flat), winners)
}

/// See [`ragged_max_pool_backward`](super::MaxPoolBackend::ragged_max_pool_backward).
pub fn backward<B: Backend>(
    grad: FloatTensor<B>,
    winners: IntTensor<B>,
    positions: usize,
) -> FloatTensor<B> {
    let [_, channels] = grad.shape().dims();
    let dx = zeros::<B>(&grad, [positions, channels]);
    match grad.shape().num_elements() {
        0 => dx,
        _ => B::float_scatter(0, dx, winners, grad, IndexingUpdateOp::Add),
    }
}
