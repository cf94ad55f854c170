//! The greatest value of each filter: exact on integers, bounded on normals, the same bits everywhere.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::NO_WINNER;
use crate::testing::{
    assert_is_gradient, batches, bits, dot, ids, integers, normals, same_on_threads, to_f64,
};
use crate::trial::{assert_close, direct_sum, for_each_isa, poisoned};

/// Everything one operation reads.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) shape: FilterMaxShape,
    pub(super) offsets: Offsets,
    pub(super) ids: Vec<u32>,
    pub(super) rows: Vec<f32>,
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
    grad: Vec<f32>,
}

/// Everything that it computes.
#[derive(Debug, PartialEq)]
pub(super) struct Results<T> {
    pub(super) y: Vec<T>,
    pub(super) winners: Vec<u32>,
    drows: Vec<T>,
    dweight: Vec<T>,
    dbias: Vec<T>,
}

const DISTINCT: usize = 13;

impl Case {
    fn new(
        shape: FilterMaxShape,
        offsets: Offsets,
        numbers: impl Fn(u64, usize) -> Vec<f32>,
    ) -> Self {
        let mut grad = numbers(4, offsets.documents() * shape.filters());
        grad.iter_mut().step_by(3).for_each(|grad| *grad = 0.0);
        Self {
            ids: ids(7, offsets.total(), DISTINCT as u64, 6),
            rows: numbers(1, DISTINCT * shape.dimension),
            weight: numbers(2, shape.weights()),
            bias: numbers(3, shape.filters()),
            grad,
            shape,
            offsets,
        }
    }

    pub(super) fn kernels(&self, isa: Isa) -> Results<f32> {
        let Self {
            shape,
            rows,
            weight,
            bias,
            grad,
            ..
        } = self;
        let batch = Batch {
            shape,
            offsets: &self.offsets,
            ids: &self.ids,
        };
        let mut winners = vec![7; grad.len()];
        let y = poisoned(grad.len(), |y| {
            forward_on(isa, batch, rows, weight, bias, y, &mut winners);
        });
        let drows = poisoned(rows.len(), |drows| {
            backward_rows_on(isa, batch, &winners, grad, weight, drows);
        });
        let dweight = poisoned(weight.len(), |dweight| {
            backward_weight_on(isa, batch, &winners, grad, rows, dweight);
        });
        let dbias = poisoned(bias.len(), |dbias| {
            filter_max_backward_bias(shape, &winners, grad, dbias);
        });
        Results {
            y,
            winners,
            drows,
            dweight,
            dbias,
        }
    }

    /// In `f64`, of the numbers themselves or of their absolute values; the way back from given winners or from its own.
    fn references(&self, map: fn(f64) -> f64, winners: Option<&[u32]>) -> Results<f64> {
        let Self { shape, offsets, .. } = self;
        let [rows, weight, bias, grad] = [&self.rows, &self.weight, &self.bias, &self.grad]
            .map(|numbers| to_f64(numbers).into_iter().map(map).collect::<Vec<_>>());
        let mut results = Results {
            y: vec![f64::NAN; grad.len()],
            winners: vec![7; grad.len()],
            drows: vec![f64::NAN; rows.len()],
            dweight: vec![f64::NAN; weight.len()],
            dbias: vec![f64::NAN; bias.len()],
        };
        let Results {
            y,
            winners: own,
            drows,
            dweight,
            dbias,
        } = &mut results;
        let ids = &self.ids;
        reference::filter_max_forward(shape, offsets, ids, &rows, &weight, &bias, y, own);
        let winners = winners.unwrap_or(own);
        reference::filter_max_backward_rows(shape, offsets, ids, winners, &grad, &weight, drows);
        reference::filter_max_backward_weight(shape, offsets, ids, winners, &grad, &rows, dweight);
        reference::filter_max_backward_bias(shape, winners, &grad, dbias);
        results
    }
}

fn shape(dimension: usize, groups: &[(usize, usize)], windows: Windows) -> FilterMaxShape {
    let group = |&(width, filters): &(usize, usize)| FilterGroup { width, filters };
    FilterMaxShape {
        dimension,
        groups: groups.iter().map(group).collect(),
        windows,
    }
}

/// Groups, dimensions and batches at and around the edges of panels (16, 32), strips (96), blocks (256) and tasks.
pub(super) fn cases(numbers: impl Fn(u64, usize) -> Vec<f32> + Copy) -> Vec<Case> {
    let mut cases = Vec::new();
    let long = || Offsets::from_lengths([9, 0, 1, 2, 40, 3]);
    for windows in [Windows::Touching, Windows::Valid] {
        for offsets in batches() {
            cases.push(Case::new(
                shape(5, &[(3, 4), (1, 2), (5, 7)], windows),
                offsets,
                numbers,
            ));
        }
        for filters in [0, 1, 15, 16, 17, 33] {
            let groups = [(2, filters), (3, 3), (4, filters)];
            cases.push(Case::new(shape(7, &groups, windows), long(), numbers));
        }
        for dimension in [1, 15, 16, 17, 47, 49, 97, 300] {
            let groups = [(2, 3), (7, 2)];
            cases.push(Case::new(
                shape(dimension, &groups, windows),
                long(),
                numbers,
            ));
        }
        cases.push(Case::new(shape(3, &[], windows), long(), numbers));
        // Sums of more than one block: a word that wins often, a filter over many documents.
        let many = Offsets::from_lengths((0..400).map(|d| d % 5));
        cases.push(Case::new(shape(6, &[(3, 40)], windows), many, numbers));
    }
    cases
}

