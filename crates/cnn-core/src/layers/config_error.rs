//! Why a layer's configuration means nothing.
use super::Initial;

/// Why a layer's configuration means nothing, and what would.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// A size that must be at least 1.
    #[error("{layer}: {field} is 0; it must be at least 1")]
    Zero {
        /// The layer.
        layer: &'static str,
        /// The field of its config.
        field: &'static str,
    },
    /// A number that is out of range or not finite.
    #[error("{layer}: {field} is {value}; it must be {expected}")]
    Number {
        /// The layer.
        layer: &'static str,
        /// The field of its config.
        field: &'static str,
        /// What was given.
        value: f32,
        /// What would do.
        expected: &'static str,
    },
    /// A distribution of weights that is none.
    #[error(
        "{layer}: weights cannot be drawn from {initial:?}; its number must be finite and not negative"
    )]
    Initial {
        /// The layer.
        layer: &'static str,
        /// What was given.
        initial: Initial,
    },
    /// A region of an even number of words.
    #[error(
        "BagOfWordsRegion: region_size is {region_size}; it must be odd, so that a region has a centre"
    )]
    EvenRegion {
        /// What was given.
        region_size: usize,
    },
    /// An output map that reads no input map.
    #[error(
        "SparseConv2d: output map {map} reads no input map; give it at least one, or leave it out"
    )]
    NoConnection {
        /// The output map, counted from 0.
        map: usize,
    },
    /// An output map that reads an input map that does not exist, or one twice.
    #[error(
        "SparseConv2d: output map {map} reads {reads:?}; these must be different numbers below {channels_in}"
    )]
    Connection {
        /// The output map, counted from 0.
        map: usize,
        /// The input maps that it was to read.
        reads: Vec<usize>,
        /// How many input maps there are.
        channels_in: usize,
    },
    /// Codes of different lengths.
    #[error(
        "RbfOutput: code {class} has {found} entries and code 0 has {expected}; they must agree"
    )]
    CodeLength {
        /// The class, counted from 0.
        class: usize,
        /// Entries of its code.
        found: usize,
        /// Entries of the first code.
        expected: usize,
    },
}

/// `Zero` for the first of these sizes that is 0.
pub(super) fn check_sizes(
    layer: &'static str,
    sizes: &[(&'static str, usize)],
) -> Result<(), ConfigError> {
    match sizes.iter().find(|(_, size)| *size == 0) {
        Some((field, _)) => Err(ConfigError::Zero { layer, field }),
        None => Ok(()),
    }
}
