//! TextCNN: filters of several widths over word vectors, the maximum of each over the document, one dense layer.
mod config;

use burn::module::Module;
use burn::tensor::Tensor;
use cnn_core::layers::{Conv1d, Dropout, Embedding, Linear};
use cnn_core::{Documents, Noise, ops};

pub use config::{FilterGroup, TextCnnConfig, TextCnnVariant, Windows};

use crate::TextClassifier;

/// TextCNN (Kim, "Convolutional Neural Networks for Sentence Classification", 2014, section 2).
///
/// For a document of word vectors `x` `[tokens, dimension]` and a filter of width `k`:
///
/// ```text
/// c[p]   = ReLU(b + Σ_j Σ_i w[i, j] · x[p + j, i])            windows p, see Windows
/// f      = max_p c[p]                                         one number per filter
/// logits = W · dropout(f) + b_out
/// ```
///
/// | parameter | shape |
/// |---|---|
/// | `embedding.weight` | `[vocabulary_size, dimension]` |
/// | `static_embedding.weight` (multichannel only) | `[vocabulary_size, dimension]` |
/// | `convs.N.weight`, `convs.N.bias` | `[filters, dimension, width]`, `[filters]` |
/// | `out.weight`, `out.bias` | `[classes, sum of filters]`, `[classes]` |
///
/// Differences from the author's code: a text is not padded to a common length. There, windows wholly in padding count in the
/// maximum wherever padding stands, so that no feature is below ReLU(bias); with [`Windows::Touching`] that floor holds for every
/// document. Multichannel adds the two channels before the convolution, which being linear gives the same sum.
#[derive(Module, Debug)]
pub struct TextCnn {
    /// The table of word vectors: trained, unless the variant is [`TextCnnVariant::Static`].
    pub embedding: Embedding,
    /// The channel that stays as it is, of [`TextCnnVariant::Multichannel`].
    pub static_embedding: Option<Embedding>,
    /// One convolution per group of filters.
    pub convs: Vec<Conv1d>,
    /// Dropout of the pooled features.
    pub dropout: Dropout,
    /// The output layer.
    pub out: Linear,
    #[module(skip)]
    variant: TextCnnVariant,
    #[module(skip)]
    windows: Windows,
    #[module(skip)]
    max_norm: Option<f32>,
}

impl TextCnn {
    /// The pooled features of each document, `[documents, sum of filters]`, in the order of the groups: what the output layer
    /// sees, before dropout. `rows` as in [`TextClassifier::forward_rows`].
    ///
    /// # Panics
    /// If `rows` does not have one row per distinct token.
    pub fn features(&self, rows: Tensor<2>, documents: &Documents) -> Tensor<2> {
        let rows = match &self.static_embedding {
            // One sum here is two convolutions fewer: w·x + w·x' = w·(x + x').
            Some(fixed) => rows + fixed.rows(documents).detach(),
            None => rows,
        };
        let windows = match self.windows {
            Windows::Touching => ops::filter_max::Windows::Touching,
            Windows::Valid => ops::filter_max::Windows::Valid,
        };
        let filters = |conv: &Conv1d| (conv.weight.val(), conv.bias.as_ref().map(|b| b.val()));
        let filters: Vec<_> = self.convs.iter().map(filters).collect();
        ops::filter_max(rows, documents, &filters, windows)
    }

    /// Which variant this is.
    pub fn variant(&self) -> TextCnnVariant {
        self.variant
    }
}

impl TextClassifier for TextCnn {
    fn table(&self) -> &Embedding {
        &self.embedding
    }

    fn table_mut(&mut self) -> &mut Embedding {
        &mut self.embedding
    }

    fn trains_table(&self) -> bool {
        self.variant != TextCnnVariant::Static
    }

    fn forward_rows(
        &self,
        rows: Tensor<2>,
        documents: &Documents,
        noise: Option<&Noise>,
    ) -> Tensor<2> {
        let features = self.features(rows, documents);
        self.out.forward(self.dropout.forward(features, noise))
    }

    /// Scales class vectors longer than the limit back to it; shorter ones stay.
    fn after_step(&mut self) {
        if let Some(limit) = self.max_norm {
            self.out.weight = self
                .out
                .weight
                .clone()
                .map(|weight| ops::max_norm(weight, limit));
        }
    }
}
