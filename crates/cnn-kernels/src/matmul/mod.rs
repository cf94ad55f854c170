//! Products of matrices, shared by the dense layer and the convolutions.

mod panels;
mod tile;

use rayon::prelude::*;

pub(crate) use panels::Panels;
pub(crate) use tile::multiply_add;

use crate::Isa;
use crate::simd::dispatch;
use tile::{ColumnsTimesPanels, RowsTimesPanels};

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
    let height = task_height(rows.len());
    if rows.len() * panels.depth * panels.columns < SMALL {
        task((rows, y));
    } else {
        rows.par_chunks(height)
            .zip(y.par_chunks_mut(height * panels.columns))
            .for_each(task);
    }
}

/// `y[i, n] = Σ_p rows[p][i]·panels[p, n]`
pub(crate) fn columns_times_panels(isa: Isa, rows: &[&[f32]], panels: &Panels, y: &mut [f32]) {
    if y.is_empty() {
        return;
    }
    let height = 48;
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
    if rows.len() * y.len() < SMALL {
        y.chunks_mut(height * panels.columns)
            .enumerate()
            .for_each(task);
    } else {
        y.par_chunks_mut(height * panels.columns)
            .enumerate()
            .for_each(task);
    }
}

fn task_height(rows: usize) -> usize {
    if rows < 4 * 96 { 24 } else { 96 }
}

/// Products of fewer multiply-adds are not worth waking another thread.
const SMALL: usize = 1 << 18;
