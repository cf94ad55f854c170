//! The tuning numbers of this family: they move its speed and no bit of its results.

/// Measured on two cores of an EPYC (Zen 4), AVX-512, 2026-11-27, `--example throughput`.
pub(super) struct Tuning {
    /// Elements of one task. A step of Adam on 4 M elements: 1.88, 1.56, 1.70 and 1.61 ms with 4,096, 16,384, 65,536 and
    /// 262,144; on 1 M 0.29, 0.26, 0.25 and 0.24.
    pub(super) elements_of_task: usize,
}

pub(super) const TUNING: Tuning = Tuning {
    elements_of_task: 16_384,
};
