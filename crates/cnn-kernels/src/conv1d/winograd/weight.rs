//! The gradient of the filters: three taps from two positions with four products, F(3, 2).

use std::ops::Range;

use rayon::prelude::*;

use super::pairs::{Pair, pairs};
use crate::conv1d::Conv1dShape;
use crate::conv1d::packed::Input;
use crate::cuts::cuts;
use crate::matmul::{BLOCK, strip_times_panels};
use crate::scratch::Scratch;
use crate::simd::{Body, Simd, dispatch};
use crate::transpose::transpose;
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
    let pairs = pairs(offsets, &positions, -(shape.padding_left as isize));
    let zeros = [Scratch::zeros(ins), Scratch::zeros(outs)];
    let mut products = Scratch::take(4 * ins * outs);
    if pairs.is_empty() {
        products.fill(0.0);
    }
    // As few chunks as CHUNK allows, equally many blocks in each.
    let blocks = pairs.len().div_ceil(BLOCK).max(1);
    let blocks = blocks.div_ceil(blocks.div_ceil(CHUNK));
    for (chunk, pairs) in pairs.chunks(blocks * BLOCK).enumerate() {
        let sum = |task: Task| {
            dispatch(
                isa,
                Sums {
                    task,
                    pairs,
                    rows: [input.x, grad],
                    relu: input.relu,
                    zeros: [&zeros[0], &zeros[1]],
                    begin: chunk == 0,
                },
            );
        };
        let tasks = tasks(&mut products, [ins, outs]);
        if pairs.len() * ins * outs < SMALL {
            tasks.into_iter().for_each(sum);
        } else {
            tasks.into_par_iter().for_each(sum);
        }
    }
    let filters = 16;
    dw.par_chunks_mut(filters * 3 * ins)
        .enumerate()
        .for_each(|(chunk, dw)| {
            let first = chunk * filters;
            let part = first / FILTERS * FILTERS;
            dispatch(
                isa,
                Taps {
                    products: &products[4 * ins * part..],
                    first: first - part,
                    sizes: [ins, FILTERS.min(outs - part)],
                    dw,
                },
            );
        });
}

/// One of the four products for some filters and some channels.
struct Task<'a> {
    product: usize,
    filters: Range<usize>,
    channels: Range<usize>,
    /// `[channels, filters]`
    sums: &'a mut [f32],
}

