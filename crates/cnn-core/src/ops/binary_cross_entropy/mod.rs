//! Sigmoid and binary cross-entropy as one operation, for rows that may have any number of classes:
//! `loss = mean_{i, k} max(x, 0) - x y + ln(1 + e^-|x|)`, `x` a logit and `y` its target.
//!
//! Backwards `dx[i, k] = (p[i, k] - y[i, k]) · g / (rows · classes)`, `p` the sigmoid of the logits. The rule keeps `p` and the
//! targets.
mod autodiff;
mod cpu;
pub mod default;

use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

use super::cpu_tensor::default_on_gpu;

/// Backends that compute [`binary_cross_entropy`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub trait BinaryCrossEntropyBackend: Backend {
    /// `logits` `[rows, classes]` and as many targets, row by row -> the loss `[1]` and the probabilities `[rows, classes]`.
    fn sigmoid_cross_entropy_forward(
        logits: FloatTensor<Self>,
        targets: Arc<[f32]>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        default::forward::<Self>(logits, targets)
    }

    /// The gradient of the logits, from the probabilities and the gradient `[1]` of the loss.
    fn sigmoid_cross_entropy_backward(
        probabilities: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        targets: Arc<[f32]>,
    ) -> FloatTensor<Self> {
        default::backward::<Self>(probabilities, grad, targets)
    }
}

default_on_gpu!(BinaryCrossEntropyBackend);

/// `loss = mean_{i, k} -y[i, k] ln p[i, k] - (1 - y[i, k]) ln(1 - p[i, k])`, `p = sigmoid(logits)`
///
/// As PyTorch's `BCEWithLogitsLoss`, except that the loss of an empty batch is 0 and not NaN.
///
/// Shapes: `logits` `[rows, classes]`, `targets` `[rows, classes]` row by row, each of [0, 1]; result `[1]`.
///
/// # Panics
/// If there is not one target per logit, or one lies outside of [0, 1].
///
/// ```
/// # #[cfg(feature = "flex")] {
/// use burn::tensor::{Device, Tensor};
/// use cnn_core::ops::binary_cross_entropy;
/// // Sure and right of both classes of the first row, undecided on those of the second.
/// let logits = Tensor::<2>::from_data([[50.0, 50.0], [0.0, 0.0]], &Device::flex());
/// let loss = binary_cross_entropy(logits, &[1.0, 1.0, 0.0, 1.0]).into_scalar::<f32>();
/// assert!((loss - 2f32.ln() / 2.0).abs() < 1e-6);
/// # }
/// ```
pub fn binary_cross_entropy(logits: Tensor<2>, targets: &[f32]) -> Tensor<1> {
    let [rows, classes] = logits.dims();
    assert_eq!(
        rows * classes,
        targets.len(),
        "binary_cross_entropy: {} targets for {rows} rows of {classes} classes",
        targets.len()
    );
    if let Some(target) = targets.iter().find(|y| !(0.0..=1.0).contains(*y)) {
        panic!("binary_cross_entropy: a target is {target}");
    }
    let (loss, _) = <Dispatch as BinaryCrossEntropyBackend>::sigmoid_cross_entropy_forward(
        logits.into_dispatch(),
        targets.into(),
    );
    Tensor::from_dispatch(loss)
}
