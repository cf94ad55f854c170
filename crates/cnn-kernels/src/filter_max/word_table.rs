//! The same operation for a trained network: the product of a word with the filters' taps is kept from call to call.
//!
//! While a network learns, its filters change with every step, and so does each entry of the table of `filter_max`. Afterwards
//! they stay. A [`WordTable`] makes the entry of a word when the word is met for the first time; from then on a document costs
//! one addition for each token, filter and tap, and no multiplication at all. Opening a network costs nothing: an answer to one
//! line multiplies the words of that line, an answer to a million the words that occur in them.
//!
//! An entry is the same chain of multiply-adds as in training, a window the same sum of entries: the outputs have the bits of
//! [`filter_max_forward`](crate::filter_max_forward).
//!
//! # What bounds it
//!
//! Memory. A headline of 19 characters under 256 filters each of the widths 2, 3 and 4 reads 19 · 2,304 numbers, 175 KB, once; an
//! entry is laid out in the order in which it is read, and begins at a cache line. Sixteen filters are one vector of AVX-512, so
//! that 100 filters take 112 places.

use rayon::prelude::*;

use super::shape::{Bundle, FilterMaxShape, Windows};
use super::tuning::TUNING;
use crate::entries::{Entries, Entry};
use crate::matmul::{Panels, rows_times_panels_here};
use crate::scratch::Scratch;
use crate::simd::{Body, Simd, dispatch, panel_width};
use crate::{Isa, NO_WINNER, Offsets};

/// The filters of one group are padded to whole vectors of the widest instruction set, on every one: the layout is the same.
const LANES: usize = 16;

/// A trained network's filters with what they make of each word.
pub struct WordTable {
    isa: Isa,
    shape: FilterMaxShape,
    bias: Vec<f32>,
    /// `[words, dimension]`
    words: Vec<f32>,
    bundles: Vec<(Bundle, Panels)>,
    groups: Vec<Place>,
    entries: Entries,
}

/// Where a group's numbers are in an entry: `[width, filters padded to LANES]`.
#[derive(Clone, Copy)]
struct Place {
    width: usize,
    filters: usize,
    /// The group's first filter among all filters.
    first: usize,
    /// The group's first number in an entry.
    start: usize,
}

impl Place {
    fn padded(&self) -> usize {
        self.filters.next_multiple_of(LANES)
    }
}

impl WordTable {
    /// `words` `[words, dimension]` are the vectors of the whole vocabulary, `weight` and `bias` those of
    /// [`filter_max_forward`](crate::filter_max_forward).
    ///
    /// # Panics
    ///
    /// If a length disagrees with these shapes, or `dimension` or a width is 0.
    pub fn new(shape: &FilterMaxShape, words: Vec<f32>, weight: &[f32], bias: &[f32]) -> Self {
        Self::new_on(Isa::active(), shape, words, weight, bias)
    }

    pub(crate) fn new_on(
        isa: Isa,
        shape: &FilterMaxShape,
        words: Vec<f32>,
        weight: &[f32],
        bias: &[f32],
    ) -> Self {
        let name = "WordTable";
        super::check(name, shape, &Offsets::from_lengths([]), &[], words.len());
        super::check_weights(name, shape, weight.len());
        assert_eq!(
            bias.len(),
            shape.filters(),
            "{name}: bias must be [filters]"
        );
        let bundles = shape.bundles(panel_width(isa)).map(|bundle| {
            let sizes = [bundle.filters, shape.dimension, bundle.width];
            let taps = &weight[bundle.weights..][..sizes.iter().product()];
            (bundle, Panels::of_taps(isa, taps, sizes))
        });
        let bundles = bundles.collect();
        let (mut first, mut length) = (0, 0);
        let place = |group: &super::FilterGroup| {
            let place = Place {
                width: group.width,
                filters: group.filters,
                first,
                start: length,
            };
            first += group.filters;
            length += place.width * place.padded();
            place
        };
        let groups = shape.groups.iter().map(place).collect();
        let count = words.len() / shape.dimension;
        Self {
            isa,
            shape: shape.clone(),
            bias: bias.to_vec(),
            words,
            bundles,
            groups,
            entries: Entries::new(count, length),
        }
    }