/// The tasks whose sums are `products`: `[4, a few channels, a few filters]` after one another.
fn tasks(products: &mut [f32], [ins, outs]: [usize; 2]) -> Vec<Task<'_>> {
    let mut tasks = Vec::new();
    for (part, sums) in products.chunks_mut(4 * ins * FILTERS).enumerate() {
        let filters = part * FILTERS..outs.min((part + 1) * FILTERS);
        for (part, sums) in sums.chunks_mut(4 * CHANNELS * filters.len()).enumerate() {
            let channels = part * CHANNELS..ins.min((part + 1) * CHANNELS);
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

/// Filters of one task: whole panels of every instruction set. With 250 channels the tokens, the gradients and the sums of a task
/// fill 0.5 MB, which the second-level cache keeps.
const FILTERS: usize = 256;

/// Channels of one task: whole tiles of every instruction set. Half of the channels and all filters rather than the other way round:
/// what is transformed twice then are the gradients, which takes half the time (a DPCNN trains 2 to 3 % faster).
const CHANNELS: usize = 132;

/// Blocks that all tasks work on before any goes on: with 250 channels on both sides their rows fill 5 MB, which stay in the
/// last cache while one task after the other reads them.
const CHUNK: usize = 5;

/// Products of fewer multiply-adds are not worth waking another thread.
const SMALL: usize = 1 << 18;

/// Pairs that are transformed side by side: their rows stay in the first cache while they are cut up.
const GROUP: usize = 8;

/// `sums[c, o] (+)= Σ_pairs t[pair, c]·f[pair, o]` of one task.
struct Sums<'a> {
    task: Task<'a>,
    pairs: &'a [Pair],
    /// The tokens and the gradients.
    rows: [&'a [f32]; 2],
    /// Whether the tokens are taken by their positive part.
    relu: bool,
    zeros: [&'a [f32]; 2],
    /// Whether these are the first pairs.
    begin: bool,
}

impl Body for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Task {
            product,
            filters,
            channels,
            sums,
        } = self.task;
        let columns = filters.len();
        let width = NV * S::LANES;
        let mut strip = Scratch::take(BLOCK * channels.len());
        let mut panels = Scratch::take(BLOCK * columns.next_multiple_of(width));
        let mut pairs = Vec::with_capacity(BLOCK);
        for (block, all) in self.pairs.chunks(BLOCK).enumerate() {
            // A position without a second has no part in the last product.
            pairs.clear();
            pairs.extend(all.iter().filter(|pair| pair.whole || product < 3));
            let [rows, grads] = [0, 1].map(|side| (self.rows[side], self.zeros[side]));
            macro_rules! transform {
                ($product:literal) => {{
                    match self.relu {
                        true => tokens::<S, MR, $product, true>(
                            simd, &pairs, rows, &channels, &mut strip,
                        ),
                        false => tokens::<S, MR, $product, false>(
                            simd, &pairs, rows, &channels, &mut strip,
                        ),
                    }
                    gradients::<S, NV, $product>(simd, &pairs, grads, &filters, &mut panels);
                }};
            }
            match product {
                0 => transform!(0),
                1 => transform!(1),
                2 => transform!(2),
                _ => transform!(3),
            }
            let depth = pairs.len();
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

/// The tokens that product `P` takes of: the first plus or minus the second.
const TOKENS: [([usize; 2], f32); 4] = [
    ([0, 2], -1.0),
    ([1, 2], 1.0),
    ([2, 1], -1.0),
    ([3, 1], -1.0),
];

/// What product `P` takes of the tokens `x` of a block of pairs, tile after tile, each `[pair, channel of the tile]`.
#[inline(always)]
fn tokens<S: Simd, const MR: usize, const P: usize, const RELU: bool>(
    simd: S,
    pairs: &[&Pair],
    (x, zeros): (&[f32], &[f32]),
    channels: &Range<usize>,
    strip: &mut [f32],
) {
    let ([one, other], sign) = TOKENS[P];
    let (signs, zero) = (simd.splat(sign), simd.splat(0.0));
    for (g, group) in pairs.chunks(GROUP).enumerate() {
        for (c, tile) in cuts(channels.len(), [MR, 4, 2, 1]) {
            let from = channels.start + c;
            let strip = &mut strip[c * pairs.len() + g * GROUP * tile..];
            for (i, pair) in group.iter().enumerate() {
                let rows = pair.rows(x, zeros);
                let (one, other) = (&rows[one][from..], &rows[other][from..]);
                let to = &mut strip[i * tile..];
                // A vector is wider than a tile: what it writes beyond is the place of the next pair.
                if tile == MR && one.len() >= S::LANES && g * GROUP + i + 1 < pairs.len() {
                    let (mut one, mut other) = (simd.load(one), simd.load(other));
                    if RELU {
                        one = simd.greater((zero, zero), (one, zero)).0;
                        other = simd.greater((zero, zero), (other, zero)).0;
                    }
                    simd.store(simd.mul_add(other, signs, one), to);
                } else {
                    for i in 0..tile {
                        let (mut one, mut other) = (one[i], other[i]);
                        if RELU {
                            one = if one <= 0.0 { 0.0 } else { one };
                            other = if other <= 0.0 { 0.0 } else { other };
                        }
                        to[i] = one + sign * other;
                    }
                }
            }
        }
    }
}

/// What product `P` takes of the gradients at a block of pairs, `e0`, `e0 + e1`, `e0 - e1` or `e1`, in panels `[pair, width]`.
/// Lanes beyond the last filter are not specified.
#[inline(always)]
fn gradients<S: Simd, const NV: usize, const P: usize>(
    simd: S,
    pairs: &[&Pair],
    (grad, zeros): (&[f32], &[f32]),
    filters: &Range<usize>,
    panels: &mut [f32],
) {
    let width = NV * S::LANES;
    let signs = simd.splat([0.0, 1.0, -1.0, 0.0][P]);
    for (g, group) in pairs.chunks(GROUP).enumerate() {
        for column in (0..filters.len()).step_by(width) {
            let panel = &mut panels[column * pairs.len() + g * GROUP * width..];
            for (pair, to) in group.iter().zip(panel.chunks_exact_mut(width)) {
                let [e0, e1] = pair.own_rows(grad, zeros);
                for v in 0..NV {
                    let from = filters.start + column + v * S::LANES;
                    let mut e = [simd.splat(0.0); 2];
                    if from + S::LANES <= zeros.len() {
                        e = [simd.load(&e0[from..]), simd.load(&e1[from..])];
                    } else if from < zeros.len() {
                        let mut last = [[0.0; 16]; 2];
                        last[0][..zeros.len() - from].copy_from_slice(&e0[from..]);
                        last[1][..zeros.len() - from].copy_from_slice(&e1[from..]);
                        e = [simd.load(&last[0]), simd.load(&last[1])];
                    }
                    let form = match P {
                        0 => e[0],
                        3 => e[1],
                        _ => simd.mul_add(e[1], signs, e[0]),
                    };
                    simd.store(form, &mut to[v * S::LANES..]);
                }
            }
        }
    }
}

/// `dw[o, c, ..]` from the four products at `c, o`, for a few filters.
struct Taps<'a> {
    /// The sums of the tasks that have these filters, each `[4, a few channels, outs]`.
    products: &'a [f32],
    /// The first filter, of those `outs`.
    first: usize,
    /// The channels, and the filters that lie side by side.
    sizes: [usize; 2],
    /// `[a few filters, ins, 3]`
    dw: &'a mut [f32],
}

impl Body for Taps<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            products,
            first,
            sizes: [ins, outs],
            dw,
        } = self;
        let filters = dw.len() / (3 * ins);
        let mut turned = Scratch::take(filters * 4 * ins.min(CHANNELS));
        for from in (0..ins).step_by(CHANNELS) {
            let channels = CHANNELS.min(ins - from);
            let products = &products[4 * from * outs + first..];
            // [filters, 4, channels]
            let turned = &mut turned[..filters * 4 * channels];
            let depth = 4 * channels;
            transpose(simd, [depth, filters], products, outs, turned, depth);
            for (dw, turned) in dw.chunks_exact_mut(3 * ins).zip(turned.chunks_exact(depth)) {
                let (dw, _) = dw[3 * from..][..3 * channels].as_chunks_mut::<3>();
                let (first, rest) = turned.split_at(channels);
                let (second, rest) = rest.split_at(channels);
                let (third, fourth) = rest.split_at(channels);
                for c in 0..channels {
                    let outer = (second[c] + third[c]) * 0.5;
                    let middle = (second[c] - third[c]) * 0.5;
                    dw[c] = [first[c] + outer, middle, outer + fourth[c]];
                }
            }
        }
    }
}
