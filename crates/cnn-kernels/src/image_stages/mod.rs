//! ESSAY

mod activation;
mod backward;
mod chunk;
mod chunk_back;
mod dense;
mod few;
mod input;
mod layout;
mod packed;
pub mod reference;
#[cfg(test)]
mod tests;
mod tile;
mod weight;

use std::fmt;

use crate::{Conv2dShape, Isa};
use layout::Stage;

pub use packed::ImageStagesPacked;

/// What a stage does to each number of its convolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// `max(x, 0)`; NaN stays NaN.
    Relu,
    /// `scale · tanh(slope · x)`
    Tanh {
        /// The value that the result approaches.
        scale: f32,
        /// The factor of the argument.
        slope: f32,
    },
}

/// How a stage makes its maps smaller, after the activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Not at all.
    None,
    /// The mean of each block of 2 by 2; a last odd row or column is left out.
    Average,
    /// The maximum of each block of 2 by 2: the first of equals, and NaN is greater than all numbers.
    Max,
}

/// One stage: a convolution with its bias, an activation, a pooling.
///
/// A convolution whose kernel is the whole image is a dense layer; from a dense stage on, images are 1 by 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageStage {
    /// The convolution.
    pub conv: Conv2dShape,
    /// What follows it.
    pub activation: Activation,
    /// What follows the activation.
    pub pooling: Pooling,
}

impl ImageStage {
    /// A dense layer: an image of 1 by 1, a kernel of 1 by 1.
    pub fn linear(features_in: usize, features_out: usize, activation: Activation) -> Self {
        Self {
            conv: Conv2dShape {
                channels_in: features_in,
                channels_out: features_out,
                height: 1,
                width: 1,
                kernel: [1, 1],
                padding: [0, 0],
            },
            activation,
            pooling: Pooling::None,
        }
    }

    /// Maps, rows and columns of the result.
    pub fn output_size(&self) -> [usize; 3] {
        let [height, width] = self.conv.output_size();
        match self.pooling {
            Pooling::None => [self.conv.channels_out, height, width],
            _ => [self.conv.channels_out, height / 2, width / 2],
        }
    }
}

/// Stages that do not make a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageStagesError {
    /// There is no stage.
    NoStage,
    /// A stage reads or gives images without a number, or its kernel has none.
    Empty {
        /// The stage, counted from 0.
        stage: usize,
    },
    /// A stage does not read what the one before it gives.
    Mismatch {
        /// The stage, counted from 0.
        stage: usize,
        /// Maps, rows and columns that the stage before it gives.
        given: [usize; 3],
        /// Maps, rows and columns that it reads.
        read: [usize; 3],
    },
    /// After a dense stage, a stage is not dense: its kernel or its padding is larger than its image of 1 by 1.
    NotDense {
        /// The stage, counted from 0.
        stage: usize,
    },
}

impl fmt::Display for ImageStagesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStage => write!(f, "there is no stage: give at least one"),
            Self::Empty { stage } => write!(
                f,
                "stage {stage} has an image, a kernel or a result without numbers: make the image larger or the kernel smaller"
            ),
            Self::Mismatch { stage, given, read } => write!(
                f,
                "stage {stage} reads [maps, rows, columns] = {read:?}, but the stage before it gives {given:?}"
            ),
            Self::NotDense { stage } => write!(
                f,
                "stage {stage} follows a dense stage and is none: its kernel must be 1 by 1, without padding"
            ),
        }
    }
}

impl std::error::Error for ImageStagesError {}

/// A list of stages that fit each other.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageStages {
    stages: Vec<Stage>,
    /// How many of them are no dense stages; these come first.
    convs: usize,
}

impl ImageStages {
    /// The network of these stages, first to last.
    ///
    /// # Errors
    ///
    /// See [`ImageStagesError`].
    pub fn new(stages: &[ImageStage]) -> Result<Self, ImageStagesError> {
        if stages.is_empty() {
            return Err(ImageStagesError::NoStage);
        }
        for (stage, this) in stages.iter().enumerate() {
            let conv = &this.conv;
            let [maps, height, width] = this.output_size();
            let empty = conv.kernel.contains(&0) || conv.inputs() == 0;
            if empty || maps * height * width == 0 {
                return Err(ImageStagesError::Empty { stage });
            }
            if stage > 0 {
                let given = stages[stage - 1].output_size();
                let read = [conv.channels_in, conv.height, conv.width];
                if given != read {
                    return Err(ImageStagesError::Mismatch { stage, given, read });
                }
            }
        }
        let convs = stages
            .iter()
            .position(|stage| stage.conv.is_dense())
            .unwrap_or(stages.len());
        if let Some(stage) = (convs..stages.len()).find(|&s| !stages[s].conv.is_dense()) {
            return Err(ImageStagesError::NotDense { stage });
        }
        let stages = stages.iter().map(Stage::new).collect();
        Ok(Self { stages, convs })
    }

