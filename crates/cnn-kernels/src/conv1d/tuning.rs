//! The numbers that the speed of convolutions along documents turns on. None but
//! [`group_channels`](Tuning::group_channels) moves a bit; the measurements are of an EPYC (Zen 4) and a Xeon (Emerald
//! Rapids) with two cores, for DPCNN's 250 channels.

/// See [`TUNING`].
pub(super) struct Tuning {
    /// Numbers of a task in which nothing but the ReLU is computed. Not measured by itself: 64 KiB, a few microseconds.
    pub(super) relu_numbers: usize,
    /// Filters of a task that turns the gradient of the filters into its place; divides
    /// [`gradient_filters`](Self::gradient_filters). Not measured by itself.
    pub(super) turned_filters: usize,
    /// Changing it changes bits. The fewest channels on either side for which [groups](super::winograd) pay; at least the 16 numbers of a vector, which
    /// their transformations ask for. On both sides 16 or 24 channels: a third slower than direct sums; 32: the same; 64: a quarter
    /// faster.
    pub(super) group_channels: usize,
    /// Groups of a task. 24, 48 and 72 instead of 36 were 1 to 5 % slower in training on headlines and on reviews.
    pub(super) groups: usize,
    /// Groups of a task of a small batch. No more than these, as of a single headline, are cut by columns instead, which answers it 1.6
    /// times as fast.
    pub(super) few_groups: usize,
    /// Panels of a task where tasks are columns. 1, 2 and 4 for 19 positions: within the spread of 0.10 to 0.14 ms, 4 last.
    pub(super) strip_panels: usize,
    /// Channels of a task of the gradient of the filters: whole tiles of every instruction set. Half of the channels and all filters rather
    /// than the other way round: what is transformed twice for each product then are the gradients, which takes half the time (a DPCNN trains 2
    /// to 3 % faster).
    pub(super) gradient_channels: usize,
    /// Filters of such a task: whole panels of every instruction set. With 250 channels the tokens, the gradients and the sums of a task
    /// fill 0.5 MB, which the second-level cache keeps.
    pub(super) gradient_filters: usize,
    /// Blocks of groups that all such tasks work on before any goes on: with 250 channels on both sides their rows fill up to 6 MB,
    /// which stay in the last cache while one task after the other reads them. One to five blocks: within 3 % in training; ten: the
    /// gradient of the filters a tenth slower on one core, when their rows no longer fit the last cache.
    pub(super) gradient_blocks: usize,
    /// Products of fewer multiply-adds are not worth waking another thread: 5 µs of work at 58 multiply-adds a nanosecond.
    pub(super) small: usize,
}

/// The values in use.
pub(super) const TUNING: Tuning = Tuning {
    relu_numbers: 1 << 14,
    turned_filters: 16,
    group_channels: 32,
    groups: 36,
    few_groups: 12,
    strip_panels: 2,
    gradient_channels: 132,
    gradient_filters: 256,
    gradient_blocks: 3,
    small: 1 << 18,
};

const _: () = assert!(
    TUNING
        .gradient_filters
        .is_multiple_of(TUNING.turned_filters)
);
