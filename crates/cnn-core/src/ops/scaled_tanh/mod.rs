//! The scaled hyperbolic tangent as one operation: `y = amplitude · tanh(slope · x)`.
//!
//! Backwards `dx = g · slope · (amplitude - y² / amplitude)`, so the rule keeps `y` alone.
mod autodiff;
mod cpu;
pub mod default;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

use super::cpu_tensor::default_on_gpu;

/// Backends that compute [`scaled_tanh`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub trait ScaledTanhBackend: Backend {
    /// `amplitude · tanh(slope · x)`, for each entry.
    fn scaled_tanh_forward(x: FloatTensor<Self>, amplitude: f32, slope: f32) -> FloatTensor<Self> {
        default::forward::<Self>(x, amplitude, slope)
    }

    /// The gradient of `x`, from the result `y`.
    fn scaled_tanh_backward(
        y: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        amplitude: f32,
        slope: f32,
    ) -> FloatTensor<Self> {
        default::backward::<Self>(y, grad, amplitude, slope)
    }
}

default_on_gpu!(ScaledTanhBackend);

/// `y = amplitude · tanh(slope · x)`, for each entry; any shape.
///
/// On a CPU the hyperbolic tangent is the polynomial of [`cnn_kernels`], the same bits on every machine.
///
/// ```
/// # #[cfg(feature = "flex")] {
/// use burn::tensor::{Device, Tensor};
/// let x = Tensor::<1>::from_data([0.0, 1.0], &Device::flex());
/// let y = cnn_core::ops::scaled_tanh(x, 1.7159, 2.0 / 3.0).into_data();
/// assert!((y.as_slice::<f32>().unwrap()[1] - 1.0).abs() < 1e-4); // the squash of LeNet-5 maps 1 to 1
/// # }
/// ```
pub fn scaled_tanh<const D: usize>(x: Tensor<D>, amplitude: f32, slope: f32) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as ScaledTanhBackend>::scaled_tanh_forward(
        x.into_dispatch(),
        amplitude,
        slope,
    ))
}
