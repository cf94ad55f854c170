//! The tuning numbers of this family: they move its speed and no bit of its results.

/// Measured on two cores of an EPYC (Zen 4), AVX-512, 2026-11-27, `--example throughput`.
pub(super) struct Tuning {
    /// Positions of one task, in training and from a trained table. Not measured by itself.
    pub(super) positions_of_task: usize,
}

pub(super) const TUNING: Tuning = Tuning {
    positions_of_task: 64,
};
