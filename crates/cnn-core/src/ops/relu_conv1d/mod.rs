//! A pre-activated convolution over ragged documents as one operation: `conv1d(ReLU(x))`.
//!
//! Where a network activates before each convolution, as DPCNN does, ReLU by itself reads and writes every number once forward and
//! several times backward. Here it happens while the convolution reads.
//!
//! Backwards, with `g` the gradient of the result: the gradients of [`conv1d`](super::conv1d()) for the input `ReLU(x)`, and that of `x` is
//! 0 where `x` is not positive. The rule keeps handles of `x` and `weight`.
mod autodiff;
mod cpu;
pub mod default;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;
use cnn_kernels::Offsets;

use super::conv1d::shape_of;
use super::cpu_tensor::default_on_gpu;

/// Backends that compute [`relu_conv1d`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub trait ReluConv1dBackend: Backend {
    /// `x` `[tokens, channels_in]`, `weight` `[channels_out, channels_in, kernel_size]`, `bias` `[channels_out]` ->
    /// `[positions, channels_out]`.
    fn relu_conv1d_forward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        offsets: Offsets,
        padding: [usize; 2],
    ) -> FloatTensor<Self> {
        default::forward::<Self>(x, weight, bias, offsets, padding)
    }

    /// The gradient of `x`.
    fn relu_conv1d_backward_input(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        offsets: Offsets,
        padding: [usize; 2],
    ) -> FloatTensor<Self> {
        default::backward_input::<Self>(x, weight, grad, offsets, padding)
    }

    /// The gradient of `weight`, which itself only tells its shape.
    fn relu_conv1d_backward_weight(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        offsets: Offsets,
        padding: [usize; 2],
    ) -> FloatTensor<Self> {
        default::backward_weight::<Self>(x, weight, grad, offsets, padding)
    }

    /// The gradient of `bias`.
    fn relu_conv1d_backward_bias(grad: FloatTensor<Self>) -> FloatTensor<Self> {
        super::linear::default::backward_bias::<Self>(grad)
    }
}

default_on_gpu!(ReluConv1dBackend);

/// `y[p, o] = bias[o] + Σ_i Σ_j max(x[p + j - padding_left, i], 0) · weight[o, i, j]` within each document; stride 1.
///
/// Shapes and padding as those of [`conv1d`](super::conv1d()).
///
/// # Panics
/// If the shapes do not fit together, or a kernel spans no token.
pub fn relu_conv1d(
    x: Tensor<2>,
    weight: Tensor<3>,
    bias: Option<Tensor<1>>,
    offsets: &Offsets,
    padding: [usize; 2],
) -> Tensor<2> {
    let bias = super::conv1d::check("relu_conv1d", &x, &weight, bias, offsets);
    Tensor::from_dispatch(<Dispatch as ReluConv1dBackend>::relu_conv1d_forward(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        offsets.clone(),
        padding,
    ))
}
