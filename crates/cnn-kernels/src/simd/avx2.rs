//! Vectors of 8 numbers: AVX2 with FMA. All raw loads and stores of this instruction set are here.

use std::arch::x86_64::{
    __m256, _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_storeu_ps,
};

use super::{Body, Part, Simd};
use crate::Isa;

/// The token of Avx2: only [`run`] makes one, after asking the processor.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Simd for Avx2 {
    type Vector = __m256;

    const LANES: usize = 8;

    #[inline(always)]
    fn splat(self, value: f32) -> __m256 {
        // SAFETY: the token proves that the processor has Avx2.
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, from: &[f32]) -> __m256 {
        let from: &[f32; 8] = from.first_chunk().expect("a vector needs LANES numbers");
        // SAFETY: the token proves that the processor has Avx2; the array holds 8 readable numbers.
        unsafe { _mm256_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, value: __m256, to: &mut [f32]) {
        let to: &mut [f32; 8] = to.first_chunk_mut().expect("a vector needs LANES places");
        // SAFETY: the token proves that the processor has Avx2; the array holds 8 writable numbers.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), value) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: the token proves that the processor has Avx2 with fused multiply-add.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the token proves that the processor has Avx2.
        unsafe { _mm256_add_ps(a, b) }
    }

    // `inline(never)` here and not on `compiled`, where rustc 1.95 loses it when the caller lacks the features.
    #[inline(never)]
    fn call<P: Part>(self, part: P) -> P::Output {
        #[target_feature(enable = "avx2,fma")]
        fn compiled<P: Part>(part: P, simd: Avx2) -> P::Output {
            part.run(simd)
        }

        // SAFETY: the token proves that the processor has all the features that `compiled` enables.
        unsafe { compiled(part, self) }
    }
}

/// Runs `body` compiled for Avx2.
///
/// # Panics
///
/// When the processor lacks it.
pub(super) fn run<B: Body>(body: B) -> B::Output {
    #[target_feature(enable = "avx2,fma")]
    fn compiled<B: Body>(body: B, simd: Avx2) -> B::Output {
        body.run::<Avx2, 6, 2>(simd)
    }

    assert!(Isa::Avx2.is_available(), "this machine lacks {}", Isa::Avx2);
    // SAFETY: the line above asked the processor for all the features that `compiled` enables.
    unsafe { compiled(body, Avx2(())) }
}
