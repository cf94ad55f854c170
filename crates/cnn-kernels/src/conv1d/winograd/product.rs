//! A few pairs from end to end: their rows transformed, the four products, and the results of each written as they come.

#![expect(
    clippy::needless_range_loop,
    reason = "the indices of a tile run through several arrays at once"
)]

use std::ops::Range;

use super::pairs::Pair;
use crate::conv1d::packed::Input;
use crate::cuts::cuts;
use crate::matmul::{Panels, blocks, rows_times_block};
use crate::scratch::Scratch;
use crate::simd::{Body, Part, Simd};

/// `y` for a few pairs that follow one another.
pub(super) struct PairsTimesPanels<'a> {
    pub(super) pairs: &'a [Pair],
    pub(super) input: Input<'a>,
    /// `[channels]`
    pub(super) zeros: &'a [f32],
    /// `[4 · channels, columns]`
    pub(super) panels: &'a Panels,
    /// The panels whose columns are computed.
    pub(super) part: Range<usize>,
    /// Of all columns.
    pub(super) bias: Option<&'a [f32]>,
    /// `[positions of these pairs, columns of these panels]`
    pub(super) y: &'a mut [f32],
}

/// What each product adds to the two positions of a pair.
const SIGNS: [[f32; 2]; 4] = [[1.0, 0.0], [1.0, 1.0], [1.0, -1.0], [0.0, 1.0]];

/// Which product is taken first, and so on: the first of them reaches both positions and begins both sums.
const ORDER: [usize; 4] = [1, 2, 0, 3];

impl Body for PairsTimesPanels<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            pairs,
            input,
            zeros,
            panels,
            part,
            bias,
            y,
        } = self;
        let channels = zeros.len();
        let first = part.start * NV * S::LANES;
        let columns = panels.columns.min(part.end * NV * S::LANES) - first;
        let bias = bias.map(|bias| &bias[first..]);
        // [4, pairs, channels]
        let mut transformed = Scratch::take(4 * pairs.len() * channels);
        let [first, second, third, fourth] = split(&mut transformed, pairs.len() * channels);
        for (i, pair) in pairs.iter().enumerate() {
            let rows = pair.rows(input.x, zeros);
            let to = [&mut *first, &mut *second, &mut *third, &mut *fourth]
                .map(|matrix| &mut matrix[i * channels..][..channels]);
            match input.relu {
                true => transform::<S, true>(simd, rows, to),
                false => transform::<S, false>(simd, rows, to),
            }
        }
        let from = pairs[0].position;
        // The last product belongs to second positions alone: an odd last position costs three products, as a direct sum
        // does.
        let lists: [(Vec<&[f32]>, Vec<Place>); 4] = std::array::from_fn(|product| {
            let matrix = &transformed[product * pairs.len() * channels..];
            pairs
                .iter()
                .zip(matrix.chunks_exact(channels))
                .filter(|(pair, _)| product < 3 || pair.whole)
                .map(|(pair, row)| (row, Place::of(pair, from)))
                .unzip()
        });
        for block in blocks(channels) {
            for panel in part.clone() {
                let column = (panel - part.start) * NV * S::LANES;
                for product in ORDER {
                    let begin = block.start == 0 && product == ORDER[0];
                    let offset = product * channels;
                    let b = panels.rows(panel, &(offset + block.start..offset + block.end));
                    let (rows, places) = &lists[product];
                    for (r, height) in cuts(rows.len(), [MR, 8.min(MR), 4, 2, 1]) {
                        let (rows, places, block) = (&rows[r..], &places[r..], block.clone());
                        let out = Out {
                            y: &mut *y,
                            columns,
                            column,
                            begin: begin.then_some(bias),
                            signs: SIGNS[product],
                        };
                        macro_rules! tile {
                            ($height:expr) => {
                                simd.call(PairsTile::<{ $height }, NV> {
                                    rows,
                                    places,
                                    block,
                                    b,
                                    out,
                                })
                            };
                        }
                        match height {
                            1 => tile!(1),
                            2 => tile!(2),
                            4 => tile!(4),
                            8 => tile!(8),
                            _ => simd.call(PairsTile::<MR, NV> {
                                rows,
                                places,
                                block,
                                b,
                                out,
                            }),
                        }
                    }
                }
            }
        }
    }
}

