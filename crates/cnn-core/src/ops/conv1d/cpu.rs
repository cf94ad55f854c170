//! Ragged convolution on a CPU: tensors into slices for the kernels.
use burn::backend::tensor::FloatTensor;
use cnn_kernels::{
    Conv1dShape, Offsets, bias_gradient, conv1d_backward_input, conv1d_backward_weight,
    conv1d_forward, relu_conv1d_backward_input, relu_conv1d_backward_weight, relu_conv1d_forward,
};

use super::{Conv1dBackend, shape_of};
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn forward<T: CpuTensor>(
    x: T,
    weight: T,
    bias: T,
    offsets: &Offsets,
    padding: [usize; 2],
    relu_input: bool,
) -> T {
    let shape = shape_of(&weight, padding);
    let positions = shape.output_offsets(offsets).total();
    let kernel = match relu_input {
        true => relu_conv1d_forward,
        false => conv1d_forward,
    };
    T::filled([positions, shape.channels_out], |y| {
        x.read(|x| {
            weight
                .read(|weight| bias.read(|bias| kernel(&shape, offsets, x, weight, Some(bias), y)))
        })
    })
}

fn backward_input<T: CpuTensor>(
    x: T,
    weight: T,
    grad: T,
    offsets: &Offsets,
    padding: [usize; 2],
    relu_input: bool,
) -> T {
    let shape = shape_of(&weight, padding);
    T::filled([offsets.total(), shape.channels_in], |dx| {
        weight.read(|weight| {
            grad.read(|grad| match relu_input {
                true => {
                    x.read(|x| relu_conv1d_backward_input(&shape, offsets, x, grad, weight, dx))
                }
                false => conv1d_backward_input(&shape, offsets, grad, weight, dx),
            })
        })
    })
}

fn backward_weight<T: CpuTensor>(
    x: T,
    grad: T,
    offsets: &Offsets,
    kernel_size: usize,
    padding: [usize; 2],
    relu_input: bool,
) -> T {
    let ([_, channels_in], [_, channels_out]): ([usize; 2], [usize; 2]) =
        (x.shape().dims(), grad.shape().dims());
    let [padding_left, padding_right] = padding;
    let shape = Conv1dShape {
        channels_in,
        channels_out,
        kernel_size,
        padding_left,
        padding_right,
    };
    let kernel = match relu_input {
        true => relu_conv1d_backward_weight,
        false => conv1d_backward_weight,
    };
    T::filled([channels_out, channels_in, kernel_size], |dw| {
        x.read(|x| grad.read(|grad| kernel(&shape, offsets, x, grad, dw)))
    })
}

/// The sum over all positions: that of every operation with a bias for each channel.
pub(in crate::ops) fn backward_bias<T: CpuTensor>(grad: T) -> T {
    let [_, channels_out] = grad.shape().dims();
    T::filled([channels_out], |db| {
        grad.read(|grad| bias_gradient(channels_out, grad, db))
    })
}

macro_rules! implement {
    ($backend:ty) => {
        impl Conv1dBackend for $backend {
            fn ragged_conv1d_forward(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                offsets: Offsets,
                padding: [usize; 2],
                relu_input: bool,
            ) -> FloatTensor<Self> {
                forward(x, weight, bias, &offsets, padding, relu_input)
            }

            fn ragged_conv1d_backward_input(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                offsets: Offsets,
                padding: [usize; 2],
                relu_input: bool,
            ) -> FloatTensor<Self> {
                backward_input(x, weight, grad, &offsets, padding, relu_input)
            }

            fn ragged_conv1d_backward_weight(
                x: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                offsets: Offsets,
                kernel_size: usize,
                padding: [usize; 2],
                relu_input: bool,
            ) -> FloatTensor<Self> {
                backward_weight(x, grad, &offsets, kernel_size, padding, relu_input)
            }

            fn ragged_conv1d_backward_bias(grad: FloatTensor<Self>) -> FloatTensor<Self> {
                backward_bias(grad)
            }
        }
    };
}
on_cpu_backends!(implement);
