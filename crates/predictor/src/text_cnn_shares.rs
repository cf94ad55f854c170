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
    /// The n-grams that won a filter, by their first token and then their length. Their contributions, the filters' biases included,
    /// add up to the scores less `bias` and `residual`.
    pub ngrams: Vec<Ngram>,
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
    /// What it gives, biases of those filters included, `[classes]`.
    pub contributions: Vec<f64>,
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

    /// The filters that fire on a document of `len`, sorted by the windows that won them, and those windows.
    fn windows_that_won(&self, winners: &[u32], len: usize) -> (Vec<u32>, Vec<Won>) {
        let shape = self.table.shape();
        let (mut within, mut won) = (Vec::with_capacity(winners.len()), Vec::new());
        let (mut first, mut ends) = (0, Vec::<usize>::new());
        for (group, sizes) in shape.groups.iter().enumerate() {
            let filters = first..first + sizes.filters;
            first = filters.end;
            let own = winners[filters.clone()].iter().enumerate();
            let fired = own.filter(|(_, window)| **window != NO_WINNER);
            // Behind the last window there is one that touches no token.
            let windows = shape.windows.count(len, sizes.width) + 1;
            ends.clear();
            ends.resize(windows + 1, 0);
            let fired_again = fired.clone();
            fired.for_each(|(_, window)| ends[*window as usize + 1] += 1);
            for window in 1..ends.len() {
                ends[window] += ends[window - 1];
            }
            let base = within.len();
            within.resize(base + ends[windows], 0);
            // Each end begins where its window does, and moves on with every filter of it.
            for (filter, window) in fired_again {
                let end = &mut ends[*window as usize];
                within[base + *end] = filter as u32;
                *end += 1;
            }
            let mut begin = base;
            for (window, end) in ends[..windows].iter().enumerate() {
                let start = window as isize - self.before(sizes);
                let own = begin..base + end;
                begin = own.end;
                if !own.is_empty() {
                    won.push(Won {
                        group,
                        filters: filters.clone(),
                        within: own,
                        start,
                        tokens: under(start, sizes.width, len),
                    });
                }
            }
        }
        (within, won)
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

        // What the biases of a window's filters give, and what each of its words gives: every other sum is made of these.
        let (within, mut won) = self.windows_that_won(&winners, ids.len());
        won.sort_by_key(|won| (won.tokens.start, won.tokens.end));
        let products: Vec<&[f32]> = ids.iter().map(|id| self.table.products(*id)).collect();
        let mut ngrams: Vec<Ngram> = Vec::with_capacity(won.len());
        let mut filter_bias = vec![0.0; classes];
        let mut words = vec![0.0; ids.len() * classes];
        let row = classes.next_multiple_of(WEIGHTED_ROW_BLOCK);
        let (mut columns, mut sums) = (Vec::new(), Vec::new());
        for won in won {
            columns.clear();
            columns.push(&self.table.bias()[won.filters.clone()]);
            for token in won.tokens.clone() {
                let tap = (token as isize - won.start) as usize;
                columns.push(&products[token][self.table.place(won.group, tap)..]);
            }
            sums.clear();
            sums.resize(columns.len() * row, 0.0);
            let weights = &self.wide_weights[won.filters.start * row..won.filters.end * row];
            let filters = &within[won.within];
            add_weighted_rows(row, filters, &columns, weights, &mut sums);

            if ngrams.last().is_none_or(|last| last.tokens != won.tokens) {
                ngrams.push(Ngram {
                    tokens: won.tokens.clone(),
                    filters: 0,
                    contributions: vec![0.0; classes],
                });
            }
            let ngram = ngrams.last_mut().expect("it was pushed");
            ngram.filters += filters.len();
            let own = won.tokens.start * classes..won.tokens.end * classes;
            let bias = filter_bias.chunks_exact_mut(classes);
            let places = bias.chain(words[own].chunks_exact_mut(classes));
            for (place, parts) in places.zip(sums.chunks_exact(row)) {
                let both = place.iter_mut().zip(&mut ngram.contributions);
                for ((place, whole), part) in both.zip(parts) {
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
            residual,
        }
    }
}

/// A window that won filters of one group.
struct Won {
    group: usize,
    /// The filters of the group among all filters.
    filters: Range<usize>,
    /// Where those that it won stand, by their numbers within the group.
    within: Range<usize>,
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
