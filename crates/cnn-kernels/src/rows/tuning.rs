//! The tuning numbers of this family: they move its speed and no bit of its results.

/// Measured on two cores of an EPYC (Zen 4), AVX-512, 2026-11-27, `--example throughput`. Vectors of 300 numbers.
pub(super) struct Tuning {
    /// Forward: tokens of one task. No difference beyond the noise: gathering 2,432 tokens 0.07 to 0.09 ms and the sums of
    /// regions of three 0.13 to 0.15 from 16 to 256; 13,824 tokens 0.36 to 0.47 and 0.60 to 0.70.
    pub(super) tokens_of_task: usize,
}

pub(super) const TUNING: Tuning = Tuning { tokens_of_task: 64 };
