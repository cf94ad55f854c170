//! What a TextCNN's scores of one document are made of: exactly its winning n-grams, and those exactly of their words.
//!
//! With `T[w, j, f]` what word `w` gives to filter `f` under its tap `j`, `b` the filters' biases, `W` and `a` the dense layer:
//!
//! ```text
//! score[c] = a[c] + Σ_f W[c, f] · relu(b[f] + max over windows of Σ_j T[word under tap j, j, f])
//! ```
//!
//! The window that wins is one n-gram. A filter whose value is 0 gives nothing. All others are sums, so that
//!
//! ```text
//! score[c] = a[c] + Σ_fired W[c, f]·b[f] + Σ_fired Σ_j W[c, f]·T[word under tap j, j, f] + residual[c]
//!            bias   filter_bias            words
//! ```
//!
//! A filter's bias is the part of no word: spreading it over the words of its window would be a choice and not arithmetic. An n-gram has
//! it beside its words. Sums are taken in f64 over the f32 numbers that the network computes with, so that the residual is
//! what the network itself rounded in f32, and nothing else.

use std::ops::Range;

use cnn_kernels::{
    FilterGroup, NO_WINNER, Offsets, SKIP, WEIGHTED_ROW_BLOCK, Windows, add_weighted_rows,
};

use crate::text_cnn::FrozenTextCnn;

/// What the scores of one document are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct TextCnnShares {
    /// The scores (logits) `[classes]`: the bits of [`FrozenTextCnn::scores`].
    pub scores: Vec<f32>,
    /// The dense layer's bias `[classes]`.
    pub bias: Vec<f32>,
    /// What the biases of the filters that fired give, `[classes]`.
    pub filter_bias: Vec<f64>,
    /// What each token gives, `[tokens, classes]`.
    pub words: Vec<f64>,
    /// The n-grams that won a filter, by their first token and then their length.
    pub ngrams: Vec<Ngram>,
    /// What each n-gram gives, the biases of its filters included, `[n-grams, classes]`: together the scores less `bias` and `residual`.
    pub contributions: Vec<f64>,
    /// `scores` less `bias`, `filter_bias` and all `words`, `[classes]`: rounding.
    pub residual: Vec<f64>,
}

/// Tokens under one or several winning windows.
#[derive(Clone, Debug, PartialEq)]
pub struct Ngram {
    /// Which tokens; empty for the windows beside the document, whose filters fire by their biases alone.
    pub tokens: Range<usize>,
    /// How many filters it won.
    pub filters: usize,
}

/// A filter that fired, and where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FiredFilter {
    /// Its number among all filters.
    pub filter: usize,
    /// Its group: filters of one width.
    pub group: usize,
    /// Its number within the group.
    pub within: usize,
    /// Tokens under it.
    pub width: usize,
    /// The token under its first tap, which may lie before the document.
    pub start: isize,
    /// Its value after the ReLU, as the network computed it.
    pub activation: f32,
}

impl FiredFilter {
    /// The tokens of a document of `len` under it.
    pub fn tokens(&self, len: usize) -> Range<usize> {
        under(self.start, self.width, len)
    }

    /// The tap over `token`, one of [`FiredFilter::tokens`].
    pub fn tap(&self, token: usize) -> usize {
        (token as isize - self.start) as usize
    }
}

impl FrozenTextCnn {
    /// The number of filters of all widths.
    pub fn filters(&self) -> usize {
        self.table.filters()
    }

    /// What a filter's value counts for each class: its weights `[classes]` in the dense layer.
    pub fn class_weights(&self, filter: usize) -> &[f32] {
        let classes = self.classes();
        &self.class_weights[filter * classes..][..classes]
    }

    /// Remembers the words of many documents at once, as [`FrozenTextCnn::scores`] does for those it is given: quicker than one
    /// document after another.
    ///
    /// # Panics
    ///
    /// If an id is neither a word nor [`SKIP`].
    pub fn meet(&self, ids: &[u32]) {
        self.table.meet(ids);
    }

