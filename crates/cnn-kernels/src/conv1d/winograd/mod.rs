//! Filters of width 3 with half of the multiplications: the minimal filtering F(4, 3) and F(2, 3) of Winograd along documents.
//!
//! The simple algorithm, for two neighbouring positions of a document, the four tokens `d` that they see and the taps `g` of a
//! filter:
//!
//! ```text
//! y0 = d0·g0 + d1·g1 + d2·g2
//! y1 = d1·g0 + d2·g1 + d3·g2                          6 products of [channels_in] with [channels_in, channels_out]
//! ```
//!
//! The same numbers from four products, F(2, 3):
//!
//! ```text
//! m0 = (d0 - d2) · g0            m1 = (d1 + d2) · (g0 + g1 + g2)/6
//! m3 = (d3 - d1) · g2            m2 = (d2 - d1) · (g0 - g1 + g2)/6
//! y0 = m0 + 3·m1 + 3·m2          y1 = 3·m1 - 3·m2 + m3
//! ```
//!
//! And four positions from six products instead of twelve, F(4, 3), of which four take the same forms of the taps:
//!
//! ```text
//! m0 = (4·d0 - 5·d2 + d4) · g0                 m1 = (d4 - 4·d2 + d3 - 4·d1) · (g0 + g1 + g2)/6
//! m3 = (4·d1 - 5·d3 + d5) · g2                 m2 = (d4 - 4·d2 - d3 + 4·d1) · (g0 - g1 + g2)/6
//! m4 = (d4 - d2 + 2·d3 - 2·d1) · (g0 + 2·g1 + 4·g2)/24
//! m5 = (d4 - d2 - 2·d3 + 2·d1) · (g0 - 2·g1 + 4·g2)/24
//! y0 = m0/4 - m1 - m2 +   m4 +   m5            y1 =    - m1 + m2 + 2·m4 - 2·m5
//! y2 =      - m1 - m2 + 4·m4 + 4·m5            y3 = m3 - m1 + m2 + 8·m4 - 8·m5
//! ```
//!
//! What the real one adds:
//!
//! 1. **Each document is cut by its own length**: into groups of four while three or more positions are left, then a pair or a
//!    single one. Three left over are a group of four without its last place: five products, where a pair and a single one take
//!    seven. A headline of 19 positions takes 29 products, in pairs 39, directly 57. Because the forms of the taps are the
//!    same, groups of all sizes are rows of the same products, side by side in one tile.
//! 2. **Nothing lies in memory as a whole.** A task is 36 groups: their tokens are transformed into six small matrices
//!    (216 KB for 250 channels: the second-level cache keeps them), and each tile of a product is added to the rows of `y`
//!    that it belongs to while it is in registers. `m1` goes first, to all rows; there is no array of `m`.
//! 3. **The last place of a group may be empty**: what has none takes no part in `m3`, whose rows are a shorter list. A batch of
//!    documents of length 1 alone, the last floor of a pyramid, costs three products as a direct sum does, and is up to a tenth
//!    slower.
//! 4. **The gradient of the input** is the same with the taps in reverse, over groups of tokens.
//! 5. **The gradient of the filters** is the transpose, F(3, 2) and F(3, 4): three taps from the positions of a group with as many
//!    products, summed over the groups of all documents in blocks of at most 256. [`forms`] has what they take of the tokens, of the
//!    gradients (the transpose of how `m` goes into `y`) and give to the taps. A task sums one of the products for 132 channels
//!    and 256 filters, and transforms what it needs block by block in its own cache: tokens and gradients are read from the last
//!    cache, for each product anew, and nothing is handed from core to core.
//! 6. **A single headline** has fewer groups than a task. There the threads share the columns of the product, and with them the
//!    filters, whose way from the last cache is what takes the time.
//!
//! Why the bits are always the same: documents are cut into groups from their own first position, so which positions share
//! a group does not depend on the batch. Each `m` is a chain over the channels, in blocks that follow from their number
//! ([`blocks`](crate::matmul::blocks)), and the order in which they are added up is fixed. Whether there are groups at all
//! follows from the shape ([`suits`]).
//!
//! How close it is: whole numbers are exact if the taps (and for the gradient of the filters the gradients) are multiples of 24 and sums
//! stay some 30 times below 2^24. With normal numbers at DPCNN's sizes each result keeps within 0.28 of the bound of a direct sum,
//! though their rounding is nearly three times as large: 9.4e-7 of the results' size, instead of 3.5e-7. What differs: a result is
//! the difference of larger numbers, so that the *rounding* of a neighbour's terms reaches it; where one token or one tap is a million times its neighbours, theirs
//! round as coarsely as it does. And NaN or infinity in a token reaches all positions of a group that it is inside of, up to two
//! more than its windows; it never leaves its document.
//!
//! Measured on one core of an EPYC (Zen 4, AVX-512, multiply-adds peak at 116 GFLOP/s; `throughput conv1d`, the core's own
//! time), in GFLOP/s as the direct sum counts them, directly (an earlier day on a like machine, busy), in pairs alone, and in groups:
//!
//! | positions, channels | forward | input | filters |
//! |---|---|---|---|
//! | 2,429 (128 headlines), 300 -> 250 | 101, 131, 161 | 97, 133, 163 | 92, 109, 141 |
//! | 2,429, 250 -> 250 | 100, 135, 171 | 99, 136, 168 | 89, 123, 145 |
//! | 1,149 (9 a document) | 99, 142, 172 | 97, 143, 173 | 89, 122, 149 |
//! | 509 (4 a document) | 100, 132, 154 | 99, 131, 154 | 93, 117, 132 |
//! | 255 (2 a document) | 95, 111, 121 | 91, 109, 120 | 86, 99, 104 |
//! | 128 (1 a document) | 87, 81, 77 | 81, 81, 77 | 72, 72, 71 |
//! | 13,822 (64 reviews), 250 -> 250 | 102, 143, 178 | 103, 144, 178 | 78, 111, 142 |
//!
//! On two cores 339, 335 and 303 for 2,429 positions (in pairs 280, 284 and 248). With AVX2 159, 156 and 142 on one.
//!
//! By samples of a profile, about five sixths of a forward pass over 2,429 positions are tiles, and most of the rest is the
//! transformation of the tokens; of the gradient of the filters two thirds are tiles and a quarter are transformations, which wait for rows
//! from the last cache. Of a single headline packing is half of a call without [`Conv1dPacked`](super::Conv1dPacked). ReLU before and a
//! shortcut after cost 1 to 2 %. DPCNN as a whole, both cores, against pairs alone: training on headlines 10 % faster, on
//! reviews 17 %; prediction 14 % and 18 %; a single headline 2 %.
//!
//! Considered, and left:
//!
//! - Pairs alone, as it was until then: as close as direct sums in rounding too, and slower by the figures above.
//! - Groups of four for long documents only, from 8 or 16 positions on: within 2 % for a single headline, whose larger filters
//!   (six forms instead of four) cost what the fewer products save, and slower for all else.
//! - F(6, 3), eight products for six positions: another ninth of the products less, with factors up to 32 in the sums and still larger
//!   rounding. Not tried.
//! - Tried with pairs alone: one task for each product and a strip of *channels* of the gradient of filters: each row is fetched twelve
//!   times in small pieces, and it ran at no more than the speed of direct sums. A task for a strip and all products of 128 filters: within 1 %
//!   while rows come from the last cache, and 15 % slower where they come from memory.
//! - Two blocks transformed by all threads for all to read (tried with pairs alone): 3 % faster alone on the machine, half as fast when
//!   others use the last cache, 4 MB more.
//! - Asking the cache for the tokens of later groups: at most 1 %, and one more `unsafe`.
//! - Leaving out `m0` for a document of length 1, whose outer tokens are both zero: a third of the last floor of a pyramid,
//!   1 % of the network.
//!
//! Source: S. Winograd, *Arithmetic Complexity of Computations* (1980); A. Lavin and S. Gray, *Fast Algorithms for
//! Convolutional Neural Networks* (2016), which takes it to matrices of channels.

