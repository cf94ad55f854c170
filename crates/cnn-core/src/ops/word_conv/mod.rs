//! Convolution of words as one operation: the first layer of a network whose later layers want every position.
//!
//! For position `p` of a document:
//!
//! `y[p, o] = bias[o] + Σ_i Σ_j rows[word(p + j - padding_left), i] · weight[o, i, j]`, terms outside the document being zero.
//!
//! It is [`gather`](super::gather()) and [`conv1d`](super::conv1d()); the sums run in another order. As one operation it multiplies each
//! *distinct* word with each tap once, forward and backward: 64 film reviews have 13,800 tokens and 3,200 distinct words.
//!
//! Backwards, with `g` the gradient of `y` and `G[w, j] = Σ g[p]` over the positions that have word `w` under tap `j`:
//!
//! - `drows[w, i] = Σ_o Σ_j G[w, j, o] · weight[o, i, j]`;
//! - `dweight[o, i, j] = Σ_w G[w, j, o] · rows[w, i]`;
//! - `dbias[o] = Σ_p g[p, o]`.
//!
//! The rule keeps handles of `rows` and `weight`.
mod autodiff;
mod cpu;
pub mod default;

use super::conv1d::shape_of;
use super::cpu_tensor::default_on_gpu;
use crate::Documents;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

/// Backends that compute [`word_conv`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub trait WordConvBackend: Backend {
    /// `rows` `[distinct, channels_in]`, `weight` `[channels_out, channels_in, kernel_size]`, `bias` `[channels_out]` ->
    /// `[positions, channels_out]`.
    fn word_conv_forward(
        rows: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        documents: Documents,
        padding: [usize; 2],
    ) -> FloatTensor<Self> {
        default::forward::<Self>(rows, weight, bias, documents, padding)
    }

    /// The gradients of `rows` and of `weight`.
    fn word_conv_backward(
        rows: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        documents: Documents,
        padding: [usize; 2],
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        default::backward::<Self>(rows, weight, grad, documents, padding)
    }

    /// The gradient of `bias`.
    fn word_conv_backward_bias(grad: FloatTensor<Self>) -> FloatTensor<Self> {
        super::linear::default::backward_bias::<Self>(grad)
    }
}

default_on_gpu!(WordConvBackend);

/// `y[p, o] = bias[o] + Σ_i Σ_j rows[word(p + j - padding[0]), i] · weight[o, i, j]` within each document; stride 1.
///
/// Shapes: `rows` `[distinct, channels_in]`, one row for each of `documents.distinct()`; `weight` `[channels_out, channels_in,
/// kernel_size]` (PyTorch's layout), `bias` `[channels_out]`; result `[positions, channels_out]`, positions as those of
/// [`conv1d`](super::conv1d()). A token to [skip](Documents::SKIP) keeps its place and adds nothing.
///
/// # Panics
/// If the shapes do not fit together, a word has no number or a kernel spans no token.
pub fn word_conv(
    rows: Tensor<2>,
    documents: &Documents,
    weight: Tensor<3>,
    bias: Option<Tensor<1>>,
    padding: [usize; 2],
) -> Tensor<2> {
    super::gather::check_distinct("word_conv", &rows, documents);
    let ([_, channels_in], [channels_out, expected, kernel_size]) = (rows.dims(), weight.dims());
    assert_eq!(
        channels_in, expected,
        "word_conv: weight reads {expected} numbers per word, rows have {channels_in}"
    );
    assert!(
        kernel_size > 0 && channels_in > 0,
        "word_conv: the kernel spans no token, or a word has no number"
    );
    let bias = super::bias_or_zeros("word_conv", bias, channels_out, &weight.device());
    Tensor::from_dispatch(<Dispatch as WordConvBackend>::word_conv_forward(
        rows.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        documents.clone(),
        padding,
    ))
}
