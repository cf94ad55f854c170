//! Readers: bytes of untrusted files become rows, or an error that says what, where and how to mend it.
//!
//! One file per format. All of them read through one kind of input, which unpacks gzip, counts lines and bytes, and
//! stops at the [`Limits`] before memory is taken: a size found in a file is never believed.

pub mod acl_imdb;
pub(crate) mod detect;
mod encoding;
mod error;
pub mod idx;
mod input;
pub(crate) mod json_lines;
pub mod lines;
pub(crate) mod loose;
mod names;
#[cfg(feature = "parquet")]
pub(crate) mod parquet;
#[cfg(not(feature = "parquet"))]
#[path = "no_parquet.rs"]
pub(crate) mod parquet;
pub mod picture;
mod rows;
pub(crate) mod table;

pub use encoding::Encoding;
pub(crate) use error::did_you_mean;
pub use error::{Place, ReadError};
pub(crate) use input::Input;
pub(crate) use lines::decode_row;
pub(crate) use names::Names;
pub(crate) use rows::{BAD_ROWS, Rows};
pub(crate) use table::Wanted;

/// Columns or fields that a row may have: a table of more holds measurements, not texts.
pub(crate) const MOST_COLUMNS: usize = 10_000;

/// The most that is read from one set. The defaults are far above any set that these networks are trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file after unpacking.
    pub file_bytes: u64,
    /// Bytes of one row: a line, a record, a document.
    pub row_bytes: usize,
    /// Rows of one file, entries of one archive or folder.
    pub rows: usize,
    /// Distinct classes.
    pub classes: usize,
    /// Pixels on a side of an image.
    pub image_side: u32,
}

impl Limits {
    /// The limits used unless others are given.
    pub const DEFAULT: Self = Self {
        file_bytes: 4 << 30,
        row_bytes: 16 << 20,
        rows: 50_000_000,
        classes: 10_000,
        image_side: 16_384,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
