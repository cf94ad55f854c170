//! The arithmetic of convolutional networks on plain slices: fast kernels, each beside its plain reference.
//!
//! This crate knows no tensor library, no file and no model. Every operation is a free function on slices with its sizes
//! as arguments; it checks all lengths once, on entry, and panics when they disagree.
//!
//! Three rules hold for every kernel, and tests named after them keep them:
//!
//! 1. **Neighbours do not matter.** The numbers computed for one row, document or image have the same bits whatever else is
//!    in the batch, and wherever in the batch it stands.
//! 2. **Threads do not matter.** Work is cut by constants of the problem, never by the number of threads of the current
//!    `rayon` pool.
//! 3. **The instruction set does not matter.** AVX-512, AVX2 and the portable code evaluate the same chain of fused
//!    multiply-adds for each output; see [`Isa`].

mod cuts;
mod entries;
mod isa;
mod lanes;
mod matmul;
mod offsets;
mod real;
mod scratch;
mod simd;
mod transpose;
mod tree;

#[cfg(all(test, target_os = "linux", not(miri)))]
mod fence;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod trial;

pub mod awake;
pub mod conv1d;
pub mod conv2d;
pub mod filter_max;
pub mod image_stages;
pub mod linear;
pub mod loss;
pub mod math;
pub mod memory;
pub mod optimizer;
pub mod pool2d;
pub mod pooling;
pub mod random;
pub mod rows;
pub mod squash;
pub mod word_conv;

pub use conv1d::{
    Conv1dPacked, Conv1dShape, conv1d_backward_input, conv1d_backward_weight, conv1d_forward,
    relu_conv1d_backward_input, relu_conv1d_backward_weight, relu_conv1d_forward,
};
pub use conv2d::{
    Conv2dShape, conv2d_backward_bias, conv2d_backward_input, conv2d_backward_weight,
    conv2d_forward,
};
pub use filter_max::{
    FilterGroup, FilterMaxShape, Windows, WordTable, filter_max_backward_bias,
    filter_max_backward_rows, filter_max_backward_weight, filter_max_forward,
};
pub use image_stages::{
    Activation, ImageStage, ImageStages, ImageStagesError, ImageStagesPacked, Pooling,
    image_stages_backward, image_stages_forward,
};
pub use isa::{Isa, IsaError};
pub use linear::{
    LinearPacked, bias_gradient, linear_backward_input, linear_backward_weight, linear_forward,
};
pub use loss::{
    binary_cross_entropy_backward, binary_cross_entropy_forward, cross_entropy_backward,
    cross_entropy_forward, sigmoid, softmax, weighted_cross_entropy_backward,
    weighted_cross_entropy_forward,
};
pub use offsets::{Offsets, OffsetsError};
pub use optimizer::{StepRule, max_norm_rows, optimizer_step};
pub use pool2d::{
    Pool2dShape, average_pool2d_backward, average_pool2d_forward, max_pool2d_backward,
    max_pool2d_forward,
};
pub use pooling::{
    NO_WINNER, max_over_time_backward, max_over_time_forward, max_pool_backward, max_pool_forward,
};
pub use real::Real;
pub use rows::{
    SKIP, WEIGHTED_ROW_BLOCK, add_weighted_rows, bag_backward, bag_forward, gather_backward,
    gather_forward,
};
pub use squash::{squash_backward, squash_forward};
pub use word_conv::{WordConvTable, word_conv_backward, word_conv_forward};
