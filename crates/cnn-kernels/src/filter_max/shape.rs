//! The sizes of the operation: which filters there are and which windows they see.

use crate::Offsets;

/// Which windows of a document a filter of width `k` sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Windows {
    /// All that touch a token, with `k - 1` zero vectors imagined on both sides, and one that touches none, whose value is the bias.
    /// An empty document has the last one alone.
    Touching,
    /// Those of `k` tokens. A document shorter than `k` has none; its value is 0.
    Valid,
}

impl Windows {
    /// How many windows of `width` tokens touch a document of `len` tokens.
    pub fn count(self, len: usize, width: usize) -> usize {
        match self {
            Self::Touching if len == 0 => 0,
            Self::Touching => len + width - 1,
            Self::Valid => (len + 1).saturating_sub(width),
        }
    }
}

/// Filters of one width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilterGroup {
    /// Tokens under a filter at a time; at least 1.
    pub width: usize,
    /// How many filters there are.
    pub filters: usize,
}

/// The sizes of the operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterMaxShape {
    /// Numbers per word; at least 1.
    pub dimension: usize,
    /// The filters, width by width. Outputs and weights follow this order.
    pub groups: Vec<FilterGroup>,
    /// Which windows they see.
    pub windows: Windows,
}

/// The documents that the filters read: what every pass starts from.
#[derive(Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub(crate) shape: &'a FilterMaxShape,
    pub(crate) offsets: &'a Offsets,
    /// The word of each token, or [`SKIP`](crate::SKIP).
    pub(crate) ids: &'a [u32],
}

impl Batch<'_> {
    /// Windows of `width` that touch document `d`.
    #[inline(always)]
    pub(super) fn windows(&self, d: usize, width: usize) -> usize {
        self.shape.windows.count(self.offsets.len_of(d), width)
    }

    /// Panics when `winner` is no window of document `d`: the places behind a document's are the next one's, so that its words
    /// would be read instead.
    #[inline(always)]
    pub(super) fn check_winner(&self, winner: u32, d: usize, width: usize) {
        let nothing = usize::from(self.shape.windows == Windows::Touching);
        assert!(
            (winner as usize) < self.windows(d, width) + nothing,
            "window {winner} won in document {d}, which has {}",
            self.windows(d, width)
        );
    }

    /// Tokens before a document that its first window of `width` covers.
    #[inline(always)]
    pub(super) fn before(&self, width: usize) -> usize {
        match self.shape.windows {
            Windows::Touching => width - 1,
            Windows::Valid => 0,
        }
    }
}

/// A few neighbouring filters of one group: what a task works on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bundle {
    /// Width of the filters.
    pub(super) width: usize,
    /// The first of them among all filters.
    pub(super) first: usize,
    /// How many.
    pub(super) filters: usize,
    /// Where their weights begin.
    pub(super) weights: usize,
}

impl FilterMaxShape {
    /// The number of filters of all groups.
    pub fn filters(&self) -> usize {
        self.groups.iter().map(|group| group.filters).sum()
    }

    /// The number of weights: the sum of `filters · dimension · width` over the groups.
    pub fn weights(&self) -> usize {
        let taps: usize = self.groups.iter().map(|g| g.filters * g.width).sum();
        taps * self.dimension
    }

    /// Each filter with its group, its place among all filters and its weights `[dimension, width]`.
    pub(super) fn each_filter<'a, T>(
        &'a self,
        weight: &'a [T],
    ) -> impl Iterator<Item = (FilterGroup, usize, &'a [T])> {
        self.bundles(1).map(move |bundle| {
            let taps = &weight[bundle.weights..][..self.dimension * bundle.width];
            let group = FilterGroup {
                width: bundle.width,
                filters: 1,
            };
            (group, bundle.first, taps)
        })
    }

    /// The filters in bundles of at most `size`, in order.
    pub(super) fn bundles(&self, size: usize) -> impl Iterator<Item = Bundle> {
        let (mut before, mut weights) = (0, 0);
        self.groups.iter().flat_map(move |group| {
            let (first, start) = (before, weights);
            before += group.filters;
            let each = group.width * self.dimension;
            weights += group.filters * each;
            (0..group.filters).step_by(size).map(move |filter| Bundle {
                width: group.width,
                first: first + filter,
                filters: size.min(group.filters - filter),
                weights: start + filter * each,
            })
        })
    }

    /// The widest filter; 0 without groups.
    pub(super) fn widest(&self) -> usize {
        self.groups
            .iter()
            .map(|group| group.width)
            .max()
            .unwrap_or(0)
    }
}
