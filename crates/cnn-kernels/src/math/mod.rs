//! Our own `tanh`, `exp` and `ln`: the same bits on every machine, in branch-free code that vectorises.
//!
//! The standard library's versions may differ between platforms and compiler versions. These are chains of fused
//! multiply-adds, plain additions and multiplications, one division (`tanh`), and integer arithmetic on the bits; each
//! step is fixed by IEEE 754, so no two machines can disagree.
//!
//! # Largest errors, in units of the last place, over all 2^32 arguments, against f64
//!
//! | | largest error | at | asserted |
//! |---|---|---|---|
//! | `tanh` | 2.4984 | 4.5050907 | 2.6 |
//! | `exp` | 1.0347 | -5.8476796 | 1.1 |
//! | `ln` | 0.8027 | 0.7070903 | 0.9 |
//!
//! `math/tests.rs` asserts the last column: on every 251st argument always, on all of them in an ignored test.
//!
//! # Method
//!
//! * The shared core writes `x = n ln 2 + r` with `|r| <= ln 2 / 2` and takes `expm1(r) = r + r² q(r)`, `q` a minimax
//!   polynomial of degree 4 (error below 2^-26, relative to `expm1`).
//! * `exp x = 2^n (1 + expm1 r)`, `ln 2` in two parts, and the power of two in two factors, so that subnormal results are
//!   rounded once.
//! * `tanh |x| = e / (2 - e)` with `e = 1 - exp(-2|x|) = (1 - 2^n) - 2^n expm1(r)`, the last step fused. No case for small
//!   arguments: for them `n = 0`, and `e` keeps its relative accuracy. Never above 1.
//! * `ln x = e ln 2 + ln(1 + f)`, `1 + f` of [sqrt 1/2, sqrt 2), and `ln(1 + f) = f - f²/2 + f³ p(f)`, `p` a minimax
//!   polynomial of degree 9.
//!
//! # Rejected
//!
//! * A rational `tanh`, odd numerator of degree 9 over an even denominator of degree 8: a quarter faster, but errors of
//!   5 ulp near 1, and values up to 1.0000002, which have to be cut off.
//! * `((1 - 2^n) - 2^n expm1(r)) / ((1 + 2^n) + 2^n expm1(r))`: 1.9 ulp instead of 2.5, for two additions more.
//! * `1 - 2 / (exp(2x) + 1)`: no relative accuracy near 0. f64 inside: half the lanes.

use std::f32::consts::{LN_2, LOG2_E};

use crate::simd::Simd;

/// `ln 2` in two parts; the first has 15 significant bits, so that its product with an exponent is exact.
const LN_2_HIGH: f32 = 0.693_145_75;
const LN_2_LOW: f32 = 1.428_606_8e-6;
/// Added and subtracted, it rounds to the nearest integer, which then stands in the low bits: 1.5 * 2^23.
const ROUND: f32 = 12_582_912.0;
/// `q` in `expm1(r) = r + r² q(r)`, constant term first.
const EXPM1: [f32; 5] = [
    f32::from_bits(0x3F00_0000), // 0.5
    f32::from_bits(0x3E2A_AA5B), // 0.16666548
    f32::from_bits(0x3D2A_AADD), // 0.041666854
    f32::from_bits(0x3C09_11D4), // 0.008366067
    f32::from_bits(0x3AB6_2ABC), // 0.0013898234
];
/// `p` in `ln(1 + f) = f - f²/2 + f³ p(f)`, constant term first.
const LN: [f32; 10] = [
    f32::from_bits(0x3EAA_AAAA), // 0.3333333
    f32::from_bits(0xBE7F_FFEA), // -0.24999967
    f32::from_bits(0x3E4C_CD0A), // 0.20000091
    f32::from_bits(0xBE2A_B1D9), // -0.16669406
    f32::from_bits(0x3E12_4794), // 0.14285117
    f32::from_bits(0xBDFE_739A), // -0.12424393
    f32::from_bits(0x3DE2_0584), // 0.11036208
    f32::from_bits(0xBDDD_95E3), // -0.10819604
    f32::from_bits(0x3DD9_BE63), // 0.106320165
    f32::from_bits(0xBD74_CF4F), // -0.059768017
];

/// `c[0] + c[1] x + ...`, one chain of fused multiply-adds from the highest power down.
#[inline(always)]
fn horner<const N: usize>(x: f32, coefficients: &[f32; N]) -> f32 {
    let mut sum = coefficients[N - 1];
    for &coefficient in coefficients[..N - 1].iter().rev() {
        sum = sum.mul_add(x, coefficient);
    }
    sum
}

/// `expm1(r)` for `|r| <= ln 2 / 2` and a little more.
#[inline(always)]
fn expm1_near_zero(r: f32) -> f32 {
    (r * r).mul_add(horner(r, &EXPM1), r)
}

