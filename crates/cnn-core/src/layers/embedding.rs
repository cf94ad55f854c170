//! The table of word vectors.
use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::config_error::check_sizes;
use super::{ConfigError, Initial};
use crate::{Documents, ops};

/// Configuration of an [`Embedding`].
#[derive(Config, Debug)]
pub struct EmbeddingConfig {
    /// Words; at least 1.
    pub vocabulary_size: usize,
    /// Numbers per word; at least 1.
    pub dimension: usize,
    /// How the table starts; the fan-in is 1, since a word selects one row. (PyTorch draws from N(0, 1), ten times as far.)
    #[config(default = "Initial::Normal { std: 0.1 }")]
    pub initial: Initial,
    /// Seed of the table.
    #[config(default = 0)]
    pub seed: u64,
}

/// A table of word vectors: `y[t] = weight[id[t]]`, and zeros for a token to [skip](Documents::SKIP).
///
/// A training step should touch only the rows of its batch: [`rows`](Self::rows) on a table outside of automatic
/// differentiation gives them as a small tensor that can be the leaf of the graph, [`ops::gather()`] goes on from there.
#[derive(Module, Debug)]
pub struct Embedding {
    /// `[vocabulary_size, dimension]`.
    pub weight: Param<Tensor<2>>,
}

impl EmbeddingConfig {
    /// Makes the table on a device.
    ///
    /// # Errors
    /// If a size is 0 or the initial distribution is none.
    pub fn init(&self, device: &Device) -> Result<Embedding, ConfigError> {
        let sizes = [
            ("vocabulary_size", self.vocabulary_size),
            ("dimension", self.dimension),
        ];
        check_sizes("Embedding", &sizes)?;
        self.initial.check("Embedding")?;
        let shape = [self.vocabulary_size, self.dimension];
        let weight = self
            .initial
            .draw("embedding.weight", self.seed, 1, shape, device);
        Ok(Embedding { weight })
    }
}

impl Embedding {
    /// The table whose rows are these vectors, `[vocabulary_size, dimension]`.
    pub fn from_vectors(vectors: Tensor<2>) -> Self {
        Self {
            weight: Param::from_tensor(vectors),
        }
    }

    /// The vectors of the distinct tokens of `documents`: `[distinct, dimension]`, in the order of
    /// [`Documents::distinct`].
    ///
    /// # Panics
    /// If a token is not in the vocabulary.
    pub fn rows(&self, documents: &Documents) -> Tensor<2> {
        ops::take_rows(self.weight.val(), documents.distinct())
    }

    /// The vector of each token: `[tokens, dimension]`.
    ///
    /// # Panics
    /// If a token is not in the vocabulary.
    ///
    /// ```
    /// # #[cfg(feature = "flex")] {
    /// # use burn::tensor::Device;
    /// # use cnn_core::{Documents, layers::EmbeddingConfig};
    /// let table = EmbeddingConfig::new(1000, 300).init(&Device::flex()).unwrap();
    /// let documents = Documents::new(&[vec![17, 4, 17], vec![4]]);
    /// assert_eq!(table.rows(&documents).dims(), [2, 300]);
    /// assert_eq!(table.forward(&documents).dims(), [4, 300]);
    /// # }
    /// ```
    pub fn forward(&self, documents: &Documents) -> Tensor<2> {
        ops::gather(self.rows(documents), documents)
    }

    /// Words in the table.
    pub fn vocabulary_size(&self) -> usize {
        self.weight.dims()[0]
    }

    /// Numbers per word.
    pub fn dimension(&self) -> usize {
        self.weight.dims()[1]
    }
}
