//! One vector of `f32`, whatever its width: the few operations that kernel bodies are written in, and the one place that
//! picks an instance.
//!
//! A kernel is a [`Body`]: safe code, generic over a [`Simd`] token. The token of an instruction set can be made only on a
//! machine that has it, so holding one *is* the proof that its instructions may run. [`dispatch`] compiles each body once
//! per instruction set, with everything inlined into one function that carries the `target_feature` attribute.
//!
//! The operations are exactly those whose results IEEE 754 fixes to the last bit: load, store, move, compare, add, multiply, divide, fused multiply-add, and work on bits. No
//! horizontal sums (their order would depend on the width), no approximate reciprocals.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

pub(crate) use portable::Portable;

use crate::Isa;

/// The right to use the vectors of one instruction set, and what can be done with them.
pub(crate) trait Simd: Copy {
    /// [`LANES`](Self::LANES) numbers.
    type Vector: Copy;

    /// Numbers in a vector; 16 is a multiple of it, so that a block of 16 samples is a whole number of vectors.
    const LANES: usize;

    /// `value` in every lane.
    fn splat(self, value: f32) -> Self::Vector;

    /// The first numbers of `from`, one per lane; panics when there are fewer than lanes.
    fn load(self, from: &[f32]) -> Self::Vector;

    /// Writes the lanes to the first places of `to`; panics when there are fewer than lanes.
    fn store(self, value: Self::Vector, to: &mut [f32]);

    /// `a·b + c` in each lane, rounded once.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;

    /// `a + b` in each lane.
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// `a - b` in each lane.
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// `a·b` in each lane.
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// `a / b` in each lane.
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// `a` where it is greater than `b`, else `b`: a NaN in `b` stays, one in `a` is lost.
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// `value` where `a > b`, else +0.
    fn where_greater(self, a: Self::Vector, b: Self::Vector, value: Self::Vector) -> Self::Vector;

    /// `value` where `a = b`, else +0.
    fn where_equal(self, a: Self::Vector, b: Self::Vector, value: Self::Vector) -> Self::Vector;

    /// The bits that are set in `a` or in `b`.
    fn or(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// The bits of `b` that are not set in `a`.
    fn and_not(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// The bits 23 places to the left: what was an integer in the low bits is then the exponent.
    fn to_exponent(self, a: Self::Vector) -> Self::Vector;

    /// The numbers in even places of `a` and then `b`, and those in odd places.
    fn unzip(self, a: Self::Vector, b: Self::Vector) -> (Self::Vector, Self::Vector);

    /// Of two numbers, each with a mark, the greater one in each lane; the first where neither is greater. NaN is greater
    /// than all numbers.
    fn greater(
        self,
        first: (Self::Vector, Self::Vector),
        second: (Self::Vector, Self::Vector),
    ) -> (Self::Vector, Self::Vector);

    /// `to[j·to_stride + i] = from[i·from_stride + j]` for i and j below 8; panics where a slice is too short for that.
    fn transpose_8x8(self, from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize);

    /// Runs `part` as a function of its own, compiled for this instruction set. An innermost loop that is inlined into
    /// the loops around it competes with them for registers and loses: its pointers end up on the stack (measured for the
    /// tile of the matrix product, in the first-level cache, peak 102: 64 GFLOP/s inlined, 95 apart).
    fn call<P: Part>(self, part: P) -> P::Output;
}

/// A piece of a kernel that is compiled as a function of its own; see [`Simd::call`].
pub(crate) trait Part {
    /// What it returns.
    type Output;

    /// The piece itself; `#[inline(always)]`, as [`Body::run`].
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// A kernel, written once for all instruction sets.
///
/// `run` and all that it calls must be `#[inline(always)]`: what is not inlined into the function with the
/// `target_feature` attribute is compiled without its instructions (still right, but slow).
///
/// `MR` and `NV` are the tile that suits the registers: `MR` broadcast numbers times `NV` vectors.
pub(crate) trait Body {
    /// What the kernel returns.
    type Output;

    /// The kernel itself.
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) -> Self::Output;
}

/// Runs `body` with the vectors of `isa`.
///
/// # Panics
///
/// When this machine lacks `isa`.
pub(crate) fn dispatch<B: Body>(isa: Isa, body: B) -> B::Output {
    // Tiles. AVX2 has 16 registers: 6·2 accumulators, 2 vectors of the panel, 1 broadcast number. AVX-512 has 32 and
    // broadcasts from memory within the instruction: 12·2 + 2. The portable tile is AVX2's; two NEON registers hold one of
    // its vectors, and 24 + 4 of NEON's 32 registers a tile.
    match isa {
        Isa::Portable => body.run::<Portable<8>, 6, 2>(Portable),
        #[cfg(test)]
        Isa::Wide => body.run::<Portable<16>, 12, 2>(Portable),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => avx2::run(body),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => avx512::run(body),
        #[cfg(not(target_arch = "x86_64"))]
        _ => panic!("{isa} is not an instruction set of this machine"),
    }
}

/// The width of a panel, `NV·LANES`, on `isa`: the one number that packing must agree on with the kernels.
pub(crate) fn panel_width(isa: Isa) -> usize {
    struct Width;
    impl Body for Width {
        type Output = usize;
        #[inline(always)]
        fn run<S: Simd, const MR: usize, const NV: usize>(self, _: S) -> usize {
            NV * S::LANES
        }
    }
    dispatch(isa, Width)
}

/// The eight rows of eight numbers that a transposition reads.
#[inline(always)]
fn rows_of_eight(from: &[f32], stride: usize) -> [&[f32; 8]; 8] {
    std::array::from_fn(|i| {
        from[i * stride..]
            .first_chunk()
            .expect("a row needs 8 numbers")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::for_each_isa;

    struct Greater<'a>([&'a [f32]; 4], &'a mut [f32], &'a mut [f32]);

    impl Body for Greater<'_> {
        type Output = ();

        #[inline(always)]
        fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
            let [a, a_mark, b, b_mark] = self.0.map(|numbers| simd.load(numbers));
            let (value, mark) = simd.greater((a, a_mark), (b, b_mark));
            simd.store(value, self.1);
            simd.store(mark, self.2);
        }
    }

    #[test]
    fn the_greater_lane_wins_and_the_first_of_equals() {
        let numbers = [
            -f32::INFINITY,
            -1.0,
            -0.0,
            0.0,
            2.0,
            f32::INFINITY,
            f32::NAN,
        ];
        for_each_isa(|isa| {
            for first in numbers {
                for second in numbers {
                    let (mut value, mut mark) = ([9.0; 16], [9.0; 16]);
                    let inputs = [[first; 16], [1.0; 16], [second; 16], [2.0; 16]];
                    let inputs = inputs.each_ref().map(|numbers| &numbers[..]);
                    dispatch(isa, Greater(inputs, &mut value, &mut mark));
                    let beats = second > first || (second.is_nan() && !first.is_nan());
                    let (expected, of) = if beats { (second, 2.0) } else { (first, 1.0) };
                    assert_eq!(
                        value[0].to_bits(),
                        expected.to_bits(),
                        "{isa} {first} {second}"
                    );
                    assert_eq!(mark[..8], [of; 8], "{isa} {first} {second}");
                }
            }
        });
    }
}
