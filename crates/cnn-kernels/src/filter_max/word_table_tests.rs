//! A trained network's table: the bits of training, on any threads, and sums that can be followed.

use super::super::tests::cases;
use super::*;
use crate::testing::{bits, integers, normals, same_on_threads};
use crate::trial::{for_each_isa, poisoned};

/// Small integers: every sum is exact.
fn small(seed: u64, n: usize) -> Vec<f32> {
    integers(seed, n, 4)
}

/// Its bits are those of the operation that networks learn with, whatever was asked before.
#[test]
fn a_table_answers_with_the_bits_of_training() {
    for case in cases(normals).into_iter().chain(cases(small)) {
        let (offsets, ids, filters) = (&case.offsets, &case.ids, case.shape.filters());
        for_each_isa(|isa| {
            let expected = case.kernels(isa).y;
            let words = case.rows.clone();
            let table = WordTable::new_on(isa, &case.shape, words, &case.weight, &case.bias);
            assert_eq!(table.bytes(), 0);
            // Document by document, the last one first: entries come one by one.
            for d in (0..offsets.documents()).rev() {
                let document = &ids[offsets.range(d)];
                let alone = Offsets::from_lengths([document.len()]);
                let y = poisoned(filters, |y| table.forward(&alone, document, y));
                assert_eq!(bits(&y), bits(&expected[d * filters..][..filters]), "{isa}");
            }
            let mut winners = vec![7; expected.len()];
            let y = poisoned(expected.len(), |y| {
                table.forward_with_winners(offsets, ids, y, &mut winners);
            });
            assert_eq!(bits(&y), bits(&expected), "{isa}");
            assert_eq!(winners, case.kernels(isa).winners, "{isa}");
            let whole = || poisoned(expected.len(), |y| table.forward(offsets, ids, y));
            assert_eq!(bits(&whole()), bits(&expected), "{isa}");
            let made = table.bytes();
            table.fill();
            assert!(table.bytes() >= made);
            assert_eq!(bits(&whole()), bits(&expected), "{isa}");
        });
    }
}

/// A window's sum is that of the products of its words.
#[test]
fn the_products_of_a_window_add_up_to_the_filters_value() {
    let mut open = 0;
    for case in cases(small) {
        let (offsets, ids, shape) = (&case.offsets, &case.ids, &case.shape);
        let words = case.rows.clone();
        let table = WordTable::new(shape, words, &case.weight, &case.bias);
        let size = offsets.documents() * shape.filters();
        let (mut y, mut winners) = (vec![0.0; size], vec![0; size]);
        table.forward_with_winners(offsets, ids, &mut y, &mut winners);
        for d in 0..offsets.documents() {
            let document = &ids[offsets.range(d)];
            let mut filter = d * shape.filters();
            for (g, group) in shape.groups.iter().enumerate() {
                for f in 0..group.filters {
                    let (value, winner) = (y[filter], winners[filter]);
                    filter += 1;
                    if winner == NO_WINNER {
                        assert_eq!(value, 0.0);
                        continue;
                    }
                    open += 1;
                    let before = match shape.windows {
                        Windows::Touching => group.width - 1,
                        Windows::Valid => 0,
                    };
                    let own = (0..group.width).filter_map(|tap| {
                        let place = (winner as usize + tap).checked_sub(before)?;
                        let word = *document.get(place)?;
                        Some(table.products(word)[table.place(g, tap) + f])
                    });
                    let sum: f32 = own.sum();
                    let bias = table.bias()[filter - 1 - d * shape.filters()];
                    assert_eq!(bias + sum, value, "filter {f} of group {g}");
                }
            }
        }
    }
    assert!(open > 100, "{open}");
}

/// Enough documents for several tasks, and entries that several threads may make at once.
#[test]
fn threads_do_not_matter() {
    for case in cases(normals) {
        let Some(batch) = (case.ids.len() > 300).then_some(&case) else {
            continue;
        };
        let size = batch.offsets.documents() * batch.shape.filters();
        same_on_threads(|| {
            let words = batch.rows.clone();
            let table = WordTable::new(&batch.shape, words, &batch.weight, &batch.bias);
            let y = poisoned(size, |y| table.forward(&batch.offsets, &batch.ids, y));
            bits(&y)
        });
    }
}
