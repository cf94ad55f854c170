//! Weighted rows into sums: exactly those of plain loops, at every width.

use cnn_kernels::{WeightedRow, add_weighted_rows};

#[test]
fn weighted_rows_are_added_where_they_belong() {
    for width in [8, 16, 24, 64] {
        let rows: Vec<f64> = (0..5 * width).map(|i| (i * 7 % 11) as f64 - 5.0).collect();
        let term = |i: u32| WeightedRow {
            place: i * 5 % 3,
            row: i * 3 % 5,
            factor: f64::from(i % 7) - 3.0,
        };
        let terms: Vec<WeightedRow> = (0..40).map(term).collect();
        let mut sums = vec![1.0; 3 * width];
        add_weighted_rows(width, &terms, &rows, &mut sums);
        let mut expected = vec![1.0; 3 * width];
        for term in &terms {
            for i in 0..width {
                let (row, place) = (term.row as usize, term.place as usize);
                expected[place * width + i] += term.factor * rows[row * width + i];
            }
        }
        assert_eq!(sums, expected, "width {width}");
    }
}

#[test]
#[should_panic(expected = "whole blocks")]
fn a_width_that_is_no_whole_block_is_refused() {
    add_weighted_rows(5, &[], &[], &mut []);
}
