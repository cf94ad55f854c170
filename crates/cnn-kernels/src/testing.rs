//! What the tests of the kernel families share: data, bitwise comparison, thread pools, finite differences.

use crate::{Offsets, random};

/// Whole numbers of `-limit..=limit`: their sums and products are exact in any order.
pub(crate) fn integers(seed: u64, n: usize, limit: u64) -> Vec<f32> {
    let stream = random::stream("integers");
    (0..n as u64)
        .map(|i| random::below(seed, stream, i, 2 * limit + 1) as f32 - limit as f32)
        .collect()
}

/// Numbers of the standard normal distribution.
pub(crate) fn normals(seed: u64, n: usize) -> Vec<f32> {
    let mut values = vec![0.0; n];
    random::fill_normal(seed, random::stream("normals"), 0.0, 1.0, &mut values);
    values
}

/// Distinct numbers in random order, at least 1/64 apart: no ties, and gaps wider than a finite difference.
pub(crate) fn distinct(seed: u64, n: usize) -> Vec<f32> {
    let order = random::permutation(seed, random::stream("distinct"), n);
    order
        .iter()
        .map(|&i| (i as f32 - n as f32 / 2.0) / 64.0)
        .collect()
}

/// Ids of `0..rows`, one in `skip_one_in` a token that adds nothing (0: none).
pub(crate) fn ids(seed: u64, n: usize, rows: u64, skip_one_in: u64) -> Vec<u32> {
    let id = |i| random::below(seed, random::stream("ids"), i, rows) as u32;
    let skips =
        |i| skip_one_in > 0 && random::below(seed, random::stream("skips"), i, skip_one_in) == 0;
    (0..n as u64)
        .map(|i| if skips(i) { crate::SKIP } else { id(i) })
        .collect()
}

/// Ragged batches: none, one, empty documents first, last and between, length 1, and a long one.
pub(crate) fn batches() -> Vec<Offsets> {
    [
        vec![],
        vec![0],
        vec![1],
        vec![0, 0, 0],
        vec![2, 1],
        vec![0, 3, 0, 0, 5, 1, 0],
        vec![7, 8, 9, 15, 16, 17, 31, 32, 33],
        vec![1; 70],
        vec![300, 2, 0, 141],
    ]
    .map(Offsets::from_lengths)
    .to_vec()
}

pub(crate) fn to_f64(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

pub(crate) fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Equal bits; the first difference is named.
#[track_caller]
pub(crate) fn assert_same_bits(what: &str, left: &[f32], right: &[f32]) {
    assert_eq!(left.len(), right.len(), "{what}: lengths");
    for (i, (left, right)) in left.iter().zip(right).enumerate() {
        assert!(
            left.to_bits() == right.to_bits(),
            "{what}: element {i} is {left:e} and {right:e}"
        );
    }
}

/// Runs `work` on 1, 2, 3 and 8 threads; all must give the same.
#[track_caller]
pub(crate) fn same_on_threads<T: PartialEq + std::fmt::Debug + Send>(work: impl Fn() -> T + Sync) {
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a small thread pool can be built")
            .install(&work)
    };
    let one = on(1);
    for threads in [2, 3, 8] {
        assert!(
            on(threads) == one,
            "{threads} threads give other bits than one"
        );
    }
}

/// Central differences of `f` at `x` against `gradient`: `|difference| <= 1e-6 + 1e-6 |gradient|`.
#[track_caller]
pub(crate) fn assert_is_gradient(x: &[f64], gradient: &[f64], f: impl Fn(&[f64]) -> f64) {
    const STEP: f64 = 1e-5;
    assert_eq!(x.len(), gradient.len());
    for i in 0..x.len() {
        let at = |step: f64| {
            let mut x = x.to_vec();
            x[i] += step;
            f(&x)
        };
        let slope = (at(STEP) - at(-STEP)) / (2.0 * STEP);
        let error = (slope - gradient[i]).abs();
        assert!(
            error <= 1e-6 + 1e-6 * gradient[i].abs(),
            "element {i}: the gradient says {}, differences say {slope}",
            gradient[i]
        );
    }
}

pub(crate) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter()
        .zip(right)
        .map(|(left, right)| left * right)
        .sum()
}
