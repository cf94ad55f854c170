//! The gradient of the filters: three taps from two positions with four products, F(3, 2).

use rayon::prelude::*;

use super::pairs::{Pair, pairs};
use crate::conv1d::Conv1dShape;
use crate::cuts::cuts;
use crate::matmul::{BLOCK, strip_times_panels};
use crate::scratch::Scratch;
use crate::simd::{Body, Simd, dispatch, panel_width};
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
    let all = pairs(offsets, &positions, -(shape.padding_left as isize));
    let zeros = [Scratch::zeros(ins), Scratch::zeros(outs)];
    let zeros = [&*zeros[0], &*zeros[1]];
    // [4, ins, outs]
    let mut products = Scratch::take(4 * ins * outs);
    if all.is_empty() {
        products.fill(0.0);
    }
    let columns = outs.next_multiple_of(panel_width(isa));
    let (strip, panel) = (4 * BLOCK * ins, 4 * BLOCK * columns);
    // As few chunks as BLOCKS allows, of as many blocks each.
    let count = all.len().div_ceil(BLOCK).max(1);
    let longest = count.div_ceil(count.div_ceil(BLOCKS));
    let mut strips = Scratch::take(longest * strip);
    let mut panels = Scratch::take(longest * panel);
    for (chunk, pairs) in all.chunks(longest * BLOCK).enumerate() {
        let blocks: Vec<&[Pair]> = pairs.chunks(BLOCK).collect();
        let tokens = blocks.iter().zip(strips.chunks_exact_mut(strip));
        let gradients = blocks.iter().zip(panels.chunks_exact_mut(panel));
        let tasks = tokens
            .map(|(pairs, to)| (*pairs, true, to))
            .chain(gradients.map(|(pairs, to)| (*pairs, false, to)));
        let transform = |(pairs, of_tokens, to): (&[Pair], bool, &mut [f32])| match of_tokens {
            true => dispatch(
                isa,
                Tokens {
                    pairs,
                    x,
                    zeros: zeros[0],
                    strips: to,
                },
            ),
            false => dispatch(
                isa,
                Gradients {
                    pairs,
                    grad,
                    zeros: zeros[1],
                    panels: to,
                },
            ),
        };
        let depths: Vec<[usize; 2]> = blocks.iter().map(|pairs| depths(pairs)).collect();
        let height = strip_height(ins);
        let sums = products
            .chunks_exact_mut(ins * outs)
            .enumerate()
            .flat_map(|(product, sums)| {
                let strips = sums.chunks_mut(height * outs).enumerate();
                strips.map(move |(strip, sums)| (product, strip * height, sums))
            });
        let multiply =
            |strips: &[f32], panels: &[f32], (product, first, sums): (usize, usize, &mut [f32])| {
                let blocks = depths
                    .iter()
                    .zip(strips.chunks_exact(strip))
                    .zip(panels.chunks_exact(panel))
                    .map(|((depths, strips), panels)| {
                        let depth = depths[product / 3];
                        let strip = &strips[product * BLOCK * ins..][first * depth..];
                        (depth, strip, &panels[product * BLOCK * columns..])
                    });
                dispatch(
                    isa,
                    Sums {
                        blocks,
                        begin: chunk == 0,
                        columns: outs,
                        sums,
                    },
                );
            };
        if pairs.len() * ins * outs < SMALL {
            tasks.for_each(transform);
            sums.for_each(|sums| multiply(&strips, &panels, sums));
        } else {
            let tasks: Vec<_> = tasks.collect();
            tasks.into_par_iter().for_each(transform);
            let sums: Vec<_> = sums.collect();
            let (strips, panels) = (&strips[..], &panels[..]);
            let multiply = |sums| multiply(strips, panels, sums);
            sums.into_par_iter().for_each(multiply);
        }
    }
    let filters = 16;
    dw.par_chunks_mut(filters * 3 * ins)
        .enumerate()
        .for_each(|(chunk, dw)| {
            dispatch(
                isa,
                Taps {
                    products: &products[chunk * filters..],
                    sizes: [ins, outs],
                    dw,
                },
            );
        });
}

