//! Weighted rows into sums: exactly those of plain loops, at every width and for any number of columns.

use cnn_kernels::add_weighted_rows;

#[test]
fn weighted_rows_are_added_where_they_belong() {
    const ROWS: usize = 11;
    for (width, count) in [8, 16, 24, 64]
        .into_iter()
        .flat_map(|w| (0..8).map(move |c| (w, c)))
    {
        let rows: Vec<f64> = (0..ROWS * width)
            .map(|i| (i * 7 % 11) as f64 - 5.0)
            .collect();
        let numbers: Vec<f32> = (0..count * ROWS)
            .map(|i| (i * 5 % 7) as f32 - 3.0)
            .collect();
        let columns: Vec<&[f32]> = numbers.chunks_exact(ROWS).collect();
        for picked in [&[][..], &[4], &[0, 2, 3, 9, 10, 2]] {
            let mut sums = vec![1.0; count * width];
            add_weighted_rows(width, picked, &columns, &rows, &mut sums);
            let mut expected = vec![1.0; count * width];
            for (place, sum) in expected.iter_mut().enumerate() {
                for k in picked.iter().map(|k| *k as usize) {
                    let weight = f64::from(columns[place / width][k]);
                    *sum += weight * rows[k * width + place % width];
                }
            }
            assert_eq!(sums, expected, "width {width}, {count} columns");
        }
    }
}

#[test]
#[should_panic(expected = "whole blocks")]
fn a_width_that_is_no_whole_block_is_refused() {
    add_weighted_rows(5, &[], &[], &[], &mut []);
}
