//! The tuning numbers of this family: they move its speed and no bit of its results.

/// Measured on two cores of an EPYC (Zen 4), AVX-512, 2026-11-27, `--example throughput`. 128 headlines of 19 characters, 970
/// of them distinct, under 256 filters each of the widths 2, 3 and 4, unless another batch is named.
pub(super) struct Tuning {
    /// Forward: words whose vectors pass over the taps of a panel of filters at a time. No difference: 7.57 to 7.74 ms from 12
    /// words to all.
    pub(super) words_of_pass: usize,
    /// Documents of one task, where results are brought into order and where a trained table answers. The table's time for 64
    /// reviews of 216 words: 4.2, 4.3, 4.6 and 8.7 ms with 1, 4, 16 and 64 (one task, one thread); for the headlines 0.36,
    /// 0.34, 0.30 and 0.31 ms.
    pub(super) documents_of_task: usize,
    /// Gradient of the weights: filters whose winners one task collects. 1.83, 1.75, 1.75, 1.68 and 1.47 ms with 4, 8, 16, 32
    /// and 64.
    pub(super) filters_of_task: usize,
    /// Gradient of the words: words whose terms one task collects. No difference: 2.29 to 2.43 ms from 8 to 128.
    pub(super) words_of_task: usize,
    /// Both gradients: sums of one strip that one task makes. No difference: 2.36 to 2.43 and 1.72 to 1.81 ms from 16 to 256.
    pub(super) lists_of_task: usize,
    /// The fewest and the most panels of columns side by side in a strip: at most 12 vectors of a sum stay in registers, at
    /// least 6 hide one another's latency. Not measured by itself.
    pub(super) strip_panels: [usize; 2],
    /// Between those, as many panels as make no more numbers than this: 448 KiB, of a second-level cache of 512 KiB or more.
    /// Not measured by itself.
    pub(super) strip_numbers: usize,
    /// A trained table answers on the calling thread alone where its tokens read fewer numbers than this: to wake another
    /// thread takes tens of microseconds. Not measured by itself.
    pub(super) table_small: usize,
}

pub(super) const TUNING: Tuning = Tuning {
    words_of_pass: 96,
    documents_of_task: 16,
    filters_of_task: 16,
    words_of_task: 32,
    lists_of_task: 64,
    strip_panels: [3, 6],
    strip_numbers: 448 << 8,
    table_small: 1 << 16,
};