    /// The stages.
    pub fn stages(&self) -> impl DoubleEndedIterator<Item = &ImageStage> + ExactSizeIterator {
        self.stages.iter().map(|stage| &stage.of)
    }

    /// Numbers of one image.
    pub fn inputs(&self) -> usize {
        self.stages[0].of.conv.inputs()
    }

    /// Numbers of one image's result.
    pub fn outputs(&self) -> usize {
        self.stages[self.stages.len() - 1].outputs()
    }

    /// Numbers that [`image_stages_forward`] keeps for [`image_stages_backward`].
    pub fn saved(&self, batch: usize) -> usize {
        batch.div_ceil(CHUNK) * self.saved_per_chunk(true)
    }

    fn check(&self, batch: usize, images: usize, weights: &[&[f32]], biases: Option<&[&[f32]]>) {
        assert_eq!(
            images,
            batch * self.inputs(),
            "images must be [batch, channels, height, width]"
        );
        assert_eq!(weights.len(), self.stages.len(), "weights: one per stage");
        for (s, stage) in self.stages.iter().enumerate() {
            let conv = &stage.of.conv;
            assert_eq!(
                weights[s].len(),
                conv.weights(),
                "the weights of stage {s} must be [channels_out, channels_in, kernel_h, kernel_w]"
            );
            if let Some(biases) = biases {
                assert_eq!(biases.len(), self.stages.len(), "biases: one per stage");
                let maps = conv.channels_out;
                assert_eq!(biases[s].len(), maps, "the bias of stage {s}");
            }
        }
    }
}

/// Images that pass through the stages together, and whose share of the weights' gradients is summed together; a constant,
/// for it fixes the bits of that sum.
const CHUNK: usize = 16;

/// All stages of `images [batch, channels, height, width]`: `output [batch, maps, rows, columns]` of the last one. `saved`
/// ([`ImageStages::saved`] numbers) is overwritten with what [`image_stages_backward`] needs.
///
/// `weights` and `biases` hold a slice for each stage: `[channels_out, channels_in, kernel_h, kernel_w]`, `[channels_out]`.
///
/// # Panics
///
/// When the length of a slice is another.
pub fn image_stages_forward(
    stages: &ImageStages,
    batch: usize,
    images: &[f32],
    weights: &[&[f32]],
    biases: &[&[f32]],
    saved: &mut [f32],
    output: &mut [f32],
) {
    forward_on(
        Isa::active(),
        stages,
        batch,
        images,
        weights,
        biases,
        saved,
        output,
    );
}

#[expect(clippy::too_many_arguments, reason = "those of the public function")]
pub(crate) fn forward_on(
    isa: Isa,
    stages: &ImageStages,
    batch: usize,
    images: &[f32],
    weights: &[&[f32]],
    biases: &[&[f32]],
    saved: &mut [f32],
    output: &mut [f32],
) {
    stages.check(batch, images.len(), weights, Some(biases));
    assert_eq!(saved.len(), stages.saved(batch), "saved");
    assert_eq!(
        output.len(),
        batch * stages.outputs(),
        "output must be [batch, maps, rows, columns] of the last stage"
    );
    let packed = ImageStagesPacked::on(isa, stages, weights, biases);
    packed.forward_and_keep(images, saved, output);
}

/// [`ImageStagesPacked`] made and used once, on any instruction set.
#[cfg(test)]
pub(crate) fn predict_on(
    isa: Isa,
    stages: &ImageStages,
    batch: usize,
    images: &[f32],
    weights: &[&[f32]],
    biases: &[&[f32]],
    output: &mut [f32],
) {
    ImageStagesPacked::on(isa, stages, weights, biases).forward(batch, images, output);
}

#[cfg(all(test, target_os = "linux", not(miri)))]
pub(crate) use backward::backward_on;

/// The gradients of everything that went into [`image_stages_forward`], from `grad [batch, maps, rows, columns]`, the gradient
/// of its output: `d_weights` and `d_biases` of each stage, and `d_images` where it is wanted; all overwritten.
///
/// # Panics
///
/// When the length of a slice is another.
#[expect(
    clippy::too_many_arguments,
    reason = "one operation has all the gradients"
)]
pub fn image_stages_backward(
    stages: &ImageStages,
    batch: usize,
    weights: &[&[f32]],
    saved: &[f32],
    grad: &[f32],
    d_images: Option<&mut [f32]>,
    d_weights: &mut [&mut [f32]],
    d_biases: &mut [&mut [f32]],
) {
    backward::backward_on(
        Isa::active(),
        stages,
        batch,
        weights,
        saved,
        grad,
        d_images,
        d_weights,
        d_biases,
    );
}