    /// The filters that fire on one document, those whose value is not 0, in their order.
    ///
    /// # Panics
    ///
    /// If an id is neither a word nor [`SKIP`].
    pub fn fired(&self, ids: &[u32]) -> Vec<FiredFilter> {
        let (activations, winners) = self.winners(ids);
        let mut fired = Vec::with_capacity(activations.len());
        let mut filter = 0;
        for (group, sizes) in self.table.shape().groups.iter().enumerate() {
            for within in 0..sizes.filters {
                if winners[filter] != NO_WINNER {
                    fired.push(FiredFilter {
                        filter,
                        group,
                        within,
                        width: sizes.width,
                        start: winners[filter] as isize - self.before(sizes),
                        activation: activations[filter],
                    });
                }
                filter += 1;
            }
        }
        fired
    }

    /// The value of each filter, and the window that gave it.
    fn winners(&self, ids: &[u32]) -> (Vec<f32>, Vec<u32>) {
        let mut activations = vec![0.0; self.filters()];
        let mut winners = vec![NO_WINNER; activations.len()];
        let alone = Offsets::from_lengths([ids.len()]);
        self.table
            .forward_with_winners(&alone, ids, &mut activations, &mut winners);
        (activations, winners)
    }

    /// How many places the first window of a group begins before the document.
    fn before(&self, sizes: &FilterGroup) -> isize {
        match self.table.shape().windows {
            Windows::Touching => sizes.width as isize - 1,
            Windows::Valid => 0,
        }
    }

    /// The filters of each group, sorted by the windows that won them, and the windows that won any.
    fn windows_that_won(&self, winners: &[u32], len: usize) -> (Vec<u32>, Vec<Won>) {
        let shape = self.table.shape();
        let (mut sorted, mut won) = (vec![0; winners.len()], Vec::new());
        let (mut first, mut ends) = (0, Vec::<usize>::new());
        for (group, sizes) in shape.groups.iter().enumerate() {
            let filters = first..first + sizes.filters;
            first = filters.end;
            let (winners, sorted) = (&winners[filters.clone()], &mut sorted[filters.clone()]);
            // Behind the last window there is one that touches no token; filters that do not fire come behind that.
            let shut = shape.windows.count(len, sizes.width) + 1;
            let place = |window: u32| (window as usize).min(shut);
            ends.clear();
            ends.resize(shut + 2, 0);
            winners
                .iter()
                .for_each(|window| ends[place(*window) + 1] += 1);
            for window in 1..ends.len() {
                ends[window] += ends[window - 1];
            }
            // Each end begins where its window does, and moves on with every filter of it.
            for (filter, window) in (0..).zip(winners) {
                let end = &mut ends[place(*window)];
                sorted[*end] = filter;
                *end += 1;
            }
            let mut begin = 0;
            for (window, end) in ends[..shut].iter().enumerate() {
                let start = window as isize - self.before(sizes);
                if begin < *end {
                    won.push(Won {
                        group,
                        filters: filters.clone(),
                        sorted: filters.start + begin..filters.start + end,
                        start,
                        tokens: under(start, sizes.width, len),
                    });
                }
                begin = *end;
            }
        }
        (sorted, won)
    }

    /// The bias of a filter that fired, and what each of its [`FiredFilter::tokens`] of the document `ids` gives to its value.
    pub fn parts(&self, fired: &FiredFilter, ids: &[u32]) -> (f32, Vec<f32>) {
        let part = |token: usize| self.product(fired, token, ids[token]);
        let parts = fired.tokens(ids.len()).map(part).collect();
        (self.table.bias()[fired.filter], parts)
    }

    fn product(&self, fired: &FiredFilter, token: usize, id: u32) -> f32 {
        match id {
            SKIP => 0.0,
            id => {
                let place = self.table.place(fired.group, fired.tap(token));
                self.table.products(id)[place + fired.within]
            }
        }
    }

