//! The right-hand matrix of a product, repacked once per call so that the kernels read it in order.

use std::ops::Range;

use rayon::prelude::*;

use crate::scratch::Scratch;

/// The longest chain of multiply-adds. Sums over more terms are cut into blocks whose results are added in order: shorter
/// chains round less, and a panel of 256 rows by 16 columns (16 KiB) leaves half of a 32 KiB first-level cache to the rest.
pub(crate) const BLOCK: usize = 256;

/// The blocks of a sum over `depth` terms: as few as [`BLOCK`] allows, equally long (the last may be shorter). A function of
/// `depth` alone: it fixes the bits of the result.
pub(crate) fn blocks(depth: usize) -> impl Iterator<Item = Range<usize>> {
    let count = depth.div_ceil(BLOCK).max(1);
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
        depth: usize,
        columns: usize,
        width: usize,
        fill: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) -> Self {
        let mut numbers = Scratch::take(columns.div_ceil(width) * depth * width);
        if depth > 0 {
            let pack = |(panel, numbers): (usize, &mut [f32])| {
                let lanes = width.min(columns - panel * width);
                if lanes < width {
                    numbers.fill(0.0);
                }
                fill(panel * width, lanes, numbers);
            };
            match depth * columns < SMALL {
                true => numbers
                    .chunks_exact_mut(depth * width)
                    .enumerate()
                    .for_each(pack),
                false => numbers
                    .par_chunks_exact_mut(depth * width)
                    .enumerate()
                    .for_each(pack),
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
    pub(crate) fn of(matrix: &[f32], [depth, columns]: [usize; 2], width: usize) -> Self {
        Self::pack(depth, columns, width, |column, lanes, panel| {
            let rows = matrix.chunks_exact(columns);
            for (row, packed) in rows.zip(panel.chunks_exact_mut(width)) {
                packed[..lanes].copy_from_slice(&row[column..][..lanes]);
            }
        })
    }

    /// Packs the transpose of `matrix [columns, outer, inner]` with the two other axes swapped: its row `inner · outer.len() +
    /// outer` holds the numbers of that place, one per column.
    pub(crate) fn of_transpose(
        matrix: &[f32],
        [columns, outer, inner]: [usize; 3],
        width: usize,
    ) -> Self {
        let depth = outer * inner;
        Self::pack(depth, columns, width, |column, lanes, panel| {
            let matrix = &matrix[column * depth..][..lanes * depth];
            for o in 0..outer {
                for i in 0..inner {
                    let packed = &mut panel[(i * outer + o) * width..][..lanes];
                    let numbers = matrix.chunks_exact(depth).map(|row| row[o * inner + i]);
                    for (packed, number) in packed.iter_mut().zip(numbers) {
                        *packed = number;
                    }
                }
            }
        })
    }

    /// The number of panels.
    pub(crate) fn count(&self) -> usize {
        self.columns.div_ceil(self.width)
    }

    /// Rows `block` of panel `panel`.
    #[inline(always)]
    pub(crate) fn rows(&self, panel: usize, block: &Range<usize>) -> &[f32] {
        let start = panel * self.depth;
        &self.numbers[(start + block.start) * self.width..(start + block.end) * self.width]
    }
}

/// Copies of fewer numbers are not worth waking another thread.
const SMALL: usize = 1 << 15;
