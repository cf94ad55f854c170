//! Our own `tanh`, `exp` and `ln`: the same bits on every machine, in branch-free code that vectorises.
//!
//! The standard library's versions may differ between platforms and compiler versions. These are chains of fused
//! multiply-adds, plain additions and multiplications, one division (`tanh`), and integer arithmetic on the bits; each
//! step is fixed by IEEE 754, so no two machines can disagree. The error bounds below are of *all* f32 arguments,
//! against f64, and `tests/math.rs` asserts them (all arguments in an ignored test, every 61st in a plain one).
//!
//! # Method
//!
//! * The shared core writes `x = n ln 2 + r` with `|r| <= ln 2 / 2`, `ln 2` in two parts, and takes
//!   `expm1(r) = r + r² q(r)`, `q` a minimax polynomial of degree 5 (relative error below 2^-29).
//! * `exp x = 2^n (1 + expm1 r)`, the power of two in two factors, so that subnormal results are rounded once.
//! * `tanh |x| = -e / (2 + e)` with `e = expm1(-2|x|) = (2^n - 1) + 2^n expm1(r)`, taken as
//!   `((1 - 2^n) - 2^n expm1(r)) / ((1 + 2^n) + 2^n expm1(r))`, in which only the outer additions round. No case for small
//!   arguments: for them `n = 0`, and the numerator keeps its relative accuracy. Never above 1.
//! * `ln x = e ln 2 + ln(1 + f)`, `1 + f` of [sqrt 1/2, sqrt 2), and `ln(1 + f) = f - f²/2 + f³ p(f)`, `p` a minimax
//!   polynomial of degree 9.
//!
//! # Rejected
//!
//! A rational `tanh` (odd numerator, even denominator) costs as many operations and needs a clamp with a wrong last
//! step; `1 - 2 / (exp(2x) + 1)` loses all relative accuracy near 0; f64 inside would halve the lanes.

/// `ln 2` in two parts; the first has 15 significant bits, so that its product with an exponent is exact.
const LN_2_HIGH: f32 = 0.693_145_75;
const LN_2_LOW: f32 = 1.428_606_8e-6;
/// Added and subtracted, it rounds to the nearest integer, which then stands in the low bits: 1.5 * 2^23.
const ROUND: f32 = 12_582_912.0;
/// `q` in `expm1(r) = r + r² q(r)`, constant term first.
const EXPM1: [f32; 6] = [
    f32::from_bits(0x3F00_0000), // 0.5
    f32::from_bits(0x3E2A_AAAA), // 0.16666666
    f32::from_bits(0x3D2A_AA79), // 0.04166648
    f32::from_bits(0x3C08_88E5), // 0.008333419
    f32::from_bits(0x3AB6_A05C), // 0.0013933289
    f32::from_bits(0x394F_DEF1), // 0.0001982411
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

/// `2^n`, for `-126 <= n <= 127`.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) << 23) as u32)
}

/// `n` and `expm1(r)` of `x = n ln 2 + r`, for `|x| < 2^20`.
#[inline(always)]
fn reduced_expm1(x: f32) -> (i32, f32) {
    let rounded = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = rounded - ROUND;
    let r = n.mul_add(-LN_2_LOW, n.mul_add(-LN_2_HIGH, x));
    let n = (rounded.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    (n, (r * r).mul_add(horner(r, &EXPM1), r))
}

/// `e^x`; 0 for `-inf`, `inf` above 88.72, NaN for NaN. Largest error: see [the module](self).
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Comparisons are written so that NaN passes through. Beyond these ends the result is 0 or infinite anyway.
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -104.5 { -104.5 } else { x };
    let (n, expm1) = reduced_expm1(x);
    let half = n >> 1;
    (1.0 + expm1) * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// Hyperbolic tangent; odd, within [-1, 1], NaN for NaN. Largest error: see [the module](self).
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let twice = -2.0 * x.abs();
    // From 9.02 on, the nearest f32 is 1; at -20 both sides of the quotient round to 1.
    let twice = if twice < -20.0 { -20.0 } else { twice };
    let (n, expm1) = reduced_expm1(twice);
    let power = power_of_two(n);
    let part = power * expm1;
    (((1.0 - power) - part) / ((1.0 + power) + part)).copysign(x)
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