fn split(matrices: &mut [f32], each: usize) -> [&mut [f32]; 4] {
    let (first, rest) = matrices.split_at_mut(each);
    let (second, rest) = rest.split_at_mut(each);
    let (third, fourth) = rest.split_at_mut(each);
    [first, second, third, fourth]
}

/// `[d0 - d2, d1 + d2, d2 - d1, d3 - d1]` of rows of at least [`LANES`](Simd::LANES) numbers.
#[inline(always)]
fn transform<S: Simd, const RELU: bool>(simd: S, rows: [&[f32]; 4], to: [&mut [f32]; 4]) {
    let channels = rows[0].len();
    let (zero, minus) = (simd.splat(0.0), simd.splat(-1.0));
    // The last vector reaches back over its neighbour: it writes the same numbers again.
    let last = channels - S::LANES;
    let [t0, t1, t2, t3] = to;
    for c in (0..channels).step_by(S::LANES).map(|c| c.min(last)) {
        // No closures around vectors: the library's `map` is compiled without this instruction set.
        let mut d = [zero; 4];
        for j in 0..4 {
            let numbers = simd.load(&rows[j][c..]);
            d[j] = match RELU {
                true => simd.greater((zero, zero), (numbers, zero)).0,
                false => numbers,
            };
        }
        simd.store(simd.mul_add(d[2], minus, d[0]), &mut t0[c..]);
        simd.store(simd.add(d[1], d[2]), &mut t1[c..]);
        simd.store(simd.mul_add(d[1], minus, d[2]), &mut t2[c..]);
        simd.store(simd.mul_add(d[1], minus, d[3]), &mut t3[c..]);
    }
}

/// Where the results of a pair go.
#[derive(Clone, Copy)]
struct Place {
    row: usize,
    whole: bool,
}

impl Place {
    fn of(pair: &Pair, from: usize) -> Self {
        Self {
            row: pair.position - from,
            whole: pair.whole,
        }
    }
}

/// One product of a few pairs over one block of terms.
struct PairsTile<'a, const R: usize, const NV: usize> {
    rows: &'a [&'a [f32]],
    places: &'a [Place],
    block: Range<usize>,
    b: &'a [f32],
    out: Out<'a>,
}

impl<const R: usize, const NV: usize> Part for PairsTile<'_, R, NV> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let tile = rows_times_block(simd, self.rows, self.block, self.b);
        self.out.write::<S, R, NV>(simd, self.places, &tile);
    }
}

/// Where the tiles of one product and one panel go.
struct Out<'a> {
    y: &'a mut [f32],
    columns: usize,
    column: usize,
    /// The bias, where the sums begin; later tiles add to what is there.
    begin: Option<Option<&'a [f32]>>,
    signs: [f32; 2],
}

impl Out<'_> {
    /// Adds the tile to the positions that it belongs to; lanes beyond the last column are dropped.
    #[inline(always)]
    fn write<S: Simd, const R: usize, const NV: usize>(
        self,
        simd: S,
        places: &[Place],
        tile: &[[S::Vector; NV]; R],
    ) {
        let width = (self.columns - self.column).min(NV * S::LANES);
        for i in 0..R {
            let place = places[i];
            for half in 0..1 + usize::from(place.whole) {
                let sign = self.signs[half];
                if sign == 0.0 {
                    continue;
                }
                let start = (place.row + half) * self.columns + self.column;
                let y = &mut self.y[start..][..width];
                for v in 0..NV {
                    let from = v * S::LANES;
                    if from + S::LANES <= width {
                        let other = match self.begin {
                            Some(Some(bias)) => simd.load(&bias[self.column + from..]),
                            Some(None) => simd.splat(0.0),
                            None => simd.load(&y[from..]),
                        };
                        // One rounding, as of an addition or a subtraction.
                        let sum = simd.mul_add(tile[i][v], simd.splat(sign), other);
                        simd.store(sum, &mut y[from..]);
                    } else if from < width {
                        let mut lanes = [0.0; 16];
                        simd.store(tile[i][v], &mut lanes);
                        for (l, y) in y[from..].iter_mut().enumerate() {
                            let other = match self.begin {
                                Some(Some(bias)) => bias[self.column + from + l],
                                Some(None) => 0.0,
                                None => *y,
                            };
                            *y = other + sign * lanes[l];
                        }
                    }
                }
            }
        }
    }
}
