//! Fused operations: one folder each.
//!
//! A folder holds the equations both ways and the function that users call (`mod.rs`), a body made of Burn operations
//! that runs on every backend (`default.rs`), a body that hands slices to [`cnn_kernels`] (`cpu.rs`), and the rule of
//! automatic differentiation (`autodiff.rs`), which is the same for all bodies.
//!
//! On the CPU backends the results for one row, document or image have the same bits whatever else is in the batch, and
//! for any number of threads. The default bodies, which GPUs run, give the same values within rounding.

pub mod bag;
pub mod binary_cross_entropy;
pub mod conv1d;
pub mod conv2d;
mod cpu_tensor;
pub mod cross_entropy;
pub mod filter_max;
pub mod gather;
pub mod image_stages;
pub mod linear;
pub mod max_norm;
pub mod max_over_time;
pub mod max_pool;
pub mod optimizer_step;
pub mod pool2d;
pub mod scaled_tanh;
pub mod softmax;
mod tables;
pub mod word_conv;

use burn::tensor::{Device, Tensor, TensorData};
use cnn_kernels::Offsets;

pub use bag::bag;
pub use binary_cross_entropy::binary_cross_entropy;
pub use conv1d::{conv1d, relu_conv1d};
pub use conv2d::conv2d;
pub use cross_entropy::{cross_entropy, weighted_cross_entropy};
pub use filter_max::filter_max;
pub use gather::{gather, take_rows};
pub use image_stages::image_stages;
pub use linear::linear;
pub use max_norm::max_norm;
pub use max_over_time::max_over_time;
pub use max_pool::{PooledLength, max_pool};
pub use optimizer_step::{StepRule, optimizer_step};
pub use pool2d::{average_pool2d, max_pool2d};
pub use scaled_tanh::scaled_tanh;
pub use softmax::softmax;
pub use word_conv::word_conv;

/// The bias, or zeros in its place: backend operations take no optional tensors, and adding zero is exact.
fn bias_or_zeros(
    operation: &str,
    bias: Option<Tensor<1>>,
    channels: usize,
    device: &Device,
) -> Tensor<1> {
    let Some(bias) = bias else {
        // As data where it is short, and not as a constant that Burn would fuse: see `tables::with_rows`.
        return match channels {
            0 | 1 => Tensor::from_data(TensorData::new(vec![0f32; channels], [channels]), device),
            _ => Tensor::zeros([channels], device),
        };
    };
    let [entries] = bias.dims();
    assert_eq!(
        entries, channels,
        "{operation}: bias has {entries} entries for {channels} output channels"
    );
    bias
}

/// Asserts that `offsets` describe the `tokens` packed rows of a tensor.
fn check_tokens(operation: &str, tokens: usize, offsets: &Offsets) {
    let total = offsets.total();
    assert_eq!(
        tokens, total,
        "{operation}: x has {tokens} rows but its offsets end at {total}"
    );
}

/// `change(tensor)` outside of automatic differentiation; what required gradients comes back as a leaf that does.
fn outside_autodiff<const D: usize, R>(
    tensor: Tensor<D>,
    change: impl FnOnce(Tensor<D>) -> (Tensor<D>, R),
) -> (Tensor<D>, R) {
    let Some(strategy) = tensor.gradient_checkpointing_strategy() else {
        return change(tensor);
    };
    let requires_gradients = tensor.is_require_grad();
    let (tensor, rest) = change(tensor.inner());
    let tensor = tensor
        .autodiff()
        .with_gradient_checkpointing_strategy(strategy);
    (tensor.set_require_grad(requires_gradients), rest)
}
