//! Numbers of the standard normal distribution, with the same bits on every machine.

use super::{fill, halves};

/// A number of the standard normal distribution, by Box and Muller's transform of both halves of the block,
/// `sqrt(-2 ln u) cos(2 pi v)` with `u` of (0, 1] and `v` of [0, 1), 53 bits each, computed in f64 and rounded once.
///
/// The farthest value possible is `sqrt(2 * 53 * ln 2)`, 8.57.
#[inline]
pub fn normal(seed: u64, stream: u64, index: u64) -> f32 {
    let [first, second] = halves(seed, stream, index);
    const STEP: f64 = 1.0 / 9_007_199_254_740_992.0; // 2^-53
    let u = ((first >> 11) + 1) as f64 * STEP;
    let v = (second >> 11) as f64 * STEP;
    ((-2.0 * ln_f64(u)).sqrt() * cos_turns(v)) as f32
}

/// Fills `out[i]` with `mean + deviation * normal(seed, stream, i)`, in parallel.
pub fn fill_normal(seed: u64, stream: u64, mean: f32, deviation: f32, out: &mut [f32]) {
    fill(out, |index| mean + deviation * normal(seed, stream, index));
}

/// `1/3, 1/5, ..., 1/21`: artanh(s) / s = 1 + z/3 + z²/5 + ..., z = s². With z <= 0.0295 the next term is below 1e-18.
const ARTANH: [f64; 10] = [
    1.0 / 3.0,
    1.0 / 5.0,
    1.0 / 7.0,
    1.0 / 9.0,
    1.0 / 11.0,
    1.0 / 13.0,
    1.0 / 15.0,
    1.0 / 17.0,
    1.0 / 19.0,
    1.0 / 21.0,
];

/// Taylor coefficients of `cos x` and of `sin x / x` in x², up to 1/16! and 1/17!. Within an eighth of a turn
/// (x² <= 0.617) the next term is below 1e-17.
const CIRCLE: [[f64; 9]; 2] = [taylor(0), taylor(1)];

/// `1/first!, -1/(first + 2)!, 1/(first + 4)!, ...`; the factorials up to 17! are exact in an f64.
const fn taylor(first: usize) -> [f64; 9] {
    let mut coefficients = [0.0; 9];
    let (mut k, mut factorial, mut sign) = (0, 1.0, 1.0);
    while k < 9 {
        coefficients[k] = sign / factorial;
        let last = (first + 2 * k) as f64;
        factorial *= (last + 1.0) * (last + 2.0);
        sign = -sign;
        k += 1;
    }
    coefficients
}

/// `c[0] + c[1] z + ...`, multiplications and additions apart.
#[inline]
fn polynomial<const N: usize>(z: f64, coefficients: &[f64; N]) -> f64 {
    let mut sum = coefficients[N - 1];
    for &coefficient in coefficients[..N - 1].iter().rev() {
        sum = sum * z + coefficient;
    }
    sum
}

/// Natural logarithm of a normal positive f64, from +, -, *, / alone: `ln m + e ln 2` with `m` of [sqrt 1/2, sqrt 2) and
/// `ln m = 2 artanh((m - 1) / (m + 1))`.
#[inline]
fn ln_f64(x: f64) -> f64 {
    const SQRT_HALF_BITS: u64 = 0x3FE6_A09E_667F_3BCD;
    let exponent = (x.to_bits().wrapping_sub(SQRT_HALF_BITS) as i64) >> 52;
    let m = f64::from_bits(x.to_bits().wrapping_sub((exponent << 52) as u64));
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    exponent as f64 * std::f64::consts::LN_2 + 2.0 * (s + s * (z * polynomial(z, &ARTANH)))
}

/// `cos(2 pi turns)` for `turns` of [0, 1), from +, -, * alone: the angle is taken from the nearest quarter turn, at most
/// an eighth away.
#[inline]
fn cos_turns(turns: f64) -> f64 {
    let quarter = (turns * 4.0 + 0.5) as i64; // 0..=4
    let angle = (turns - quarter as f64 * 0.25) * std::f64::consts::TAU;
    // cos, -sin, -cos, sin of what is left: even quarters take the cosine, the middle ones the minus sign.
    let odd = quarter & 1;
    let scale = if odd == 1 { angle } else { 1.0 };
    let sign = if (quarter + 1) & 2 == 2 { -1.0 } else { 1.0 };
    sign * scale * polynomial(angle * angle, &CIRCLE[odd as usize])
}
