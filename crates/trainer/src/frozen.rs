//! From a run's settings and weights to a network that only answers, on the CPU and without tensors.

use models_text::Windows;
use predictor::{Arrays, DpcnnShape, FrozenDpcnn, FrozenError, FrozenTextCnn};

use crate::assembly::{POOLED_LENGTH, WINDOWS};
use crate::config::{ModelKind, RunConfig};
use crate::examples::Texts;
use crate::learning::Evaluation;

/// Documents answered together. It bounds memory and does not change the answers.
const DOCUMENTS: usize = 1024;

/// A trained text network that only answers.
pub enum Frozen {
    /// TextCNN.
    TextCnn(FrozenTextCnn),
    /// DPCNN.
    Dpcnn(FrozenDpcnn),
}

impl Frozen {
    /// From the settings and the weights of a run of a text network.
    ///
    /// # Errors
    ///
    /// [`FrozenError`] naming what does not fit.
    pub fn new(config: &RunConfig, arrays: Arrays) -> Result<Self, FrozenError> {
        if config.model == ModelKind::Textcnn {
            let windows = match WINDOWS {
                Windows::Touching => predictor::Windows::Touching,
                Windows::Valid => predictor::Windows::Valid,
            };
            return Ok(Self::TextCnn(FrozenTextCnn::new(arrays, windows)?));
        }
        let settings = config.dpcnn.as_ref();
        let shape = DpcnnShape {
            region_size: settings.map_or(3, |settings| settings.region_size),
            pooled_length: |n| POOLED_LENGTH.of(n),
        };
        Ok(Self::Dpcnn(FrozenDpcnn::new(arrays, shape)?))
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        match self {
            Self::TextCnn(network) => network.classes(),
            Self::Dpcnn(network) => network.classes(),
        }
    }

    /// The scores (logits) `[documents, classes]` of documents of token ids.
    pub fn scores<D: AsRef<[u32]>>(&self, documents: &[D]) -> Vec<f32> {
        let lengths = documents.iter().map(|document| document.as_ref().len());
        let offsets = predictor::Offsets::from_lengths(lengths);
        let mut ids = Vec::with_capacity(offsets.total());
        documents
            .iter()
            .for_each(|document| ids.extend_from_slice(document.as_ref()));
        let mut scores = vec![0.0; documents.len() * self.classes()];
        match self {
            Self::TextCnn(network) => network.scores(&offsets, &ids, &mut scores),
            Self::Dpcnn(network) => network.scores(&offsets, &ids, &mut scores),
        }
        scores
    }

    /// Answers labelled texts, in their order.
    pub fn evaluate(&self, texts: &Texts) -> Evaluation {
        let classes = self.classes();
        let mut judge = Evaluation::begin(&texts.labels);
        for (documents, labels) in texts
            .documents
            .chunks(DOCUMENTS)
            .zip(texts.labels.chunks(DOCUMENTS))
        {
            let scores = self.scores(documents);
            let mut probabilities = vec![0.0; scores.len()];
            let loss =
                predictor::cross_entropy_forward(classes, &scores, labels, &mut probabilities);
            judge.add(classes, &scores, probabilities, f64::from(loss));
        }
        judge.finish()
    }
}
