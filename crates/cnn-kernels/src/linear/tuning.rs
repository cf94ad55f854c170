//! The tuning numbers of this family: they move its speed and no bit of its results.

/// Measured on two cores of an EPYC (Zen 4), AVX-512, 2026-11-27, `--example throughput`.
pub(super) struct Tuning {
    /// Gradients of fewer numbers are summed for the bias by the calling thread alone. Not measured by itself.
    pub(super) bias_small: usize,
}

pub(super) const TUNING: Tuning = Tuning {
    bias_small: 1 << 16,
};