    /// What the scores of one document are made of.
    ///
    /// # Panics
    ///
    /// If an id is neither a word nor [`SKIP`].
    pub fn shares(&self, ids: &[u32]) -> TextCnnShares {
        let classes = self.classes();
        let (activations, winners) = self.winners(ids);
        let mut scores = vec![0.0; classes];
        self.out.forward(&activations, &mut scores);

        let (sorted, won) = self.windows_that_won(&winners, ids.len());
        let (ngrams, numbers) = Self::ngrams(&won, ids.len());
        // What the biases of a window's filters give, and what each of its words gives: every other sum is made of these.
        let products: Vec<&[f32]> = ids.iter().map(|id| self.table.products(*id)).collect();
        let mut contributions = vec![0.0; ngrams.len() * classes];
        let mut filter_bias = vec![0.0; classes];
        let mut words = vec![0.0; ids.len() * classes];
        let row = classes.next_multiple_of(WEIGHTED_ROW_BLOCK);
        let (mut columns, mut sums) = (Vec::new(), Vec::new());
        for (won, number) in won.into_iter().zip(numbers) {
            columns.clear();
            columns.push(&self.table.bias()[won.filters.clone()]);
            for token in won.tokens.clone() {
                let tap = (token as isize - won.start) as usize;
                columns.push(&products[token][self.table.place(won.group, tap)..]);
            }
            sums.clear();
            sums.resize(columns.len() * row, 0.0);
            let weights = &self.wide_weights[won.filters.start * row..won.filters.end * row];
            add_weighted_rows(row, &sorted[won.sorted], &columns, weights, &mut sums);

            let ngram = &mut contributions[number * classes..][..classes];
            let own = won.tokens.start * classes..won.tokens.end * classes;
            let bias = filter_bias.chunks_exact_mut(classes);
            let places = bias.chain(words[own].chunks_exact_mut(classes));
            for (place, parts) in places.zip(sums.chunks_exact(row)) {
                for ((place, whole), part) in place.iter_mut().zip(&mut *ngram).zip(parts) {
                    *place += part;
                    *whole += part;
                }
            }
        }

        let mut residual: Vec<f64> = scores.iter().map(|score| f64::from(*score)).collect();
        let bias = self.class_bias.clone();
        for (c, rest) in residual.iter_mut().enumerate() {
            let own: f64 = words.iter().skip(c).step_by(classes).sum();
            *rest -= f64::from(bias[c]) + filter_bias[c] + own;
        }
        TextCnnShares {
            scores,
            bias,
            filter_bias,
            words,
            ngrams,
            contributions,
            residual,
        }
    }

    /// The n-grams under the windows that won, in their order, and of each window the number of its n-gram.
    fn ngrams(won: &[Won], len: usize) -> (Vec<Ngram>, Vec<usize>) {
        // One place for every first token and length.
        let longest = won.iter().map(|won| won.tokens.len()).max();
        let lengths = longest.unwrap_or(0) + 1;
        let place = |won: &Won| won.tokens.start * lengths + won.tokens.len();
        let mut filters = vec![0; len.max(1) * lengths];
        won.iter()
            .for_each(|won| filters[place(won)] += won.sorted.len());
        let mut ngrams = Vec::with_capacity(won.len());
        for (place, count) in filters
            .iter_mut()
            .enumerate()
            .filter(|(_, count)| **count > 0)
        {
            let start = place / lengths;
            ngrams.push(Ngram {
                tokens: start..start + place % lengths,
                filters: *count,
            });
            *count = ngrams.len();
        }
        let numbers = won.iter().map(|won| filters[place(won)] - 1).collect();
        (ngrams, numbers)
    }
}

/// A window that won filters of one group.
struct Won {
    group: usize,
    /// The filters of the group among all filters.
    filters: Range<usize>,
    /// Where those that it won stand among the sorted ones, by their numbers within the group.
    sorted: Range<usize>,
    /// The token under its first tap, which may lie before the document.
    start: isize,
    /// The tokens under it.
    tokens: Range<usize>,
}

/// The tokens of a document of `len` under a window.
fn under(start: isize, width: usize, len: usize) -> Range<usize> {
    let place = |at: isize| usize::try_from(at).unwrap_or(0).min(len);
    let tokens = place(start)..place(start + width as isize);
    if tokens.is_empty() { 0..0 } else { tokens }
}
