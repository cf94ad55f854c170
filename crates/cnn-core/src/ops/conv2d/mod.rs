//! Convolution of images as one operation, stride 1.
//!
//! `y[b, o, r, c] = bias[o] + Σ_i Σ_u Σ_v x[b, i, r + u - padding_h, c + v - padding_w] · weight[o, i, u, v]`, terms outside
//! the image being zero.
//!
//! Backwards, with `g` the gradient of `y`: `dx` is the full correlation of `g` with the kernels turned by 180 degrees,
//! `dweight[o, i, u, v] = Σ_b Σ_r Σ_c g[b, o, r, c] · x[b, i, r + u - padding_h, c + v - padding_w]`, and `dbias[o]` the
//! sum of `g` over everything but `o`. The rule keeps handles of `x` and `weight`, no copies.
mod autodiff;
mod cpu;
pub mod default;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

use super::cpu_tensor::default_on_gpu;

/// Backends that compute [`conv2d`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub trait Conv2dBackend: Backend {
    /// `x` `[batch, channels_in, height, width]`, `weight` `[channels_out, channels_in, kernel_h, kernel_w]`, `bias`
    /// `[channels_out]` -> `[batch, channels_out, rows, columns]`.
    fn image_conv2d_forward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        padding: [usize; 2],
    ) -> FloatTensor<Self> {
        default::forward::<Self>(x, weight, bias, padding)
    }

    /// The gradient of `x`, of which only the shape matters.
    fn image_conv2d_backward_input(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        padding: [usize; 2],
    ) -> FloatTensor<Self> {
        default::backward_input::<Self>(x, weight, grad, padding)
    }

    /// The gradient of `weight`, of which only the shape matters.
    fn image_conv2d_backward_weight(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        padding: [usize; 2],
    ) -> FloatTensor<Self> {
        default::backward_weight::<Self>(x, weight, grad, padding)
    }

    /// The gradient of `bias`.
    fn image_conv2d_backward_bias(grad: FloatTensor<Self>) -> FloatTensor<Self> {
        default::backward_bias::<Self>(grad)
    }
}

default_on_gpu!(Conv2dBackend);

/// Two-dimensional convolution (cross-correlation, as in PyTorch), stride 1.
///
/// Shapes: `x` `[batch, channels_in, height, width]`, `weight` `[channels_out, channels_in, kernel_h, kernel_w]`, `bias`
/// `[channels_out]`; result `[batch, channels_out, height + 2·padding[0] - kernel_h + 1, width + 2·padding[1] - kernel_w +
/// 1]`. `padding` is the number of zero rows above and below, and of zero columns left and right.
///
/// # Panics
/// If the shapes do not fit together, or the padded image is smaller than the kernel.
pub fn conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    padding: [usize; 2],
) -> Tensor<4> {
    let [_, channels_in, height, width] = x.dims();
    let [channels_out, expected, kernel_h, kernel_w] = weight.dims();
    assert_eq!(
        channels_in, expected,
        "conv2d: x has {channels_in} channels but weight is [{channels_out}, {expected}, \
         {kernel_h}, {kernel_w}] = [channels_out, channels_in, kernel_h, kernel_w]"
    );
    assert!(
        (1..=height + 2 * padding[0]).contains(&kernel_h)
            && (1..=width + 2 * padding[1]).contains(&kernel_w),
        "conv2d: kernels of {kernel_h} x {kernel_w} do not fit into images of {height} x {width} \
         padded by {padding:?}"
    );
    let bias = super::bias_or_zeros("conv2d", bias, channels_out, &weight.device());
    Tensor::from_dispatch(<Dispatch as Conv2dBackend>::image_conv2d_forward(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        padding,
    ))
}
