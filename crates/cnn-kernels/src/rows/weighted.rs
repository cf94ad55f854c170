//! Weighted rows added into sums, in f64: how a network's answer is shared out among its inputs.

use crate::Isa;
use crate::lanes::for_each_isa;

/// Numbers of a row are a multiple of this.
pub const WEIGHTED_ROW_BLOCK: usize = 8;

/// `sums[j] += Σ columns[j][k] · rows[k]` over the `picked` numbers `k`, one after another: `rows` `[rows, width]`, `columns` a number for each row,
/// `sums` `[columns, width]`.
///
/// The sums of a few columns stay in registers while the rows go by.
///
/// # Panics
///
/// If `width` is no multiple of [`WEIGHTED_ROW_BLOCK`], a length disagrees with these shapes, or a picked row is not there or has no number in
/// a column.
pub fn add_weighted_rows(
    width: usize,
    picked: &[u32],
    columns: &[&[f32]],
    rows: &[f64],
    sums: &mut [f64],
) {
    assert!(
        width > 0 && width.is_multiple_of(WEIGHTED_ROW_BLOCK),
        "add_weighted_rows: a row must be a number of whole blocks"
    );
    assert!(
        rows.len().is_multiple_of(width) && sums.len() == columns.len() * width,
        "add_weighted_rows: rows must be [.., width] and sums [columns, width]"
    );
    add(Isa::active(), width, picked, columns, rows, sums);
}

for_each_isa! {
    fn add(width: usize, picked: &[u32], columns: &[&[f32]], rows: &[f64], sums: &mut [f64]) {
        const ONE: usize = WEIGHTED_ROW_BLOCK;
        const TWO: usize = 2 * WEIGHTED_ROW_BLOCK;
        match (width, columns.len()) {
            (ONE, 1) => add_by::<ONE, 1>(picked, columns, rows, sums),
            (ONE, 2) => add_by::<ONE, 2>(picked, columns, rows, sums),
            (ONE, 3) => add_by::<ONE, 3>(picked, columns, rows, sums),
            (ONE, 4) => add_by::<ONE, 4>(picked, columns, rows, sums),
            (ONE, 5) => add_by::<ONE, 5>(picked, columns, rows, sums),
            (TWO, 1) => add_by::<TWO, 1>(picked, columns, rows, sums),
            (TWO, 2) => add_by::<TWO, 2>(picked, columns, rows, sums),
            (TWO, 3) => add_by::<TWO, 3>(picked, columns, rows, sums),
            (TWO, 4) => add_by::<TWO, 4>(picked, columns, rows, sums),
            (TWO, 5) => add_by::<TWO, 5>(picked, columns, rows, sums),
            _ => add_any(width, picked, columns, rows, sums),
        }
    }
}

/// The sizes are constants here, so that the sums stay in registers.
#[inline(always)]
fn add_by<const WIDTH: usize, const COLUMNS: usize>(
    picked: &[u32],
    columns: &[&[f32]],
    rows: &[f64],
    sums: &mut [f64],
) {
    let columns: [&[f32]; COLUMNS] = std::array::from_fn(|j| columns[j]);
    let (rows, _) = rows.as_chunks::<WIDTH>();
    let (sums, _) = sums.as_chunks_mut::<WIDTH>();
    let mut own: [[f64; WIDTH]; COLUMNS] = std::array::from_fn(|j| sums[j]);
    for k in picked {
        let row = &rows[*k as usize];
        for j in 0..COLUMNS {
            let weight = f64::from(columns[j][*k as usize]);
            for i in 0..WIDTH {
                own[j][i] += weight * row[i];
            }
        }
    }
    sums.copy_from_slice(&own);
}

#[inline(always)]
fn add_any(width: usize, picked: &[u32], columns: &[&[f32]], rows: &[f64], sums: &mut [f64]) {
    for (column, sum) in columns.iter().zip(sums.chunks_exact_mut(width)) {
        for k in picked {
            let weight = f64::from(column[*k as usize]);
            let row = &rows[*k as usize * width..][..width];
            for (sum, number) in sum.iter_mut().zip(row) {
                *sum += weight * number;
            }
        }
    }
}
