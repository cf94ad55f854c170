//! Filters of width 3 with two thirds of the multiplications: the minimal filtering F(2, 3) of Winograd along documents.
//!
//! ESSAY
//!
//! Source: S. Winograd, *Arithmetic Complexity of Computations* (1980); A. Lavin and S. Gray, *Fast Algorithms for
//! Convolutional Neural Networks* (2016), which takes it to matrices of channels.

mod filters;
mod pairs;
mod product;
#[cfg(test)]
mod tests;
mod weight;

use rayon::prelude::*;

use super::Conv1dShape;
use super::packed::{Input, add_to};
use crate::matmul::Panels;
use crate::scratch::Scratch;
use crate::simd::dispatch;
use crate::{Isa, Offsets};
use pairs::{Pair, pairs};
use product::PairsTimesPanels;
pub(super) use weight::backward_weight;

/// Whether a convolution is computed in pairs: a question of its shape, never of the batch.
pub(super) fn suits(shape: &Conv1dShape) -> bool {
    shape.kernel_size == 3 && shape.channels_in.min(shape.channels_out) >= CHANNELS
}

/// The fewest channels on either side for which pairs pay; at least the 16 numbers of a vector.
const CHANNELS: usize = 32;

/// The filters, packed for [`forward`].
pub(super) fn pack(isa: Isa, shape: &Conv1dShape, weight: &[f32]) -> Panels {
    filters::of_outputs(isa, weight, [shape.channels_out, shape.channels_in])
}

/// What [`Conv1dPacked::forward`](super::Conv1dPacked::forward) computes.
#[expect(clippy::too_many_arguments, reason = "the operands of one operation")]
pub(super) fn forward(
    isa: Isa,
    shape: &Conv1dShape,
    offsets: &Offsets,
    input: Input,
    panels: &Panels,
    bias: Option<&[f32]>,
    add: Option<&[f32]>,
    y: &mut [f32],
) {
    let positions = shape.output_offsets(offsets);
    let pairs = pairs(offsets, &positions, -(shape.padding_left as isize));
    let zeros = Scratch::zeros(shape.channels_in);
    for_each_task(&pairs, panels, y, |pairs, y| {
        dispatch(
            isa,
            PairsTimesPanels {
                pairs,
                input,
                zeros: &zeros,
                panels,
                bias,
                y,
            },
        );
        if let Some(add) = add {
            add_to(y, &add[pairs[0].position * shape.channels_out..]);
        }
    });
}

/// What [`conv1d_backward_input`](super::conv1d_backward_input) computes.
pub(super) fn backward_input(
    isa: Isa,
    shape: &Conv1dShape,
    offsets: &Offsets,
    grad: &[f32],
    weight: &[f32],
    dx: &mut [f32],
) {
    let positions = shape.output_offsets(offsets);
    let pairs = pairs(&positions, offsets, shape.padding_left as isize - 2);
    let panels = filters::of_inputs(isa, weight, [shape.channels_out, shape.channels_in]);
    let zeros = Scratch::zeros(shape.channels_out);
    for_each_task(&pairs, &panels, dx, |pairs, dx| {
        dispatch(
            isa,
            PairsTimesPanels {
                pairs,
                input: Input {
                    x: grad,
                    relu: false,
                },
                zeros: &zeros,
                panels: &panels,
                bias: None,
                y: dx,
            },
        );
    });
}

/// Runs `task` on a few pairs and their rows of `y` at a time.
fn for_each_task(
    pairs: &[Pair],
    panels: &Panels,
    y: &mut [f32],
    task: impl Fn(&[Pair], &mut [f32]) + Sync,
) {
    if y.is_empty() {
        return;
    }
    let height = if pairs.len() < 4 * 48 { 12 } else { 48 };
    let mut rest = y;
    let tasks = pairs.chunks(height).map(|pairs| {
        let positions: usize = pairs.iter().map(Pair::positions).sum();
        let (own, others) = std::mem::take(&mut rest).split_at_mut(positions * panels.columns);
        rest = others;
        (pairs, own)
    });
    if pairs.len() * panels.depth * panels.columns < SMALL {
        tasks.for_each(|(pairs, y)| task(pairs, y));
    } else {
        let tasks: Vec<_> = tasks.collect();
        tasks.into_par_iter().for_each(|(pairs, y)| task(pairs, y));
    }
}

/// Products of fewer multiply-adds are not worth waking another thread.
const SMALL: usize = 1 << 18;
