//! The tuning numbers of this family: they move its speed and no bit of its results.

/// Measured on two cores of an EPYC (Zen 4), AVX-512, 2026-11-27, `--example throughput`.
pub(super) struct Tuning {
    /// Backward: positions of a strip, so that the gradients of a few maps and their rows of the input stay in the first-level
    /// cache from tap to tap. Not measured by itself.
    pub(super) strip_positions: usize,
}

pub(super) const TUNING: Tuning = Tuning {
    strip_positions: 128,
};
