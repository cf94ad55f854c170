//! Vectors of 16 numbers: AVX-512. All raw loads and stores of this instruction set are here.

use std::arch::x86_64::{
    __m512, _CMP_EQ_OQ, _CMP_GT_OQ, _CMP_NLE_UQ, _CMP_ORD_Q, _mm512_add_ps, _mm512_andnot_si512,
    _mm512_castps_si512, _mm512_castsi512_ps, _mm512_cmp_ps_mask, _mm512_div_ps, _mm512_fmadd_ps,
    _mm512_loadu_ps, _mm512_mask_blend_ps, _mm512_maskz_mov_ps, _mm512_max_ps, _mm512_mul_ps,
    _mm512_or_si512, _mm512_permutex2var_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setr_epi32,
    _mm512_slli_epi32, _mm512_storeu_ps, _mm512_sub_ps,
};

use super::avx2::Avx2;
use super::{Body, Part, Simd};
use crate::Isa;

/// The token of Avx512: only [`run`] makes one, after asking the processor.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

impl Simd for Avx512 {
    type Vector = __m512;

    const LANES: usize = 16;

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        // SAFETY: the token proves that the processor has Avx512.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, from: &[f32]) -> __m512 {
        let from: &[f32; 16] = from.first_chunk().expect("a vector needs LANES numbers");
        // SAFETY: the token proves that the processor has Avx512; the array holds 16 readable numbers.
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, value: __m512, to: &mut [f32]) {
        let to: &mut [f32; 16] = to.first_chunk_mut().expect("a vector needs LANES places");
        // SAFETY: the token proves that the processor has Avx512; the array holds 16 writable numbers.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), value) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: the token proves that the processor has Avx512 with fused multiply-add.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: the token proves that the processor has Avx512.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: the token proves that the processor has Avx512.
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: the token proves that the processor has Avx512.
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: the token proves that the processor has Avx512.
        unsafe { _mm512_div_ps(a, b) }
    }

    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: the token proves that the processor has Avx512.
        unsafe { _mm512_max_ps(a, b) }
    }

    #[inline(always)]
    fn where_greater(self, a: __m512, b: __m512, value: __m512) -> __m512 {
        // SAFETY: the token proves that the processor has Avx512.
        unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(a, b), value) }
    }

    #[inline(always)]
    fn where_equal(self, a: __m512, b: __m512, value: __m512) -> __m512 {
        // SAFETY: the token proves that the processor has Avx512.
        unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_EQ_OQ>(a, b), value) }
    }

    #[inline(always)]
    fn or(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: the token proves that the processor has Avx512.
        unsafe {
            let (a, b) = (_mm512_castps_si512(a), _mm512_castps_si512(b));
            _mm512_castsi512_ps(_mm512_or_si512(a, b))
        }
    }

    #[inline(always)]
    fn and_not(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: the token proves that the processor has Avx512.
        unsafe {
            let (a, b) = (_mm512_castps_si512(a), _mm512_castps_si512(b));
            _mm512_castsi512_ps(_mm512_andnot_si512(a, b))
        }
    }

    #[inline(always)]
    fn to_exponent(self, a: __m512) -> __m512 {
        // SAFETY: the token proves that the processor has Avx512.
        unsafe { _mm512_castsi512_ps(_mm512_slli_epi32::<23>(_mm512_castps_si512(a))) }
    }

    #[inline(always)]
    fn unzip(self, a: __m512, b: __m512) -> (__m512, __m512) {
        // SAFETY: the token proves that the processor has Avx512.
        unsafe {
            let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            let odd = _mm512_or_si512(even, _mm512_set1_epi32(1));
            (
                _mm512_permutex2var_ps(a, even, b),
                _mm512_permutex2var_ps(a, odd, b),
            )
        }
    }

    #[inline(always)]
    fn greater(self, first: (__m512, __m512), second: (__m512, __m512)) -> (__m512, __m512) {
        // SAFETY: the token proves that the processor has Avx512.
        unsafe {
            // "Not less or equal" holds for a NaN on either side; the other half keeps a NaN that is first.
            let above = _mm512_cmp_ps_mask::<_CMP_NLE_UQ>(second.0, first.0);
            let beats = above & _mm512_cmp_ps_mask::<_CMP_ORD_Q>(first.0, first.0);
            (
                _mm512_mask_blend_ps(beats, first.0, second.0),
                _mm512_mask_blend_ps(beats, first.1, second.1),
            )
        }
    }

    #[inline(always)]
    fn transpose_8x8(self, from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize) {
        // A block is 8 by 8 whatever the vectors: whoever has AVX-512 has AVX2.
        Avx2::of(self).transpose_8x8(from, from_stride, to, to_stride);
    }

    // `inline(never)` here and not on `compiled`, where rustc 1.95 loses it when the caller lacks the features.
    #[inline(never)]
    fn call<P: Part>(self, part: P) -> P::Output {
        #[target_feature(enable = "avx512f,avx2,fma")]
        fn compiled<P: Part>(part: P, simd: Avx512) -> P::Output {
            part.run(simd)
        }

        // SAFETY: the token proves that the processor has all the features that `compiled` enables.
        unsafe { compiled(part, self) }
    }
}

/// Runs `body` compiled for Avx512.
///
/// # Panics
///
/// When the processor lacks it.
pub(super) fn run<B: Body>(body: B) -> B::Output {
    #[target_feature(enable = "avx512f,avx2,fma")]
    fn compiled<B: Body>(body: B, simd: Avx512) -> B::Output {
        body.run::<Avx512, 12, 2>(simd)
    }

    assert!(
        Isa::Avx512.is_available(),
        "this machine lacks {}",
        Isa::Avx512
    );
    // SAFETY: the line above asked the processor for all the features that `compiled` enables.
    unsafe { compiled(body, Avx512(())) }
}
