//! What a TextCNN is made of: variants, filters, windows, dropout, and how it starts.
use burn::config::Config;
use burn::tensor::{Device, Tensor};
use cnn_core::layers::{
    Conv1dConfig, DropoutConfig, DropoutConvention, Embedding, EmbeddingConfig, Initial,
    LinearConfig,
};
use cnn_core::random::{mix, stream};

use super::TextCnn;
use crate::TextModelError;

/// Where the word vectors come from and whether they are trained (section 3.1 of the paper).
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum TextCnnVariant {
    /// All vectors start at random and are trained.
    Rand,
    /// Given vectors stay as they are.
    Static,
    /// Given vectors are trained further.
    NonStatic,
    /// Two copies of the given vectors, of which one is trained. The same filters run over both and the results are added before
    /// the ReLU; the bias enters once.
    Multichannel,
}

/// Which windows of a document a filter of width `k` sees.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Windows {
    /// All windows that touch a token, with `k - 1` zero vectors imagined on both sides, and the one that touches none, whose
    /// value is ReLU(bias) and hence the floor of every maximum. This is what the authors' code computes on a text that it pads far
    /// enough, without the dependence on how far. Every document has an answer, of whatever length.
    Touching,
    /// Windows of `k` tokens only, as PyTorch's `Conv1d` without padding and most re-implementations. A document shorter than a
    /// filter, which stops those with an error, has 0 for that filter.
    Valid,
}

/// Filters of one width.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub struct FilterGroup {
    /// Tokens under a filter at a time; at least 1.
    pub width: usize,
    /// Number of filters; at least 1.
    pub filters: usize,
}

impl FilterGroup {
    /// The same number of filters for each width.
    ///
    /// ```
    /// use models_text::FilterGroup;
    /// assert_eq!(FilterGroup::each(&[3, 4], 100), [FilterGroup::new(3, 100), FilterGroup::new(4, 100)]);
    /// ```
    pub fn each(widths: &[usize], filters: usize) -> Vec<Self> {
        widths
            .iter()
            .map(|width| Self::new(*width, filters))
            .collect()
    }
}

/// Configuration of a [`TextCnn`].
///
/// `TextCnnConfig::new(vocabulary_size, classes)` is the network as it is used today; [`TextCnnConfig::kim`] has the settings of
/// the author's code.
#[derive(Config, Debug)]
pub struct TextCnnConfig {
    /// Words in the table; at least 1.
    pub vocabulary_size: usize,
    /// Classes; at least 1.
    pub classes: usize,
    /// Numbers per word; at least 1.
    #[config(default = 300)]
    pub dimension: usize,
    /// Widths and numbers of filters; at least one group.
    #[config(default = "FilterGroup::each(&[3, 4, 5], 100)")]
    pub filters: Vec<FilterGroup>,
    /// Where the vectors come from and whether they are trained.
    #[config(default = "TextCnnVariant::Rand")]
    pub variant: TextCnnVariant,
    /// Which windows a filter sees.
    #[config(default = "Windows::Touching")]
    pub windows: Windows,
    /// Probability that a pooled feature is dropped in training; at least 0, below 1.
    #[config(default = 0.5)]
    pub dropout: f32,
    /// Where dropout applies its scale. It decides what [`max_norm`](Self::max_norm) means.
    #[config(default = "DropoutConvention::Inverted")]
    pub dropout_convention: DropoutConvention,
    /// Greatest norm of a class vector (a row of the output layer's weight) after each step; `None` for no limit. Kim's 3
    /// belongs to [`DropoutConvention::Halved`]; with inverted dropout at 0.5 the same network has the limit 1.5.
    pub max_norm: Option<f32>,
    /// How the table starts.
    #[config(default = "Initial::Normal { std: 0.1 }")]
    pub initial_words: Initial,
    /// How the filters start.
    #[config(default = "Initial::PyTorch")]
    pub initial_filters: Initial,
    /// How the output layer starts.
    #[config(default = "Initial::PyTorch")]
    pub initial_out: Initial,
    /// How all biases start.
    #[config(default = "Initial::PyTorch")]
    pub initial_bias: Initial,
    /// Seed of all weights.
    #[config(default = 0)]
    pub seed: u64,
}

