//! The tuning numbers of this family: they move its speed and no bit of its results.

/// Measured on two cores of an EPYC (Zen 4), AVX-512, 2026-11-27, `--example throughput`.
pub(super) struct Tuning {
    /// The most numbers of a strip of output rows that wait for their transposition; all of C1 (301 KiB) stays in the
    /// second-level cache. 256 images, forward: C1 0.43, 0.47 and 0.69 ms with 2^14, 2^17 and 2^20, C3 0.87, 0.85 and 0.94, its
    /// input's gradient 0.95, 0.86 and 0.98. Transposing row by row instead is slower, for rows are no multiple of 8 (on Zen 3:
    /// C3 78 against 85 GFLOP/s).
    pub(super) strip_numbers: usize,
}

pub(super) const TUNING: Tuning = Tuning {
    strip_numbers: 1 << 17,
};