    /// The number of words.
    pub fn words(&self) -> usize {
        self.entries.words()
    }

    /// The number of filters of all groups.
    pub fn filters(&self) -> usize {
        self.shape.filters()
    }

    /// The sizes of the filters.
    pub fn shape(&self) -> &FilterMaxShape {
        &self.shape
    }

    /// The bias `[filters]` of each filter of all groups.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// What `word` adds to a window of any filter under any of its taps; [`WordTable::place`] tells where. Zeros for
    /// [`SKIP`](crate::SKIP).
    ///
    /// # Panics
    ///
    /// If the word has not been met by an earlier call.
    pub fn products(&self, word: u32) -> &[f32] {
        self.entries.of(word).tail(0)
    }

    /// Where [`WordTable::products`] hold those of the first filter of group `group` under tap `tap`; those of its other filters follow.
    ///
    /// # Panics
    ///
    /// If there is no such group or tap.
    #[inline]
    pub fn place(&self, group: usize, tap: usize) -> usize {
        let place = self.groups[group];
        assert!(
            tap < place.width,
            "WordTable: the filter is {} words wide",
            place.width
        );
        place.start + tap * place.padded()
    }

    /// Bytes of the entries that have been made.
    pub fn bytes(&self) -> usize {
        self.entries.bytes()
    }

    /// Makes the entries of all words, so that no later call has to.
    pub fn fill(&self) {
        self.meet(&(0..self.words() as u32).collect::<Vec<_>>());
    }

    /// `y[d, o] = max(0, bias[o] + max_p s[p])`, as [`filter_max_forward`](crate::filter_max_forward) gives it.
    ///
    /// `ids` `[tokens]`: words of the vocabulary or [`SKIP`](crate::SKIP), cut into documents by `offsets`; `y` `[documents, filters]`.
    ///
    /// # Panics
    ///
    /// If a length disagrees with these shapes, or an id is neither a word nor [`SKIP`](crate::SKIP).
    pub fn forward(&self, offsets: &Offsets, ids: &[u32], y: &mut [f32]) {
        let filters = self.check(offsets, ids, y.len());
        if y.is_empty() {
            return;
        }
        let task = |(chunk, y): (usize, &mut [f32])| {
            let mut entries = Vec::new();
            for (d, y) in (chunk * TUNING.documents_of_task..).zip(y.chunks_exact_mut(filters)) {
                let document = &ids[offsets.range(d)];
                self.of_document::<false>(document, &mut entries, y, &mut []);
            }
        };
        if ids.len() * self.entries.length() < TUNING.table_small {
            y.chunks_mut(TUNING.documents_of_task * filters)
                .enumerate()
                .for_each(task);
        } else {
            let tasks = y.par_chunks_mut(TUNING.documents_of_task * filters);
            tasks.enumerate().for_each(task);
        }
    }

    /// As [`WordTable::forward`], with the winning windows `[documents, filters]`, numbered as
    /// [`filter_max_forward`](crate::filter_max_forward) numbers them. On the calling thread.
    ///
    /// # Panics
    ///
    /// As [`WordTable::forward`].
    pub fn forward_with_winners(
        &self,
        offsets: &Offsets,
        ids: &[u32],
        y: &mut [f32],
        winners: &mut [u32],
    ) {
        let filters = self.check(offsets, ids, y.len());
        assert_eq!(
            winners.len(),
            y.len(),
            "WordTable: winners must be [documents, filters]"
        );
        let mut entries = Vec::new();
        let rows = y.chunks_exact_mut(filters.max(1));
        let rows = rows.zip(winners.chunks_exact_mut(filters.max(1)));
        for (d, (y, winners)) in rows.enumerate() {
            self.of_document::<true>(&ids[offsets.range(d)], &mut entries, y, winners);
        }
    }

