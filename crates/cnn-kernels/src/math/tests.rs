//! The errors of `tanh`, `exp` and `ln` over all arguments, and their equality on every instruction set.

use super::{exp, ln, tanh, tanh_of_half, tanh_of_half_vector};
use crate::Isa;
use crate::lanes::for_each_isa;
use rayon::prelude::*;

for_each_isa! {
    fn exp_all(x: &[f32], y: &mut [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = exp(x);
        }
    }
}

for_each_isa! {
    fn tanh_all(x: &[f32], y: &mut [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = tanh(x);
        }
    }
}

for_each_isa! {
    fn ln_all(x: &[f32], y: &mut [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = ln(x);
        }
    }
}

type Slices = fn(Isa, &[f32], &mut [f32]);

/// A function, its judge in f64, its bound in units of the last place, and its name.
struct Case {
    name: &'static str,
    function: Slices,
    exact: fn(f64) -> f64,
    bound: f64,
}

const CASES: [Case; 3] = [
    Case {
        name: "tanh",
        function: tanh_all,
        exact: f64::tanh,
        bound: 2.6,
    },
    Case {
        name: "exp",
        function: exp_all,
        exact: f64::exp,
        bound: 1.1,
    },
    Case {
        name: "ln",
        function: ln_all,
        exact: f64::ln,
        bound: 0.9,
    },
];

/// The distance of `got` from `exact` in units of the last place of the f32 nearest to `exact`.
fn ulps(got: f32, exact: f64) -> f64 {
    let nearest = exact as f32;
    if got == nearest || (got.is_nan() && nearest.is_nan()) {
        // Infinite, NaN, or as near as can be.
        return if nearest.is_finite() {
            (f64::from(got) - exact).abs() / spacing(nearest)
        } else {
            0.0
        };
    }
    if !got.is_finite() || !nearest.is_finite() {
        // One of them overflowed; tolerate it only beside the end of the range.
        let end = f64::from(f32::MAX);
        return if exact.abs() > end * 0.999_999_9 && got.abs() >= f32::MAX {
            0.5
        } else {
            f64::INFINITY
        };
    }
    (f64::from(got) - exact).abs() / spacing(nearest)
}

fn spacing(value: f32) -> f64 {
    let exponent = (value.abs().to_bits() >> 23).max(1) as i32;
    f64::powi(2.0, exponent - 127 - 23)
}

/// The largest error over every `stride`-th f32, and where; on the way, every instruction set must agree with the first.
fn sweep(case: &Case, stride: usize) -> (f64, f32) {
    const CHUNK: usize = 1 << 16;
    let isas = Isa::available();
    let count = (1usize << 32).div_ceil(stride);
    let errors: Vec<(f64, f32)> = (0..count.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let x: Vec<f32> = (chunk * CHUNK..count.min((chunk + 1) * CHUNK))
                .map(|i| f32::from_bits((i * stride) as u32))
                .collect();
            let mut y = vec![0.0; x.len()];
            let best = *isas.last().expect("the portable path is always there");
            (case.function)(best, &x, &mut y);
            if stride > 1 {
                for &isa in &isas {
                    let mut other = vec![0.0; x.len()];
                    (case.function)(isa, &x, &mut other);
                    for ((&x, &y), &other) in x.iter().zip(&y).zip(&other) {
                        let equal =
                            y.to_bits() == other.to_bits() || (y.is_nan() && other.is_nan());
                        assert!(
                            equal,
                            "{}({x:e}): {y:e} on {best}, {other:e} on {isa}",
                            case.name
                        );
                    }
                }
            }
            let mut worst = (0.0, 0.0);
            for (&x, &y) in x.iter().zip(&y) {
                let error = ulps(y, (case.exact)(f64::from(x)));
                if error > worst.0 {
                    worst = (error, x);
                }
            }
            worst
        })
        .collect();
    errors
        .into_iter()
        .fold((0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a })
}

fn check(stride: usize) {
    for case in &CASES {
        let (error, x) = sweep(case, stride);
        println!(
            "{}: largest error {error:.4} ulp, at {x:e} ({:#010x})",
            case.name,
            x.to_bits()
        );
        assert!(
            error <= case.bound,
            "{}({x:e}) is off by {error} ulp",
            case.name
        );
    }
}

#[test]
fn errors_stay_within_their_bounds_and_isas_agree_on_every_251st_argument() {
    check(251);
}

#[test]
#[ignore = "all 2^32 arguments of three functions: minutes"]
fn errors_stay_within_their_bounds_on_all_arguments() {
    check(1);
}

#[test]
fn the_ends_are_exact() {
    assert_eq!(exp(0.0), 1.0);
    assert_eq!(exp(f32::NEG_INFINITY), 0.0);
    assert_eq!(exp(f32::INFINITY), f32::INFINITY);
    assert!(exp(f32::NAN).is_nan());
    assert_eq!(tanh(0.0).to_bits(), 0.0f32.to_bits());
    assert_eq!(tanh(-0.0).to_bits(), (-0.0f32).to_bits());
    assert_eq!(tanh(f32::INFINITY), 1.0);
    assert_eq!(tanh(f32::NEG_INFINITY), -1.0);
    assert_eq!(tanh(9.1), 1.0);
    assert!(tanh(f32::NAN).is_nan());
    assert_eq!(ln(1.0), 0.0);
    assert_eq!(ln(0.0), f32::NEG_INFINITY);
    assert_eq!(ln(-0.0), f32::NEG_INFINITY);
    assert_eq!(ln(f32::INFINITY), f32::INFINITY);
    assert!(ln(-1.0).is_nan() && ln(f32::NAN).is_nan() && ln(f32::NEG_INFINITY).is_nan());
}

#[test]
fn tanh_is_odd_and_never_above_one_and_exp_never_falls() {
    let mut last = 0.0;
    for i in 0..2_000_000u32 {
        let x = i as f32 * 6e-6;
        assert_eq!(tanh(-x), -tanh(x));
        assert!(tanh(x) <= 1.0);
        assert!(exp(x) >= last, "exp falls at {x}");
        last = exp(x);
    }
}

#[test]
fn the_vector_tanh_has_the_bits_of_the_scalar_one() {
    use crate::simd::{Body, Simd, dispatch};
    use crate::trial::for_each_isa;

    struct Tanh<'a>(&'a [f32], &'a mut [f32]);
    impl Body for Tanh<'_> {
        type Output = ();

        #[inline(always)]
        fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
            for (z, y) in self.0.chunks_exact(16).zip(self.1.chunks_exact_mut(16)) {
                for lane in (0..16).step_by(S::LANES) {
                    let tanh = tanh_of_half_vector(simd, simd.load(&z[lane..]));
                    simd.store(tanh, &mut y[lane..]);
                }
            }
        }
    }

    // Every 9,973rd pattern of bits, NaN and infinities among them; a NaN need only stay one.
    let z: Vec<f32> = (0..=u32::MAX).step_by(9_973).map(f32::from_bits).collect();
    let z = &z[..z.len() / 16 * 16];
    for_each_isa(|isa| {
        let mut y = vec![0.0; z.len()];
        dispatch(isa, Tanh(z, &mut y));
        for (&z, &y) in z.iter().zip(&y) {
            let scalar = tanh_of_half(z);
            let same = y.to_bits() == scalar.to_bits() || (y.is_nan() && scalar.is_nan());
            assert!(same, "{isa}: tanh(-{z}/2) = {y}, not {scalar}");
        }
    });
}
