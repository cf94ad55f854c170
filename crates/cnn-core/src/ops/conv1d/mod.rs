//! Convolution over ragged documents as one operation.
//!
//! For position `p` of a document whose tokens are `x[0..len]` (its own, no neighbour's):
//!
//! `y[p, o] = bias[o] + Σ_i Σ_j x[p + j - padding_left, i] · weight[o, i, j]`, terms outside the document being zero.
//!
//! Backwards, with `g` the gradient of `y`:
//!
//! - `dx[t, i] = Σ_o Σ_j g[t - j + padding_left, o] · weight[o, i, j]`, again within the document only;
//! - `dweight[o, i, j] = Σ_p g[p, o] · x[p + j - padding_left, i]`;
//! - `dbias[o] = Σ_p g[p, o]`, over all positions of all documents.
//!
//! The rule keeps handles of `x` and `weight`, no copies and no unfolded windows. The default body does unfold them: it
//! takes `kernel_size` times the memory of `x`.
//!
//! With `relu_input` it is the convolution of `max(x, 0)`: where a network activates before each convolution, as DPCNN does, ReLU by
//! itself reads and writes every number once forward and several times backward. Here it happens while the convolution
//! reads. The gradient of `x` is 0 where `x` is not positive, the other two are those for `max(x, 0)`.
mod autodiff;
mod cpu;
pub mod default;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, TensorMetadata, backend_extension};
use burn::tensor::Tensor;
use cnn_kernels::{Conv1dShape, Offsets};

use super::cpu_tensor::default_on_gpu;

/// Backends that compute [`conv1d`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub trait Conv1dBackend: Backend {
    /// `x` `[tokens, channels_in]`, `weight` `[channels_out, channels_in, kernel_size]`, `bias` `[channels_out]` ->
    /// `[positions, channels_out]`.
    fn ragged_conv1d_forward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        offsets: Offsets,
        padding: [usize; 2],
        relu_input: bool,
    ) -> FloatTensor<Self> {
        let x = default::input::<Self>(x, relu_input);
        default::forward::<Self>(x, weight, bias, offsets, padding)
    }

    /// The gradient of `x`, which itself matters with `relu_input` alone.
    fn ragged_conv1d_backward_input(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        offsets: Offsets,
        padding: [usize; 2],
        relu_input: bool,
    ) -> FloatTensor<Self> {
        let dx = default::backward_input::<Self>(weight, grad, offsets, padding);
        default::backward_relu::<Self>(x, dx, relu_input)
    }

    /// The gradient of `weight`, for kernels of `kernel_size` tokens.
    fn ragged_conv1d_backward_weight(
        x: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        offsets: Offsets,
        kernel_size: usize,
        padding: [usize; 2],
        relu_input: bool,
    ) -> FloatTensor<Self> {
        let x = default::input::<Self>(x, relu_input);
        default::backward_weight::<Self>(x, grad, offsets, kernel_size, padding)
    }

    /// The gradient of `bias`.
    fn ragged_conv1d_backward_bias(grad: FloatTensor<Self>) -> FloatTensor<Self> {
        super::linear::default::backward_bias::<Self>(grad)
    }
}

default_on_gpu!(Conv1dBackend);

/// The shape of a convolution from that of its weight.
pub(super) fn shape_of<T: TensorMetadata>(weight: &T, padding: [usize; 2]) -> Conv1dShape {
    sizes(weight.shape().dims(), padding)
}

/// The shape of a convolution whose weight is `[channels_out, channels_in, kernel_size]`.
pub(crate) fn sizes(
    [channels_out, channels_in, kernel_size]: [usize; 3],
    [padding_left, padding_right]: [usize; 2],
) -> Conv1dShape {
    Conv1dShape {
        channels_in,
        channels_out,
        kernel_size,
        padding_left,
        padding_right,
    }
}

/// `y[p, o] = bias[o] + Σ_i Σ_j x[p + j - padding_left, i] · weight[o, i, j]` within each document; stride 1.
///
/// Shapes: `x` `[tokens, channels_in]`, documents packed one after another as `offsets` says; `weight` `[channels_out,
/// channels_in, kernel_size]` (PyTorch's layout), `bias` `[channels_out]`; result `[positions, channels_out]`, where a
/// document of `len > 0` tokens has `max(0, len + padding[0] + padding[1] + 1 - kernel_size)` positions and an empty one
/// none ([`Conv1dShape::output_offsets`] gives them all).
///
/// `padding` is the number of zero vectors imagined before and after *each* document. PyTorch pads a batch to a common
/// length instead, so there a short document also has windows that lie wholly in padding.
///
/// # Panics
/// If the shapes do not fit together, or a kernel spans no token.
pub fn conv1d(
    x: Tensor<2>,
    weight: Tensor<3>,
    bias: Option<Tensor<1>>,
    offsets: &Offsets,
    padding: [usize; 2],
) -> Tensor<2> {
    convolve("conv1d", x, weight, bias, offsets, padding, false)
}

/// `y[p, o] = bias[o] + Σ_i Σ_j max(x[p + j - padding_left, i], 0) · weight[o, i, j]` within each document; stride 1.
///
/// Shapes and padding as those of [`conv1d`].
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
    convolve("relu_conv1d", x, weight, bias, offsets, padding, true)
}

fn convolve(
    operation: &str,
    x: Tensor<2>,
    weight: Tensor<3>,
    bias: Option<Tensor<1>>,
    offsets: &Offsets,
    padding: [usize; 2],
    relu_input: bool,
) -> Tensor<2> {
    let ([tokens, channels_in], [channels_out, expected, kernel_size]) = (x.dims(), weight.dims());
    assert_eq!(
        channels_in, expected,
        "{operation}: x is [{tokens}, {channels_in}] but weight is [{channels_out}, {expected}, \
         {kernel_size}] = [channels_out, channels_in, kernel_size]"
    );
    super::check_tokens(operation, tokens, offsets);
    assert!(kernel_size > 0, "{operation}: the kernel spans no token");
    let bias = super::bias_or_zeros(operation, bias, channels_out, &weight.device());
    Tensor::from_dispatch(<Dispatch as Conv1dBackend>::ragged_conv1d_forward(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        offsets.clone(),
        padding,
        relu_input,
    ))
}
