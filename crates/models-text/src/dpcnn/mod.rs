//! DPCNN: a pyramid of pre-activated convolutions with identity shortcuts, each floor half as long as the one below.
mod config;

use burn::module::Module;
use burn::tensor::Tensor;
use cnn_core::layers::{BagOfWordsRegion, Conv1d, Dropout, Embedding, Linear, MaxPool};
use cnn_core::{Documents, Noise, Offsets, ops};

pub use config::{DpcnnConfig, Region};

use crate::TextClassifier;

/// Two convolutions of one floor of the pyramid, each with weights of its own.
#[derive(Module, Debug)]
pub struct DpcnnBlock {
    /// `[feature_maps, feature_maps, 3]`.
    pub conv1: Conv1d,
    /// `[feature_maps, feature_maps, 3]`.
    pub conv2: Conv1d,
}

impl DpcnnBlock {
    /// `x + conv2(ReLU(conv1(ReLU(x))))`, or in the first block, where `is_first`, `x + conv2(ReLU(conv1(x)))`. The shortcut is the
    /// identity: no activation, no change of dimension.
    fn forward(&self, x: Tensor<2>, is_first: bool, positions: &Offsets) -> Tensor<2> {
        let inner = if is_first {
            self.conv1.forward(x.clone(), positions).0
        } else {
            self.conv1.forward_relu(x.clone(), positions)
        };
        x + self.conv2.forward_relu(inner, positions)
    }
}

/// Deep pyramid CNN (Johnson and Zhang, "Deep Pyramid Convolutional Neural Networks for Text Categorization", 2017, section 2).
///
/// ```text
/// region embedding   e = sum of the vectors of the words around each position + b     [tokens, maps]   no activation
/// block 1            z = e + conv2(ReLU(conv1(e)))                                     [tokens, maps]   none before conv1
/// blocks 2, 3, ..    p = maxpool(z, size 3, stride 2)                                  half as many positions
///                    z = p + conv2(ReLU(conv1(ReLU(p))))
/// top                logits = W · dropout(max over the positions of z) + b             [documents, classes]
/// ```
///
/// Convolutions have width 3 and one zero vector on each side of the document, so they keep its length. Pooling windows are clipped
/// to the document. The number of blocks is a setting: a document of one token passes through all of them.
///
/// | parameter | shape |
/// |---|---|
/// | `embedding.weight` | `[vocabulary_size, maps]`, with word vectors `[vocabulary_size, dimension]` |
/// | `region_bag.bias`, or with word vectors `region.weight`, `region.bias` | `[maps]`, or `[maps, dimension, 3]`, `[maps]` |
/// | `blocks.N.conv1.weight`, `.bias`, `blocks.N.conv2.weight`, `.bias` | `[maps, maps, 3]`, `[maps]` |
/// | `out.weight`, `out.bias` | `[classes, maps]`, `[classes]` |
///
/// A token to [skip](Documents::SKIP), as words outside the vocabulary are in the published runs, keeps its position and adds
/// nothing. Differences from the authors' code: none in the arithmetic that is known; the unsupervised ("tv-") embeddings, which
/// their best figures use, are not here. An empty document, which they do not have, is given the logits of a zero top vector.
#[derive(Module, Debug)]
pub struct Dpcnn {
    /// The table of word vectors, or the matrix of the bag of words, one row per word.
    pub embedding: Embedding,
    /// The convolution over word vectors, of [`Region::WordVectors`].
    pub region: Option<Conv1d>,
    /// The sum over a region, of [`Region::BagOfWords`].
    pub region_bag: Option<BagOfWordsRegion>,
    /// The pyramid, longest floor first.
    pub blocks: Vec<DpcnnBlock>,
    /// The pooling between blocks.
    pub pool: MaxPool,
    /// Dropout of the top vector.
    pub dropout: Dropout,
    /// The output layer.
    pub out: Linear,
}

impl Dpcnn {
    /// The region embedding `e`, `[tokens, maps]`. `rows` as in [`TextClassifier::forward_rows`].
    ///
    /// # Panics
    /// If `rows` does not have one row per distinct token.
    pub fn embed(&self, rows: Tensor<2>, documents: &Documents) -> Tensor<2> {
        match (&self.region_bag, &self.region) {
            (Some(bag), _) => bag.forward(rows, documents),
            (None, Some(conv)) => conv.forward_words(rows, documents),
            (None, None) => ops::gather(rows, documents), // [tokens, dimension]
        }
    }

    /// The top vector of each document, `[documents, maps]`: what the output layer sees, before dropout.
    ///
    /// # Panics
    /// If `embedded` does not have one row per token.
    pub fn top(&self, embedded: Tensor<2>, documents: &Documents) -> Tensor<2> {
        let (mut x, mut positions) = (embedded, documents.offsets().clone());
        for (floor, block) in self.blocks.iter().enumerate() {
            if floor > 0 {
                (x, positions) = self.pool.forward(x, &positions);
            }
            x = block.forward(x, floor == 0, &positions);
        }
        ops::max_over_time(x, &positions, None)
    }
}

impl TextClassifier for Dpcnn {
    fn table(&self) -> &Embedding {
        &self.embedding
    }

    fn table_mut(&mut self) -> &mut Embedding {
        &mut self.embedding
    }

    fn trains_table(&self) -> bool {
        true
    }

    fn forward_rows(
        &self,
        rows: Tensor<2>,
        documents: &Documents,
        noise: Option<&Noise>,
    ) -> Tensor<2> {
        let top = self.top(self.embed(rows, documents), documents);
        self.out.forward(self.dropout.forward(top, noise))
    }
}
