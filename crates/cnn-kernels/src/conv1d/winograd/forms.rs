//! What the products take of the tokens under a group, and of the gradients at its positions.
//!
//! Taps and gradients, read as polynomials, are evaluated at a point for each product, up to a factor: product 0 at 0, products 1 and 2
//! at 1 and -1, product 3 at infinity, and in large groups products 4 and 5 at 2 and -2. What is taken of the tokens is the transpose of
//! the interpolation from those points.

use crate::simd::Simd;

/// Products of a small group, and of a large one.
pub(super) const IN_SMALL: usize = 4;
pub(super) const ALL: usize = 6;

/// What product `P` takes of the tokens in `rows`, six under a large group and four under a small one, at the channels from `c` on.
#[inline(always)]
pub(super) fn of_tokens<S: Simd, const P: usize, const LARGE: bool, const RELU: bool>(
    simd: S,
    rows: &[&[f32]; 6],
    c: usize,
) -> S::Vector {
    let zero = simd.splat(0.0);
    macro_rules! d {
        ($j:literal) => {{
            let numbers = simd.load(&rows[$j][c..]);
            match RELU {
                true => simd.greater((zero, zero), (numbers, zero)).0,
                false => numbers,
            }
        }};
    }
    // a·factor + b
    macro_rules! fma {
        ($a:expr, $factor:literal, $b:expr) => {
            simd.mul_add($a, simd.splat($factor), $b)
        };
    }
    match (LARGE, P) {
        (false, 0) => simd.sub(d!(0), d!(2)),
        (false, 1) => simd.add(d!(1), d!(2)),
        (false, 2) => simd.sub(d!(2), d!(1)),
        (false, _) => simd.sub(d!(3), d!(1)),
        (true, 0) => fma!(d!(0), 4.0, fma!(d!(2), -5.0, d!(4))),
        (true, 1) => simd.add(fma!(d!(2), -4.0, d!(4)), fma!(d!(1), -4.0, d!(3))),
        (true, 2) => simd.sub(fma!(d!(2), -4.0, d!(4)), fma!(d!(1), -4.0, d!(3))),
        (true, 3) => fma!(d!(1), 4.0, fma!(d!(3), -5.0, d!(5))),
        (true, 4) => fma!(simd.sub(d!(3), d!(1)), 2.0, simd.sub(d!(4), d!(2))),
        (true, _) => fma!(simd.sub(d!(3), d!(1)), -2.0, simd.sub(d!(4), d!(2))),
    }
}

/// What each product adds to the positions of a small group, and of a large one: `[product][position]`.
pub(super) const FACTORS: [[[f32; 4]; ALL]; 2] = [
    [
        [1.0, 0.0, 0.0, 0.0],
        [3.0, 3.0, 0.0, 0.0],
        [3.0, -3.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0],
        [0.0; 4],
        [0.0; 4],
    ],
    [
        [0.25, 0.0, 0.0, 0.0],
        [-1.0, -1.0, -1.0, -1.0],
        [-1.0, 1.0, -1.0, 1.0],
        [0.0, 0.0, 0.0, 1.0],
        [1.0, 2.0, 4.0, 8.0],
        [1.0, -2.0, 4.0, -8.0],
    ],
];

/// What product `P` takes of the gradients in `rows`, those at the positions of a group, at the filters from `o` on: the transpose of
/// [`FACTORS`].
#[inline(always)]
pub(super) fn of_gradients<S: Simd, const P: usize, const LARGE: bool>(
    simd: S,
    rows: &[&[f32]; 4],
    o: usize,
) -> S::Vector {
    let factors = const { FACTORS[LARGE as usize][P] };
    let mut sum = simd.splat(0.0);
    let mut first = true;
    for i in 0..4 {
        if factors[i] == 0.0 {
            continue;
        }
        let (numbers, factor) = (simd.load(&rows[i][o..]), simd.splat(factors[i]));
        sum = match first {
            true => simd.mul(numbers, factor),
            false => simd.mul_add(numbers, factor, sum),
        };
        first = false;
    }
    sum
}

/// The forms of three taps for all products, `[g0, (g0 + g2 + g1)/6, (g0 + g2 - g1)/6, g2, (g0 + 4·g2 + 2·g1)/24,
/// (g0 + 4·g2 - 2·g1)/24]`.
#[inline(always)]
pub(super) fn of_taps<S: Simd>(simd: S, [g0, g1, g2]: [S::Vector; 3]) -> [S::Vector; ALL] {
    let (sixth, part) = (simd.splat(1.0 / 6.0), simd.splat(1.0 / 24.0));
    let outer = simd.add(g0, g2);
    let far = simd.mul_add(g2, simd.splat(4.0), g0);
    [
        g0,
        simd.mul(simd.add(outer, g1), sixth),
        simd.mul(simd.sub(outer, g1), sixth),
        g2,
        simd.mul(simd.mul_add(g1, simd.splat(2.0), far), part),
        simd.mul(simd.mul_add(g1, simd.splat(-2.0), far), part),
    ]
}

/// The gradients of three taps from the sums of all products, 0 for those that no group takes: the transpose of [`of_taps`].
#[inline(always)]
pub(super) fn to_taps([zero, one, minus_one, infinity, two, minus_two]: [f32; ALL]) -> [f32; 3] {
    let (even, odd) = (one + minus_one, one - minus_one);
    let (even_two, odd_two) = (two + minus_two, two - minus_two);
    [
        zero + even * (1.0 / 6.0) + even_two * (1.0 / 24.0),
        odd * (1.0 / 6.0) + odd_two * (1.0 / 12.0),
        even * (1.0 / 6.0) + even_two * (1.0 / 6.0) + infinity,
    ]
}
