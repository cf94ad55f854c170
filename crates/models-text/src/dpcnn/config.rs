//! What a DPCNN is made of: region embedding, depth, maps, pooling rule, dropout, and how it starts.
use burn::config::Config;
use burn::tensor::{Device, Tensor};
use cnn_core::layers::{
    BagOfWordsRegionConfig, Conv1d, Conv1dConfig, DropoutConfig, DropoutConvention, Embedding,
    EmbeddingConfig, Initial, LinearConfig, MaxPoolConfig, PooledLength,
};
use cnn_core::random::{mix, stream};

use super::{Dpcnn, DpcnnBlock};
use crate::TextModelError;

/// Tokens under a filter of the blocks and of the convolutional region embedding.
const KERNEL_SIZE: usize = 3;

/// How the words around a position become its first vector.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Region {
    /// The published runs: the sum of one vector of `feature_maps` numbers per distinct word of the `region_size` words around the
    /// position, cut at the document's edges. `region_size` is odd: 1, 3 or 5 were used; 1 is a plain word embedding.
    BagOfWords {
        /// Words of a region.
        region_size: usize,
    },
    /// A variant that others use: vectors of `dimension` numbers and a convolution of width 3 over them.
    WordVectors {
        /// Numbers per word.
        dimension: usize,
    },
}

/// Configuration of a [`Dpcnn`].
///
/// The defaults are the network of the authors' C++ code (ConText): bag-of-words regions of 3, 7 blocks of 250 maps, biases,
/// weights from N(0, 0.01²). Their PyTorch code (gulf) is [`DpcnnConfig::gulf`].
#[derive(Config, Debug)]
pub struct DpcnnConfig {
    /// Words in the table; at least 1.
    pub vocabulary_size: usize,
    /// Classes; at least 1.
    pub classes: usize,
    /// The region embedding.
    #[config(default = "Region::BagOfWords { region_size: 3 }")]
    pub region: Region,
    /// Maps of every layer; at least 1.
    #[config(default = 250)]
    pub feature_maps: usize,
    /// Blocks of two convolutions; at least 1. Never derived from a length, so every document passes all of them.
    #[config(default = 7)]
    pub blocks: usize,
    /// Whether the region embedding and the convolutions have biases; the output layer always has.
    #[config(default = true)]
    pub bias: bool,
    /// How many positions a pooling keeps.
    #[config(default = "PooledLength::Ceil")]
    pub pooled_length: PooledLength,
    /// Probability that a top feature is dropped in training; at least 0, below 1. The paper has 0.5 on some sets, else 0.
    #[config(default = 0.5)]
    pub dropout: f32,
    /// Where dropout applies its scale.
    #[config(default = "DropoutConvention::Halved")]
    pub dropout_convention: DropoutConvention,
    /// How the table starts.
    #[config(default = "Initial::Normal { std: 0.01 }")]
    pub initial_words: Initial,
    /// How the convolutions and the output layer start; biases start at zero.
    #[config(default = "Initial::Normal { std: 0.01 }")]
    pub initial: Initial,
    /// Seed of all weights.
    #[config(default = 0)]
    pub seed: u64,
}

impl DpcnnConfig {
    /// The network of the authors' PyTorch code: single words as regions, no biases below the output layer, pooled lengths
    /// rounded down, no dropout.
    pub fn gulf(vocabulary_size: usize, classes: usize) -> Self {
        Self::new(vocabulary_size, classes)
            .with_region(Region::BagOfWords { region_size: 1 })
            .with_bias(false)
            .with_pooled_length(PooledLength::Floor)
            .with_dropout(0.0)
    }

    /// Makes the network on a device.
    ///
    /// # Errors
    /// If a size is 0, a region has an even number of words, a number is out of range.
    pub fn init(&self, device: &Device) -> Result<Dpcnn, TextModelError> {
        let table = EmbeddingConfig::new(self.vocabulary_size, self.table_width())
            .with_initial(self.initial_words)
            .with_seed(self.part_seed("embedding"))
            .init(device)?;
        self.around(table, device)
    }

    /// Makes the network around given word vectors, on their device: `[vocabulary_size, dimension]`, for a bag-of-words region
    /// `[vocabulary_size, feature_maps]`. They are trained further.
    ///
    /// # Errors
    /// As [`init`](Self::init), and if the vectors have another shape.
    pub fn init_with_vectors(&self, vectors: Tensor<2>) -> Result<Dpcnn, TextModelError> {
        let (expected, found) = ([self.vocabulary_size, self.table_width()], vectors.dims());
        if expected != found {
            return Err(TextModelError::VectorShape {
                model: "Dpcnn",
                expected,
                found,
            });
        }
        let device = vectors.device();
        self.around(Embedding::from_vectors(vectors), &device)
    }

    fn around(&self, embedding: Embedding, device: &Device) -> Result<Dpcnn, TextModelError> {
        if self.blocks == 0 {
            return Err(TextModelError::Zero {
                model: "Dpcnn",
                field: "blocks",
            });
        }
        let maps = self.feature_maps;
        let region_bag = match self.region {
            Region::BagOfWords { region_size } => Some(
                BagOfWordsRegionConfig::new(maps)
                    .with_region_size(region_size)
                    .with_bias(self.bias)
                    .init(device)?,
            ),
            Region::WordVectors { .. } => None,
        };
        let region = match self.region {
            Region::BagOfWords { .. } => None,
            Region::WordVectors { dimension } => {
                Some(self.conv(dimension, self.part_seed("region"), device)?)
            }
        };
        let block = |place: usize| -> Result<DpcnnBlock, TextModelError> {
            let seed = mix(self.part_seed("blocks"), place as u64);
            Ok(DpcnnBlock {
                conv1: self.conv(maps, mix(seed, 1), device)?,
                conv2: self.conv(maps, mix(seed, 2), device)?,
            })
        };
        Ok(Dpcnn {
            embedding,
            region,
            region_bag,
            blocks: (0..self.blocks).map(block).collect::<Result<_, _>>()?,
            pool: MaxPoolConfig::new().with_length(self.pooled_length).init(),
            dropout: DropoutConfig::new(self.dropout)
                .with_convention(self.dropout_convention)
                .init()?,
            out: LinearConfig::new(maps, self.classes)
                .with_initial(self.initial)
                .with_initial_bias(Initial::Zeros)
                .with_seed(self.part_seed("out"))
                .init(device)?,
        })
    }

    /// Equal-length convolution: one zero vector before and after each document.
    fn conv(
        &self,
        channels_in: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Conv1d, TextModelError> {
        let conv = Conv1dConfig::new(channels_in, self.feature_maps, KERNEL_SIZE)
            .with_padding([1, 1])
            .with_bias(self.bias)
            .with_initial(self.initial)
            .with_initial_bias(Initial::Zeros)
            .with_seed(seed);
        Ok(conv.init(device)?)
    }

    /// Numbers per word of the table.
    fn table_width(&self) -> usize {
        match self.region {
            Region::BagOfWords { .. } => self.feature_maps,
            Region::WordVectors { dimension } => dimension,
        }
    }

    /// Each part of the network draws under a seed of its own.
    fn part_seed(&self, part: &str) -> u64 {
        mix(self.seed, stream(part))
    }
}
