//! The gradient of the filters: three taps from two positions with four products, F(3, 2).

use std::ops::Range;

use rayon::prelude::*;

use super::pairs::{Pair, pairs};
use crate::conv1d::Conv1dShape;
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
    x: &[f32],
    grad: &[f32],
    dw: &mut [f32],
) {
    let (ins, outs) = (shape.channels_in, shape.channels_out);
    let positions = shape.output_offsets(offsets);
    let pairs = pairs(offsets, &positions, -(shape.padding_left as isize));
    let zeros = [Scratch::zeros(ins), Scratch::zeros(outs)];
    // A few filters after the other, [4, ins, a few outs] each.
    let mut products = Scratch::take(4 * ins * outs);
    if pairs.is_empty() {
        products.fill(0.0);
    }
    // As few chunks as CHUNK allows, equally many blocks in each.
    let blocks = pairs.len().div_ceil(BLOCK).max(1);
    let blocks = blocks.div_ceil(blocks.div_ceil(CHUNK));
    for (chunk, pairs) in pairs.chunks(blocks * BLOCK).enumerate() {
        let sum = |(first, product, sums): (usize, usize, &mut [f32])| {
            dispatch(
                isa,
                Sums {
                    product,
                    pairs,
                    rows: [x, grad],
                    zeros: [&zeros[0], &zeros[1]],
                    filters: first..(first + FILTERS).min(outs),
                    begin: chunk == 0,
                    sums,
                },
            );
        };
        let tasks = products.chunks_mut(4 * ins * FILTERS).enumerate();
        let tasks = tasks.flat_map(|(part, sums)| {
            let products = sums.chunks_exact_mut(sums.len() / 4).enumerate();
            products.map(move |(product, sums)| (part * FILTERS, product, sums))
        });
        if pairs.len() * ins * outs < SMALL {
            tasks.for_each(sum);
        } else {
            let tasks: Vec<_> = tasks.collect();
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
                    products: &products[4 * ins * part + first % FILTERS..],
                    sizes: [ins, FILTERS.min(outs - part)],
                    dw,
                },
            );
        });
}

/// Filters of one task: whole panels of every instruction set. With 250 channels the tokens, the gradients and the sums of a task
/// fill 0.5 MB, which the second-level cache keeps.
const FILTERS: usize = 128;

/// Blocks that all tasks work on before any goes on: with 250 channels on both sides their rows fill 5 MB, which stay in the
/// last cache while one task after the other reads them.
const CHUNK: usize = 5;

/// Products of fewer multiply-adds are not worth waking another thread.
const SMALL: usize = 1 << 18;

/// Pairs that are transformed side by side: their rows stay in the first cache while they are cut up.
const GROUP: usize = 8;

/// `sums[c, o] (+)= Σ_pairs t[pair, c]·f[pair, o]` of one of the four products, for a few filters.
struct Sums<'a> {
    product: usize,
    pairs: &'a [Pair],
    /// The tokens and the gradients.
    rows: [&'a [f32]; 2],
    zeros: [&'a [f32]; 2],
    filters: Range<usize>,
    /// Whether these are the first pairs.
    begin: bool,
    /// `[channels_in, filters]`
    sums: &'a mut [f32],
}

impl Body for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let (channels, columns) = (self.zeros[0].len(), self.filters.len());
        let width = NV * S::LANES;
        let mut strip = Scratch::take(BLOCK * channels);
        let mut panels = Scratch::take(BLOCK * columns.next_multiple_of(width));
        let mut pairs = Vec::with_capacity(BLOCK);
        for (block, all) in self.pairs.chunks(BLOCK).enumerate() {
            // A position without a second has no part in the last product.
            pairs.clear();
            pairs.extend(all.iter().filter(|pair| pair.whole || self.product < 3));
            let [rows, grads] = [0, 1].map(|side| (self.rows[side], self.zeros[side]));
            macro_rules! transform {
                ($product:literal) => {{
                    tokens::<S, MR, $product>(simd, &pairs, rows, &mut strip);
                    gradients::<S, NV, $product>(simd, &pairs, grads, &self.filters, &mut panels);
                }};
            }
            match self.product {
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
                self.sums,
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
fn tokens<S: Simd, const MR: usize, const P: usize>(
    simd: S,
    pairs: &[&Pair],
    (x, zeros): (&[f32], &[f32]),
    strip: &mut [f32],
) {
    let ([one, other], sign) = TOKENS[P];
    let signs = simd.splat(sign);
    for (g, group) in pairs.chunks(GROUP).enumerate() {
        for (c, tile) in cuts(zeros.len(), [MR, 4, 2, 1]) {
            let strip = &mut strip[c * pairs.len() + g * GROUP * tile..];
            for (i, pair) in group.iter().enumerate() {
                let rows = pair.rows(x, zeros);
                let (one, other) = (&rows[one][c..], &rows[other][c..]);
                let to = &mut strip[i * tile..];
                // A vector is wider than a tile: what it writes beyond is the place of the next pair.
                if tile == MR && one.len() >= S::LANES && g * GROUP + i + 1 < pairs.len() {
                    let sum = simd.mul_add(simd.load(other), signs, simd.load(one));
                    simd.store(sum, to);
                } else {
                    for i in 0..tile {
                        to[i] = one[i] + sign * other[i];
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
    /// `[4, ins, outs]`, from the first filter on.
    products: &'a [f32],
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
            sizes: [ins, outs],
            dw,
        } = self;
        let filters = dw.len() / (3 * ins);
        // [filters, 4, ins]
        let mut turned = Scratch::take(filters * 4 * ins);
        transpose(
            simd,
            [4 * ins, filters],
            products,
            outs,
            &mut turned,
            4 * ins,
        );
        for (dw, turned) in dw
            .chunks_exact_mut(3 * ins)
            .zip(turned.chunks_exact(4 * ins))
        {
            let (dw, _) = dw.as_chunks_mut::<3>();
            let (first, rest) = turned.split_at(ins);
            let (second, rest) = rest.split_at(ins);
            let (third, fourth) = rest.split_at(ins);
            for c in 0..ins {
                let outer = (second[c] + third[c]) * 0.5;
                let middle = (second[c] - third[c]) * 0.5;
                dw[c] = [first[c] + outer, middle, outer + fourth[c]];
            }
        }
    }
}