#[test]
fn integers_are_exact() {
    for case in cases(|seed, len| integers(seed, len, 4)) {
        let exact = case.references(|number| number, None);
        for_each_isa(|isa| {
            let found = case.kernels(isa);
            let found = Results {
                y: to_f64(&found.y),
                winners: found.winners,
                drows: to_f64(&found.drows),
                dweight: to_f64(&found.dweight),
                dbias: to_f64(&found.dbias),
            };
            assert_eq!(found, exact, "{isa} {:?} {:?}", case.shape, case.offsets);
        });
    }
}

#[test]
fn reals_are_within_the_bound_of_direct_sums() {
    for case in cases(normals) {
        let found = case.kernels(Isa::active());
        let exact = case.references(|number| number, Some(&found.winners));
        let magnitude = case.references(f64::abs, Some(&found.winners));
        let bound = direct_sum(case.shape.dimension * case.shape.widest() + 1);
        assert_close(&found.y, &exact.y, &magnitude.y, bound);
        // At most so many terms meet in a gradient.
        let bound = direct_sum(case.grad.len());
        assert_close(&found.drows, &exact.drows, &magnitude.drows, bound);
        assert_close(&found.dweight, &exact.dweight, &magnitude.dweight, bound);
        assert_close(&found.dbias, &exact.dbias, &magnitude.dbias, bound);
    }
}

