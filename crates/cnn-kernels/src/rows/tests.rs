//! Gather and bag of words: exactly equal to the reference, over batches, region sizes, threads and instruction sets.

use super::*;
use crate::testing::*;

const WIDTHS: [usize; 5] = [1, 3, 8, 19, 250];
const DISTINCT: u64 = 11;

#[test]
fn gather_equals_the_reference_both_ways() {
    for width in WIDTHS {
        for (i, offsets) in batches().iter().enumerate() {
            let ids = ids(i as u64, offsets.total(), DISTINCT, 5);
            let rows = integers(1, DISTINCT as usize * width, 30);
            let grad = integers(2, ids.len() * width, 30);
            let (mut y, mut wanted) = (vec![f32::NAN; grad.len()], vec![f32::NAN; grad.len()]);
            gather_forward(width, &rows, &ids, &mut y);
            reference::gather_forward(width, &rows, &ids, &mut wanted);
            assert_same_bits("y", &y, &wanted);
            let (mut drows, mut wanted) = (vec![f32::NAN; rows.len()], vec![f32::NAN; rows.len()]);
            gather_backward(width, &ids, &grad, &mut drows);
            reference::gather_backward(width, &ids, &grad, &mut wanted);
            assert_same_bits("drows", &drows, &wanted);
        }
    }
}

#[test]
fn bag_equals_the_reference_both_ways() {
    for width in [1, 8, 19] {
        for (i, offsets) in batches().iter().enumerate() {
            // Few distinct words: repeats within most regions.
            for (region_size, distinct) in [
                (1, 11),
                (2, 4),
                (3, 2),
                (3, 11),
                (4, 3),
                (5, 4),
                (9, 11),
                (1000, 11),
            ] {
                let ids = ids(i as u64, offsets.total(), distinct, 4);
                let rows = integers(1, distinct as usize * width, 30);
                let grad = integers(2, ids.len() * width, 30);
                let (mut y, mut wanted) = (vec![f32::NAN; grad.len()], vec![f32::NAN; grad.len()]);
                bag_forward(width, region_size, offsets, &rows, &ids, &mut y);
                reference::bag_forward(width, region_size, offsets, &rows, &ids, &mut wanted);
                assert_same_bits("y", &y, &wanted);
                let (mut drows, mut wanted) =
                    (vec![f32::NAN; rows.len()], vec![f32::NAN; rows.len()]);
                bag_backward(width, region_size, offsets, &ids, &grad, &mut drows);
                reference::bag_backward(width, region_size, offsets, &ids, &grad, &mut wanted);
                assert_same_bits("drows", &drows, &wanted);
            }
        }
    }
}

#[test]
fn references_are_gradients() {
    let (width, distinct) = (2, 4);
    let offsets = Offsets::from_lengths([6, 0, 1, 5]);
    let ids = ids(3, offsets.total(), distinct, 5);
    let rows = to_f64(&normals(1, distinct as usize * width));
    let grad = to_f64(&normals(2, ids.len() * width));
    let mut drows = vec![0.0; rows.len()];

    reference::gather_backward(width, &ids, &grad, &mut drows);
    assert_is_gradient(&rows, &drows, |rows| {
        let mut y = vec![0.0; grad.len()];
        reference::gather_forward(width, rows, &ids, &mut y);
        dot(&grad, &y)
    });
    for region_size in [1, 2, 3, 5] {
        reference::bag_backward(width, region_size, &offsets, &ids, &grad, &mut drows);
        assert_is_gradient(&rows, &drows, |rows| {
            let mut y = vec![0.0; grad.len()];
            reference::bag_forward(width, region_size, &offsets, rows, &ids, &mut y);
            dot(&grad, &y)
        });
    }
}

#[test]
fn a_region_worked_by_hand() {
    // Two documents, "0 1 0 S" and "2"; rows 0, 1, 2 are 1, 10, 100. S keeps its place and adds nothing.
    let offsets = Offsets::from_lengths([4, 1]);
    let ids = [0, 1, 0, SKIP, 2];
    let rows = [1.0, 10.0, 100.0];
    let mut y = [f32::NAN; 5];
    bag_forward(1, 3, &offsets, &rows, &ids, &mut y);
    // The second region holds word 0 twice and counts it once; the last document does not see the first.
    assert_eq!(y, [11.0, 11.0, 11.0, 1.0, 100.0]);
    bag_forward(1, 1, &offsets, &rows, &ids, &mut y);
    assert_eq!(y, [1.0, 10.0, 1.0, 0.0, 100.0]);
    // An even region reaches one further to the right.
    bag_forward(1, 2, &offsets, &rows, &ids, &mut y);
    assert_eq!(y, [11.0, 11.0, 1.0, 0.0, 100.0]);

    let mut drows = [f32::NAN; 3];
    bag_backward(
        1,
        3,
        &offsets,
        &ids,
        &[1.0, 2.0, 4.0, 8.0, 16.0],
        &mut drows,
    );
    assert_eq!(drows, [15.0, 7.0, 16.0]);
}