    /// Checks the sizes, makes the entries that are missing and returns the number of filters.
    fn check(&self, offsets: &Offsets, ids: &[u32], outputs: usize) -> usize {
        let filters = self.shape.filters();
        super::check("WordTable", &self.shape, offsets, ids, self.words.len());
        assert_eq!(
            outputs,
            offsets.documents() * filters,
            "WordTable: y must be [documents, filters]"
        );
        self.meet(ids);
        filters
    }

    /// Makes the entries of those of `ids` that have none yet, many at a time, as every call does for its own.
    ///
    /// # Panics
    ///
    /// If an id is neither a word nor [`SKIP`](crate::SKIP).
    pub fn meet(&self, ids: &[u32]) {
        let (lanes, dimension) = (panel_width(self.isa), self.shape.dimension);
        self.entries.ensure(ids, |words, entries| {
            let vector = |word: &u32| &self.words[*word as usize * dimension..][..dimension];
            let rows: Vec<&[f32]> = words.iter().map(vector).collect();
            for (bundle, panels) in &self.bundles {
                let group = self.groups.iter().rev();
                let mut group = group.filter(|place| place.first <= bundle.first);
                let group = group.next().expect("a bundle is of a group");
                let columns = bundle.width * lanes;
                let mut product = Scratch::take(words.len() * columns);
                rows_times_panels_here(self.isa, &rows, panels, None, &mut product);
                for (entry, product) in entries.iter_mut().zip(product.chunks_exact(columns)) {
                    for (tap, numbers) in product.chunks_exact(lanes).enumerate() {
                        let filter = bundle.first - group.first;
                        let place = group.start + tap * group.padded() + filter;
                        entry.tail_mut(place)[..bundle.filters]
                            .copy_from_slice(&numbers[..bundle.filters]);
                    }
                }
            }
        });
    }

    /// The outputs `[filters]` of one document and, where `WINNERS`, the windows that gave them; `entries` is lent.
    fn of_document<'a, const WINNERS: bool>(
        &'a self,
        document: &[u32],
        entries: &mut Vec<&'a Entry>,
        y: &mut [f32],
        winners: &mut [u32],
    ) {
        let around = match self.shape.windows {
            Windows::Touching => self.shape.widest().saturating_sub(1),
            Windows::Valid => 0,
        };
        entries.clear();
        entries.extend(std::iter::repeat_n(self.entries.nothing(), around));
        entries.extend(document.iter().map(|id| self.entries.of(*id)));
        entries.extend(std::iter::repeat_n(self.entries.nothing(), around));
        for group in &self.groups {
            let own = group.first..group.first + group.filters;
            let y = &mut y[own.clone()];
            let winners: &mut [u32] = match WINNERS {
                true => &mut winners[own.clone()],
                false => &mut [],
            };
            let windows = self.shape.windows.count(document.len(), group.width);
            if self.shape.windows == Windows::Valid && windows == 0 {
                y.fill(0.0);
                winners.fill(NO_WINNER);
                continue;
            }
            let before = around - around.min(group.width - 1);
            let walk = Walk::<WINNERS> {
                entries: &entries[before..],
                group,
                windows,
                touching: self.shape.windows == Windows::Touching,
                bias: &self.bias[own],
                y,
                winners,
            };
            dispatch(self.isa, walk);
        }
    }
}

/// The filters of one group over one document.
struct Walk<'a, const WINNERS: bool> {
    /// From the first token of window 0 on.
    entries: &'a [&'a Entry],
    group: &'a Place,
    windows: usize,
    /// Whether there is a window that touches no token.
    touching: bool,
    bias: &'a [f32],
    y: &'a mut [f32],
    /// As long as `y` where `WINNERS`, else empty.
    winners: &'a mut [u32],
}

