//! The tuning numbers of this family: they move its speed and no bit of its results.

/// Measured on two cores of an EPYC (Zen 4), AVX-512, 2026-11-27, `--example throughput`.
pub(super) struct Tuning {
    /// Maps of one task. No difference from 4 to 64 on LeNet-5's first maps, 64 and 256 images.
    pub(super) maps_of_task: usize,
}

pub(super) const TUNING: Tuning = Tuning { maps_of_task: 16 };
