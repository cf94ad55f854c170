//! What the networks learn from: data sets, readers, tokenizers, word vectors, generated sets.
//!
//! This crate knows no model and no tensor.

pub mod describe;
pub mod duplicates;
mod error;
mod example;
pub mod fetch;
pub mod hash;
pub mod inventory;
mod known;
pub mod manifest;
mod open;
mod options;
mod path;
pub mod readers;
pub mod split;
pub mod suggest;

pub use duplicates::DuplicateReport;
pub use error::DataError;
pub use example::{ImageExample, ImageSet, Language, PartDataset, Split, TextExample, TextSet};
pub use open::{IMAGE_SIDE, open_image, open_text};
pub use options::{DATA_VARIABLE, Framing, Ink, OpenOptions};
pub use readers::{Encoding, Limits, ReadError};
