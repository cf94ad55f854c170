//! Filters of width 3 with two thirds of the multiplications: the minimal filtering F(2, 3) of Winograd along documents.
//!
//! The simple algorithm, for two neighbouring positions of a document, the four tokens `d` that they see and the taps `g` of a
//! filter:
//!
//! ```text
//! y0 = d0·g0 + d1·g1 + d2·g2
//! y1 = d1·g0 + d2·g1 + d3·g2                          6 products of [channels_in] with [channels_in, channels_out]
//! ```
//!
//! The same numbers from four products:
//!
//! ```text
//! m0 = (d0 - d2) · g0            m1 = (d1 + d2) · (g0 + g1 + g2)/2
//! m3 = (d3 - d1) · g2            m2 = (d2 - d1) · (g0 - g1 + g2)/2
//! y0 = m0 + m1 + m2              y1 = m1 - m2 + m3
//! ```
//!
//! What the real one adds:
//!
//! 1. **Nothing lies in memory as a whole.** A task is 48 pairs: their tokens are transformed into four small matrices
//!    (192 KB for 250 channels: the second-level cache keeps them), and each tile of a product is added to the rows of `y`
//!    that it belongs to while it is in registers. `m1` goes first, to both rows; there is no array of `m`.
//! 2. **An odd last position costs three products**, as a direct sum does: it has no part in `m3`, so the pairs of `m3`
//!    are a shorter list. A batch of documents of length 1 alone, the last floor of a pyramid, is up to a tenth slower.
//! 3. **The gradient of the input** is the same with the taps in reverse, over pairs of tokens.
//! 4. **The gradient of the filters** is the transpose, F(3, 2): three taps from two positions with four products,
//!    summed over the pairs of all documents in blocks of at most 256 pairs. With `e` for the gradients at the two positions:
//!
//!    ```text
//!    n0 = (d0 - d2)·e0    n1 = (d1 + d2)·(e0 + e1)    n2 = (d2 - d1)·(e0 - e1)    n3 = (d3 - d1)·e1
//!    dw0 = n0 + (n1 + n2)/2      dw1 = (n1 - n2)/2      dw2 = (n1 + n2)/2 + n3
//!    ```
//!
//!    A task sums one of the products for 132 channels and 256 filters, and transforms what it needs block by block in its own cache:
//!    gradients are read twice from the last cache, and nothing is handed from core to core.
//! 5. **A single headline** has fewer pairs than a task. There the threads share the columns of the product, and with them the
//!    filters, whose way from the last cache is what takes the time.
//!
//! Why the bits are always the same: documents are cut into pairs from their own first position, so which positions share
//! a pair does not depend on the batch. Each `m` is a chain over the channels, in blocks that follow from their number
//! ([`blocks`](crate::matmul::blocks)), and the order in which the four are added up is fixed. Whether there are pairs at all
//! follows from the shape ([`suits`]).
//!
//! How close it is: whole numbers are exact wherever direct sums are (the halves are halves of even numbers, or short
//! fractions), and with 250 channels of normal numbers each result keeps within the bound of a direct sum. What differs:
//! a result is the difference of larger numbers, so that the *rounding* of `d1·g1` reaches a result that holds `d0·g0` too;
//! where one token or one tap is a million times its neighbours, theirs round as coarsely as it does. And NaN or
//! infinity in a token reaches both positions of each pair that sees it, one more than its windows; it never leaves its
//! document.
//!
//! Measured on one core of an EPYC (Zen 4, AVX-512, multiply-adds peak at 116 GFLOP/s; machine busy, the core's own time),
//! in GFLOP/s as the direct sum counts them, direct and in pairs:
//!
//! | positions, channels | forward | input | filters |
//! |---|---|---|---|
//! | 2,429 (128 headlines), 300 -> 250 | 101, 131 | 97, 134 | 92, 120 |
//! | 2,429, 250 -> 250 | 100, 138 | 99, 138 | 89, 118 |
//! | 1,149 (9 a document) | 99, 134 | 97, 139 | 89, 117 |
//! | 509 (4 a document) | 100, 134 | 99, 132 | 93, 109 |
//! | 255 (2 a document) | 95, 111 | 91, 111 | 86, 107 |
//! | 128 (1 a document) | 87, 82 | 81, 80 | 72, 64 |
//! | 13,822 (64 reviews), 250 -> 250 | 102, 139 | 103, 140 | 78, 117 |
//!
//! On two cores 253 and 242 for 2,429 positions (directly 178 and 180). With AVX2 131 and 129 instead of 138, 98 instead of 118.
//!
//! By samples of a profile, about five sixths of a forward pass over 2,429 positions are tiles, and most of the rest is the
//! transformation of the tokens. Of a single headline packing is half: 102 µs, and 51 with
//! [`Conv1dPacked`](super::Conv1dPacked); a document of one token takes 67 and 9. ReLU before and a shortcut after cost 1 to 2 %.
//!
//! Considered, and left:
//!
//! - F(4, 3), half the multiplications instead of two thirds: three times the error, and short documents waste it. For the floors of
//!   a headline (19, 10, 5 and 2 positions, five products for one or two of them) it takes 85 % of the multiplications of pairs and
//!   half as many filters more to pack, which leaves 3 % of a step; reviews would gain about 10 %.
//! - Tasks of 24, 96 or 144 pairs: within 1 % of 48.
//! - One task for each product and a strip of *channels* of the gradient of filters: each row is fetched twelve times in small
//!   pieces, and it ran at no more than the speed of direct sums. A task for a strip and all four products of 128 filters: within 1 %
//!   while rows come from the last cache, and 15 % slower where they come from memory.
//! - Two blocks of pairs transformed by all threads for all to read: 3 % faster alone on the machine, half as fast when others use
//!   the last cache, 4 MB more.
//! - Asking the cache for the tokens of later pairs: at most 1 %, and one more `unsafe`.
//! - Leaving out `m0` for a document of length 1, whose outer tokens are both zero: a third of the last floor of a pyramid,
//!   1 % of the network.
//!
//! Source: S. Winograd, *Arithmetic Complexity of Computations* (1980); A. Lavin and S. Gray, *Fast Algorithms for
//! Convolutional Neural Networks* (2016), which takes it to matrices of channels.

