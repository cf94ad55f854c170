//! The gradient of the filters: three taps from up to four positions with as many products as the forward pass takes, F(3, 2) and
//! F(3, 4).

use std::ops::Range;

use rayon::prelude::*;

use super::forms::{ALL, IN_SMALL, of_gradients, of_tokens, to_taps};
use super::groups::{Group, groups, products};
use crate::conv1d::Conv1dShape;
use crate::conv1d::packed::Input;
use crate::conv1d::tuning::TUNING;
use crate::cuts::cuts;
use crate::matmul::strip_times_panels;
use crate::scratch::Scratch;
use crate::simd::{Body, Simd, dispatch};
use crate::transpose::transpose;
use crate::tree::CHAIN;
use crate::{Isa, Offsets};

/// What [`conv1d_backward_weight`](crate::conv1d_backward_weight) computes.
pub(crate) fn backward_weight(
    isa: Isa,
    shape: &Conv1dShape,
    offsets: &Offsets,
    input: Input,
    grad: &[f32],
    dw: &mut [f32],
) {
    let (ins, outs) = (shape.channels_in, shape.channels_out);
    let positions = shape.output_offsets(offsets);
    let groups = groups(offsets, &positions, -(shape.padding_left as isize));
    let products = products(&positions);
    let zeros = [Scratch::zeros(ins), Scratch::zeros(outs)];
    let mut sums = Scratch::take(products * ins * outs);
    if groups.is_empty() {
        sums.fill(0.0);
    }
    // As few chunks as the number of their blocks allows, equally many blocks in each.
    let blocks = groups.len().div_ceil(CHAIN).max(1);
    let blocks = blocks.div_ceil(blocks.div_ceil(TUNING.gradient_blocks));
    for (chunk, groups) in groups.chunks(blocks * CHAIN).enumerate() {
        let sum = |task: Task| {
            dispatch(
                isa,
                Sums {
                    task,
                    groups,
                    rows: [input.x, grad],
                    relu: input.relu,
                    zeros: [&zeros[0], &zeros[1]],
                    begin: chunk == 0,
                },
            );
        };
        let tasks = tasks(&mut sums, [products, ins, outs]);
        if groups.len() * ins * outs < TUNING.small {
            tasks.into_iter().for_each(sum);
        } else {
            tasks.into_par_iter().for_each(sum);
        }
    }
    let filters = TUNING.turned_filters;
    dw.par_chunks_mut(filters * 3 * ins)
        .enumerate()
        .for_each(|(chunk, dw)| {
            let first = chunk * filters;
            let part = first / TUNING.gradient_filters * TUNING.gradient_filters;
            dispatch(
                isa,
                Taps {
                    sums: &sums[products * ins * part..],
                    first: first - part,
                    sizes: [products, ins, TUNING.gradient_filters.min(outs - part)],
                    dw,
                },
            );
        });
}

/// One of the products for some filters and some channels.
struct Task<'a> {
    product: usize,
    filters: Range<usize>,
    channels: Range<usize>,
    /// `[channels, filters]`
    sums: &'a mut [f32],
}

/// The tasks of `sums`: `[products, a few channels, a few filters]` after one another.
fn tasks(sums: &mut [f32], [products, ins, outs]: [usize; 3]) -> Vec<Task<'_>> {
    let mut tasks = Vec::new();
    for (part, sums) in sums
        .chunks_mut(products * ins * TUNING.gradient_filters)
        .enumerate()
    {
        let filters =
            part * TUNING.gradient_filters..outs.min((part + 1) * TUNING.gradient_filters);
        for (part, sums) in sums
            .chunks_mut(products * TUNING.gradient_channels * filters.len())
            .enumerate()
        {
            let channels =
                part * TUNING.gradient_channels..ins.min((part + 1) * TUNING.gradient_channels);
            let each = channels.len() * filters.len();
            for (product, sums) in sums.chunks_exact_mut(each).enumerate() {
                tasks.push(Task {
                    product,
                    filters: filters.clone(),
                    channels: channels.clone(),
                    sums,
                });
            }
        }
    }
    tasks
}

/// `sums[c, o] (+)= Σ_groups t[group, c]·f[group, o]` of one task.
struct Sums<'a> {
    task: Task<'a>,
    groups: &'a [Group],
    /// The tokens and the gradients.
    rows: [&'a [f32]; 2],
    /// Whether the tokens are taken by their positive part.
    relu: bool,
    zeros: [&'a [f32]; 2],
    /// Whether these are the first groups.
    begin: bool,
}

impl Body for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        macro_rules! sum {
            ($product:literal) => {
                match self.relu {
                    true => self.sum::<S, MR, NV, $product, true>(simd),
                    false => self.sum::<S, MR, NV, $product, false>(simd),
                }
            };
        }
        match self.task.product {
            0 => sum!(0),
            1 => sum!(1),
            2 => sum!(2),
            3 => sum!(3),
            4 => sum!(4),
            _ => sum!(5),
        }
    }
}

