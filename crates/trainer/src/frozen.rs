//! From a run's settings and weights to a network that only answers, on the CPU and without tensors.

use burn::tensor::Device;
use cnn_core::layers::{PooledLength, SquashConfig};
use models_text::Windows;
use predictor::{
    Activation, Arrays, DpcnnShape, FrozenDpcnn, FrozenLeNet5, FrozenTextCnn, Pooling,
};

use crate::assembly::{AssemblyError, WINDOWS, pooled_length};
use crate::config::{ModelKind, RunConfig};
use crate::examples::{Examples, Images, Texts};
use crate::learning::Evaluation;
use crate::weights::values_of;

/// Documents or images answered together. It bounds memory and does not change the answers.
const TOGETHER: usize = 1024;

/// A modern LeNet-5 that only answers, from the settings and the weights of its run; `None` for the network of 1998, which has
/// no such form.
///
/// # Errors
///
/// [`AssemblyError`] naming what does not fit.
pub fn lenet5(config: &RunConfig, arrays: Arrays) -> Result<Option<FrozenLeNet5>, AssemblyError> {
    let settings = config.lenet5.as_ref();
    let settings = settings.expect("a lenet5 run has lenet5 settings");
    if settings.variant != "modern" {
        return Ok(None);
    }
    let squash = SquashConfig::new();
    let tanh = |scale, slope| Activation::Tanh { scale, slope };
    let activation = match settings.activation.as_str() {
        "tanh" => tanh(1.0, 1.0),
        "squash" => tanh(squash.amplitude, squash.slope),
        _ => Activation::Relu,
    };
    let pooling = match settings.pooling.as_str() {
        "average" => Pooling::Average,
        "max" => Pooling::Max,
        _ => return Ok(None),
    };
    Ok(Some(FrozenLeNet5::new(arrays, activation, pooling)?))
}

/// Answers labelled images, in their order; `device` is where they are made into the network's input.
pub fn evaluate_images(network: &FrozenLeNet5, images: &Images, device: &Device) -> Evaluation {
    let mut judge = Evaluation::begin(images.labels());
    let numbers: Vec<u32> = (0..images.count() as u32).collect();
    for numbers in numbers.chunks(TOGETHER) {
        let scores = image_scores(network, images, numbers, device);
        judge.add_logits(network.classes(), &scores, &images.targets(numbers));
    }
    judge.finish()
}

/// The scores (logits) `[images, classes]` of all images.
pub fn image_logits(network: &FrozenLeNet5, images: &Images, device: &Device) -> Vec<f32> {
    let numbers: Vec<u32> = (0..images.count() as u32).collect();
    let chunks = numbers.chunks(TOGETHER);
    chunks
        .flat_map(|numbers| image_scores(network, images, numbers, device))
        .collect()
}

fn image_scores(
    network: &FrozenLeNet5,
    images: &Images,
    numbers: &[u32],
    device: &Device,
) -> Vec<f32> {
    let pixels = values_of(images.batch(numbers, device));
    let mut scores = vec![0.0; numbers.len() * network.classes()];
    network.scores(&pixels, &mut scores);
    scores
}

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
    /// [`AssemblyError`] naming what does not fit.
    pub fn new(config: &RunConfig, arrays: Arrays) -> Result<Self, AssemblyError> {
        if config.model == ModelKind::Textcnn {
            let windows = match WINDOWS {
                Windows::Touching => predictor::Windows::Touching,
                Windows::Valid => predictor::Windows::Valid,
            };
            return Ok(Self::TextCnn(FrozenTextCnn::new(arrays, windows)?));
        }
        let settings = config.dpcnn.as_ref();
        let settings = settings.expect("a dpcnn run has dpcnn settings");
        let length = pooled_length(settings)?;
        let shape = DpcnnShape {
            region_size: settings.region_size,
            blocks: settings.blocks,
            pooled_length: match length {
                PooledLength::Ceil => |n| PooledLength::Ceil.of(n),
                PooledLength::Floor => |n| PooledLength::Floor.of(n),
            },
        };
        Ok(Self::Dpcnn(FrozenDpcnn::new(arrays, shape)?))
    }

    /// Whether its scores are sums that can be taken apart exactly.
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::TextCnn(_))
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

    /// The same, so many together that memory stays small.
    pub fn all_scores(&self, documents: &[Vec<u32>]) -> Vec<f32> {
        let chunks = documents.chunks(TOGETHER);
        chunks
            .flat_map(|documents| self.scores(documents))
            .collect()
    }

    /// Answers labelled texts, in their order.
    pub fn evaluate(&self, texts: &Texts) -> Evaluation {
        let classes = self.classes();
        let mut judge = Evaluation::begin(&texts.labels);
        for (documents, labels) in texts
            .documents
            .chunks(TOGETHER)
            .zip(texts.labels.chunks(TOGETHER))
        {
            let scores = self.scores(documents);
            judge.add_logits(classes, &scores, labels);
        }
        judge.finish()
    }
}
