//! Softmax cross-entropy.
use burn::module::Module;
use burn::tensor::Tensor;

use crate::ops;

/// Softmax cross-entropy, the loss of a classifier: `mean_i -ln softmax(logits[i])[target_i]`.
///
/// As PyTorch's `CrossEntropyLoss`, except that the loss of an empty batch is 0 and not NaN.
#[derive(Module, Debug, Default)]
pub struct CrossEntropy;

impl CrossEntropy {
    /// `[rows, classes]` and one target per row -> `[1]`.
    ///
    /// # Panics
    /// If there is not one target per row, or a target is no class.
    ///
    /// ```
    /// # #[cfg(feature = "flex")] {
    /// # use burn::tensor::{Device, Tensor};
    /// # use cnn_core::layers::CrossEntropy;
    /// let undecided = Tensor::<2>::zeros([3, 10], &Device::flex());
    /// let loss = CrossEntropy.forward(undecided, &[0, 7, 9]).into_scalar::<f32>();
    /// assert!((loss - 10f32.ln()).abs() < 1e-6);
    /// # }
    /// ```
    pub fn forward(&self, logits: Tensor<2>, targets: &[u32]) -> Tensor<1> {
        ops::cross_entropy(logits, targets)
    }
}