impl TextCnnConfig {
    /// The settings of the author's code: words from U(-0.25, 0.25), filters from U(-0.01, 0.01), output layer and biases zero;
    /// dropout 0.5 without rescaling, weights halved at prediction; class vectors of norm 3 at most.
    ///
    /// With the output layer at zero nothing else has a gradient in the first step. Training settings that belong to it: Adadelta
    /// (rho 0.95, epsilon 1e-6), batches of 50.
    pub fn kim(vocabulary_size: usize, classes: usize) -> Self {
        Self::new(vocabulary_size, classes)
            .with_dropout_convention(DropoutConvention::Halved)
            .with_max_norm(Some(3.0))
            .with_initial_words(Initial::Uniform { bound: 0.25 })
            .with_initial_filters(Initial::Uniform { bound: 0.01 })
            .with_initial_out(Initial::Zeros)
            .with_initial_bias(Initial::Zeros)
    }

    /// Makes the network on a device, all vectors at random. For the variants with given vectors this is the network into which
    /// saved weights can be loaded.
    ///
    /// # Errors
    /// If a size is 0, there is no filter, a number is out of range.
    pub fn init(&self, device: &Device) -> Result<TextCnn, TextModelError> {
        let table = EmbeddingConfig::new(self.vocabulary_size, self.dimension)
            .with_initial(self.initial_words)
            .with_seed(self.part_seed("embedding"))
            .init(device)?;
        self.around(table, device)
    }

    /// Makes the network around given word vectors, `[vocabulary_size, dimension]`, on their device. With
    /// [`TextCnnVariant::Multichannel`] both copies start from them.
    ///
    /// # Errors
    /// As [`init`](Self::init), and if the vectors have another shape.
    pub fn init_with_vectors(&self, vectors: Tensor<2>) -> Result<TextCnn, TextModelError> {
        let (expected, found) = ([self.vocabulary_size, self.dimension], vectors.dims());
        if expected != found {
            return Err(TextModelError::VectorShape {
                model: "TextCnn",
                expected,
                found,
            });
        }
        let device = vectors.device();
        self.around(Embedding::from_vectors(vectors), &device)
    }

    fn around(&self, embedding: Embedding, device: &Device) -> Result<TextCnn, TextModelError> {
        if self.filters.is_empty() {
            return Err(TextModelError::NoFilters);
        }
        if let Some(limit) = self.max_norm
            && !(limit.is_finite() && limit > 0.0)
        {
            return Err(TextModelError::MaxNorm { limit });
        }
        let conv = |place: usize, group: &FilterGroup| {
            let around = match self.windows {
                Windows::Touching => group.width.saturating_sub(1),
                Windows::Valid => 0,
            };
            Conv1dConfig::new(self.dimension, group.filters, group.width)
                .with_padding([around, around])
                .with_initial(self.initial_filters)
                .with_initial_bias(self.initial_bias)
                .with_seed(mix(self.part_seed("convs"), place as u64))
                .init(device)
        };
        let convs = self
            .filters
            .iter()
            .enumerate()
            .map(|(place, group)| conv(place, group));
        let features = self.filters.iter().map(|group| group.filters).sum();
        Ok(TextCnn {
            static_embedding: (self.variant == TextCnnVariant::Multichannel)
                .then(|| Embedding::from_vectors(embedding.weight.val().detach())),
            embedding,
            convs: convs.collect::<Result<_, _>>()?,
            dropout: DropoutConfig::new(self.dropout)
                .with_convention(self.dropout_convention)
                .init()?,
            out: LinearConfig::new(features, self.classes)
                .with_initial(self.initial_out)
                .with_initial_bias(self.initial_bias)
                .with_seed(self.part_seed("out"))
                .init(device)?,
            variant: self.variant,
            windows: self.windows,
            max_norm: self.max_norm,
        })
    }

    /// Each part of the network draws under a seed of its own.
    fn part_seed(&self, part: &str) -> u64 {
        mix(self.seed, stream(part))
    }
}
