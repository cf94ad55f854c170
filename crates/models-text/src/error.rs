//! Why a text model cannot be made.
use cnn_core::layers::ConfigError;
use thiserror::Error;

/// Why a text model cannot be made, and what would do.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TextModelError {
    /// A layer refused its part of the configuration.
    #[error(transparent)]
    Layer(#[from] ConfigError),
    /// A size that must be at least 1.
    #[error("{model}: {field} is 0; it must be at least 1")]
    Zero {
        /// The model.
        model: &'static str,
        /// The field of its config.
        field: &'static str,
    },
    /// No filters at all.
    #[error("TextCnn: filters is empty; give at least one group, such as FilterGroup::new(3, 100)")]
    NoFilters,
    /// A max-norm limit that limits nothing or everything.
    #[error(
        "TextCnn: max_norm is {limit}; it must be finite and above 0 (leave it None for no limit)"
    )]
    MaxNorm {
        /// What was given.
        limit: f32,
    },
    /// Word vectors of another shape than the table.
    #[error(
        "{model}: the word vectors are {found:?}, the table is {expected:?} [vocabulary_size, dimension]"
    )]
    VectorShape {
        /// The model.
        model: &'static str,
        /// Shape of the table as configured.
        expected: [usize; 2],
        /// Shape of the vectors.
        found: [usize; 2],
    },
}
