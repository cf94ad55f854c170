//! The tuning numbers of this family: they move its speed and no bit of its results.

/// Measured on two cores of an EPYC (Zen 4), AVX-512, 2026-11-27, `--example throughput`.
pub(super) struct Tuning {
    /// Samples of one task. LOSS1
    pub(super) samples_of_task: usize,
    /// Entries of one task where every class is a question of its own. LOSS2
    pub(super) entries_of_task: usize,
}

pub(super) const TUNING: Tuning = Tuning {
    samples_of_task: 64,
    entries_of_task: 1024,
};