/// The blocks of pairs that are transformed before their products are taken: four tasks for the threads to share. Of 250
/// channels they fill 4 MB, which stay in the last cache (measured for 2,429 positions: 4 blocks are 5 % slower, 8 are 9 %).
const BLOCKS: usize = 2;

/// Products of fewer multiply-adds are not worth waking another thread.
const SMALL: usize = 1 << 18;

/// Pairs that are transformed side by side: their rows stay in the first cache while they are cut up.
const GROUP: usize = 8;

/// The rows of a product that one task sums: few enough to feed several threads, many enough that the gradients that pass
/// by are used often, and whole tiles.
fn strip_height(channels: usize) -> usize {
    channels
        .div_ceil(channels.div_ceil(96).max(1))
        .next_multiple_of(12)
}

/// The terms of the first three products, and of the last, in which a position without a second has no part.
fn depths(pairs: &[Pair]) -> [usize; 2] {
    [pairs.len(), pairs.iter().filter(|pair| pair.whole).count()]
}

/// What the four products take of the tokens of a block of pairs, in strips: tile after tile, each `[pair, channel of the
/// tile]`.
struct Tokens<'a> {
    pairs: &'a [Pair],
    x: &'a [f32],
    /// `[channels_in]`
    zeros: &'a [f32],
    /// `[4, BLOCK · channels_in]`
    strips: &'a mut [f32],
}

impl Body for Tokens<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            pairs,
            x,
            zeros,
            strips,
        } = self;
        let channels = zeros.len();
        let depths = depths(pairs);
        let mut done = [0, 0];
        for group in pairs.chunks(GROUP) {
            for (c, tile) in cuts(channels, [MR, 4, 2, 1]) {
                let mut at = done;
                for pair in group {
                    let rows = pair.rows(x, zeros);
                    // A vector is wider than a tile: what it writes beyond is the place of the next pair.
                    let wide = tile == MR && c + S::LANES <= channels;
                    if wide && at[0] + 1 < depths[0] && at[1] + 1 < depths[1] {
                        vectors::<S, MR>(simd, &rows, c, pair.whole, depths, at, strips);
                        at[0] += 1;
                        at[1] += usize::from(pair.whole);
                        continue;
                    }
                    match tile {
                        1 => combine::<1>(&rows, c, pair.whole, depths, at, strips),
                        2 => combine::<2>(&rows, c, pair.whole, depths, at, strips),
                        4 => combine::<4>(&rows, c, pair.whole, depths, at, strips),
                        _ => combine::<MR>(&rows, c, pair.whole, depths, at, strips),
                    }
                    at[0] += 1;
                    at[1] += usize::from(pair.whole);
                }
            }
            done[0] += group.len();
            done[1] += group.iter().filter(|pair| pair.whole).count();
        }
    }
}

/// `[d0 - d2, d1 + d2, d2 - d1, d3 - d1]` for the channels of one tile.
#[inline(always)]
fn combine<const R: usize>(
    rows: &[&[f32]; 4],
    first: usize,
    whole: bool,
    depths: [usize; 2],
    at: [usize; 2],
    strips: &mut [f32],
) {
    let channels = rows[0].len();
    let mut d = [[0.0; R]; 4];
    for (d, row) in d.iter_mut().zip(rows) {
        *d = *row[first..].first_chunk().expect("rows are long enough");
    }
    for product in 0..3 + usize::from(whole) {
        let (depth, at) = (depths[product / 3], at[product / 3]);
        let to = &mut strips[product * BLOCK * channels + first * depth + at * R..];
        let to: &mut [f32; R] = to.first_chunk_mut().expect("a strip holds all pairs");
        for i in 0..R {
            to[i] = match product {
                0 => d[0][i] - d[2][i],
                1 => d[1][i] + d[2][i],
                2 => d[2][i] - d[1][i],
                _ => d[3][i] - d[1][i],
            };
        }
    }
}