impl<const WINNERS: bool> Body for Walk<'_, WINNERS> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(mut self, simd: S) {
        let vectors = self.group.padded() / S::LANES;
        // The winners' numbers take as many registers as the sums themselves; the widest set has twice as many.
        let most = if WINNERS && S::LANES < LANES { 4 } else { 8 };
        let mut vector = 0;
        while most == 8 && vectors - vector >= 8 {
            self.block::<S, 8>(simd, vector * S::LANES);
            vector += 8;
        }
        while vectors - vector >= 4 {
            self.block::<S, 4>(simd, vector * S::LANES);
            vector += 4;
        }
        if vectors - vector >= 2 {
            self.block::<S, 2>(simd, vector * S::LANES);
            vector += 2;
        }
        if vectors > vector {
            self.block::<S, 1>(simd, vector * S::LANES);
        }
    }
}

impl<const WINNERS: bool> Walk<'_, WINNERS> {
    /// `VECTORS` vectors of filters, the first of them number `filter` of the group.
    #[inline(always)]
    fn block<S: Simd, const VECTORS: usize>(&mut self, simd: S, filter: usize) {
        let zero = simd.splat(0.0);
        let mut top = [zero; VECTORS];
        let mut winner = [zero; VECTORS];
        if self.windows > 0 {
            top = self.sums(simd, 0, filter);
        }
        for window in 1..self.windows {
            let sums: [S::Vector; VECTORS] = self.sums(simd, window, filter);
            if WINNERS {
                let number = simd.splat(window as f32);
                for v in 0..VECTORS {
                    (top[v], winner[v]) = simd.greater((top[v], winner[v]), (sums[v], number));
                }
            } else {
                for v in 0..VECTORS {
                    top[v] = simd.greater((top[v], top[v]), (sums[v], sums[v])).0;
                }
            }
        }
        let nothing = simd.splat(self.windows as f32);
        for (v, (mut top, mut winner)) in top.into_iter().zip(winner).enumerate() {
            if self.touching {
                (top, winner) = simd.greater((top, winner), (zero, nothing));
            }
            let (mut numbers, mut windows) = ([0.0; LANES], [0.0; LANES]);
            simd.store(top, &mut numbers);
            if WINNERS {
                simd.store(winner, &mut windows);
            }
            let filter = filter + v * S::LANES;
            let count = S::LANES.min(self.y.len().saturating_sub(filter));
            let bias = &self.bias[filter.min(self.bias.len())..];
            let y = &mut self.y[filter.min(self.bias.len())..];
            for ((y, bias), number) in y.iter_mut().zip(bias).zip(&numbers[..count]) {
                let value = bias + number;
                *y = if value <= 0.0 { 0.0 } else { value };
            }
            if WINNERS {
                let first = filter.min(self.y.len());
                let winners = self.winners[first..].iter_mut().zip(&windows[..count]);
                for ((winner, window), y) in winners.zip(&self.y[first..]) {
                    *winner = match *y == 0.0 {
                        true => NO_WINNER,
                        false => *window as u32,
                    };
                }
            }
        }
    }

    /// The sums of one window, tap after tap.
    #[inline(always)]
    fn sums<S: Simd, const VECTORS: usize>(
        &self,
        simd: S,
        window: usize,
        filter: usize,
    ) -> [S::Vector; VECTORS] {
        let mut sums = [simd.splat(0.0); VECTORS];
        let entries = &self.entries[window..][..self.group.width];
        for (tap, entry) in entries.iter().enumerate() {
            let numbers = entry.tail(self.group.start + tap * self.group.padded() + filter);
            let numbers = &numbers[..VECTORS * S::LANES];
            for (v, sum) in sums.iter_mut().enumerate() {
                let number = simd.load(&numbers[v * S::LANES..]);
                *sum = match tap {
                    0 => number,
                    _ => simd.add(*sum, number),
                };
            }
        }
        sums
    }
}

#[cfg(test)]
#[path = "word_table_tests.rs"]
mod tests;
