//! The innermost loops: one tile of the result held in registers, each number a chain of fused multiply-adds.

#![expect(
    clippy::needless_range_loop,
    reason = "the indices of a tile run through several arrays at once"
)]

use std::ops::Range;

use super::panels::{Panels, blocks};
use crate::cuts::cuts;
use crate::scratch::Scratch;
use crate::simd::{Body, Part, Simd};
use crate::tree::CHAIN;

/// `y[r, n] = bias[n] + Σ_k rows[r][k]·panels[k, n]`, for a few rows and all columns.
pub(crate) struct RowsTimesPanels<'a> {
    pub(crate) rows: &'a [&'a [f32]],
    pub(crate) panels: &'a Panels,
    pub(crate) bias: Option<&'a [f32]>,
    /// `[rows, columns]`
    pub(crate) y: &'a mut [f32],
}

impl Body for RowsTimesPanels<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            rows,
            panels,
            bias,
            y,
        } = self;
        let columns = panels.columns;
        for block in blocks(panels.depth) {
            let finish = if block.start == 0 {
                Finish::Begin(bias)
            } else {
                Finish::Add
            };
            for panel in 0..panels.count() {
                let b = panels.rows(panel, &block);
                let column = panel * NV * S::LANES;
                for (r, height) in cuts(rows.len(), [MR, 4, 2, 1]) {
                    let (rows, block) = (&rows[r..], block.clone());
                    let out = Out {
                        y: &mut y[r * columns..],
                        columns,
                        column,
                        finish,
                    };
                    match height {
                        1 => simd.call(RowsTile::<1, NV> {
                            rows,
                            block,
                            b,
                            out,
                        }),
                        2 => simd.call(RowsTile::<2, NV> {
                            rows,
                            block,
                            b,
                            out,
                        }),
                        4 => simd.call(RowsTile::<4, NV> {
                            rows,
                            block,
                            b,
                            out,
                        }),
                        _ => simd.call(RowsTile::<MR, NV> {
                            rows,
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

/// `y[i, n] = Σ_p rows[p][first + i]·panels[p, n]`, for a few columns of the left matrix and all of the right.
pub(crate) struct ColumnsTimesPanels<'a> {
    pub(crate) rows: &'a [&'a [f32]],
    pub(crate) first: usize,
    pub(crate) panels: &'a Panels,
    /// `[a few, columns]`
    pub(crate) y: &'a mut [f32],
}

impl Body for ColumnsTimesPanels<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            rows,
            first,
            panels,
            y,
        } = self;
        let columns = panels.columns;
        let height = y.len() / columns;
        let mut strip = Scratch::take(height * panels.depth.min(CHAIN));
        for block in blocks(panels.depth) {
            // [tile][row, column of the tile]: a tile reads 6 numbers of each row, and from the rows themselves it would
            // fetch a cache line for each (measured with 250 columns: 82 GFLOP/s, and 92 from the strip).
            let rows = &rows[block.clone()];
            let depth = rows.len();
            for (i, tile) in cuts(height, [MR, 4, 2, 1]) {
                let strip = &mut strip[i * depth..];
                match tile {
                    1 => gather::<1>(rows, first + i, strip),
                    2 => gather::<2>(rows, first + i, strip),
                    4 => gather::<4>(rows, first + i, strip),
                    _ => gather::<MR>(rows, first + i, strip),
                }
            }
            let panels_of_block = |panel| panels.rows(panel, &block);
            let begin = block.start == 0;
            strip_times_panels::<S, MR, NV>(
                simd,
                &strip,
                depth,
                panels_of_block,
                columns,
                begin,
                y,
            );
        }
    }
}

/// `y[i, n] = Σ_p strip[p, i]·panels[p, n]` over one block of `depth` terms, added to what is there unless this is where it
/// begins. The strip lies tile after tile as [`cuts`] has them, each `[p, row of the tile]`.
#[inline(always)]
pub(crate) fn strip_times_panels<'a, S: Simd, const MR: usize, const NV: usize>(
    simd: S,
    strip: &[f32],
    depth: usize,
    panels: impl Fn(usize) -> &'a [f32],
    columns: usize,
    begin: bool,
    y: &mut [f32],
) {
    let finish = if begin {
        Finish::Begin(None)
    } else {
        Finish::Add
    };
    let height = y.len() / columns;
    for panel in 0..columns.div_ceil(NV * S::LANES) {
        let b = panels(panel);
        let column = panel * NV * S::LANES;
        for (i, tile) in cuts(height, [MR, 4, 2, 1]) {
            let a = &strip[i * depth..][..tile * depth];
            let out = Out {
                y: &mut y[i * columns..],
                columns,
                column,
                finish,
            };
            match tile {
                1 => simd.call(ColumnsTile::<1, NV> { a, b, out }),
                2 => simd.call(ColumnsTile::<2, NV> { a, b, out }),
                4 => simd.call(ColumnsTile::<4, NV> { a, b, out }),
                _ => simd.call(ColumnsTile::<MR, NV> { a, b, out }),
            }
        }
    }
}

/// `strip[p, i] = rows[p][first + i]`
#[inline(always)]
fn gather<const R: usize>(rows: &[&[f32]], first: usize, strip: &mut [f32]) {
    let (strip, _) = strip.as_chunks_mut::<R>();
    for (row, numbers) in rows.iter().zip(strip) {
        *numbers = *row[first..].first_chunk().expect("rows are long enough");
    }
}

