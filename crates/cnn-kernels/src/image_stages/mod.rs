//! The stages of an image network as one operation: convolution, bias, activation and pooling, one after another, and the dense
//! layers behind them. The whole of LeNet-5 is one call, forward and back.
//!
//! The simple algorithm is that of the single operations ([`conv2d`](crate::conv2d), [`squash`](crate::squash),
//! [`pool2d`](crate::pool2d), [`linear`](crate::linear)), each of which reads and writes all images of the batch:
//!
//! ```text
//! for each stage: x = pool(activation(conv(x, weight) + bias))
//! ```
//!
//! What the real one adds:
//!
//! 1. **A chunk of 16 images passes through all stages** while it lies in the caches. It is turned into `[channel, row, column,
//!    image]` once, and back into rows before the dense layers, which are products of matrices.
//! 2. **A tile is a block of the pooling**: 6 maps at the four places of a block of 2 by 2, 16 images as lanes. With AVX-512 its
//!    24 sums stay in registers through all taps, a step is 4 vectors, 6 broadcast numbers and 24 multiply-adds, and what
//!    follows (bias, four activations, the mean or maximum) happens before anything is written. A last odd row or column,
//!    which no block contains, is never computed. With AVX2 a tile is two places at a time.
//! 3. **A table of offsets per tap** tells a tile where its four places are. So one tile serves every kernel, and every layout:
//! 4. **Few images take places as lanes.** To predict fewer than 16 images, each map is copied as the even or odd rows and the
//!    even or odd columns from 0, 1, 2, … on; then the results of neighbouring blocks read neighbouring numbers under each tap,
//!    and the 16 lanes are 16 blocks of one image, or of a few. C1 of one image fills 196 of 208 lanes, C3 25 of 32.
//! 5. **What is kept for the way back** is each stage's input, in the layout of the chunk, and of the activation the tanh
//!    without its scale (or the ReLU), of the maximum the winner and its value. The slope needs no division then.
//! 6. **The way back** makes the gradient before pooling a strip of rows at a time and multiplies it into the weights' gradients
//!    while it lies in the first-level cache (3 or 4 maps by 5 taps, lanes are images). The gradient of a stage's input takes 6
//!    channels by 2 columns and leaves out the taps that see no gradient; a margin of one zero column serves the tap that one of
//!    the two columns does not have. The images' own gradient is computed only if it is wanted.
//! 7. **The dense layers' weights** are 58,000 numbers of LeNet's 61,000. Their gradients are one product over the whole batch
//!    after the chunks are through: summing them chunk by chunk would move more memory than it multiplies.
//!
//! Why the bits are always the same: an output is one chain over channels and taps in the order of `conv2d`, from the same
//! groups of at most 256 terms, then the bias, the activation and the pooling of the single operations, whatever lane it has.
//! A chunk is 16 images, and the chunks' sums are added in a pairwise tree, both constants. So the output has the bits of the
//! composition, and with a tanh of scale 1, ReLU or nothing so have the gradients (except those of the biases, which are
//! summed image by image there and lane by lane here). With another scale the squash alone divides its output by the scale,
//! and this operation does not: the gradients differ by rounding. The test
//! `the_bits_are_those_of_the_single_operations` holds this.
//!
//! Training computes a chunk of fewer than 16 images as a whole one, with zeros in the other lanes: the gradients of the weights
//! sum over lanes, and a last short batch is one in many. On a few images at a time, the single operations train faster.
//!
//! Measured on an EPYC (Zen 4, AVX-512, two cores, busy with other work: the best of many runs) with the whole LeNet-5, tanh and
//! means, by `examples/lenet.rs`; beside it the same by the single operations. Images/s on one core: predict 98,000 in batches
//! of 16 to 256; forward 92,000, backward 59,000, both 36,000 in batches of 64 (single: 63,000, 40,000, 24,400), and 31,000 in
//! batches of 256, where what is kept (9 MB) leaves the second-level cache (single: 23,400). On two cores, as far as
//! they were free: predict 193,000, both 64,000 in batches of 64; training in batches of 256 has not been measured
//! there. One image is predicted in 15.4 µs, with ReLU and maximum in 13.9 (single, with tanh and mean: 46). Training on one image takes 420 µs, the single operations 230.
//!
//! Considered, and left:
//!
//! - The activation within the tile's own function: no faster (predict 654 µs for 64 images either way), and a copy of it in each
//!   of the tiles.
//! - Few images' copies in half vectors, which straddle fewer cache lines: no faster.
//! - Closures for what happens to each vector: those that `map` takes are functions of their own, compiled without the
//!   instruction set, and 12 times slower in sum.
//! - The tile of 12 maps by 2 vectors of the matrix product: its numbers would be 12 maps at 2 places, half a block.
//! - All four places of a block for the gradient of the input: a sixth of the work would be on taps that see no gradient (2
//!   columns: a twelfth).
//! - One layout of even and odd columns without copies, rows as long as half the image: C3 would need three vectors for 25
//!   places instead of two.

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
mod single;
#[cfg(test)]
mod tests;
mod tile;
mod tuning;
mod weight;

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::scratch::Scratch;
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

    /// Room for them, to be overwritten.
    pub fn lend_saved(&self, batch: usize) -> SavedStages {
        SavedStages(Scratch::take(self.saved(batch)))
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

/// What [`image_stages_forward`] keeps for [`image_stages_backward`]: lent from step to step, since to clear it anew takes a tenth
/// of a step of 64 images.
pub struct SavedStages(Scratch);

impl fmt::Debug for SavedStages {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "SavedStages({} numbers)", self.0.len())
    }
}

impl Deref for SavedStages {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for SavedStages {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

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