/// `2^n`, for `-126 <= n <= 127`.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) << 23) as u32)
}

/// `e^x`; 0 for `-inf`, `inf` above 88.72, NaN for NaN. Largest error: see [the module](self).
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Comparisons are written so that NaN passes through. Beyond these ends the result is 0 or infinite anyway.
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -104.5 { -104.5 } else { x };
    let rounded = x.mul_add(LOG2_E, ROUND);
    let n = rounded - ROUND;
    let r = n.mul_add(-LN_2_LOW, n.mul_add(-LN_2_HIGH, x));
    let n = (rounded.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let half = n >> 1;
    (1.0 + expm1_near_zero(r)) * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// Hyperbolic tangent; odd, within [-1, 1], NaN for NaN. Largest error: see [the module](self).
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    tanh_of_half(-2.0 * x)
}

/// `tanh(-z / 2)`: the form in which a factor before the argument costs nothing.
#[inline(always)]
pub(crate) fn tanh_of_half(z: f32) -> f32 {
    const SIGN: u32 = 0x8000_0000;
    // Rounds like ROUND, and leaves n + 127 in the low bits: one shift away from 2^n.
    const ROUND_BIASED: f32 = ROUND + 127.0;
    let minus = f32::from_bits(z.to_bits() | SIGN); // -|z|
    // At -18.03 and below, the nearest f32 is 1; at -20 the quotient is exactly 1. NaN passes through.
    let minus = if minus < -20.0 { -20.0 } else { minus };
    let rounded = minus.mul_add(LOG2_E, ROUND_BIASED);
    // One part of ln 2 is enough here: its error, n 2e-9, comes multiplied by 2^n.
    let r = (rounded - ROUND_BIASED).mul_add(-LN_2, minus);
    let power = f32::from_bits(rounded.to_bits() << 23);
    // 1 - e^minus, of [0, 1]; never -0, so that the sign can be set by one "or".
    let rest = (-power).mul_add(expm1_near_zero(r), 1.0 - power);
    let size = rest / (2.0 - rest);
    f32::from_bits(size.to_bits() | (!z.to_bits() & SIGN))
}

/// [`tanh_of_half`] in each lane: the same steps, for kernels whose numbers are in registers already.
#[inline(always)]
pub(crate) fn tanh_of_half_vector<S: Simd>(simd: S, z: S::Vector) -> S::Vector {
    const ROUND_BIASED: f32 = ROUND + 127.0;
    let (sign, one) = (simd.splat(-0.0), simd.splat(1.0));
    let minus = simd.max(simd.splat(-20.0), simd.or(z, sign));
    let rounded = simd.mul_add(minus, simd.splat(LOG2_E), simd.splat(ROUND_BIASED));
    let n = simd.sub(rounded, simd.splat(ROUND_BIASED));
    let r = simd.mul_add(n, simd.splat(-LN_2), minus);
    let power = simd.to_exponent(rounded);
    let mut q = simd.splat(EXPM1[4]);
    for coefficient in [EXPM1[3], EXPM1[2], EXPM1[1], EXPM1[0]] {
        q = simd.mul_add(q, r, simd.splat(coefficient));
    }
    let expm1 = simd.mul_add(simd.mul(r, r), q, r);
    let minus_power = simd.or(power, sign); // a power of two is positive
    let rest = simd.mul_add(minus_power, expm1, simd.sub(one, power));
    let size = simd.div(rest, simd.sub(simd.splat(2.0), rest));
    simd.or(size, simd.and_not(z, sign))
}

/// Natural logarithm; `-inf` for 0, NaN below 0, `inf` for `inf`. Largest error: see [the module](self).
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    const SQRT_HALF_BITS: i32 = 0x3F35_04F3;
    let subnormal = x < f32::MIN_POSITIVE;
    let normal = if subnormal { x * 8_388_608.0 } else { x };
    let bits = normal.to_bits() as i32;
    let exponent = bits.wrapping_sub(SQRT_HALF_BITS) >> 23;
    let f = f32::from_bits(bits.wrapping_sub(exponent << 23) as u32) - 1.0;
    let e = (exponent - if subnormal { 23 } else { 0 }) as f32;

    let cube = f * f * f;
    let tail = (-0.5 * f).mul_add(f, cube * horner(f, &LN));
    let result = e.mul_add(LN_2_HIGH, f + e.mul_add(LN_2_LOW, tail));

    let result = if x == f32::INFINITY { x } else { result };
    let result = if x == 0.0 { f32::NEG_INFINITY } else { result };
    if x >= 0.0 { result } else { f32::NAN }
}

#[cfg(test)]
mod tests;
