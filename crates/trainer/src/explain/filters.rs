//! What the filters of a TextCNN look for: for each, the n-grams of the training texts on which it fires most.

use datasets::tokenize::Tokenizer;
use predictor::{FrozenTextCnn, SKIP};
use rayon::prelude::*;
use serde_json::{Value, json};

/// Texts looked at by one task: a constant, so that equal n-grams keep their order on any number of threads.
const TEXTS: usize = 1024;

/// A filter and its n-grams.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterProfile {
    /// Its number among all filters.
    pub filter: usize,
    /// Words under it.
    pub width: usize,
    /// What its value counts for each class.
    pub class_weights: Vec<f32>,
    /// On how many texts it fires.
    pub texts: usize,
    /// Different n-grams, the strongest first; of equal ones the first in the texts.
    pub ngrams: Vec<FilterNgram>,
}

/// An n-gram that a filter fires on.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterNgram {
    /// The filter's value.
    pub activation: f32,
    /// The ids under it; [`SKIP`] beside the text.
    pub ids: Vec<u32>,
    /// The first text it was met in.
    pub text: usize,
}

impl FilterProfile {
    /// The most that this filter gives to a class in the texts.
    pub fn strongest(&self, class: usize) -> f32 {
        let most = self.ngrams.first().map_or(0.0, |ngram| ngram.activation);
        most * self.class_weights[class]
    }

    /// The JSON line of this filter: `filter`, `width`, `texts`, `weights` by label, `ngrams` with `tokens` and `activation`.
    pub fn json_line(&self, tokenizer: &Tokenizer, labels: &[String]) -> String {
        let weights = labels.iter().zip(&self.class_weights);
        let weights = weights.map(|(label, weight)| (label.clone(), json!(weight)));
        let ngram = |ngram: &FilterNgram| json!({"tokens": ngram.tokens(tokenizer), "activation": ngram.activation});
        json!({
            "filter": self.filter, "width": self.width, "texts": self.texts,
            "weights": weights.collect::<serde_json::Map<String, Value>>(),
            "ngrams": self.ngrams.iter().map(ngram).collect::<Vec<Value>>(),
        })
        .to_string()
    }
}

impl FilterNgram {
    /// Its tokens; nothing stands for a place beside the text.
    pub fn tokens<'a>(&self, tokenizer: &'a Tokenizer) -> Vec<&'a str> {
        let token = |id: &u32| match *id {
            SKIP => "",
            id => tokenizer.token(id).unwrap_or(""),
        };
        self.ids.iter().map(token).collect()
    }
}

/// The `top` strongest n-grams of each filter of `network` over `documents`.
pub fn filter_profiles(
    network: &FrozenTextCnn,
    documents: &[Vec<u32>],
    top: usize,
) -> Vec<FilterProfile> {
    let words: Vec<u32> = (0..network.words() as u32).collect();
    network.meet(&words);
    let chunks = documents.par_chunks(TEXTS).enumerate();
    let found: Vec<Vec<Found>> = chunks
        .map(|(chunk, documents)| {
            let mut filters = vec![Found::default(); network.filters()];
            for (number, ids) in documents.iter().enumerate() {
                for fired in network.fired(ids) {
                    let found = &mut filters[fired.filter];
                    found.width = fired.width;
                    found.texts += 1;
                    let under = || {
                        let word = |tap| usize::try_from(fired.start + tap as isize).ok();
                        let id = |tap| word(tap).and_then(|word| ids.get(word));
                        (0..fired.width)
                            .map(|tap| id(tap).copied().unwrap_or(SKIP))
                            .collect()
                    };
                    found.add(fired.activation, under, chunk * TEXTS + number, top);
                }
            }
            filters
        })
        .collect();
    let mut all = vec![Found::default(); network.filters()];
    for chunk in found {
        for (all, found) in all.iter_mut().zip(chunk) {
            all.width = all.width.max(found.width);
            all.texts += found.texts;
            for ngram in found.ngrams {
                all.add(ngram.activation, || ngram.ids.clone(), ngram.text, top);
            }
        }
    }
    let profile = |(filter, found): (usize, Found)| FilterProfile {
        filter,
        width: found.width,
        class_weights: network.class_weights(filter).to_vec(),
        texts: found.texts,
        ngrams: found.ngrams,
    };
    all.into_iter().enumerate().map(profile).collect()
}

/// What has been met of one filter.
#[derive(Clone, Default)]
struct Found {
    width: usize,
    texts: usize,
    ngrams: Vec<FilterNgram>,
}

impl Found {
    /// Keeps an n-gram if it is among the `top`; the same words have the same value wherever they stand.
    fn add(&mut self, activation: f32, ids: impl FnOnce() -> Vec<u32>, text: usize, top: usize) {
        let behind = self
            .ngrams
            .last()
            .is_some_and(|last| activation <= last.activation);
        if top == 0 || (self.ngrams.len() == top && behind) {
            return;
        }
        let ids = ids();
        if self.ngrams.iter().any(|ngram| ngram.ids == ids) {
            return;
        }
        let place = self
            .ngrams
            .partition_point(|ngram| ngram.activation >= activation);
        let ngram = FilterNgram {
            activation,
            ids,
            text,
        };
        self.ngrams.insert(place, ngram);
        self.ngrams.truncate(top);
    }
}
