//! A pre-activated convolution, `conv(max(x, 0))`, and its gradients: the ReLU costs no array of its own.

use rayon::prelude::*;

use super::Conv1dShape;
use super::packed::Input;
use super::tuning::TUNING;
use crate::Offsets;
use crate::scratch::Scratch;

/// [`conv1d_forward`](crate::conv1d_forward) of the positive part of `x`, with the bits of the two operations. NaN stays NaN.
///
/// # Panics
///
/// When the length of a slice is another, or `kernel_size` is 0.
pub fn relu_conv1d_forward(
    shape: &Conv1dShape,
    offsets: &Offsets,
    x: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
) {
    let input = Input { x, relu: true };
    super::forward(shape, offsets, input, weight, bias, y);
}

/// The gradient of `x`: that of [`conv1d_backward_input`](crate::conv1d_backward_input), and 0 where `x` is not positive.
///
/// # Panics
///
/// When the length of a slice is another, or `kernel_size` is 0.
pub fn relu_conv1d_backward_input(
    shape: &Conv1dShape,
    offsets: &Offsets,
    x: &[f32],
    grad: &[f32],
    weight: &[f32],
    dx: &mut [f32],
) {
    super::backward_input(shape, offsets, Some(x), grad, weight, dx);
}

/// The gradient of the weights: that of [`conv1d_backward_weight`](crate::conv1d_backward_weight) for the positive part of `x`.
///
/// # Panics
///
/// When the length of a slice is another, or `kernel_size` is 0.
pub fn relu_conv1d_backward_weight(
    shape: &Conv1dShape,
    offsets: &Offsets,
    x: &[f32],
    grad: &[f32],
    dw: &mut [f32],
) {
    let input = Input { x, relu: true };
    super::backward_weight(shape, offsets, input, grad, dw);
}

/// 0 where `x` is not positive.
pub(super) fn mask(dx: &mut [f32], x: &[f32]) {
    dx.par_chunks_mut(TUNING.relu_numbers)
        .zip(x.par_chunks(TUNING.relu_numbers))
        .for_each(|(dx, x)| mask_here(dx, x));
}

/// [`mask`] on this thread alone.
pub(super) fn mask_here(dx: &mut [f32], x: &[f32]) {
    for (dx, &x) in dx.iter_mut().zip(x) {
        *dx = if x <= 0.0 { 0.0 } else { *dx };
    }
}

/// `max(x, 0)`; NaN stays NaN.
pub(super) fn positive_part(x: &[f32]) -> Scratch {
    let mut positive = Scratch::take(x.len());
    positive
        .par_chunks_mut(TUNING.relu_numbers)
        .zip(x.par_chunks(TUNING.relu_numbers))
        .for_each(|(positive, x)| {
            for (positive, &x) in positive.iter_mut().zip(x) {
                *positive = if x <= 0.0 { 0.0 } else { x };
            }
        });
    positive
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{batches, bits, normals};
    use crate::trial::poisoned;
    use crate::{conv1d_backward_input, conv1d_backward_weight, conv1d_forward};

    /// The bits are those of the ReLU and the convolution one after the other, and so are their gradients'.
    #[test]
    fn the_bits_are_those_of_two_operations() {
        for channels in [5, 40] {
            let shape = Conv1dShape {
                channels_in: channels,
                channels_out: channels + 3,
                kernel_size: 3,
                padding_left: 1,
                padding_right: 1,
            };
            for offsets in batches() {
                let positions = shape.output_offsets(&offsets).total();
                let x = normals(1, offsets.total() * channels);
                let (weight, bias) = (normals(2, shape.weights()), normals(3, channels + 3));
                let grad = normals(4, positions * (channels + 3));
                let positive: Vec<f32> = x.iter().map(|x| x.max(0.0)).collect();
                let (offsets, bias) = (&offsets, Some(&bias[..]));

                let y = poisoned(grad.len(), |y| {
                    relu_conv1d_forward(&shape, offsets, &x, &weight, bias, y);
                });
                let two = poisoned(grad.len(), |y| {
                    conv1d_forward(&shape, offsets, &positive, &weight, bias, y);
                });
                assert_eq!(bits(&y), bits(&two));

                let dx = poisoned(x.len(), |dx| {
                    relu_conv1d_backward_input(&shape, offsets, &x, &grad, &weight, dx);
                });
                let mut two = poisoned(x.len(), |dx| {
                    conv1d_backward_input(&shape, offsets, &grad, &weight, dx);
                });
                for (dx, x) in two.iter_mut().zip(&x) {
                    *dx = if *x > 0.0 { *dx } else { 0.0 };
                }
                assert_eq!(bits(&dx), bits(&two));

                let dw = poisoned(weight.len(), |dw| {
                    relu_conv1d_backward_weight(&shape, offsets, &x, &grad, dw);
                });
                let two = poisoned(weight.len(), |dw| {
                    conv1d_backward_weight(&shape, offsets, &positive, &grad, dw);
                });
                assert_eq!(bits(&dw), bits(&two));
            }
        }
    }
}