mod filters;
mod forms;
mod groups;
mod product;
#[cfg(test)]
mod tests;
mod weight;

use std::ops::Range;

use rayon::prelude::*;

use super::Conv1dShape;
use super::packed::{Input, add_to};
use super::relu::mask_here;
use super::tuning::TUNING;
use crate::matmul::Panels;
use crate::scratch::Scratch;
use crate::simd::dispatch;
use crate::{Isa, Offsets};
use groups::{Group, groups, products};
use product::GroupsTimesPanels;
pub(super) use weight::backward_weight;

/// Whether a convolution is computed in groups: a question of its shape, never of the batch.
pub(super) fn suits(shape: &Conv1dShape) -> bool {
    shape.kernel_size == 3 && shape.channels_in.min(shape.channels_out) >= TUNING.group_channels
}

/// The filters, packed for [`forward`]: of the batch with these lengths, or of any.
pub(super) fn pack(
    isa: Isa,
    shape: &Conv1dShape,
    offsets: Option<&Offsets>,
    weight: &[f32],
) -> Panels {
    let sizes = [shape.channels_out, shape.channels_in];
    let products = offsets.map_or(forms::ALL, |own| products(&shape.output_offsets(own)));
    filters::of_outputs(isa, products, weight, sizes)
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
    let groups = groups(offsets, &positions, -(shape.padding_left as isize));
    let zeros = Scratch::zeros(shape.channels_in);
    let operands = Operands {
        isa,
        input,
        zeros: &zeros,
        panels,
        bias,
    };
    operands.multiply(&groups, y, |first, y| {
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
    let groups = groups(&positions, offsets, shape.padding_left as isize - 2);
    let sizes = [shape.channels_out, shape.channels_in];
    let panels = filters::of_inputs(isa, products(offsets), weight, sizes);
    let zeros = Scratch::zeros(shape.channels_out);
    let operands = Operands {
        isa,
        input: Input::of(grad),
        zeros: &zeros,
        panels: &panels,
        bias: None,
    };
    operands.multiply(&groups, dx, |first, dx| {
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
    /// `[products · channels, columns]`
    panels: &'a Panels,
    bias: Option<&'a [f32]>,
}

impl Operands<'_> {
    /// `y` for all groups. `finish(first, y)` is called once for each part of `y`, whose first number is the one at `first`.
    fn multiply(&self, groups: &[Group], y: &mut [f32], finish: impl Fn(usize, &mut [f32]) + Sync) {
        let (panels, columns) = (self.panels, self.panels.columns);
        if y.is_empty() {
            return;
        }
        let few = groups.len() <= TUNING.few_groups;
        let work = groups.len() * panels.depth * columns;
        if few && work >= TUNING.small && panels.count() > 1 {
            self.strips(groups, y);
            return finish(0, y);
        }
        let height = match groups.len() < 4 * TUNING.groups {
            true => TUNING.few_groups,
            false => TUNING.groups,
        };
        let mut rest = y;
        let tasks = groups.chunks(height).map(|groups| {
            let positions: usize = groups.iter().map(|group| group.positions).sum();
            let (own, others) = std::mem::take(&mut rest).split_at_mut(positions * columns);
            rest = others;
            (groups, own)
        });
        let task = |(groups, y): (&[Group], &mut [f32])| {
            self.part(groups, 0..panels.count(), y);
            finish(groups[0].position * columns, y);
        };
        if work < TUNING.small {
            tasks.for_each(task);
        } else {
            let tasks: Vec<_> = tasks.collect();
            tasks.into_par_iter().for_each(task);
        }
    }

    /// A few groups, as of a single headline, for which the threads share the columns.
    fn strips(&self, groups: &[Group], y: &mut [f32]) {
        let columns = self.panels.columns;
        let positions = y.len() / columns;
        let strip = TUNING.strip_panels * self.panels.width();
        let mut strips = Scratch::take(y.len());
        strips
            .par_chunks_mut(positions * strip)
            .enumerate()
            .for_each(|(i, y)| {
                let last = self.panels.count().min((i + 1) * TUNING.strip_panels);
                self.part(groups, i * TUNING.strip_panels..last, y);
            });
        for (i, numbers) in strips.chunks(positions * strip).enumerate() {
            let width = numbers.len() / positions;
            for (y, numbers) in y.chunks_exact_mut(columns).zip(numbers.chunks_exact(width)) {
                y[i * strip..][..width].copy_from_slice(numbers);
            }
        }
    }

    /// The columns of a few panels for a few groups: `y [positions, columns of these panels]`.
    fn part(&self, groups: &[Group], part: Range<usize>, y: &mut [f32]) {
        let Self {
            isa,
            input,
            zeros,
            panels,
            bias,
        } = *self;
        dispatch(
            isa,
            GroupsTimesPanels {
                groups,
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
