//! What the networks are made of.
//!
//! Each layer is declared the same way: `FooConfig::new(..)` with what must be known, `with_..` for the rest, `.init(&device)`,
//! which refuses a configuration that means nothing, and `Foo::forward`. Weights are drawn from the config's `seed` by
//! counter-based random numbers, so they have the same bits on every backend; give each layer of a network its own seed.
//!
//! Weights keep PyTorch's names and layouts. Burn's PyTorch adapters turn the weight of any struct named `Linear`, which
//! would be wrong here: read and write these layers without an adapter.

mod bag_of_words_region;
mod config_error;
mod conv1d;
mod conv2d;
mod cross_entropy;
mod dropout;
mod embedding;
mod initial;
mod linear;
mod max_over_time;
mod max_pool;
mod pool2d;
mod rbf_losses;
mod rbf_output;
mod sparse_conv2d;
mod squash;
mod trainable_pool2d;

pub use bag_of_words_region::{BagOfWordsRegion, BagOfWordsRegionConfig};
pub use config_error::ConfigError;
pub use conv1d::{Conv1d, Conv1dConfig};
pub use conv2d::{Conv2d, Conv2dConfig};
pub use cross_entropy::CrossEntropy;
pub use dropout::{Dropout, DropoutConfig, DropoutConvention};
pub use embedding::{Embedding, EmbeddingConfig};
pub use initial::Initial;
pub use linear::{Linear, LinearConfig};
pub use max_over_time::MaxOverTime;
pub use max_pool::{MaxPool, MaxPoolConfig};
pub use pool2d::{AveragePool2d, AveragePool2dConfig, MaxPool2d, MaxPool2dConfig};
pub use rbf_losses::{MapLoss, MapLossConfig, RbfLoss};
pub use rbf_output::{RbfOutput, RbfOutputConfig};
pub use sparse_conv2d::{SparseConv2d, SparseConv2dConfig};
pub use squash::{Squash, SquashConfig};
pub use trainable_pool2d::{TrainablePool2d, TrainablePool2dConfig};

pub use crate::ops::PooledLength;
