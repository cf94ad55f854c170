//! Weights in the order in which the kernels read them, and the ways forward that use them.

use rayon::prelude::*;

use super::chunk::Chunk;
use super::few::Few;
use super::tile;
use super::{CHUNK, ImageStages};
use crate::Isa;
use crate::matmul::Panels;
use crate::scratch::Scratch;
use crate::simd::dispatch;

/// The weights of a convolution, ready for its tiles.
pub(super) struct Maps {
    /// `[tile][channel, tap, map of the tile]`
    pub(super) weights: Scratch,
    pub(super) bias: Scratch,
}

/// The weights of a dense layer, ready for the product.
pub(super) struct Dense {
    /// `[features_in, features_out]`
    pub(super) panels: Panels,
    pub(super) bias: Scratch,
}

/// Stages with their weights, ready to predict: nothing is kept for a way back, and a single image is computed at once, on
/// the thread that asks.
pub struct ImageStagesPacked {
    pub(super) stages: ImageStages,
    isa: Isa,
    pub(super) maps: Vec<Maps>,
    pub(super) denses: Vec<Dense>,
}

impl ImageStagesPacked {
    /// Packs the weights `[channels_out, channels_in, kernel_h, kernel_w]` and the bias `[channels_out]` of each stage.
    ///
    /// # Panics
    ///
    /// When the length of a slice is another.
    pub fn new(stages: &ImageStages, weights: &[&[f32]], biases: &[&[f32]]) -> Self {
        stages.check(0, 0, weights, Some(biases));
        Self::on(Isa::active(), stages, weights, biases)
    }

    pub(super) fn on(
        isa: Isa,
        stages: &ImageStages,
        weights: &[&[f32]],
        biases: &[&[f32]],
    ) -> Self {
        let copy = |numbers: &[f32]| {
            let mut copy = Scratch::take(numbers.len());
            copy.copy_from_slice(numbers);
            copy
        };
        let of_stage = |s: usize| {
            let conv = &stages.stages[s].of.conv;
            (conv, weights[s], copy(biases[s]))
        };
        let maps = (0..stages.convs).map(of_stage).map(|(conv, weight, bias)| {
            let mut weights = Scratch::take(weight.len());
            tile::pack(conv.channels_out, weight, &mut weights);
            Maps { weights, bias }
        });
        let denses = (stages.convs..stages.stages.len()).map(of_stage);
        let denses = denses.map(|(conv, weight, bias)| {
            let sizes = [conv.channels_out, conv.inputs(), 1];
            let panels = Panels::of_transpose(isa, weight, sizes);
            Dense { panels, bias }
        });
        Self {
            maps: maps.collect(),
            denses: denses.collect(),
            stages: stages.clone(),
            isa,
        }
    }

    /// All stages of `images [batch, channels, height, width]`: `output [batch, maps, rows, columns]` of the last one.
    ///
    /// # Panics
    ///
    /// When the length of a slice is another.
    pub fn forward(&self, batch: usize, images: &[f32], output: &mut [f32]) {
        let (inputs, outputs) = (self.stages.inputs(), self.stages.outputs());
        assert_eq!(
            images.len(),
            batch * inputs,
            "images must be [batch, channels, height, width]"
        );
        assert_eq!(
            output.len(),
            batch * outputs,
            "output must be [batch, maps, rows, columns] of the last stage"
        );
        let task = |(images, output): (&[f32], &mut [f32])| {
            if output.len() < CHUNK * outputs {
                let few = Few {
                    isa: self.isa,
                    packed: self,
                    images,
                    output,
                };
                return dispatch(self.isa, few);
            }
            let mut saved = Scratch::take(self.stages.saved_per_chunk(false));
            let chunk = Chunk {
                isa: self.isa,
                packed: self,
                keep: false,
                images,
                saved: &mut saved,
                output,
            };
            dispatch(self.isa, chunk);
        };
        match batch {
            0 => {}
            1..=CHUNK => task((images, output)),
            _ => images
                .par_chunks(CHUNK * inputs)
                .zip(output.par_chunks_mut(CHUNK * outputs))
                .for_each(task),
        }
    }

    /// The same, with everything that the way back needs; whole chunks even of few images.
    pub(super) fn forward_and_keep(&self, images: &[f32], saved: &mut [f32], output: &mut [f32]) {
        if output.is_empty() {
            return;
        }
        let (inputs, outputs) = (self.stages.inputs(), self.stages.outputs());
        let task = |((images, output), saved): ((&[f32], &mut [f32]), &mut [f32])| {
            let chunk = Chunk {
                isa: self.isa,
                packed: self,
                keep: true,
                images,
                saved,
                output,
            };
            dispatch(self.isa, chunk);
        };
        match output.len() <= CHUNK * outputs {
            true => task(((images, output), saved)),
            false => images
                .par_chunks(CHUNK * inputs)
                .zip(output.par_chunks_mut(CHUNK * outputs))
                .zip(saved.par_chunks_mut(self.stages.saved_per_chunk(true)))
                .for_each(task),
        }
    }
}
