//! Products of matrices, shared by the dense layer and the convolutions.
//!
//! The simple algorithm, for rows `r`, columns `n` and terms `k`:
//!
//! ```text
//! y[r, n] = bias[n]
//! for k: y[r, n] += rows[r][k] · matrix[k, n]
//! ```
//!
//! What the real one adds:
//!
//! 1. **Tiles in registers.** 6 rows by 2 vectors of columns (12 by 2 with AVX-512) are summed at a time: one step loads two
//!    vectors, broadcasts six numbers and does twelve multiply-adds, as many as hide the latency of one another.
//! 2. **Panels.** The right matrix is copied once per call into panels as wide as a tile, so that each step reads the next
//!    two vectors. The copy's tail is zero: a tile at the right edge is a whole tile whose last lanes are dropped.
//! 3. **Blocks of terms.** A chain of multiply-adds is at most 256 long; the blocks of a longer sum are added in order. Short
//!    chains round less, and a block of a panel (16 KiB) stays in the first-level cache while all rows pass by.
//! 4. **Rows are a list of slices.** Nothing asks that they follow one another in memory or do not overlap: the windows of a
//!    convolution are such a list, and need no copy.
//! 5. **Both sides run along memory.** `rows · matrix` reads rows along `k`. Its sibling for the gradient of weights, the
//!    transpose of `rows` times a matrix, sums over the rows and needs a few neighbouring numbers of each; it gathers them
//!    into strips first.
//! 6. **Tasks are constant.** A task is 24 rows of the result, or 48 of the transposed product, whatever the threads.
//!
//! Why the bits are always the same: each number of the result belongs to one tile of one task and is a chain of fused
//! multiply-adds over `k` in ascending order, in blocks that follow from the number of terms alone. Lanes never mix. How
//! many rows a tile has, how wide a vector is, which thread takes a task and what else is computed changes no chain.
//!
//! Measured on one core of an EPYC (Zen 3) whose multiply-adds peak at 102 GFLOP/s: 94 for 750 terms and 250 columns, 86 for
//! 100 columns (12 % of whose lanes are padding), 92 for the transposed product. With AVX-512 (Zen 4, which peaks at 116 with
//! either width): 102 for 750 terms and 250 columns, 81 for 100 columns (22 % padding).
//!
//! Considered, and left:
//!
//! - The tile inlined into the loops around it: 64 GFLOP/s instead of 95. The compiler keeps the pointers of the inner loop on
//!   the stack. Hence [`Simd::call`](crate::simd::Simd::call).
//! - Weight gradients from the rows in place: 82 instead of 92 GFLOP/s, since each tile fetches a cache line per row for 24
//!   bytes of it.
//! - Packing transposes by plain loops: 1.2 numbers a nanosecond instead of 3.6, and a tenth of the speed where rows are 4 KiB
//!   apart and share their places in the cache.
//! - A narrower last panel: by count of instructions it would save at most 6 % for 100 columns and nothing for 250.
//! - Sums cut over `k` between threads: it would make the bits follow the cut; results have enough numbers to go round.

mod panels;
mod tile;
mod tuning;

use rayon::prelude::*;

pub(crate) use panels::{Panels, blocks};
pub(crate) use tile::{multiply_add, rows_times_block, strip_times_panels};

use crate::Isa;
use crate::simd::dispatch;
use tile::{ColumnsTimesPanels, RowsTimesPanels};
use tuning::TUNING;

/// The `count` rows of `matrix [count, width]`.
pub(crate) fn rows_of(matrix: &[f32], width: usize, count: usize) -> Vec<&[f32]> {
    (0..count)
        .map(|row| &matrix[row * width..][..width])
        .collect()
}

/// `y[r, n] = bias[n] + Σ_k rows[r][k]·panels[k, n]`
pub(crate) fn rows_times_panels(
    isa: Isa,
    rows: &[&[f32]],
    panels: &Panels,
    bias: Option<&[f32]>,
    y: &mut [f32],
) {
    if y.is_empty() {
        return;
    }
    let task = |(rows, y): (&[&[f32]], &mut [f32])| {
        dispatch(
            isa,
            RowsTimesPanels {
                rows,
                panels,
                bias,
                y,
            },
        );
    };
    let height = TUNING.rows;
    if rows.len() * panels.depth * panels.columns < TUNING.small {
        task((rows, y));
    } else {
        rows.par_chunks(height)
            .zip(y.par_chunks_mut(height * panels.columns))
            .for_each(task);
    }
}

/// [`rows_times_panels`] on this thread alone: for callers that have tasks of their own.
pub(crate) fn rows_times_panels_here(
    isa: Isa,
    rows: &[&[f32]],
    panels: &Panels,
    bias: Option<&[f32]>,
    y: &mut [f32],
) {
    dispatch(
        isa,
        RowsTimesPanels {
            rows,
            panels,
            bias,
            y,
        },
    );
}

/// `y[i, n] = Σ_p rows[p][i]·panels[p, n]`
pub(crate) fn columns_times_panels(isa: Isa, rows: &[&[f32]], panels: &Panels, y: &mut [f32]) {
    if y.is_empty() {
        return;
    }
    let height = TUNING.transposed_rows;
    let task = |(task, y): (usize, &mut [f32])| {
        dispatch(
            isa,
            ColumnsTimesPanels {
                rows,
                first: task * height,
                panels,
                y,
            },
        );
    };
    if rows.len() * y.len() < TUNING.small {
        y.chunks_mut(height * panels.columns)
            .enumerate()
            .for_each(task);
    } else {
        y.par_chunks_mut(height * panels.columns)
            .enumerate()
            .for_each(task);
    }
}
