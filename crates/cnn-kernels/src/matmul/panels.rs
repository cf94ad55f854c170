//! The right-hand matrix of a product, repacked once per call so that the kernels read it in order.

use std::ops::Range;

use rayon::prelude::*;

use super::tuning::TUNING;
use crate::Isa;
use crate::scratch::Scratch;
use crate::simd::{Body, Simd, dispatch, panel_width};
use crate::transpose::transpose;
use crate::tree::CHAIN;

/// The blocks of a sum over `depth` terms: as few as [`CHAIN`] allows, equally long (the last may be shorter); a
/// panel of that many rows by 16 columns (16 KiB) leaves half of a 32 KiB first-level cache to the rest. A function of
/// `depth` alone: it fixes the bits of the result.
pub(crate) fn blocks(depth: usize) -> impl Iterator<Item = Range<usize>> {
    let count = depth.div_ceil(CHAIN).max(1);
    let length = depth.div_ceil(count).max(1);
    (0..count).map(move |block| (block * length).min(depth)..((block + 1) * length).min(depth))
}

/// A matrix `[depth, columns]` cut into panels of `width` columns, each stored row after row; columns beyond the last are
/// zero.
pub(crate) struct Panels {
    pub(crate) depth: usize,
    pub(crate) columns: usize,
    width: usize,
    numbers: Scratch,
}

impl Panels {
    /// Packs a matrix: `fill(column, lanes, panel)` writes the `lanes` columns from `column` on into `panel [depth, width]`.
    pub(crate) fn pack(
        isa: Isa,
        [depth, columns]: [usize; 2],
        fill: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) -> Self {
        let width = panel_width(isa);
        let mut numbers = Scratch::take(columns.div_ceil(width) * depth * width);
        if depth > 0 {
            let pack = |(panel, numbers): (usize, &mut [f32])| {
                let lanes = width.min(columns - panel * width);
                if lanes < width {
                    numbers.fill(0.0);
                }
                fill(panel * width, lanes, numbers);
            };
            if depth * columns < TUNING.small_copy {
                numbers
                    .chunks_exact_mut(depth * width)
                    .enumerate()
                    .for_each(pack);
            } else {
                numbers
                    .par_chunks_exact_mut(depth * width)
                    .enumerate()
                    .for_each(pack);
            }
        }
        Self {
            depth,
            columns,
            width,
            numbers,
        }
    }

    /// Packs `matrix [depth, columns]`.
    pub(crate) fn of(isa: Isa, matrix: &[f32], [depth, columns]: [usize; 2]) -> Self {
        Self::pack(isa, [depth, columns], |column, lanes, panel| {
            dispatch(
                isa,
                CopyColumns {
                    matrix,
                    columns,
                    column,
                    lanes,
                    panel,
                },
            );
        })
    }

    /// Packs the matrix with these rows, each of `columns` numbers.
    pub(crate) fn of_rows(isa: Isa, rows: &[&[f32]], columns: usize) -> Self {
        let width = panel_width(isa);
        Self::pack(isa, [rows.len(), columns], |column, lanes, panel| {
            for (row, packed) in rows.iter().zip(panel.chunks_exact_mut(width)) {
                packed[..lanes].copy_from_slice(&row[column..][..lanes]);
            }
        })
    }

    /// Packs the transpose of `matrix [columns, outer, inner]` with the two other axes swapped: its row `i·outer + o` holds
    /// `matrix[.., o, i]`, one number per column.
    pub(crate) fn of_transpose(
        isa: Isa,
        matrix: &[f32],
        [columns, outer, inner]: [usize; 3],
    ) -> Self {
        let depth = outer * inner;
        Self::pack(isa, [depth, columns], |column, lanes, panel| {
            let rows = &matrix[column * depth..][..lanes * depth];
            dispatch(
                isa,
                TransposeRows {
                    rows,
                    lanes,
                    sizes: [outer, inner],
                    panel,
                },
            );
        })
    }

    /// Packs a few filters `[filters, dimension, taps]`, no more than a panel is wide, as `[dimension, taps · width]`: tap
    /// after tap, each a whole panel.
    pub(crate) fn of_taps(isa: Isa, filters: &[f32], [count, dimension, taps]: [usize; 3]) -> Self {
        let mut panels = Self::of_transpose(isa, filters, [count, dimension, taps]);
        assert!(count <= panels.width, "filters must fit a panel");
        // One panel [taps · dimension, width] is the same memory as one panel [dimension, width] for each tap.
        panels.depth = dimension;
        panels.columns = taps * panels.width;
        panels
    }

    /// The same in a buffer that is no larger than it must be: for panels that are kept.
    pub(crate) fn detached(self) -> Self {
        Self {
            numbers: Scratch::copy_of(&self.numbers),
            ..self
        }
    }

    /// The number of panels.
    pub(crate) fn count(&self) -> usize {
        self.columns.div_ceil(self.width)
    }

    /// The columns of a panel.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Rows `block` of panel `panel`.
    #[inline(always)]
    pub(crate) fn rows(&self, panel: usize, block: &Range<usize>) -> &[f32] {
        let start = panel * self.depth;
        &self.numbers[(start + block.start) * self.width..(start + block.end) * self.width]
    }
}

/// Copies a few columns of `matrix [.., columns]` into a panel.
struct CopyColumns<'a> {
    matrix: &'a [f32],
    columns: usize,
    column: usize,
    lanes: usize,
    panel: &'a mut [f32],
}

impl Body for CopyColumns<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            matrix,
            columns,
            column,
            lanes,
            panel,
        } = self;
        let width = NV * S::LANES;
        for (row, packed) in matrix
            .chunks_exact(columns)
            .zip(panel.chunks_exact_mut(width))
        {
            let row = &row[column..];
            if lanes < width {
                packed[..lanes].copy_from_slice(&row[..lanes]);
                continue;
            }
            for v in 0..NV {
                simd.store(simd.load(&row[v * S::LANES..]), &mut packed[v * S::LANES..]);
            }
        }
    }
}

/// Writes the transpose of `rows [lanes, outer, inner]` into a panel `[inner, outer, width]`.
struct TransposeRows<'a> {
    rows: &'a [f32],
    lanes: usize,
    sizes: [usize; 2],
    panel: &'a mut [f32],
}

impl Body for TransposeRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            rows,
            lanes,
            sizes: [outer, inner],
            panel,
        } = self;
        let (width, depth) = (NV * S::LANES, outer * inner);
        if inner == 1 {
            return transpose(simd, [lanes, depth], rows, depth, panel, width);
        }
        let mut turned = Scratch::zeros(depth * width);
        transpose(simd, [lanes, depth], rows, depth, &mut turned, width);
        for (row, numbers) in turned.chunks_exact(width).enumerate() {
            let (o, i) = (row / inner, row % inner);
            let packed = &mut panel[(i * outer + o) * width..][..width];
            for v in 0..NV {
                simd.store(
                    simd.load(&numbers[v * S::LANES..]),
                    &mut packed[v * S::LANES..],
                );
            }
        }
    }
}
