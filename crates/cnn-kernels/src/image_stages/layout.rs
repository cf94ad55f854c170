//! Where everything of a chunk of images lies.

use std::ops::Range;

use super::{Activation, CHUNK, ImageStage, ImageStages, Pooling};
use crate::tree::CHAIN;

/// A stage and the sizes that follow from it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stage {
    pub(super) of: ImageStage,
    /// Rows and columns of an input map with its padding.
    pub(super) padded: [usize; 2],
    /// Rows and columns of a map of the convolution.
    pub(super) conv_out: [usize; 2],
    /// Rows and columns of a map after the pooling.
    pub(super) out: [usize; 2],
    /// The input maps whose terms form one chain of multiply-adds; the sums of the groups are added in order.
    pub(super) groups: Vec<Range<usize>>,
    /// The same of the output maps, for the gradient of the input.
    pub(super) groups_back: Vec<Range<usize>>,
}

impl Stage {
    pub(super) fn new(of: &ImageStage) -> Self {
        let conv = &of.conv;
        let [_, height, width] = of.output_size();
        Self {
            of: *of,
            padded: [
                conv.height + 2 * conv.padding[0],
                conv.width + 2 * conv.padding[1],
            ],
            conv_out: conv.output_size(),
            out: [height, width],
            groups: groups(conv.channels_in, conv.kernel[0] * conv.kernel[1]),
            groups_back: groups(conv.channels_out, conv.kernel[0] * conv.kernel[1]),
        }
    }

    /// Numbers of one image's result.
    pub(super) fn outputs(&self) -> usize {
        self.of.conv.channels_out * self.out[0] * self.out[1]
    }

    /// Places of the padded input, all maps.
    pub(super) fn input_places(&self) -> usize {
        self.of.conv.channels_in * self.padded[0] * self.padded[1]
    }

    /// Vectors of [`CHUNK`] numbers that are kept of each place of the result for the way back:
    /// without pooling, and of each pixel of a block of the mean, the tanh (without its scale) or the ReLU;
    /// of a maximum, which pixel won, and then the same of the winner.
    pub(super) fn kept(&self) -> usize {
        let kept = usize::from(self.of.activation != Activation::Identity);
        match self.of.pooling {
            Pooling::None => kept,
            Pooling::Average => 4 * kept,
            Pooling::Max => 1 + kept,
        }
    }

    /// The taps of the kernel.
    pub(super) fn taps(&self) -> usize {
        self.of.conv.kernel[0] * self.of.conv.kernel[1]
    }
}

/// The groups of `channels` maps of at most [`CHAIN`] terms, as in the convolution alone: they fix the bits of the result.
fn groups(channels: usize, taps: usize) -> Vec<Range<usize>> {
    let most = (CHAIN / taps).max(1);
    let count = channels.div_ceil(most).max(1);
    let length = channels.div_ceil(count);
    (0..count)
        .map(|group| (group * length).min(channels)..((group + 1) * length).min(channels))
        .collect()
}

impl ImageStages {
    /// The stages that are no dense layers.
    pub(super) fn convs(&self) -> &[Stage] {
        &self.stages[..self.convs]
    }

    /// The dense layers.
    pub(super) fn denses(&self) -> &[Stage] {
        &self.stages[self.convs..]
    }

    /// Whether the output of the last dense layer is kept: its activation needs it on the way back.
    pub(super) fn keeps_output(&self) -> bool {
        let last = &self.stages[self.stages.len() - 1];
        !self.denses().is_empty() && last.of.activation != Activation::Identity
    }

    /// Numbers of a chunk: of each convolution its padded input `[channel, row, column, image]` and, for training, what
    /// [`Stage::kept`] says, `[map, row, column, kept, image]`; then the rows `[image, feature]` that each dense layer reads, and
    /// perhaps the output.
    pub(super) fn saved_per_chunk(&self, keep: bool) -> usize {
        let convs = self.convs().iter().map(|stage| {
            let kept = if keep { stage.kept() } else { 0 };
            stage.input_places() + stage.outputs() * kept
        });
        let rows = self.denses().iter().map(|stage| stage.of.conv.inputs());
        let output = if self.keeps_output() && keep {
            self.outputs()
        } else {
            0
        };
        CHUNK * (convs.sum::<usize>() + rows.sum::<usize>() + output)
    }

    /// Features of all dense layers' results: the width of a row of their gradients.
    pub(super) fn dense_features(&self) -> usize {
        self.denses().iter().map(Stage::outputs).sum()
    }
}
