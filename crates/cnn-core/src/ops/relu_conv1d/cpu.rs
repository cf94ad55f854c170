//! A pre-activated convolution on a CPU: tensors into slices for the kernels.
use burn::backend::tensor::FloatTensor;
use cnn_kernels::{
    Offsets, relu_conv1d_backward_input, relu_conv1d_backward_weight, relu_conv1d_forward,
};

use super::{ReluConv1dBackend, shape_of};
use crate::ops::conv1d::cpu::backward_bias;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn forward<T: CpuTensor>(x: T, weight: T, bias: T, offsets: &Offsets, padding: [usize; 2]) -> T {
    let shape = shape_of(&weight, padding);
    let positions = shape.output_offsets(offsets).total();
    T::filled([positions, shape.channels_out], |y| {
        x.read(|x| {
            weight.read(|weight| {
                bias.read(|bias| relu_conv1d_forward(&shape, offsets, x, weight, Some(bias), y))
            })
        })
    })
}

fn backward_input<T: CpuTensor>(
    x: T,
    weight: T,
    grad: T,
    offsets: &Offsets,
    padding: [usize; 2],
) -> T {
    let shape = shape_of(&weight, padding);
    T::filled(x.shape(), |dx| {
        x.read(|x| {
            weight.read(|weight| {
                grad.read(|grad| relu_conv1d_backward_input(&shape, offsets, x, grad, weight, dx))
            })
        })
    })
}

fn backward_weight<T: CpuTensor>(
    x: T,
    weight: T,
    grad: T,
    offsets: &Offsets,
    padding: [usize; 2],
) -> T {
    let shape = shape_of(&weight, padding);
    T::filled(weight.shape(), |dw| {
        x.read(|x| grad.read(|grad| relu_conv1d_backward_weight(&shape, offsets, x, grad, dw)))
    })
}

macro_rules! implement {
    ($backend:ty) => {
        impl ReluConv1dBackend for $backend {
            fn relu_conv1d_forward(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                offsets: Offsets,
                padding: [usize; 2],
            ) -> FloatTensor<Self> {
                forward(x, weight, bias, &offsets, padding)
            }

            fn relu_conv1d_backward_input(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                offsets: Offsets,
                padding: [usize; 2],
            ) -> FloatTensor<Self> {
                backward_input(x, weight, grad, &offsets, padding)
            }

            fn relu_conv1d_backward_weight(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                offsets: Offsets,
                padding: [usize; 2],
            ) -> FloatTensor<Self> {
                backward_weight(x, weight, grad, &offsets, padding)
            }

            fn relu_conv1d_backward_bias(grad: FloatTensor<Self>) -> FloatTensor<Self> {
                backward_bias(grad)
            }
        }
    };
}
on_cpu_backends!(implement);
