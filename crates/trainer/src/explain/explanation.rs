//! What the scores of one text are made of: a part for each word, and one for each n-gram that a filter fired on.

use std::ops::Range;

use super::line::Line;
use crate::frozen::Frozen;
use crate::prediction::{PredictionError, Predictor};
use crate::statistics::given;
use predictor::{DpcnnShares, Floor, TextCnnShares};
use rayon::prelude::*;

/// How scores are taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By the network's own sums: of a TextCNN.
    Exact,
    /// By integrated gradients over so many steps, from a text whose words are all skipped: of a DPCNN.
    IntegratedGradients {
        /// Steps of the integral.
        steps: usize,
    },
}

impl Method {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::IntegratedGradients { .. } => "integrated gradients",
        }
    }
}

/// The scores of one text, taken apart. For each class `c`
///
/// ```text
/// logits[c] = bias[c] + filter_bias[c] + Σ_words share(word, c) + residual[c]
///           = bias[c] + Σ_ngrams contributions[c]               + residual[c]
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// How it was made.
    pub method: Method,
    /// The predicted class; where a text may have any number of labels, the most probable one.
    pub class: usize,
    /// The probability of each class.
    pub probabilities: Vec<f32>,
    /// Where a text may have any number of labels: those it is given.
    pub given: Option<Given>,
    /// The score of each class, as predicted: to the bit.
    pub logits: Vec<f32>,
    /// What each class starts from, whatever the text is; of a DPCNN, the scores of as many words that are all skipped.
    pub bias: Vec<f64>,
    /// What the biases of the filters that fired give to each class; they belong to no word.
    pub filter_bias: Vec<f64>,
    /// The words that the network read, in their order.
    pub words: Vec<Word>,
    /// What each word gives to each class, `[words, classes]`.
    pub shares: Vec<f64>,
    /// The n-grams that won filters, by their first word and then their length; of a DPCNN, which has no such n-grams, each word alone.
    pub ngrams: Vec<Ngram>,
    /// What each n-gram gives to each class, the biases of its filters included, `[n-grams, classes]`.
    pub contributions: Vec<f64>,
    /// What the parts leave of each score: of a TextCNN rounding, of a DPCNN what the integral misses.
    pub residual: Vec<f64>,
    /// Words of the text, read or not.
    pub tokens: usize,
    /// How many of the words that were read the training texts did not hold.
    pub unknown: usize,
    /// Whether the text was cut at `text.max_tokens`; what lies behind gives nothing.
    pub truncated: bool,
    /// The pyramid of a DPCNN, longest floor first.
    pub floors: Vec<Floor>,
}

/// The labels that a text is given, of any number that it may have.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// From which probability on a text is given each label.
    pub thresholds: Vec<f32>,
    /// The labels whose probabilities reach that, in the order of the classes.
    pub labels: Vec<usize>,
}

/// A word that the network read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its bytes in the text.
    pub span: Range<usize>,
    /// Whether the training texts held it.
    pub known: bool,
}

/// Neighbouring words under the winning windows of one or several filters.
#[derive(Clone, Debug, PartialEq)]
pub struct Ngram {
    /// Which of [`Explanation::words`]; none for filters that fire on their biases beside the text.
    pub words: Range<usize>,
    /// How many filters it won; 0 where there are none to win.
    pub filters: usize,
}

/// The n-grams that give most to a class, and what all others give together.
#[derive(Clone, Debug, PartialEq)]
pub struct Strongest<'a> {
    /// N-grams, the greatest contribution first; equal ones in the order of the text.
    pub shown: Vec<(&'a Ngram, f64)>,
    /// How many others there are.
    pub others: usize,
    /// How many filters these won.
    pub filters: usize,
    /// What they give.
    pub value: f64,
}

impl Explanation {
    /// What a word gives to a class.
    pub fn share(&self, word: usize, class: usize) -> f64 {
        self.shares[word * self.logits.len() + class]
    }

    /// The classes that are explained: the one that was asked for, or else the predicted one; where a text may have any number of
    /// labels, all that it is given, or the most probable one where that is none.
    pub fn explained(&self, asked: Option<usize>) -> Vec<usize> {
        match (asked, &self.given) {
            (Some(class), _) => vec![class],
            (None, Some(given)) if !given.labels.is_empty() => given.labels.clone(),
            (None, _) => vec![self.class],
        }
    }

    /// The same scores as answers that stand alone, one for each label.
    fn with_thresholds(mut self, thresholds: &[f32]) -> Self {
        predictor::sigmoid(&self.logits, &mut self.probabilities);
        let reached = given(&self.probabilities, thresholds);
        self.given = Some(Given {
            thresholds: thresholds.to_vec(),
            labels: (0..reached.len()).filter(|class| reached[*class]).collect(),
        });
        self
    }

