//! Softmax and cross-entropy as one operation: `loss = mean_i -ln p[i, target_i]`, `p` the softmax of the logits.
//!
//! Backwards `dz[i, k] = (p[i, k] - [k = target_i]) · g / rows`. The rule keeps `p` and the targets. With a weight per class
//! the mean is the weighted one, and row `i` has the share `w[target_i] / Σ_j w[target_j]` in place of `1 / rows`.
mod autodiff;
mod cpu;
pub mod default;

use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

use super::cpu_tensor::default_on_gpu;

/// Backends that compute [`cross_entropy`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub trait CrossEntropyBackend: Backend {
    /// `logits` `[rows, classes]` -> the loss `[1]` and the probabilities `[rows, classes]`; `weights` has one per class.
    fn class_cross_entropy_forward(
        logits: FloatTensor<Self>,
        targets: Arc<[u32]>,
        weights: Option<Arc<[f32]>>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        default::forward::<Self>(logits, targets, weights)
    }

    /// The gradient of the logits, from the probabilities and the gradient `[1]` of the loss.
    fn class_cross_entropy_backward(
        probabilities: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        targets: Arc<[u32]>,
        weights: Option<Arc<[f32]>>,
    ) -> FloatTensor<Self> {
        default::backward::<Self>(probabilities, grad, targets, weights)
    }
}

default_on_gpu!(CrossEntropyBackend);

/// `loss = mean_i -ln softmax(logits[i])[targets[i]]`
///
/// Shapes: `logits` `[rows, classes]`, one target per row; result `[1]`. The mean of an empty batch is 0 here, as nothing
/// was wrong (PyTorch: not a number).
///
/// # Panics
/// If there is not one target per row, or a target is no class.
pub fn cross_entropy(logits: Tensor<2>, targets: &[u32]) -> Tensor<1> {
    compute(logits, targets, None)
}

/// `loss = Σ_i w[targets[i]] · -ln softmax(logits[i])[targets[i]] / Σ_i w[targets[i]]`
///
/// As PyTorch's `CrossEntropyLoss(weight)`: a class of twice the weight counts as if each of its rows were there twice.
///
/// Shapes: `logits` `[rows, classes]`, one target per row, `weights` `[classes]`; result `[1]`. Where the weights of all
/// targets sum to 0 the loss is 0 (PyTorch: not a number).
///
/// # Panics
/// If there is not one target per row or one weight per class, a target is no class, or a weight is negative or not finite.
///
/// ```
/// # #[cfg(feature = "flex")] {
/// use burn::tensor::{Device, Tensor};
/// use cnn_core::ops::weighted_cross_entropy;
/// // Undecided on the first row, sure and wrong on the second, which counts three times.
/// let logits = Tensor::<2>::from_data([[0.0, 0.0], [100.0, 0.0]], &Device::flex());
/// let loss = weighted_cross_entropy(logits, &[0, 1], &[1.0, 3.0].into()).into_scalar::<f32>();
/// assert!((loss - (2f32.ln() + 3.0 * 100.0) / 4.0).abs() < 1e-4);
/// # }
/// ```
pub fn weighted_cross_entropy(
    logits: Tensor<2>,
    targets: &[u32],
    weights: &Arc<[f32]>,
) -> Tensor<1> {
    let classes = logits.dims()[1];
    assert_eq!(
        weights.len(),
        classes,
        "weighted_cross_entropy: {} weights for {classes} classes",
        weights.len()
    );
    if let Some(weight) = weights.iter().find(|w| !(w.is_finite() && **w >= 0.0)) {
        panic!("weighted_cross_entropy: a weight is {weight}");
    }
    compute(logits, targets, Some(weights.clone()))
}

fn compute(logits: Tensor<2>, targets: &[u32], weights: Option<Arc<[f32]>>) -> Tensor<1> {
    let [rows, classes] = logits.dims();
    assert_eq!(
        rows,
        targets.len(),
        "cross_entropy: {} targets for {rows} rows",
        targets.len()
    );
    if let Some(target) = targets.iter().find(|target| **target as usize >= classes) {
        panic!("cross_entropy: target {target} among {classes} classes");
    }
    let (loss, _) = <Dispatch as CrossEntropyBackend>::class_cross_entropy_forward(
        logits.into_dispatch(),
        targets.into(),
        weights,
    );
    Tensor::from_dispatch(loss)
}

/// The share of each row in the loss, from the weights of the classes.
fn shares(targets: &[u32], weights: &[f32]) -> Vec<f32> {
    let weight = |target: &u32| f64::from(weights[*target as usize]);
    let whole: f64 = targets.iter().map(weight).sum();
    let share = |target| {
        if whole == 0.0 {
            0.0
        } else {
            weight(target) / whole
        }
    };
    targets.iter().map(|target| share(target) as f32).collect()
}
