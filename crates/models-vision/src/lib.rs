//! LeNet-5 (LeCun, Bottou, Bengio, Haffner 1998): the network as published, and as it is used today.
//!
//! ```
//! use burn::tensor::Device;
//! use models_vision::{LeNet5, LeNet5Config, LeNet5Variant};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # #[cfg(feature = "flex")] {
//! let device = Device::flex();
//! let model = LeNet5Config::new(LeNet5Variant::Classic1998).init(&device)?;
//! let blank_paper = [0u8; 28 * 28];
//! let images = LeNet5::images(&blank_paper, [28, 28], &device)?; // [batch, channel, height, width] = [1, 1, 32, 32]
//! let scores = model.forward(images); // [batch, classes]; the greatest is the prediction
//! assert_eq!(scores.dims(), [1, 10]);
//! # }
//! # Ok(())
//! # }
//! ```
// burn-ndarray 0.22.1 is deprecated upstream, and the module macros may name it.
#![cfg_attr(feature = "ndarray", allow(deprecated))]

mod lenet5;

/// The layers this network is made of, re-exported, so that one dependency is enough.
pub use cnn_core;

pub use lenet5::{
    Activation, InputError, LeNet5, LeNet5Config, LeNet5Error, LeNet5Variant, Pooling, RbfCriterion,
};
