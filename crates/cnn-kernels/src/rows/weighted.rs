//! Weighted rows added into sums, in f64: how a network's answer is shared out among its inputs.

use crate::Isa;
use crate::lanes::for_each_isa;

/// One term: `sums[place] += factor · rows[row]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightedRow {
    /// Which sum.
    pub place: u32,
    /// Which row.
    pub row: u32,
    /// Its weight.
    pub factor: f64,
}

/// Numbers of a row are a multiple of this.
pub const WEIGHTED_ROW_BLOCK: usize = 8;

/// `sums[place] += factor · rows[row]`, term after term: `rows` `[rows, width]`, `sums` `[places, width]`.
///
/// # Panics
///
/// If `width` is no multiple of [`WEIGHTED_ROW_BLOCK`], a length is no multiple of `width`, or a term names a row or a place that is not
/// there.
pub fn add_weighted_rows(width: usize, terms: &[WeightedRow], rows: &[f64], sums: &mut [f64]) {
    assert!(
        width > 0 && width.is_multiple_of(WEIGHTED_ROW_BLOCK),
        "add_weighted_rows: a row must be a number of whole blocks"
    );
    assert!(
        rows.len().is_multiple_of(width) && sums.len().is_multiple_of(width),
        "add_weighted_rows: rows and sums must be [.., width]"
    );
    add(Isa::active(), width, terms, rows, sums);
}

for_each_isa! {
    fn add(width: usize, terms: &[WeightedRow], rows: &[f64], sums: &mut [f64]) {
        match width / WEIGHTED_ROW_BLOCK {
            1 => add_by::<{ WEIGHTED_ROW_BLOCK }>(terms, rows, sums),
            2 => add_by::<{ 2 * WEIGHTED_ROW_BLOCK }>(terms, rows, sums),
            _ => add_any(width, terms, rows, sums),
        }
    }
}

/// The width is a constant here, so that a row stays in registers.
#[inline(always)]
fn add_by<const WIDTH: usize>(terms: &[WeightedRow], rows: &[f64], sums: &mut [f64]) {
    let (rows, _) = rows.as_chunks::<WIDTH>();
    let (sums, _) = sums.as_chunks_mut::<WIDTH>();
    for term in terms {
        let (row, sum) = (&rows[term.row as usize], &mut sums[term.place as usize]);
        for (sum, number) in sum.iter_mut().zip(row) {
            *sum += term.factor * number;
        }
    }
}

#[inline(always)]
fn add_any(width: usize, terms: &[WeightedRow], rows: &[f64], sums: &mut [f64]) {
    for term in terms {
        let row = &rows[term.row as usize * width..][..width];
        let sum = &mut sums[term.place as usize * width..][..width];
        for (sum, number) in sum.iter_mut().zip(row) {
            *sum += term.factor * number;
        }
    }
}
