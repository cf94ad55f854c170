//! Ragged convolution made of Burn operations: look the windows up, then one matrix product. Runs on every backend.
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::Shape;
use cnn_kernels::Offsets;

use super::shape_of;
use crate::ops::linear::default as linear;
use crate::ops::tables::{rows_of, windows, with_rows, zeros};

/// `x`, or its positive part.
pub fn input<B: Backend>(x: FloatTensor<B>, relu_input: bool) -> FloatTensor<B> {
    if relu_input { B::relu(x) } else { x }
}

/// The gradient of `x` from that of [`input`].
pub fn backward_relu<B: Backend>(
    x: FloatTensor<B>,
    dx: FloatTensor<B>,
    relu_input: bool,
) -> FloatTensor<B> {
    if relu_input && x.shape()[0] > 0 {
        B::relu_backward(B::relu(x), dx)
    } else {
        dx
    }
}

/// See [`ragged_conv1d_forward`](super::Conv1dBackend::ragged_conv1d_forward), of the [`input`].
pub fn forward<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    offsets: Offsets,
    padding: [usize; 2],
) -> FloatTensor<B> {
    let shape = shape_of(&weight, padding);
    let columns = unfold::<B>(x, &offsets, shape.kernel_size, padding); // [positions, kernel_size · channels_in]
    let by_tap = B::float_permute(weight, &[0, 2, 1]); // [channels_out, kernel_size, channels_in]
    let flat = Shape::new([shape.channels_out, shape.kernel_size * shape.channels_in]);
    linear::forward::<B>(columns, B::float_reshape(by_tap, flat), bias)
}

/// See [`ragged_conv1d_backward_input`](super::Conv1dBackend::ragged_conv1d_backward_input).
///
/// The same lookup the other way round: token `t` was under tap `j` of the window of position `t - j + padding_left`, so
/// each token looks up `kernel_size` rows of the gradient and no addition collides with another.
pub fn backward_input<B: Backend>(
    weight: FloatTensor<B>,
    grad: FloatTensor<B>,
    offsets: Offsets,
    padding: [usize; 2],
) -> FloatTensor<B> {
    let shape = shape_of(&weight, padding);
    let tokens = offsets.total();
    if tokens == 0 {
        return zeros::<B>(&grad, [0, shape.channels_in]);
    }
    let positions = shape.output_offsets(&offsets);
    let mut table = Vec::with_capacity(tokens * shape.kernel_size);
    for document in 0..offsets.documents() {
        let reach = positions.range(document);
        for token in 0..offsets.len_of(document) {
            for tap in 0..shape.kernel_size {
                let position = (reach.start + token + padding[0]).checked_sub(tap);
                let position = position.filter(|p| reach.contains(p));
                table.push(position.unwrap_or(positions.total()) as i32);
            }
        }
    }
    let columns = rows_of::<B>(with_rows::<B>(grad, &[0.0]), table); // [tokens · kernel_size, channels_out]
    let width = shape.kernel_size * shape.channels_out;
    let columns = B::float_reshape(columns, Shape::new([tokens, width]));
    let by_tap = B::float_permute(weight, &[2, 0, 1]); // [kernel_size, channels_out, channels_in]
    B::float_matmul(
        columns,
        B::float_reshape(by_tap, Shape::new([width, shape.channels_in])),
    )
}

/// See [`ragged_conv1d_backward_weight`](super::Conv1dBackend::ragged_conv1d_backward_weight).
pub fn backward_weight<B: Backend>(
    x: FloatTensor<B>,
    grad: FloatTensor<B>,
    offsets: Offsets,
    kernel_size: usize,
    padding: [usize; 2],
) -> FloatTensor<B> {
    let ([_, channels_in], [_, channels_out]): ([usize; 2], [usize; 2]) =
        (x.shape().dims(), grad.shape().dims());
    let columns = unfold::<B>(x, &offsets, kernel_size, padding);
    let flat = linear::backward_weight::<B>(columns, grad); // [channels_out, kernel_size · channels_in]
    let by_tap = B::float_reshape(flat, Shape::new([channels_out, kernel_size, channels_in]));
    B::float_permute(by_tap, &[0, 2, 1])
}

/// The windows of all positions, side by side: `[positions, kernel_size · channels_in]`.
fn unfold<B: Backend>(
    x: FloatTensor<B>,
    offsets: &Offsets,
    kernel_size: usize,
    padding: [usize; 2],
) -> FloatTensor<B> {
    let [_, channels_in] = x.shape().dims();
    let [left, right] = padding;
    let positions = offsets.map_lengths(|len| match len {
        0 => 0,
        _ => (len + left + right + 1).saturating_sub(kernel_size),
    });
    let shape = Shape::new([positions.total(), kernel_size * channels_in]);
    if positions.total() == 0 {
        return zeros::<B>(&x, shape);
    }
    let table = windows(offsets, &positions, kernel_size, 1, left, offsets.total());
    B::float_reshape(rows_of::<B>(with_rows::<B>(x, &[0.0]), table), shape)
}
