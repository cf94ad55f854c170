//! The tuning numbers of this family: they move its speed and no bit of its results.

/// Measured on two cores of an EPYC (Zen 4), AVX-512, 2026-11-27, `--example throughput`. Channels: 250.
pub(super) struct Tuning {
    /// Forward: windows of one task. No difference: 0.10 ms for 2,432 positions from 4 to 64.
    pub(super) windows_of_task: usize,
    /// Backward: positions of one task. Back from the maxima of 64 reviews of 216 words: 0.21, 0.16 and 0.14 ms with 16, 64 and
    /// 256.
    pub(super) rows_of_task: usize,
    /// Backward: an output row whose winners span at most so many positions is added as whole rows, one for each position. Back
    /// from DPCNN's windows of three: 0.24, 0.14 and 0.15 ms with 0, 4 and 16 for 2,432 positions; 1.37, 1.12 and 1.12 for
    /// 13,824.
    pub(super) dense_reach: usize,
}

pub(super) const TUNING: Tuning = Tuning {
    windows_of_task: 16,
    rows_of_task: 64,
    dense_reach: 4,
};
