//! The gradient of the filters: three taps from two positions with four products, F(3, 2).

use rayon::prelude::*;

use super::pairs::{Pair, pairs};
use crate::conv1d::Conv1dShape;
use crate::cuts::cuts;
use crate::matmul::{BLOCK, blocks, strip_times_panels};
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
    let all = pairs(offsets, &positions, -(shape.padding_left as isize));
    // The last product has no part in a position without a second.
    let whole: Vec<Pair> = all.iter().copied().filter(|pair| pair.whole).collect();
    let (token, position) = (Scratch::zeros(ins), Scratch::zeros(outs));
    // [4, ins, outs]
    let mut products = Scratch::take(4 * ins * outs);
    let height = strip_height(ins);
    let tasks = products
        .chunks_exact_mut(ins * outs)
        .enumerate()
        .flat_map(|(product, sums)| {
            sums.chunks_mut(height * outs)
                .enumerate()
                .map(move |(strip, sums)| (product, strip * height, sums))
        });
    let tasks: Vec<_> = tasks.collect();
    tasks.into_par_iter().for_each(|(product, first, sums)| {
        dispatch(
            isa,
            Strip {
                product,
                pairs: if product < 3 { &all } else { &whole },
                x,
                grad,
                zeros: [&token, &position],
                first,
                sums,
            },
        );
    });
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

/// The rows of a product that one task sums: few enough to feed several threads, enough that the gradients transformed
/// for them are used often, and whole tiles.
fn strip_height(channels: usize) -> usize {
    channels
        .div_ceil(channels.div_ceil(96).max(1))
        .next_multiple_of(12)
}

/// `sums[c, o] = Σ_pairs t[pair, first + c]·f[pair, o]`, where `t` and `f` are what `product` takes of tokens and gradients.
struct Strip<'a> {
    product: usize,
    pairs: &'a [Pair],
    x: &'a [f32],
    grad: &'a [f32],
    /// `[channels_in]` and `[channels_out]`
    zeros: [&'a [f32]; 2],
    first: usize,
    /// `[a few channels_in, channels_out]`
    sums: &'a mut [f32],
}

impl Body for Strip<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            product,
            pairs,
            x,
            grad,
            zeros: [token, position],
            first,
            sums,
        } = self;
        let (outs, width) = (position.len(), NV * S::LANES);
        let height = sums.len() / outs;
        let longest = BLOCK.min(pairs.len());
        let mut strip = Scratch::take(height * longest);
        // Panels [panel][pair, width]; the lanes beyond the last column stay zero.
        let mut panels = Scratch::zeros(outs.div_ceil(width) * longest * width);
        // t = d[i] ± d[j]
        let (i, j, sign) = [(0, 2, -1.0), (1, 2, 1.0), (2, 1, -1.0), (3, 1, -1.0)][product];
        for block in blocks(pairs.len()) {
            let pairs = &pairs[block.clone()];
            let depth = pairs.len();
            let rows = |pair: &Pair| {
                let rows = pair.rows(x, token);
                (&rows[i][first..][..height], &rows[j][first..][..height])
            };
            for (p, pair) in pairs.iter().enumerate() {
                let (a, b) = rows(pair);
                for (c, tile) in cuts(height, [MR, 4, 2, 1]) {
                    let to = &mut strip[c * depth + p * tile..][..tile];
                    let (a, b) = (&a[c..], &b[c..]);
                    match tile {
                        1 => combine::<1>(a, b, sign, to),
                        2 => combine::<2>(a, b, sign, to),
                        4 => combine::<4>(a, b, sign, to),
                        _ => combine::<MR>(a, b, sign, to),
                    }
                }
                let [e0, e1] = pair.own_rows(grad, position);
                for (panel, column) in (0..outs).step_by(width).enumerate() {
                    let to = &mut panels[(panel * depth + p) * width..][..width];
                    for v in 0..NV {
                        let (from, to) = (column + v * S::LANES, &mut to[v * S::LANES..]);
                        if from + S::LANES <= outs {
                            let e = [simd.load(&e0[from..]), simd.load(&e1[from..])];
                            simd.store(gradients(simd, product, e), to);
                        } else if from < outs {
                            let mut e = [[0.0; 16]; 2];
                            e[0][..outs - from].copy_from_slice(&e0[from..]);
                            e[1][..outs - from].copy_from_slice(&e1[from..]);
                            let e = e.each_ref().map(|e| simd.load(e));
                            simd.store(gradients(simd, product, e), to);
                        }
                    }
                }
            }
            strip_times_panels::<S, MR, NV>(
                simd,
                &strip,
                depth,
                |panel| &panels[panel * depth * width..][..depth * width],
                outs,
                block.start == 0,
                sums,
            );
        }
    }
}

/// `a + sign·b` of the first numbers: one rounding, for the sign is 1 or -1.
#[inline(always)]
fn combine<const R: usize>(a: &[f32], b: &[f32], sign: f32, to: &mut [f32]) {
    let (a, b): (&[f32; R], &[f32; R]) = match (a.first_chunk(), b.first_chunk()) {
        (Some(a), Some(b)) => (a, b),
        _ => panic!("rows are long enough"),
    };
    let to: &mut [f32; R] = to.first_chunk_mut().expect("a tile has R rows");
    for i in 0..R {
        to[i] = a[i] + sign * b[i];
    }
}

/// What `product` takes of the gradients at the two positions of a pair: `e0`, `e0 + e1`, `e0 - e1` or `e1`.
#[inline(always)]
fn gradients<S: Simd>(simd: S, product: usize, [e0, e1]: [S::Vector; 2]) -> S::Vector {
    match product {
        0 => e0,
        1 => simd.add(e0, e1),
        2 => simd.mul_add(e1, simd.splat(-1.0), e0),
        _ => e1,
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
