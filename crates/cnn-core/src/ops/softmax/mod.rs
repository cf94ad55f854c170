//! Softmax over classes as one operation: `p[i, k] = exp(z[i, k]) / Σ_j exp(z[i, j])`.
//!
//! Backwards `dz[i, k] = p[i, k] · (g[i, k] - Σ_j p[i, j] · g[i, j])`, so the rule keeps `p` alone. To train a classifier
//! take [`cross_entropy`](super::cross_entropy()), which starts from the logits.
mod autodiff;
mod cpu;
pub mod default;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

use super::cpu_tensor::default_on_gpu;

/// Backends that compute [`softmax`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub trait SoftmaxBackend: Backend {
    /// `logits` `[rows, classes]` -> `[rows, classes]`.
    fn class_softmax_forward(logits: FloatTensor<Self>) -> FloatTensor<Self> {
        default::forward::<Self>(logits)
    }

    /// The gradient of the logits, from the probabilities.
    fn class_softmax_backward(
        probabilities: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        default::backward::<Self>(probabilities, grad)
    }
}

default_on_gpu!(SoftmaxBackend);

/// Probabilities of the classes: `p[i, k] = exp(z[i, k]) / Σ_j exp(z[i, j])`.
///
/// Shapes: `logits` `[rows, classes]`; result `[rows, classes]`. The greatest logit of a row is subtracted first, so large
/// logits do not overflow.
pub fn softmax(logits: Tensor<2>) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as SoftmaxBackend>::class_softmax_forward(
        logits.into_dispatch(),
    ))
}
