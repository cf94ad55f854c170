//! Convolutions in groups: exact where trust demands it, close to direct sums at the sizes of DPCNN, and no further away
//! than the group when a token is broken.

use super::super::tests::Case;
use super::*;
use crate::conv1d::Conv1dPacked;
use crate::testing::{bits, integers, normals, to_f64};
use crate::trial::{assert_close, direct_sum, for_each_isa, poisoned};

fn shape(channels_in: usize, channels_out: usize) -> Conv1dShape {
    Conv1dShape {
        channels_in,
        channels_out,
        kernel_size: 3,
        padding_left: 1,
        padding_right: 1,
    }
}

#[test]
fn the_integer_oracle_is_exact() {
    for (channels_in, channels_out) in [(250, 40), (512, 33)] {
        let mut case = Case::new(shape(channels_in, channels_out), &[19, 1, 0, 8, 2], normals);
        let len = case.x.len();
        case.x = integers(1, len, 16);
        case.weight = integers(2, case.shape.weights(), 2)
            .iter()
            .map(|w| 24.0 * w)
            .collect();
        case.bias = integers(3, channels_out, 16);
        case.grad = integers(4, case.grad.len(), 2)
            .iter()
            .map(|g| 24.0 * g)
            .collect();
        let exact = case.references(|number| number);
        for_each_isa(|isa| {
            for (found, exact) in case.kernels(isa).iter().zip(&exact) {
                assert_eq!(&to_f64(found), exact, "{isa} {channels_in} {channels_out}");
            }
        });
    }
}

/// The bound of a direct sum, number by number, at the sizes of DPCNN.
#[test]
fn groups_are_within_the_bound_of_direct_sums() {
    for channels_in in [250, 300] {
        let shape = shape(channels_in, 250);
        let case = Case::new(shape, &[19, 20, 1, 31, 7, 14, 12, 3, 40], normals);
        let positions = shape.output_offsets(&case.offsets).total();
        let terms = [3 * channels_in, 3 * 250, positions];
        let (exact, magnitude) = (case.references(|number| number), case.references(f64::abs));
        for (i, found) in case.kernels(Isa::active()).iter().enumerate() {
            assert_close(found, &exact[i], &magnitude[i], direct_sum(terms[i]));
            // 9.4e-7 for results and gradients of tokens; directly near 3.5e-7.
            let error: f64 = found
                .iter()
                .zip(&exact[i])
                .map(|(f, e)| (f64::from(*f) - e).powi(2))
                .sum();
            let size: f64 = exact[i].iter().map(|e| e * e).sum();
            let relative = (error / size).sqrt();
            assert!(relative < 1.2e-6, "{relative:e}");
        }
    }
}

/// The positions of a group that its token `j` reaches: all of them, but for the outermost tokens, which a single product takes.
fn reached(positions: usize, j: usize) -> Range<usize> {
    match (positions, j) {
        (_, 0) => 0..1,
        (4, 5) | (2, 3) => positions - 1..positions,
        (3 | 4, 1..5) | (1 | 2, 1..3) => 0..positions,
        _ => 0..0,
    }
}

#[test]
fn a_broken_token_stays_within_its_groups() {
    let channels = 40;
    let shape = shape(channels, 36);
    for length in 1..=10 {
        for token in 0..length {
            let mut case = Case::new(shape, &[3, length, 2], normals);
            let [healthy, ..] = case.kernels(Isa::active());
            let from = 3 + token;
            case.x[from * channels..(from + 1) * channels].fill(f32::NAN);
            let [broken, ..] = case.kernels(Isa::active());
            let mut expected = vec![false; 3 + length + 2];
            for first in (0..length).step_by(4) {
                // The group sees the tokens from the one before it on.
                if let Some(j) = (token + 1).checked_sub(first) {
                    for i in reached(4.min(length - first), j) {
                        expected[3 + first + i] = true;
                    }
                }
            }
            let rows = broken.chunks_exact(36).zip(healthy.chunks_exact(36));
            for (position, (broken, healthy)) in rows.enumerate() {
                let what = format!("{length} {token} {position}");
                if expected[position] {
                    assert!(broken.iter().all(|number| number.is_nan()), "{what}");
                } else {
                    assert_eq!(bits(broken), bits(healthy), "{what}");
                }
            }
        }
    }
}

#[test]
fn packed_filters_give_the_bits_of_the_operations_one_by_one() {
    let shapes = [
        shape(40, 50),
        shape(33, 32),
        shape(260, 34),
        shape(7, 50),
        Conv1dShape {
            kernel_size: 2,
            ..shape(40, 50)
        },
    ];
    for shape in shapes {
        for lengths in [vec![3, 0, 1, 8, 2], vec![1], vec![0], vec![]] {
            let mut case = Case::new(shape, &lengths, normals);
            for_each_isa(|isa| {
                let packed = Conv1dPacked::new_on(isa, &shape, &case.weight, Some(&case.bias));
                let add = normals(5, case.grad.len());
                for relu in [false, true] {
                    let x = case.x.clone();
                    if relu {
                        case.x = x.iter().map(|x| x.max(0.0)).collect();
                    }
                    let [expected, ..] = case.kernels(isa);
                    let plain = poisoned(case.grad.len(), |y| {
                        packed.forward(&case.offsets, &x, relu, None, y);
                    });
                    assert_eq!(bits(&plain), bits(&expected), "{isa} {shape:?} {relu}");
                    let added = poisoned(case.grad.len(), |y| {
                        packed.forward(&case.offsets, &x, relu, Some(&add), y);
                    });
                    let expected: Vec<f32> =
                        expected.iter().zip(&add).map(|(y, a)| y + a).collect();
                    assert_eq!(bits(&added), bits(&expected), "{isa} {shape:?} {relu}");
                    case.x = x;
                }
            });
        }
    }
}

#[test]
fn a_broken_number_stays_broken_under_relu() {
    let shape = shape(32, 32);
    let mut case = Case::new(shape, &[6], normals);
    case.x[0] = f32::NAN;
    for_each_isa(|isa| {
        let packed = Conv1dPacked::new_on(isa, &shape, &case.weight, None);
        let mut y = vec![0.0; case.grad.len()];
        packed.forward(&case.offsets, &case.x, true, None, &mut y);
        assert!(y[..4 * 32].iter().all(|number| number.is_nan()), "{isa}");
        assert!(y[4 * 32..].iter().all(|number| number.is_finite()), "{isa}");
    });
}
