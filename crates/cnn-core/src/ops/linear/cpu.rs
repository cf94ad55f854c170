//! The dense layer on a CPU: tensors into slices for the kernels.
use burn::backend::tensor::FloatTensor;
use cnn_kernels::{bias_gradient, linear_backward_input, linear_backward_weight, linear_forward};

use super::LinearBackend;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn forward<T: CpuTensor>(x: T, weight: T, bias: T) -> T {
    let ([rows, features_in], [features_out, _]): ([usize; 2], [usize; 2]) =
        (x.shape().dims(), weight.shape().dims());
    T::filled([rows, features_out], |y| {
        T::read_all([&x, &weight, &bias], |[x, weight, bias]| {
            linear_forward(features_in, features_out, x, weight, Some(bias), y)
        })
    })
}

fn backward_input<T: CpuTensor>(weight: T, grad: T) -> T {
    let ([rows, features_out], [_, features_in]): ([usize; 2], [usize; 2]) =
        (grad.shape().dims(), weight.shape().dims());
    T::filled([rows, features_in], |dx| {
        T::read_all([&grad, &weight], |[grad, weight]| {
            linear_backward_input(features_in, features_out, grad, weight, dx)
        })
    })
}

fn backward_weight<T: CpuTensor>(x: T, grad: T) -> T {
    let ([_, features_in], [_, features_out]): ([usize; 2], [usize; 2]) =
        (x.shape().dims(), grad.shape().dims());
    T::filled([features_out, features_in], |dw| {
        T::read_all([&x, &grad], |[x, grad]| {
            linear_backward_weight(features_in, features_out, x, grad, dw)
        })
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
        impl LinearBackend for $backend {
            fn linear_forward(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
            ) -> FloatTensor<Self> {
                forward(x, weight, bias)
            }

            fn linear_backward_input(
                weight: FloatTensor<Self>,
                grad: FloatTensor<Self>,
            ) -> FloatTensor<Self> {
                backward_input(weight, grad)
            }

            fn linear_backward_weight(
                x: FloatTensor<Self>,
                grad: FloatTensor<Self>,
            ) -> FloatTensor<Self> {
                backward_weight(x, grad)
            }

            fn linear_backward_bias(grad: FloatTensor<Self>) -> FloatTensor<Self> {
                backward_bias(grad)
            }
        }
    };
}
on_cpu_backends!(implement);