impl Sums<'_> {
    /// The sums of product `P`.
    #[inline(always)]
    fn sum<S: Simd, const MR: usize, const NV: usize, const P: usize, const RELU: bool>(
        self,
        simd: S,
    ) {
        let Task {
            filters,
            channels,
            sums,
            ..
        } = self.task;
        let columns = filters.len();
        let width = NV * S::LANES;
        let mut strip = Scratch::take(CHAIN * channels.len());
        let mut panels = Scratch::take(CHAIN * columns.next_multiple_of(width));
        // What lies beyond the last filter goes into lanes that are dropped.
        let mut row = Scratch::zeros(self.zeros[0].len().max(self.zeros[1].len()) + width);
        for (block, all) in self.groups.chunks(CHAIN).enumerate() {
            let depth = all.iter().filter(|group| group.takes(P)).count();
            for (i, group) in all.iter().filter(|group| group.takes(P)).enumerate() {
                let tokens = group.rows(self.rows[0], self.zeros[0]);
                match group.is_large() {
                    true => row_of_tokens::<S, P, true, RELU>(simd, &tokens, &channels, &mut row),
                    false => row_of_tokens::<S, P, false, RELU>(simd, &tokens, &channels, &mut row),
                }
                // Tile after tile, each [group, channel of the tile].
                for (c, tile) in cuts(channels.len(), [MR, 4, 2, 1]) {
                    let from = &row[channels.start + c..][..tile];
                    let to = &mut strip[c * depth + i * tile..][..tile];
                    match tile {
                        1 => to[0] = from[0],
                        2 => to.copy_from_slice(&from[..2]),
                        4 => to.copy_from_slice(&from[..4]),
                        _ => to[..MR].copy_from_slice(&from[..MR]),
                    }
                }
                let grads = group.own_rows(self.rows[1], self.zeros[1]);
                match group.is_large() {
                    true => row_of_gradients::<S, P, true>(simd, &grads, &filters, &mut row),
                    false => row_of_gradients::<S, P, false>(simd, &grads, &filters, &mut row),
                }
                // Panel after panel, each [group, width].
                for column in (0..columns).step_by(width) {
                    let from = &row[filters.start + column..];
                    let to = &mut panels[column * depth + i * width..];
                    for v in 0..NV {
                        let lane = v * S::LANES;
                        simd.store(simd.load(&from[lane..]), &mut to[lane..]);
                    }
                }
            }
            strip_times_panels::<S, MR, NV>(
                simd,
                &strip,
                depth,
                |panel| &panels[panel * depth * width..][..depth * width],
                columns,
                self.begin && block == 0,
                sums,
            );
        }
    }
}

/// `row[c]`, for `channels`, is what product `P` takes of the tokens of a group; what lies before them may change too. The last
/// vector reaches back over its neighbour: rows have at least [`LANES`](Simd::LANES) numbers.
#[inline(always)]
fn row_of_tokens<S: Simd, const P: usize, const LARGE: bool, const RELU: bool>(
    simd: S,
    tokens: &[&[f32]; 6],
    channels: &Range<usize>,
    row: &mut [f32],
) {
    let last = tokens[0].len() - S::LANES;
    for c in channels.clone().step_by(S::LANES) {
        let c = c.min(last);
        let form = of_tokens::<S, P, LARGE, RELU>(simd, tokens, c);
        simd.store(form, &mut row[c..]);
    }
}

/// [`row_of_tokens`] of the gradients, for `filters`.
#[inline(always)]
fn row_of_gradients<S: Simd, const P: usize, const LARGE: bool>(
    simd: S,
    grads: &[&[f32]; 4],
    filters: &Range<usize>,
    row: &mut [f32],
) {
    let last = grads[0].len() - S::LANES;
    for o in filters.clone().step_by(S::LANES) {
        let o = o.min(last);
        let form = of_gradients::<S, P, LARGE>(simd, grads, o);
        simd.store(form, &mut row[o..]);
    }
}

/// `dw[o, c, ..]` from the sums of all products at `c, o`, for a few filters.
struct Taps<'a> {
    /// The sums of the tasks that have these filters, each `[products, a few channels, outs]`.
    sums: &'a [f32],
    /// The first filter, of those `outs`.
    first: usize,
    /// The products, the channels, and the filters that lie side by side.
    sizes: [usize; 3],
    /// `[a few filters, ins, 3]`
    dw: &'a mut [f32],
}

impl Body for Taps<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        match self.sizes[0] {
            IN_SMALL => self.turn::<S, IN_SMALL>(simd),
            _ => self.turn::<S, ALL>(simd),
        }
    }
}

impl Taps<'_> {
    #[inline(always)]
    fn turn<S: Simd, const PRODUCTS: usize>(self, simd: S) {
        let Self {
            sums,
            first,
            sizes: [_, ins, outs],
            dw,
        } = self;
        let filters = dw.len() / (3 * ins);
        let mut turned = Scratch::take(filters * PRODUCTS * ins.min(TUNING.gradient_channels));
        for from in (0..ins).step_by(TUNING.gradient_channels) {
            let channels = TUNING.gradient_channels.min(ins - from);
            let sums = &sums[PRODUCTS * from * outs + first..];
            // [filters, products, channels]
            let depth = PRODUCTS * channels;
            let turned = &mut turned[..filters * depth];
            transpose(simd, [depth, filters], sums, outs, turned, depth);
            for (dw, turned) in dw.chunks_exact_mut(3 * ins).zip(turned.chunks_exact(depth)) {
                let (dw, _) = dw[3 * from..][..3 * channels].as_chunks_mut::<3>();
                let mut rows: [&[f32]; ALL] = [&[]; ALL];
                for i in 0..PRODUCTS {
                    rows[i] = &turned[i * channels..][..channels];
                }
                for c in 0..channels {
                    let mut sums = [0.0; ALL];
                    for i in 0..PRODUCTS {
                        sums[i] = rows[i][c];
                    }
                    dw[c] = to_taps(sums);
                }
            }
        }
    }
}
