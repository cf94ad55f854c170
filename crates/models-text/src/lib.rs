//! TextCNN (Kim 2014) and DPCNN (Johnson and Zhang 2017) over ragged documents.
//!
//! Documents come packed one after another ([`cnn_core::Documents`]); there is no padding token and no common length, so what a
//! network says of a document has the same bits alone and in any batch. Both networks implement [`TextClassifier`], which is all
//! that a training loop needs of them.
//!
//! ```
//! use burn::tensor::Device;
//! use models_text::{TextClassifier, TextCnnConfig, cnn_core::Documents};
//!
//! # fn main() -> Result<(), models_text::TextModelError> {
//! # #[cfg(feature = "flex")] {
//! let model = TextCnnConfig::new(1000, 2).init(&Device::flex())?; // words, classes
//! let documents = Documents::new(&[vec![17, 4, 256], vec![], vec![999]]);
//! let logits = model.forward(&documents, None); // [documents, classes]
//! assert_eq!(logits.dims(), [3, 2]);
//! # }
//! # Ok(())
//! # }
//! ```
// burn-ndarray 0.22.1 is deprecated upstream, and the module macros may name it.
#![cfg_attr(feature = "ndarray", allow(deprecated))]

mod classifier;
mod dpcnn;
mod error;
mod text_cnn;

/// The layers these networks are made of, and [`Documents`](cnn_core::Documents): re-exported, so that one dependency is enough.
pub use cnn_core;

pub use classifier::TextClassifier;
pub use dpcnn::{Dpcnn, DpcnnBlock, DpcnnConfig, Region};
pub use error::TextModelError;
pub use text_cnn::{FilterGroup, TextCnn, TextCnnConfig, TextCnnVariant, Windows};
