//! Vectors of 8 numbers: AVX2 with FMA. All raw loads and stores of this instruction set are here.

use std::arch::x86_64::{
    __m256, _CMP_EQ_OQ, _CMP_GT_OQ, _CMP_NLE_UQ, _CMP_ORD_Q, _mm256_add_ps, _mm256_and_ps,
    _mm256_andnot_ps, _mm256_blendv_ps, _mm256_castpd_ps, _mm256_castps_pd, _mm256_castps_si256,
    _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_div_ps, _mm256_fmadd_ps, _mm256_loadu_ps,
    _mm256_max_ps, _mm256_mul_ps, _mm256_or_ps, _mm256_permute2f128_ps, _mm256_permute4x64_pd,
    _mm256_set1_ps, _mm256_shuffle_ps, _mm256_slli_epi32, _mm256_storeu_ps, _mm256_sub_ps,
    _mm256_unpackhi_ps, _mm256_unpacklo_ps,
};

use super::avx512::Avx512;
use super::{Body, Part, Simd, rows_of_eight};
use crate::Isa;

/// The token of Avx2: [`run`] makes one after asking the processor, [`Avx2::of`] from another token.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    /// The token of a machine that has more.
    pub(super) fn of(_: Avx512) -> Self {
        Self(())
    }
}

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

    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the token proves that the processor has Avx2.
        unsafe { _mm256_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the token proves that the processor has Avx2.
        unsafe { _mm256_mul_ps(a, b) }
    }

    #[inline(always)]
    fn div(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the token proves that the processor has Avx2.
        unsafe { _mm256_div_ps(a, b) }
    }

    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the token proves that the processor has Avx2.
        unsafe { _mm256_max_ps(a, b) }
    }

    #[inline(always)]
    fn where_greater(self, a: __m256, b: __m256, value: __m256) -> __m256 {
        // SAFETY: the token proves that the processor has Avx2.
        unsafe { _mm256_and_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(a, b), value) }
    }

    #[inline(always)]
    fn where_equal(self, a: __m256, b: __m256, value: __m256) -> __m256 {
        // SAFETY: the token proves that the processor has Avx2.
        unsafe { _mm256_and_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(a, b), value) }
    }

    #[inline(always)]
    fn or(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the token proves that the processor has Avx2.
        unsafe { _mm256_or_ps(a, b) }
    }

    #[inline(always)]
    fn and_not(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the token proves that the processor has Avx2.
        unsafe { _mm256_andnot_ps(a, b) }
    }

    #[inline(always)]
    fn to_exponent(self, a: __m256) -> __m256 {
        // SAFETY: the token proves that the processor has Avx2.
        unsafe { _mm256_castsi256_ps(_mm256_slli_epi32::<23>(_mm256_castps_si256(a))) }
    }

    #[inline(always)]
    fn unzip(self, a: __m256, b: __m256) -> (__m256, __m256) {
        // SAFETY: the token proves that the processor has Avx2.
        unsafe {
            // Within halves of 128 bits first; then the middle pairs change places.
            let even = _mm256_shuffle_ps::<0b10_00_10_00>(a, b);
            let odd = _mm256_shuffle_ps::<0b11_01_11_01>(a, b);
            let order = |pairs| {
                let pairs = _mm256_castps_pd(pairs);
                _mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(pairs))
            };
            (order(even), order(odd))
        }
    }

    #[inline(always)]
    fn greater(self, first: (__m256, __m256), second: (__m256, __m256)) -> (__m256, __m256) {
        // SAFETY: the token proves that the processor has Avx2.
        unsafe {
            // "Not less or equal" holds for a NaN on either side; the other half keeps a NaN that is first.
            let above = _mm256_cmp_ps::<_CMP_NLE_UQ>(second.0, first.0);
            let beats = _mm256_and_ps(above, _mm256_cmp_ps::<_CMP_ORD_Q>(first.0, first.0));
            (
                _mm256_blendv_ps(first.0, second.0, beats),
                _mm256_blendv_ps(first.1, second.1, beats),
            )
        }
    }

    #[inline(always)]
    fn transpose_8x8(self, from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize) {
        let rows = rows_of_eight(from, from_stride).map(|row| self.load(row));
        // SAFETY: the token proves that the processor has Avx2.
        let columns = unsafe { transpose(rows) };
        for (j, column) in columns.into_iter().enumerate() {
            self.store(column, &mut to[j * to_stride..]);
        }
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

/// The transpose of 8 rows of 8 numbers: pairs of rows, then pairs of pairs, then halves change places.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn transpose(r: [__m256; 8]) -> [__m256; 8] {
    const EVEN: i32 = 0b01_00_01_00;
    const ODD: i32 = 0b11_10_11_10;
    let (a, b) = (
        _mm256_unpacklo_ps(r[0], r[1]),
        _mm256_unpackhi_ps(r[0], r[1]),
    );
    let (c, d) = (
        _mm256_unpacklo_ps(r[2], r[3]),
        _mm256_unpackhi_ps(r[2], r[3]),
    );
    let (e, f) = (
        _mm256_unpacklo_ps(r[4], r[5]),
        _mm256_unpackhi_ps(r[4], r[5]),
    );
    let (g, h) = (
        _mm256_unpacklo_ps(r[6], r[7]),
        _mm256_unpackhi_ps(r[6], r[7]),
    );
    // Columns 0 to 3 of the upper four rows in the low halves, columns 4 to 7 in the high halves; then the lower four.
    let upper = [
        _mm256_shuffle_ps::<EVEN>(a, c),
        _mm256_shuffle_ps::<ODD>(a, c),
        _mm256_shuffle_ps::<EVEN>(b, d),
        _mm256_shuffle_ps::<ODD>(b, d),
    ];
    let lower = [
        _mm256_shuffle_ps::<EVEN>(e, g),
        _mm256_shuffle_ps::<ODD>(e, g),
        _mm256_shuffle_ps::<EVEN>(f, h),
        _mm256_shuffle_ps::<ODD>(f, h),
    ];
    let [p, q, s, t] = [0, 1, 2, 3].map(|i| _mm256_permute2f128_ps::<0x20>(upper[i], lower[i]));
    let [u, v, w, x] = [0, 1, 2, 3].map(|i| _mm256_permute2f128_ps::<0x31>(upper[i], lower[i]));
    [p, q, s, t, u, v, w, x]
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
