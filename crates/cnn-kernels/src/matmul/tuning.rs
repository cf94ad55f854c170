//! The numbers that the speed of products turns on. None moves a bit.

/// See [`TUNING`].
pub(super) struct Tuning {
    /// Rows of a task. On two cores 24, 48 and 96 are within 3 % for 750 terms and 250 columns, with 2,429 rows as with 13,822; for
    /// 1,024 rows, terms and columns 24 are 6 % faster than 96, whose 11 tasks do not share out evenly.
    pub(super) rows: usize,
    /// Rows of the result of a task of the transposed product. 24, 48 and 96 for 1,024 rows, terms and columns on two cores: 204, 199
    /// and 193 GFLOP/s. 96 or 144 for 14,000 positions: 116 to 126 instead of 129, though they read the panels less often.
    pub(super) transposed_rows: usize,
    /// Products of fewer multiply-adds are not worth waking another thread: 5 µs of work at 58 multiply-adds a nanosecond.
    pub(super) small: usize,
    /// Packing fewer numbers is not worth waking another thread: some 9 µs of work, at 3.6 numbers a nanosecond.
    pub(super) small_copy: usize,
}

/// The values in use.
pub(super) const TUNING: Tuning = Tuning {
    rows: 24,
    transposed_rows: 48,
    small: 1 << 18,
    small_copy: 1 << 15,
};