mod filters;
mod pairs;
mod product;
#[cfg(test)]
mod tests;
mod weight;

use std::ops::Range;

use rayon::prelude::*;

use super::Conv1dShape;
use super::packed::{Input, add_to};
use super::relu::mask_here;
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
    let operands = Operands {
        isa,
        input,
        zeros: &zeros,
        panels,
        bias,
    };
    operands.multiply(&pairs, y, |first, y| {
        if let Some(add) = add {
            add_to(y, &add[first..]);
        }
    });
}

/// What [`conv1d_backward_input`](super::conv1d_backward_input) computes, and 0 where `relu_of` is not positive.
pub(super) fn backward_input(
    isa: Isa,
    shape: &Conv1dShape,
    offsets: &Offsets,
    relu_of: Option<&[f32]>,
    grad: &[f32],
    weight: &[f32],
    dx: &mut [f32],
) {
    let positions = shape.output_offsets(offsets);
    let pairs = pairs(&positions, offsets, shape.padding_left as isize - 2);
    let panels = filters::of_inputs(isa, weight, [shape.channels_out, shape.channels_in]);
    let zeros = Scratch::zeros(shape.channels_out);
    let operands = Operands {
        isa,
        input: Input::of(grad),
        zeros: &zeros,
        panels: &panels,
        bias: None,
    };
    operands.multiply(&pairs, dx, |first, dx| {
        if let Some(x) = relu_of {
            mask_here(dx, &x[first..]);
        }
    });
}

/// What all tasks of one product share.
struct Operands<'a> {
    isa: Isa,
    input: Input<'a>,
    /// `[channels]`
    zeros: &'a [f32],
    /// `[4 · channels, columns]`
    panels: &'a Panels,
    bias: Option<&'a [f32]>,
}

impl Operands<'_> {
    /// `y` for all pairs. `finish(first, y)` is called once for each part of `y`, whose first number is the one at `first`.
    fn multiply(&self, pairs: &[Pair], y: &mut [f32], finish: impl Fn(usize, &mut [f32]) + Sync) {
        let (panels, columns) = (self.panels, self.panels.columns);
        if y.is_empty() {
            return;
        }
        let few = pairs.len() <= FEW;
        let work = pairs.len() * panels.depth * columns;
        if few && work >= SMALL && panels.count() > 1 {
            self.strips(pairs, y);
            return finish(0, y);
        }
        let height = if pairs.len() < 4 * 48 { FEW } else { 48 };
        let mut rest = y;
        let tasks = pairs.chunks(height).map(|pairs| {
            let positions: usize = pairs.iter().map(Pair::positions).sum();
            let (own, others) = std::mem::take(&mut rest).split_at_mut(positions * columns);
            rest = others;
            (pairs, own)
        });
        let task = |(pairs, y): (&[Pair], &mut [f32])| {
            self.part(pairs, 0..panels.count(), y);
            finish(pairs[0].position * columns, y);
        };
        if work < SMALL {
            tasks.for_each(task);
        } else {
            let tasks: Vec<_> = tasks.collect();
            tasks.into_par_iter().for_each(task);
        }
    }

    /// A few pairs, as of a single headline, for which the threads share the columns.
    fn strips(&self, pairs: &[Pair], y: &mut [f32]) {
        let columns = self.panels.columns;
        let positions = y.len() / columns;
        let strip = STRIP * self.panels.width();
        let mut strips = Scratch::take(y.len());
        strips
            .par_chunks_mut(positions * strip)
            .enumerate()
            .for_each(|(i, y)| {
                let last = self.panels.count().min((i + 1) * STRIP);
                self.part(pairs, i * STRIP..last, y);
            });
        for (i, numbers) in strips.chunks(positions * strip).enumerate() {
            let width = numbers.len() / positions;
            for (y, numbers) in y.chunks_exact_mut(columns).zip(numbers.chunks_exact(width)) {
                y[i * strip..][..width].copy_from_slice(numbers);
            }
        }
    }

    /// The columns of a few panels for a few pairs: `y [positions, columns of these panels]`.
    fn part(&self, pairs: &[Pair], part: Range<usize>, y: &mut [f32]) {
        let Self {
            isa,
            input,
            zeros,
            panels,
            bias,
        } = *self;
        dispatch(
            isa,
            PairsTimesPanels {
                pairs,
                input,
                zeros,
                panels,
                part,
                bias,
                y,
            },
        );
    }
}

/// So few pairs are one task by rows, or several by columns.
const FEW: usize = 12;

/// Panels of one task where tasks are columns.
const STRIP: usize = 2;

/// Products of fewer multiply-adds are not worth waking another thread.
const SMALL: usize = 1 << 18;