fn bits_of(results: Results<f32>) -> Results<u32> {
    Results {
        y: bits(&results.y),
        winners: results.winners,
        drows: bits(&results.drows),
        dweight: bits(&results.dweight),
        dbias: bits(&results.dbias),
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    for case in cases(normals) {
        let portable = bits_of(case.kernels(Isa::Portable));
        for_each_isa(|isa| {
            let found = bits_of(case.kernels(isa));
            assert_eq!(found, portable, "{isa} {:?} {:?}", case.shape, case.offsets);
        });
    }
}

#[test]
fn threads_do_not_matter() {
    let groups = [(2, 50), (3, 70), (4, 33)];
    let offsets = Offsets::from_lengths([30, 1, 0, 50, 17, 40, 3, 3]);
    let case = Case::new(shape(120, &groups, Windows::Touching), offsets, normals);
    same_on_threads(|| bits_of(case.kernels(Isa::active())));
}

#[test]
fn neighbours_do_not_matter() {
    for windows in [Windows::Touching, Windows::Valid] {
        let lengths = [3, 0, 40, 1, 7, 120, 2, 2, 19];
        let offsets = Offsets::from_lengths(lengths);
        let shape = shape(33, &[(3, 20), (5, 4)], windows);
        let together = Case::new(shape.clone(), offsets.clone(), normals);
        let results = together.kernels(Isa::active());
        let filters = shape.filters();
        for (d, &length) in lengths.iter().enumerate() {
            let mut alone = together.clone();
            alone.offsets = Offsets::from_lengths([length]);
            alone.ids = together.ids[offsets.range(d)].to_vec();
            alone.grad.truncate(filters);
            // Alone it has fewer distinct words, with other numbers.
            let mut words: Vec<u32> = alone.ids.clone();
            words.sort_unstable();
            words.dedup();
            words.retain(|&word| word != SKIP);
            let row = |word: &u32| together.rows[*word as usize * 33..][..33].iter().copied();
            alone.rows = words.iter().flat_map(row).collect();
            for id in alone.ids.iter_mut().filter(|id| **id != SKIP) {
                *id = words
                    .iter()
                    .position(|word| word == id)
                    .expect("listed above") as u32;
            }
            let found = alone.kernels(Isa::active());
            let here = d * filters..(d + 1) * filters;
            assert_eq!(
                bits(&found.y),
                bits(&results.y[here.clone()]),
                "document {d}"
            );
            assert_eq!(found.winners, results.winners[here], "document {d}");
        }
    }
}

#[test]
fn a_broken_document_stays_alone_and_shows_itself() {
    let offsets = Offsets::from_lengths([5, 6, 7]);
    let mut case = Case::new(shape(9, &[(3, 20)], Windows::Touching), offsets, normals);
    let broken = (DISTINCT - 1) as u32;
    for (token, id) in case.ids.iter_mut().enumerate() {
        *id = if token == 7 { broken } else { *id % broken };
    }
    let healthy = case.kernels(Isa::active());
    case.rows[broken as usize * 9..].fill(f32::NAN);
    for_each_isa(|isa| {
        let found = case.kernels(isa);
        assert_eq!(bits(&found.y[..20]), bits(&healthy.y[..20]));
        assert_eq!(bits(&found.y[40..]), bits(&healthy.y[40..]));
        assert!(found.y[20..40].iter().all(|y| y.is_nan()));
    });
}

#[test]
fn padding_wins_nothing_but_the_bias() {
    // Every window that touches a word is below the one that touches none.
    let offsets = Offsets::from_lengths([4, 0]);
    let mut case = Case::new(shape(2, &[(2, 3)], Windows::Touching), offsets, normals);
    case.ids = vec![0, 1, 0, 2];
    case.rows.fill(1.0);
    case.weight.fill(-1.0);
    case.bias = vec![0.5, -0.5, 0.0];
    case.grad = vec![1.0; 6];
    let found = case.kernels(Isa::active());
    assert_eq!(found.y, [0.5, 0.0, 0.0, 0.5, 0.0, 0.0]);
    assert_eq!(
        found.winners,
        [5, NO_WINNER, NO_WINNER, 0, NO_WINNER, NO_WINNER]
    );
    assert_eq!(found.dbias, [2.0, 0.0, 0.0]);
    assert!(found.drows.iter().chain(&found.dweight).all(|&g| g == 0.0));
    // Without such a window the greatest of those that there are counts, and a document too short has none.
    case.shape.windows = Windows::Valid;
    case.bias = vec![5.0, 3.0, 4.0];
    let found = case.kernels(Isa::active());
    assert_eq!(found.y, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(found.winners[..3], [0, NO_WINNER, NO_WINNER]);
}

#[test]
fn the_reference_passes_finite_differences() {
    for windows in [Windows::Touching, Windows::Valid] {
        let offsets = Offsets::from_lengths([4, 0, 1, 7]);
        let case = Case::new(shape(2, &[(3, 2), (2, 2)], windows), offsets, normals);
        let results = case.references(|number| number, None);
        let (rows, weight, bias, grad) = (
            to_f64(&case.rows),
            to_f64(&case.weight),
            to_f64(&case.bias),
            to_f64(&case.grad),
        );
        let loss = |rows: &[f64], weight: &[f64], bias: &[f64]| {
            let (mut y, mut winners) = (vec![0.0; grad.len()], vec![0; grad.len()]);
            reference::filter_max_forward(
                &case.shape,
                &case.offsets,
                &case.ids,
                rows,
                weight,
                bias,
                &mut y,
                &mut winners,
            );
            dot(&y, &grad)
        };
        assert_is_gradient(&rows, &results.drows, |rows| loss(rows, &weight, &bias));
        assert_is_gradient(&weight, &results.dweight, |weight| {
            loss(&rows, weight, &bias)
        });
        assert_is_gradient(&bias, &results.dbias, |bias| loss(&rows, &weight, bias));
    }
}

#[test]
#[should_panic(expected = "neither a row nor SKIP")]
fn a_word_without_a_row_is_refused() {
    let case = Case::new(
        shape(2, &[(3, 2)], Windows::Valid),
        Offsets::from_lengths([4]),
        normals,
    );
    let (mut y, mut winners) = ([0.0; 2], [0; 2]);
    let ids = [0, 1, DISTINCT as u32, SKIP];
    let Case {
        shape,
        offsets,
        rows,
        weight,
        bias,
        ..
    } = &case;
    filter_max_forward(
        shape,
        offsets,
        &ids,
        rows,
        weight,
        bias,
        &mut y,
        &mut winners,
    );
}

#[test]
fn a_winner_outside_its_document_is_refused() {
    let offsets = Offsets::from_lengths([4, 4]);
    let case = Case::new(shape(2, &[(3, 1)], Windows::Valid), offsets, normals);
    let Case {
        shape,
        offsets,
        ids,
        rows,
        weight,
        ..
    } = &case;
    let refuses = |winner: u32, grad: f32| {
        let (winners, grad) = ([winner, 0], [grad, 1.0]);
        let (mut drows, mut dweight) = (rows.clone(), weight.clone());
        let words = || {
            filter_max_backward_rows(shape, offsets, ids, &winners, &grad, weight, &mut drows);
        };
        let words = catch_unwind(AssertUnwindSafe(words)).is_err();
        let filters = || {
            filter_max_backward_weight(shape, offsets, ids, &winners, &grad, rows, &mut dweight);
        };
        assert_eq!(catch_unwind(AssertUnwindSafe(filters)).is_err(), words);
        words
    };
    assert!(!refuses(1, 1.0), "the last window");
    assert!(refuses(2, 1.0), "the next document's first word");
    assert!(!refuses(2, 0.0), "nothing to follow");
    assert!(!refuses(NO_WINNER, 1.0));
}
