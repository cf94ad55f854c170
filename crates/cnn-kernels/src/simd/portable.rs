//! Vectors in plain Rust: an array of `L` numbers. Exact everywhere, and fast where the target has fused multiply-add.

use super::{Part, Simd, rows_of_eight};

/// The token of the portable vectors; anyone may make one. `L` is 8 in use; tests also take 16 to walk the tiles of
/// AVX-512 on machines without it.
#[derive(Clone, Copy)]
pub(crate) struct Portable<const L: usize>;

impl<const L: usize> Simd for Portable<L> {
    type Vector = [f32; L];

    const LANES: usize = L;

    #[inline(always)]
    fn splat(self, value: f32) -> [f32; L] {
        [value; L]
    }

    #[inline(always)]
    fn load(self, from: &[f32]) -> [f32; L] {
        *from.first_chunk().expect("a vector needs LANES numbers")
    }

    #[inline(always)]
    fn store(self, value: [f32; L], to: &mut [f32]) {
        *to.first_chunk_mut().expect("a vector needs LANES places") = value;
    }

    #[inline(always)]
    fn mul_add(self, a: [f32; L], b: [f32; L], c: [f32; L]) -> [f32; L] {
        std::array::from_fn(|l| a[l].mul_add(b[l], c[l]))
    }

    #[inline(always)]
    fn add(self, a: [f32; L], b: [f32; L]) -> [f32; L] {
        std::array::from_fn(|l| a[l] + b[l])
    }

    #[inline(always)]
    fn sub(self, a: [f32; L], b: [f32; L]) -> [f32; L] {
        std::array::from_fn(|l| a[l] - b[l])
    }

    #[inline(always)]
    fn mul(self, a: [f32; L], b: [f32; L]) -> [f32; L] {
        std::array::from_fn(|l| a[l] * b[l])
    }

    #[inline(always)]
    fn div(self, a: [f32; L], b: [f32; L]) -> [f32; L] {
        std::array::from_fn(|l| a[l] / b[l])
    }

    #[inline(always)]
    fn max(self, a: [f32; L], b: [f32; L]) -> [f32; L] {
        std::array::from_fn(|l| if a[l] > b[l] { a[l] } else { b[l] })
    }

    #[inline(always)]
    fn where_greater(self, a: [f32; L], b: [f32; L], value: [f32; L]) -> [f32; L] {
        std::array::from_fn(|l| if a[l] > b[l] { value[l] } else { 0.0 })
    }

    #[inline(always)]
    fn where_equal(self, a: [f32; L], b: [f32; L], value: [f32; L]) -> [f32; L] {
        std::array::from_fn(|l| if a[l] == b[l] { value[l] } else { 0.0 })
    }

    #[inline(always)]
    fn or(self, a: [f32; L], b: [f32; L]) -> [f32; L] {
        std::array::from_fn(|l| f32::from_bits(a[l].to_bits() | b[l].to_bits()))
    }

    #[inline(always)]
    fn and_not(self, a: [f32; L], b: [f32; L]) -> [f32; L] {
        std::array::from_fn(|l| f32::from_bits(!a[l].to_bits() & b[l].to_bits()))
    }

    #[inline(always)]
    fn to_exponent(self, a: [f32; L]) -> [f32; L] {
        a.map(|a| f32::from_bits(a.to_bits() << 23))
    }

    #[inline(always)]
    fn unzip(self, a: [f32; L], b: [f32; L]) -> ([f32; L], [f32; L]) {
        let at = |i: usize| if i < L { a[i] } else { b[i - L] };
        let from = |first: usize| std::array::from_fn(|l| at(2 * l + first));
        (from(0), from(1))
    }

    #[inline(always)]
    fn greater(
        self,
        first: ([f32; L], [f32; L]),
        second: ([f32; L], [f32; L]),
    ) -> ([f32; L], [f32; L]) {
        let beats: [bool; L] = std::array::from_fn(|l| {
            second.0[l] > first.0[l] || (second.0[l].is_nan() && !first.0[l].is_nan())
        });
        let pick =
            |a: [f32; L], b: [f32; L]| std::array::from_fn(|l| if beats[l] { b[l] } else { a[l] });
        (pick(first.0, second.0), pick(first.1, second.1))
    }

    #[inline(always)]
    fn transpose_8x8(self, from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize) {
        let rows = rows_of_eight(from, from_stride);
        for j in 0..8 {
            let to: &mut [f32; 8] = to[j * to_stride..]
                .first_chunk_mut()
                .expect("a row needs 8 places");
            *to = std::array::from_fn(|i| rows[i][j]);
        }
    }

    // As a function of its own here too: inlined, the tiles of all sizes make one huge function (a release build of this
    // crate: 40 s of processor time inlined, 28 apart).
    #[inline(never)]
    fn call<P: Part>(self, part: P) -> P::Output {
        part.run(self)
    }
}
