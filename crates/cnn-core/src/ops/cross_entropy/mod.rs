//! Softmax and cross-entropy as one operation: `loss = mean_i -ln p[i, target_i]`, `p` the softmax of the logits.
//!
//! Backwards `dz[i, k] = (p[i, k] - [k = target_i]) · g / rows`. The rule keeps `p` and the targets.
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
    /// `logits` `[rows, classes]` -> the loss `[1]` and the probabilities `[rows, classes]`.
    fn class_cross_entropy_forward(
        logits: FloatTensor<Self>,
        targets: Arc<[u32]>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        default::forward::<Self>(logits, targets)
    }

    /// The gradient of the logits, from the probabilities and the gradient `[1]` of the loss.
    fn class_cross_entropy_backward(
        probabilities: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        targets: Arc<[u32]>,
    ) -> FloatTensor<Self> {
        default::backward::<Self>(probabilities, grad, targets)
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
    );
    Tensor::from_dispatch(loss)
}