/// `tile[i] = Σ_k rows[i][k]·b[k]` over the block.
struct RowsTile<'a, const R: usize, const NV: usize> {
    rows: &'a [&'a [f32]],
    block: Range<usize>,
    b: &'a [f32],
    out: Out<'a>,
}

impl<const R: usize, const NV: usize> Part for RowsTile<'_, R, NV> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let tile = rows_times_block(simd, self.rows, self.block, self.b);
        self.out.write::<S, R, NV>(simd, tile);
    }
}

/// The tile `Σ_k rows[i][k]·b[k]` over the block, for the first `R` rows.
#[inline(always)]
pub(crate) fn rows_times_block<S: Simd, const R: usize, const NV: usize>(
    simd: S,
    rows: &[&[f32]],
    block: Range<usize>,
    b: &[f32],
) -> [[S::Vector; NV]; R] {
    /// Steps per bounds check.
    const STEPS: usize = 8;
    let width = NV * S::LANES;
    let mut a: [(&[[f32; STEPS]], &[f32]); R] = [(&[], &[]); R];
    for i in 0..R {
        a[i] = rows[i][block.clone()].as_chunks();
    }
    let mut tile = [[simd.splat(0.0); NV]; R];
    let mut chunks = b.chunks_exact(STEPS * width);
    for (chunk, b) in chunks.by_ref().enumerate() {
        let mut steps = [&[0.0; STEPS]; R];
        for i in 0..R {
            steps[i] = &a[i].0[chunk];
        }
        for step in 0..STEPS {
            let b = &b[step * width..][..width];
            let mut numbers = [0.0; R];
            for i in 0..R {
                numbers[i] = steps[i][step];
            }
            multiply_add(simd, &numbers, b, &mut tile);
        }
    }
    for (step, b) in chunks.remainder().chunks_exact(width).enumerate() {
        let mut numbers = [0.0; R];
        for i in 0..R {
            numbers[i] = a[i].1[step];
        }
        multiply_add(simd, &numbers, b, &mut tile);
    }
    tile
}

/// `tile[i] = Σ_p a[p, i]·b[p]`
struct ColumnsTile<'a, const R: usize, const NV: usize> {
    a: &'a [f32],
    b: &'a [f32],
    out: Out<'a>,
}

impl<const R: usize, const NV: usize> Part for ColumnsTile<'_, R, NV> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let mut tile = [[simd.splat(0.0); NV]; R];
        let (a, _) = self.a.as_chunks::<R>();
        for (a, b) in a.iter().zip(self.b.chunks_exact(NV * S::LANES)) {
            multiply_add(simd, a, b, &mut tile);
        }
        self.out.write(simd, tile);
    }
}

/// `tile[i] += a[i]·b`
#[inline(always)]
pub(crate) fn multiply_add<S: Simd, const R: usize, const NV: usize>(
    simd: S,
    a: &[f32; R],
    b: &[f32],
    tile: &mut [[S::Vector; NV]; R],
) {
    let mut vectors = [simd.splat(0.0); NV];
    for v in 0..NV {
        vectors[v] = simd.load(&b[v * S::LANES..]);
    }
    for i in 0..R {
        let a = simd.splat(a[i]);
        for v in 0..NV {
            tile[i][v] = simd.mul_add(a, vectors[v], tile[i][v]);
        }
    }
}

/// Where a finished tile goes: the first rows of `y [rows, columns]`, from `column` on.
struct Out<'a> {
    y: &'a mut [f32],
    columns: usize,
    column: usize,
    finish: Finish<'a>,
}

/// What becomes of a finished tile.
#[derive(Clone, Copy)]
enum Finish<'a> {
    /// First block of the sum: add the bias (or zero) and write.
    Begin(Option<&'a [f32]>),
    /// Later block: add to what is there.
    Add,
}

impl Out<'_> {
    /// Writes the tile; lanes beyond the last column are dropped.
    #[inline(always)]
    fn write<S: Simd, const R: usize, const NV: usize>(self, simd: S, tile: [[S::Vector; NV]; R]) {
        let Self {
            y,
            columns,
            column,
            finish,
        } = self;
        let width = (columns - column).min(NV * S::LANES);
        for i in 0..R {
            let y = &mut y[i * columns + column..][..width];
            for v in 0..NV {
                let from = v * S::LANES;
                if from + S::LANES <= width {
                    let other = match finish {
                        Finish::Begin(Some(bias)) => simd.load(&bias[column + from..]),
                        Finish::Begin(None) => simd.splat(0.0),
                        Finish::Add => simd.load(&y[from..]),
                    };
                    simd.store(simd.add(other, tile[i][v]), &mut y[from..]);
                } else if from < width {
                    // The same additions, lane by lane.
                    let mut lanes = [0.0; 16];
                    simd.store(tile[i][v], &mut lanes);
                    for (l, y) in y[from..].iter_mut().enumerate() {
                        let other = match finish {
                            Finish::Begin(Some(bias)) => bias[column + from + l],
                            Finish::Begin(None) => 0.0,
                            Finish::Add => *y,
                        };
                        *y = other + lanes[l];
                    }
                }
            }
        }
    }
}
