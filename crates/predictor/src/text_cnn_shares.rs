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
    NO_WINNER, Offsets, SKIP, WEIGHTED_ROW_BLOCK, WeightedRow, Windows, add_weighted_rows,
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
    /// The filters whose value is not 0, in their order.
    pub fired: Vec<FiredFilter>,
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
        let place = |at: isize| usize::try_from(at).unwrap_or(0).min(len);
        let tokens = place(self.start)..place(self.start + self.width as isize);
        if tokens.is_empty() { 0..0 } else { tokens }
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

    /// The filters that fire on one document, in their order.
    ///
    /// # Panics
    ///
    /// If an id is neither a word nor [`SKIP`].
    pub fn fired(&self, ids: &[u32]) -> Vec<FiredFilter> {
        let mut activations = vec![0.0; self.filters()];
        self.fire(ids, &mut activations)
    }

    fn fire(&self, ids: &[u32], activations: &mut [f32]) -> Vec<FiredFilter> {
        let mut winners = vec![NO_WINNER; activations.len()];
        let alone = Offsets::from_lengths([ids.len()]);
        self.table
            .forward_with_winners(&alone, ids, activations, &mut winners);
        let shape = self.table.shape();
        let mut fired = Vec::with_capacity(activations.len());
        let mut filter = 0;
        for (group, sizes) in shape.groups.iter().enumerate() {
            let before = match shape.windows {
                Windows::Touching => sizes.width as isize - 1,
                Windows::Valid => 0,
            };
            for within in 0..sizes.filters {
                if winners[filter] != NO_WINNER {
                    fired.push(FiredFilter {
                        filter,
                        group,
                        within,
                        width: sizes.width,
                        start: winners[filter] as isize - before,
                        activation: activations[filter],
                    });
                }
                filter += 1;
            }
        }
        fired
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
            id => self.table.products(id, fired.group, fired.tap(token))[fired.within],
        }
    }

    /// What the scores of one document are made of.
    ///
    /// # Panics
    ///
    /// If an id is neither a word nor [`SKIP`].
    pub fn shares(&self, ids: &[u32]) -> TextCnnShares {
        let classes = self.classes();
        let mut activations = vec![0.0; self.filters()];
        let fired = self.fire(ids, &mut activations);
        let mut scores = vec![0.0; classes];
        self.out.forward(&activations, &mut scores);

        // The sums, one after another: the filters' biases, each word, each n-gram.
        let mut ngrams = Ngrams::new(ids.len(), self.table.shape().groups.iter().map(|g| g.width));
        let mut terms = Vec::with_capacity(6 * fired.len());
        for fired in &fired {
            let mut add = |place: usize, factor| {
                terms.push(WeightedRow {
                    place: place as u32,
                    row: fired.filter as u32,
                    factor,
                });
            };
            let bias = f64::from(self.table.bias()[fired.filter]);
            add(0, bias);
            let tokens = fired.tokens(ids.len());
            let mut value = bias;
            for token in tokens.clone() {
                let part = f64::from(self.product(fired, token, ids[token]));
                value += part;
                add(1 + token, part);
            }
            add(1 + ids.len() + ngrams.won(tokens), value);
        }
        let row = classes.next_multiple_of(WEIGHTED_ROW_BLOCK);
        let mut sums = vec![0.0; (1 + ids.len() + ngrams.met.len()) * row];
        add_weighted_rows(row, &terms, &self.wide_weights, &mut sums);
        let mut sums = sums.chunks_exact(row).map(|row| &row[..classes]);
        let filter_bias = sums.next().map_or(vec![], <[f64]>::to_vec);
        let words: Vec<f64> = sums.by_ref().take(ids.len()).flatten().copied().collect();
        for (ngram, sum) in ngrams.met.iter_mut().zip(sums) {
            ngram.contributions = sum.to_vec();
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
            ngrams: ngrams.in_order(),
            fired,
            residual,
        }
    }
}

/// The n-grams that have been met, found by their tokens.
struct Ngrams {
    widest: usize,
    /// One more than the place in `met`, by first token and length; 0 for none. Place 0 is that of no tokens.
    places: Vec<u32>,
    met: Vec<Ngram>,
}

impl Ngrams {
    fn new(tokens: usize, widths: impl Iterator<Item = usize>) -> Self {
        let widest = widths.max().unwrap_or(0);
        Self {
            widest,
            places: vec![0; tokens * widest + 1],
            met: Vec::new(),
        }
    }

    /// The place in `met` of the n-gram that won one more filter.
    fn won(&mut self, tokens: Range<usize>) -> usize {
        let place = match tokens.len() {
            0 => 0,
            len => tokens.start * self.widest + len,
        };
        let place = &mut self.places[place];
        if *place == 0 {
            self.met.push(Ngram {
                tokens,
                filters: 0,
                contributions: vec![],
            });
            *place = self.met.len() as u32;
        }
        let place = *place as usize - 1;
        self.met[place].filters += 1;
        place
    }

    fn in_order(mut self) -> Vec<Ngram> {
        self.met
            .sort_by_key(|ngram| (ngram.tokens.start, ngram.tokens.end));
        self.met
    }
}