    /// The `most` n-grams that give most to a class, for or against it.
    pub fn strongest(&self, class: usize, most: usize) -> Strongest<'_> {
        let values = self.contributions.iter().skip(class);
        let values = values.step_by(self.logits.len().max(1));
        let mut ngrams: Vec<(usize, f64)> = values.copied().enumerate().collect();
        // No two compare as equal, so that the order is one.
        let order = |a: &(usize, f64), b: &(usize, f64)| {
            b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0))
        };
        let most = most.min(ngrams.len());
        if most < ngrams.len() {
            ngrams.select_nth_unstable_by(most, order);
        }
        let (shown, others) = ngrams.split_at_mut(most);
        shown.sort_unstable_by(order);
        others.sort_unstable_by_key(|(number, _)| *number);
        let ngram = |number: usize| &self.ngrams[number];
        Strongest {
            shown: shown.iter().map(|(n, value)| (ngram(*n), *value)).collect(),
            others: others.len(),
            filters: others.iter().map(|(n, _)| ngram(*n).filters).sum(),
            value: others.iter().map(|(_, value)| value).sum(),
        }
    }

    /// The bytes of `words` in the text.
    pub fn span_of(&self, words: &Range<usize>) -> Range<usize> {
        match self.words.get(words.clone()) {
            Some([first, .., last]) => first.span.start..last.span.end,
            Some([word]) => word.span.clone(),
            _ => 0..0,
        }
    }

    /// Appends the JSON line of this explanation of `text`; `labels` are the names of the classes, `class` is the one that is explained, with
    /// its `top` strongest n-grams.
    ///
    /// Fields: `text`, `label`, `probability`, `explained` (the class), `logits`, `bias`, `contributions` (what n-grams give to that
    /// class, the strongest first, and last, without an `ngram`, what all others give together), `residual`, `method` (with `steps` of a
    /// DPCNN), `filter_bias`, `words` (what each gives to every class, in the order of `logits`), `tokens`, `unknown`, `truncated`, and of a
    /// DPCNN its `pyramid`. The logit of the explained class is its `bias` plus all `contributions` plus its `residual`; that of every class
    /// its `bias` plus `filter_bias` plus all `words` plus `residual`; to the rounding of what is printed, f32. `start` and `end` are bytes of
    /// the text, `end` the first that is not part of it.
    ///
    /// Where a text may have any number of labels, `labels` are those it is given, in place of `label`; `probability` is that of the
    /// explained label, `threshold` the one it has to reach, and `given` whether it does.
    pub fn write_json(
        &self,
        text: &str,
        labels: &[String],
        class: usize,
        top: usize,
        into: &mut Vec<u8>,
    ) {
        let line = Line {
            explanation: self,
            text,
            labels,
            class,
            top,
        };
        line.write(into);
    }
}

impl Predictor {
    /// Answers texts and says why, on all threads; the same for any number of them.
    ///
    /// # Errors
    ///
    /// [`PredictionError::WrongInput`] if the network reads images, [`PredictionError::NoExplanation`] if it cannot be taken apart.
    pub fn explain<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
    ) -> Result<Vec<Explanation>, PredictionError> {
        let groups = self.explain_groups(texts, |_| None, keep)?;
        Ok(groups.into_iter().flatten().collect())
    }

    /// As [`Predictor::explain`], of those classes of each text that `classes` names for its number; of a DPCNN the others get no shares, which
    /// saves their time.
    ///
    /// # Errors
    ///
    /// As [`Predictor::explain`].
    pub(crate) fn explain_classes<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        classes: impl Fn(usize) -> Vec<usize> + Sync,
    ) -> Result<Vec<Explanation>, PredictionError> {
        let groups = self.explain_groups(texts, |number| Some(classes(number)), keep)?;
        Ok(groups.into_iter().flatten().collect())
    }

    /// As [`Predictor::explain`], where `add` makes something of each explanation on the thread that made it: neighbouring texts share what
    /// it adds to. All of that comes back in the order of the texts, the same for any number of threads.
    ///
    /// # Errors
    ///
    /// As [`Predictor::explain`].
    pub fn explain_into<T: AsRef<str> + Sync, G: Default + Send>(
        &self,
        texts: &[T],
        add: impl Fn(&mut G, &str, Explanation) + Sync,
    ) -> Result<Vec<G>, PredictionError> {
        self.explain_groups(
            texts,
            |_| None,
            |group, number, explanation| {
                add(group, texts[number].as_ref(), explanation);
            },
        )
    }

    /// Whether explanations are exact: [`Method::Exact`].
    ///
    /// # Errors
    ///
    /// As [`Predictor::explain`].
    pub(crate) fn is_exact(&self) -> Result<bool, PredictionError> {
        let (_, frozen) = self.text_network()?;
        Ok(frozen.is_exact())
    }

    fn explain_groups<T: AsRef<str> + Sync, G: Default + Send>(
        &self,
        texts: &[T],
        classes: impl Fn(usize) -> Option<Vec<usize>> + Sync,
        add: impl Fn(&mut G, usize, Explanation) + Sync,
    ) -> Result<Vec<G>, PredictionError> {
        let (tokenizer, frozen) = self.text_network()?;
        let mut documents = tokenizer.encode_all(texts);
        let lengths: Vec<usize> = documents.iter().map(Vec::len).collect();
        let limit = self.longest_text();
        documents.iter_mut().for_each(|ids| ids.truncate(limit));
        if let Frozen::TextCnn(network) = frozen {
            network.meet(&documents.concat());
        }
        let explain = |number: usize| {
            let ids = &documents[number];
            let mut spans = tokenizer.spans(texts[number].as_ref());
            spans.truncate(ids.len());
            let words = words(spans, ids, tokenizer.unknown_id());
            let mut explanation = match frozen {
                Frozen::TextCnn(network) => of_textcnn(network.shares(ids), words),
                Frozen::Dpcnn(network) => {
                    let classes = classes(number).unwrap_or_else(|| {
                        // The predicted class first: the pyramid is shown for it.
                        let mut classes: Vec<usize> = (0..network.classes()).collect();
                        classes.swap(0, frozen.predicted(ids));
                        classes
                    });
                    of_dpcnn(network.shares(ids, &classes), words)
                }
            };
            let tokens = lengths[number];
            (explanation.tokens, explanation.truncated) = (tokens, tokens > limit);
            match &self.thresholds {
                None => explanation,
                Some(thresholds) => explanation.with_thresholds(thresholds),
            }
        };
        let explain_group = |first: usize| {
            let mut group = G::default();
            for number in first..texts.len().min(first + GROUP) {
                add(&mut group, number, explain(number));
            }
            group
        };
        let groups = (0..texts.len()).into_par_iter().step_by(GROUP);
        Ok(groups.map(explain_group).collect())
    }
}

