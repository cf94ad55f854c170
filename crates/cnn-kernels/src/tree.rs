//! Sums whose order is fixed: the longest chain, and a pairwise tree over the samples of a batch.

/// The most terms that are added one after another; longer sums are cut into blocks of so many, whose results are added in order.
/// Shorter chains round less. No tuning number: changing it changes bits.
pub(crate) const CHAIN: usize = 256;

/// `sum of value(i)` for `i` of `0..n`: runs of 16 from left to right, then the runs in pairs, the first half always the
/// largest power of two below the number of runs. In f64, so that the tree's own rounding does not show in an f32.
pub(crate) fn sum(n: usize, value: &impl Fn(usize) -> f64) -> f64 {
    const RUN: usize = 16;
    fn node(runs: std::ops::Range<usize>, n: usize, value: &impl Fn(usize) -> f64) -> f64 {
        match runs.len() {
            0 => 0.0,
            1 => (runs.start * RUN..n.min(runs.end * RUN)).map(value).sum(),
            length => {
                let half = runs.start + length.next_power_of_two() / 2;
                node(runs.start..half, n, value) + node(half..runs.end, n, value)
            }
        }
    }
    node(0..n.div_ceil(RUN), n, value)
}
