//! Where models and data meet: from a configuration to examples in memory and a network of the right size.

mod images;
mod networks;
mod objective;
mod text;

pub use images::{ImageTask, images_of};
pub use networks::{WINDOWS, dpcnn, lenet5, pooled_length, textcnn};
pub use objective::objective;
pub use text::{TextTask, documents_of};

use datasets::{DataError, OpenOptions};

use crate::config::RunConfig;

/// Why a run could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum AssemblyError {
    /// The data could not be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The tokenizer could not be built or read.
    #[error(transparent)]
    Tokenizer(#[from] datasets::tokenize::TokenizerError),
    /// The word vectors could not be read.
    #[error(transparent)]
    Vectors(#[from] datasets::word_vectors::VectorError),
    /// A setting does not fit the data or the network.
    #[error("`{key}`: {reason}")]
    Setting {
        /// Which setting.
        key: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The set lacks what the run needs.
    #[error("{data} has no {part} examples; {cure}")]
    Empty {
        /// The set.
        data: String,
        /// Which part.
        part: &'static str,
        /// How to mend it.
        cure: &'static str,
    },
    /// The weights are not those of the network.
    #[error(transparent)]
    Frozen(#[from] predictor::FrozenError),
    /// The network refused its configuration.
    #[error("the network cannot be built: {reason}")]
    Network {
        /// The layer's words.
        reason: String,
    },
}

/// What the data crate is asked for; `base` has what no setting decides, and may name another folder of known sets.
pub fn open_options(config: &RunConfig, base: &OpenOptions) -> OpenOptions {
    let base = config.reading.lay_over(base.clone());
    let base = match config.images {
        Some(images) => images.lay_over(base),
        None => base,
    };
    let separator = config.examples.label_separator.clone();
    OpenOptions {
        label_separator: (!separator.is_empty()).then_some(separator),
        // A negative one stands for the run's own.
        seed: u64::try_from(config.examples.split_seed).unwrap_or(config.seed),
        limit: (config.examples.limit > 0).then_some(config.examples.limit),
        fold: (config.examples.folds > 0).then_some((config.examples.fold, config.examples.folds)),
        ..base
    }
}

fn require_examples(data: &str, parts: &[(&'static str, usize)]) -> Result<(), AssemblyError> {
    for (part, count) in parts {
        if *count == 0 {
            let cure = "give it more rows: every part of the split needs at least one";
            return Err(AssemblyError::Empty {
                data: data.to_owned(),
                part,
                cure,
            });
        }
    }
    Ok(())
}