/// Neighbouring texts that are explained one after another: a constant, so that threads do not show.
const GROUP: usize = 32;

fn keep(group: &mut Vec<Explanation>, _: usize, explanation: Explanation) {
    group.push(explanation);
}

impl Frozen {
    /// The class predicted for a document.
    pub(super) fn predicted(&self, ids: &[u32]) -> usize {
        greatest(&self.scores(&[ids]))
    }

    /// What each word of a document gives to one class.
    pub(super) fn word_shares(&self, ids: &[u32], class: usize) -> Vec<f64> {
        let shares = match self {
            Self::TextCnn(network) => network.shares(ids).words,
            Self::Dpcnn(network) => network.shares(ids, &[class]).words,
        };
        shares
            .into_iter()
            .skip(class)
            .step_by(self.classes())
            .collect()
    }
}

fn of_dpcnn(shares: DpcnnShares, words: Vec<Word>) -> Explanation {
    let mut probabilities = vec![0.0; shares.scores.len()];
    predictor::softmax(shares.scores.len(), &shares.scores, &mut probabilities);
    let ngram = |word: usize| Ngram {
        words: word..word + 1,
        filters: 0,
    };
    Explanation {
        method: Method::IntegratedGradients {
            steps: shares.steps,
        },
        class: greatest(&shares.scores),
        probabilities,
        given: None,
        unknown: words.iter().filter(|word| !word.known).count(),
        tokens: words.len(),
        words,
        filter_bias: vec![0.0; shares.scores.len()],
        bias: shares.start.into_iter().map(f64::from).collect(),
        ngrams: (0..shares.words.len() / shares.scores.len().max(1))
            .map(ngram)
            .collect(),
        contributions: shares.words.clone(),
        shares: shares.words,
        residual: shares.residual,
        logits: shares.scores,
        truncated: false,
        floors: shares.floors,
    }
}

fn of_textcnn(shares: TextCnnShares, words: Vec<Word>) -> Explanation {
    let wide = |values: Vec<f32>| values.into_iter().map(f64::from).collect();
    let mut probabilities = vec![0.0; shares.scores.len()];
    predictor::softmax(shares.scores.len(), &shares.scores, &mut probabilities);
    let ngram = |ngram: predictor::Ngram| Ngram {
        words: ngram.tokens,
        filters: ngram.filters,
    };
    Explanation {
        method: Method::Exact,
        class: greatest(&shares.scores),
        probabilities,
        given: None,
        unknown: words.iter().filter(|word| !word.known).count(),
        tokens: words.len(),
        words,
        logits: shares.scores,
        bias: wide(shares.bias),
        filter_bias: shares.filter_bias,
        shares: shares.words,
        ngrams: shares.ngrams.into_iter().map(ngram).collect(),
        contributions: shares.contributions,
        residual: shares.residual,
        truncated: false,
        floors: vec![],
    }
}

fn words(spans: Vec<Range<usize>>, ids: &[u32], unknown: Option<u32>) -> Vec<Word> {
    let word = |(span, id): (Range<usize>, &u32)| Word {
        span,
        known: Some(*id) != unknown,
    };
    spans.into_iter().zip(ids).map(word).collect()
}

/// The class of the greatest score; the first of equal ones.
pub(super) fn greatest(scores: &[f32]) -> usize {
    let mut best = 0;
    for (class, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = class;
        }
    }
    best
}
