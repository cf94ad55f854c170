//! Convolution and pooling layers for images and ragged documents, generic over Burn backends.
//!
//! Three things live here:
//!
//! - [`Documents`]: a batch of token sequences of different lengths, packed one after another, so that no document is ever
//!   padded and none can see its neighbours;
//! - [`ops`]: fused operations. Each has a default body made of Burn operations, which runs on every backend, a CPU body
//!   that calls the kernels of [`cnn_kernels`], and a rule for automatic differentiation;
//! - [`layers`]: what networks are made of. A layer is declared as in Burn: a config with documented fields, `init`, then
//!   `forward`.
//!
//! Nothing here knows a data set or a model. Tensors carry their backend at run time, so the same code trains on any device
//! that was compiled in; [`backend::Backend`] picks one by name.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use cnn_core::Documents;
//! use cnn_core::layers::{Conv1dConfig, EmbeddingConfig, MaxOverTime};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # #[cfg(feature = "flex")] {
//! let device = Device::flex();
//! let embedding = EmbeddingConfig::new(100, 8).init(&device)?;
//! let conv = Conv1dConfig::new(8, 16, 3).with_padding([1, 1]).init(&device)?;
//!
//! let documents = Documents::new(&[vec![7, 3, 7, 12], vec![5]]);
//! let words: Tensor<2> = embedding.forward(&documents); // [tokens, channels] = [5, 8]
//! let (maps, positions) = conv.forward(words, documents.offsets()); // [positions, feature maps] = [5, 16]
//! let features = MaxOverTime.forward(maps, &positions, None); // [documents, feature maps]
//! assert_eq!(features.dims(), [2, 16]);
//! # }
//! # Ok(())
//! # }
//! ```
// burn-ndarray 0.22.1 is deprecated upstream, and the dispatch macros name its type in this crate.
#![cfg_attr(feature = "ndarray", allow(deprecated))]
#![forbid(unsafe_code)]

pub mod backend;
mod documents;
pub mod layers;
mod noise;
pub mod ops;

pub use cnn_kernels::awake::keep_threads_awake;
pub use cnn_kernels::memory::keep_freed_memory;
pub use cnn_kernels::{Isa, Offsets, random};
pub use documents::Documents;
pub use noise::Noise;
