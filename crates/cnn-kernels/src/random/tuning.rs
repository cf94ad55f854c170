//! The tuning numbers of this family: they move its speed and no bit of its results.

/// Measured on two cores of an EPYC (Zen 4), AVX-512, 2026-11-27, `--example throughput`.
pub(super) struct Tuning {
    /// Values that one task fills. No difference: 28 to 30 ms for 4 M uniform numbers from 1,024 to 16,384.
    pub(super) values_of_task: usize,
    /// Blocks of the generator that are computed side by side for a mask, at most. Not measured: it has to be some vectors, and
    /// 256 units are one pass.
    pub(super) blocks_of_pass: usize,
}

pub(super) const TUNING: Tuning = Tuning {
    values_of_task: 4096,
    blocks_of_pass: 64,
};
