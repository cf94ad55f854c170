//! The tuning numbers of this family: they move its speed and no bit of its results.

/// Measured on two cores of an EPYC (Zen 4), AVX-512, 2026-11-27, `--example throughput`.
pub(super) struct Tuning {
    /// Elements of one task. No difference: 0.23 ms for 1.2 M elements from 2,048 to 32,768.
    pub(super) elements_of_task: usize,
    /// Elements of one pass. `tanh` is a long chain of dependent steps; four AVX2 vectors side by side hide a sixth of it (0.57
    /// instead of 0.68 ns per element, on Zen 3 with other work on the machine).
    pub(super) elements_of_pass: usize,
}

pub(super) const TUNING: Tuning = Tuning {
    elements_of_task: 8192,
    elements_of_pass: 32,
};
