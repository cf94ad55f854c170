//! The scalar of the plain references: `f32` and `f64` behind one small trait, so that one text serves both.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// A floating-point scalar. The references are written once over it: their `f64` instance judges the rounding of the fast
/// kernels and is itself checked by finite differences.
pub trait Real:
    Copy
    + PartialOrd
    + std::fmt::Debug
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
{
    /// The neutral element of addition.
    const ZERO: Self;

    /// The value nearest to `value` in this type.
    fn from_f64(value: f64) -> Self;
}

impl Real for f32 {
    const ZERO: Self = 0.0;

    fn from_f64(value: f64) -> Self {
        value as f32
    }
}

impl Real for f64 {
    const ZERO: Self = 0.0;

    fn from_f64(value: f64) -> Self {
        value
    }
}
