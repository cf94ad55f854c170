//! The scaled hyperbolic tangent on a CPU: tensors into slices for the kernels.
use burn::backend::tensor::FloatTensor;
use cnn_kernels::{squash_backward, squash_forward};

use super::ScaledTanhBackend;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn forward<T: CpuTensor>(x: T, amplitude: f32, slope: f32) -> T {
    T::filled(x.shape(), |y| {
        x.read(|x| squash_forward(amplitude, slope, x, y))
    })
}

fn backward<T: CpuTensor>(y: T, grad: T, amplitude: f32, slope: f32) -> T {
    T::filled(y.shape(), |dx| {
        T::read_all([&y, &grad], |[y, grad]| {
            squash_backward(amplitude, slope, y, grad, dx)
        })
    })
}

macro_rules! implement {
    ($backend:ty) => {
        impl ScaledTanhBackend for $backend {
            fn scaled_tanh_forward(
                x: FloatTensor<Self>,
                amplitude: f32,
                slope: f32,
            ) -> FloatTensor<Self> {
                forward(x, amplitude, slope)
            }

            fn scaled_tanh_backward(
                y: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                amplitude: f32,
                slope: f32,
            ) -> FloatTensor<Self> {
                backward(y, grad, amplitude, slope)
            }
        }
    };
}
on_cpu_backends!(implement);