/// [`combine`] by whole vectors: the numbers beyond the tile are to be written over by the next pair.
#[inline(always)]
fn vectors<S: Simd, const R: usize>(
    simd: S,
    rows: &[&[f32]; 4],
    first: usize,
    whole: bool,
    depths: [usize; 2],
    at: [usize; 2],
    strips: &mut [f32],
) {
    const { assert!(R <= S::LANES) };
    let channels = rows[0].len();
    let minus = simd.splat(-1.0);
    let mut d = [minus; 4];
    for j in 0..4 {
        d[j] = simd.load(&rows[j][first..]);
    }
    let forms = [
        simd.mul_add(d[2], minus, d[0]),
        simd.add(d[1], d[2]),
        simd.mul_add(d[1], minus, d[2]),
        simd.mul_add(d[1], minus, d[3]),
    ];
    for product in 0..3 + usize::from(whole) {
        let (depth, at) = (depths[product / 3], at[product / 3]);
        let to = product * BLOCK * channels + first * depth + at * R;
        simd.store(forms[product], &mut strips[to..]);
    }
}

/// What the four products take of the gradients at a block of pairs, `e0`, `e0 + e1`, `e0 - e1` and `e1`, in panels `[pair,
/// width]`. Lanes beyond the last channel are not specified.
struct Gradients<'a> {
    pairs: &'a [Pair],
    grad: &'a [f32],
    /// `[channels_out]`
    zeros: &'a [f32],
    /// `[4, BLOCK · channels_out]`, the channels rounded up to whole panels.
    panels: &'a mut [f32],
}

impl Body for Gradients<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            pairs,
            grad,
            zeros,
            panels,
        } = self;
        let (channels, width) = (zeros.len(), NV * S::LANES);
        let columns = channels.next_multiple_of(width);
        let depths = depths(pairs);
        let mut done = [0, 0];
        for group in pairs.chunks(GROUP) {
            for column in (0..channels).step_by(width) {
                let mut at = done;
                for pair in group {
                    let [e0, e1] = pair.own_rows(grad, zeros);
                    for v in 0..NV {
                        let from = column + v * S::LANES;
                        let mut e = [simd.splat(0.0); 2];
                        if from + S::LANES <= channels {
                            e = [simd.load(&e0[from..]), simd.load(&e1[from..])];
                        } else if from < channels {
                            let mut last = [[0.0; 16]; 2];
                            last[0][..channels - from].copy_from_slice(&e0[from..]);
                            last[1][..channels - from].copy_from_slice(&e1[from..]);
                            e = [simd.load(&last[0]), simd.load(&last[1])];
                        }
                        let forms = [
                            e[0],
                            simd.add(e[0], e[1]),
                            simd.mul_add(e[1], simd.splat(-1.0), e[0]),
                            e[1],
                        ];
                        for product in 0..3 + usize::from(pair.whole) {
                            let (depth, at) = (depths[product / 3], at[product / 3]);
                            let panel = product * BLOCK * columns + column * depth;
                            let to = panel + at * width + v * S::LANES;
                            simd.store(forms[product], &mut panels[to..]);
                        }
                    }
                    at[0] += 1;
                    at[1] += usize::from(pair.whole);
                }
            }
            done[0] += group.len();
            done[1] += group.iter().filter(|pair| pair.whole).count();
        }
    }
}

/// `sums[c, o] (+)= Σ_pairs t[pair, c]·f[pair, o]` over a few blocks: `(depth, strip of t, panels of f)` each.
struct Sums<'a, B> {
    blocks: B,
    /// Whether these are the first blocks.
    begin: bool,
    columns: usize,
    /// `[a few channels_in, channels_out]`
    sums: &'a mut [f32],
}

impl<'a, B: Iterator<Item = (usize, &'a [f32], &'a [f32])>> Body for Sums<'_, B> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let width = NV * S::LANES;
        for (block, (depth, strip, panels)) in self.blocks.enumerate() {
            strip_times_panels::<S, MR, NV>(
                simd,
                strip,
                depth,
                |panel| &panels[panel * depth * width..][..depth * width],
                self.columns,
                self.begin && block == 0,
                self.sums,
            );
        }
    }
}

/// `dw[o, c, ..]` from the four products at `c, o`, for the first filters.
struct Taps<'a> {
    /// `[4, ins, outs]`, from the first filter on.
    products: &'a [f32],
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