#[test]
fn a_word_of_two_hundred_thousand_places_keeps_its_accuracy() {
    // One row, all gradients 0.1: a single chain of 200,000 f32 additions ends 2e-3 away.
    let ids = vec![0; 200_000];
    let grad = vec![0.1; ids.len()];
    let mut drow = [f32::NAN];
    gather_backward(1, &ids, &grad, &mut drow);
    let exact = f64::from(0.1f32) * 200_000.0;
    assert!(
        (f64::from(drow[0]) / exact - 1.0).abs() < 5e-5,
        "{} instead of {exact}",
        drow[0]
    );
}

#[test]
fn a_row_without_tokens_has_gradient_zero() {
    let mut drows = [f32::NAN; 3];
    gather_backward(1, &[2, SKIP, 2], &[1.0, 5.0, 2.0], &mut drows);
    assert_eq!(drows, [0.0, 0.0, 3.0]);
}

#[test]
fn every_thread_count_and_batch_split_gives_the_same_bits() {
    let (width, distinct) = (21, 40);
    let lengths: Vec<usize> = (0..150).map(|d| (d * 31) % 29).collect();
    let offsets = Offsets::from_lengths(lengths);
    let ids = ids(1, offsets.total(), distinct, 9);
    let rows = normals(2, distinct as usize * width);
    let grad = normals(3, ids.len() * width);
    let bag = |offsets: &Offsets, ids: &[u32]| {
        let mut y = vec![f32::NAN; ids.len() * width];
        bag_forward(width, 3, offsets, &rows, ids, &mut y);
        y
    };
    same_on_threads(|| {
        let (mut gathered, mut bagged) = (vec![f32::NAN; rows.len()], vec![f32::NAN; rows.len()]);
        gather_backward(width, &ids, &grad, &mut gathered);
        bag_backward(width, 3, &offsets, &ids, &grad, &mut bagged);
        let mut y = vec![f32::NAN; grad.len()];
        gather_forward(width, &rows, &ids, &mut y);
        [
            bits(&y),
            bits(&bag(&offsets, &ids)),
            bits(&gathered),
            bits(&bagged),
        ]
    });
    let whole = bag(&offsets, &ids);
    for d in 0..offsets.documents() {
        let tokens = offsets.range(d);
        let alone = bag(&Offsets::from_lengths([tokens.len()]), &ids[tokens.clone()]);
        assert_same_bits(
            "one document",
            &alone,
            &whole[tokens.start * width..tokens.end * width],
        );
    }
}

#[test]
fn nan_stays_in_the_regions_that_hold_it() {
    let offsets = Offsets::from_lengths([3, 3]);
    let ids = [0, 1, 0, 0, 2, 0];
    let mut y = [0.0; 6];
    bag_forward(1, 1, &offsets, &[1.0, f32::NAN, 3.0], &ids, &mut y);
    assert!(
        y.iter().enumerate().all(|(t, y)| y.is_nan() == (t == 1)),
        "{y:?}"
    );
    bag_forward(1, 3, &offsets, &[1.0, f32::NAN, 3.0], &ids, &mut y);
    assert!(
        y.iter().enumerate().all(|(t, y)| y.is_nan() == (t < 3)),
        "{y:?}"
    );
}

#[test]
fn every_isa_gives_the_same_bits() {
    for width in WIDTHS {
        let x = normals(1, 50 * width);
        let terms = ids(2, 700, 50, 0);
        let on = |isa| {
            let (mut few, mut many) = (vec![f32::NAN; width], vec![f32::NAN; width]);
            kernels::sum_rows(isa, &terms[..5], &x, &mut few);
            kernels::sum_tokens(isa, &terms, &x, &mut many);
            (bits(&few), bits(&many))
        };
        for isa in Isa::available() {
            assert_eq!(on(isa), on(Isa::Portable), "{isa}");
        }
    }
}

#[test]
#[should_panic(expected = "token 1 has id 3, but there are 3 rows")]
fn an_id_outside_is_refused() {
    gather_forward(1, &[0.0; 3], &[0, 3], &mut [0.0; 2]);
}
