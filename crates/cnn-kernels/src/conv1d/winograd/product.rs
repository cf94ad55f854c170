//! A few groups from end to end: their rows transformed, the products, and the results of each written as they come.

#![expect(
    clippy::needless_range_loop,
    reason = "the indices of a tile run through several arrays at once"
)]

use std::ops::Range;

use super::forms::{ALL, FACTORS, IN_SMALL, of_tokens};
use super::groups::Group;
use crate::conv1d::packed::Input;
use crate::cuts::cuts;
use crate::matmul::{Panels, blocks, rows_times_block};
use crate::scratch::Scratch;
use crate::simd::{Body, Part, Simd};

/// `y` for a few groups that follow one another.
pub(super) struct GroupsTimesPanels<'a> {
    pub(super) groups: &'a [Group],
    pub(super) input: Input<'a>,
    /// `[channels]`
    pub(super) zeros: &'a [f32],
    /// `[products · channels, columns]`
    pub(super) panels: &'a Panels,
    /// The panels whose columns are computed.
    pub(super) part: Range<usize>,
    /// Of all columns.
    pub(super) bias: Option<&'a [f32]>,
    /// `[positions of these groups, columns of these panels]`
    pub(super) y: &'a mut [f32],
}

/// Which product is taken first, and so on: the first of them reaches all positions and begins their sums.
const ORDER: [usize; ALL] = [1, 2, 0, 3, 4, 5];

impl Body for GroupsTimesPanels<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            groups,
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
        let products = panels.depth / channels;
        // [products, groups, channels]
        let mut transformed = Scratch::take(products * groups.len() * channels);
        let stride = groups.len() * channels;
        for (i, group) in groups.iter().enumerate() {
            let rows = group.rows(input.x, zeros);
            let to = &mut transformed[i * channels..];
            match (group.is_large(), input.relu) {
                (false, false) => transform::<S, false, false>(simd, &rows, to, stride),
                (false, true) => transform::<S, false, true>(simd, &rows, to, stride),
                (true, false) => transform::<S, true, false>(simd, &rows, to, stride),
                (true, true) => transform::<S, true, true>(simd, &rows, to, stride),
            }
        }
        let from = groups[0].position;
        let lists: [(Vec<&[f32]>, Vec<Place>); ALL] = std::array::from_fn(|product| {
            let own = groups.iter().enumerate();
            own.filter(|(_, group)| group.takes(product))
                .map(|(i, group)| {
                    let row = &transformed[product * stride + i * channels..][..channels];
                    (row, Place::of(group, product, from))
                })
                .unzip()
        });
        for block in blocks(channels) {
            for panel in part.clone() {
                let column = (panel - part.start) * NV * S::LANES;
                for product in ORDER.into_iter().take(products) {
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
                        };
                        macro_rules! tile {
                            ($height:expr) => {
                                simd.call(GroupsTile::<{ $height }, NV> {
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
                            _ => simd.call(GroupsTile::<MR, NV> {
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

/// The forms of one group of tokens, in rows `stride` numbers apart; the tokens' rows have at least [`LANES`](Simd::LANES) numbers.
#[inline(always)]
fn transform<S: Simd, const LARGE: bool, const RELU: bool>(
    simd: S,
    rows: &[&[f32]; 6],
    to: &mut [f32],
    stride: usize,
) {
    let channels = rows[0].len();
    // The last vector reaches back over its neighbour: it writes the same numbers again.
    let last = channels - S::LANES;
    for c in (0..channels).step_by(S::LANES).map(|c| c.min(last)) {
        let forms = [
            of_tokens::<S, 0, LARGE, RELU>(simd, rows, c),
            of_tokens::<S, 1, LARGE, RELU>(simd, rows, c),
            of_tokens::<S, 2, LARGE, RELU>(simd, rows, c),
            of_tokens::<S, 3, LARGE, RELU>(simd, rows, c),
        ];
        for i in 0..IN_SMALL {
            simd.store(forms[i], &mut to[i * stride + c..]);
        }
        if LARGE {
            let forms = [
                of_tokens::<S, 4, LARGE, RELU>(simd, rows, c),
                of_tokens::<S, 5, LARGE, RELU>(simd, rows, c),
            ];
            for i in IN_SMALL..ALL {
                simd.store(forms[i - IN_SMALL], &mut to[i * stride + c..]);
            }
        }
    }
}

/// Where the results of a group go, and with which factors.
#[derive(Clone, Copy)]
struct Place {
    row: usize,
    positions: usize,
    factors: &'static [f32; 4],
}

impl Place {
    fn of(group: &Group, product: usize, from: usize) -> Self {
        Self {
            row: group.position - from,
            positions: group.positions,
            factors: &FACTORS[usize::from(group.is_large())][product],
        }
    }
}

/// One product of a few groups over one block of terms.
struct GroupsTile<'a, const R: usize, const NV: usize> {
    rows: &'a [&'a [f32]],
    places: &'a [Place],
    block: Range<usize>,
    b: &'a [f32],
    out: Out<'a>,
}

impl<const R: usize, const NV: usize> Part for GroupsTile<'_, R, NV> {
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
            for (h, &factor) in place.factors[..place.positions].iter().enumerate() {
                if factor == 0.0 {
                    continue;
                }
                let start = (place.row + h) * self.columns + self.column;
                let y = &mut self.y[start..][..width];
                for v in 0..NV {
                    let from = v * S::LANES;
                    if from + S::LANES <= width {
                        let other = match self.begin {
                            Some(Some(bias)) => simd.load(&bias[self.column + from..]),
                            Some(None) => simd.splat(0.0),
                            None => simd.load(&y[from..]),
                        };
                        let sum = simd.mul_add(tile[i][v], simd.splat(factor), other);
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
                            *y = lanes[l].mul_add(factor, other);
                        }
                    }
                }
            }
        }
    }
}
