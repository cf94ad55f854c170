//! Ragged convolution on a CPU: tensors into slices for the kernels.
use burn::backend::tensor::FloatTensor;
use cnn_kernels::{
    Offsets, conv1d_backward_input, conv1d_backward_weight, conv1d_forward,
    relu_conv1d_backward_input, relu_conv1d_backward_weight, relu_conv1d_forward,
};

use super::{Conv1dBackend, shape_of, sizes};
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};
use crate::ops::linear::cpu::backward_bias;

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
        T::read_all([&x, &weight, &bias], |[x, weight, bias]| {
            kernel(&shape, offsets, x, weight, Some(bias), y)
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
    T::filled(
        [offsets.total(), shape.channels_in],
        |dx| match relu_input {
            true => T::read_all([&x, &grad, &weight], |[x, grad, weight]| {
                relu_conv1d_backward_input(&shape, offsets, x, grad, weight, dx)
            }),
            false => T::read_all([&grad, &weight], |[grad, weight]| {
                conv1d_backward_input(&shape, offsets, grad, weight, dx)
            }),
        },
    )
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
    let shape = sizes([channels_out, channels_in, kernel_size], padding);
    let kernel = match relu_input {
        true => relu_conv1d_backward_weight,
        false => conv1d_backward_weight,
    };
    T::filled([channels_out, channels_in, kernel_size], |dw| {
        T::read_all([&x, &grad], |[x, grad]| {
            kernel(&shape, offsets, x, grad, dw)
        })
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
