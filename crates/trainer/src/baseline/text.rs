//! The text baseline: tf-idf of n-grams and a linear support vector machine.

use super::ngrams::ngram_keys;
use super::svm::{Svm, SvmOptions, train};
use super::tfidf::{Term, TfIdf};
use super::units::Units;
use super::{BaselineError, arg_max, check_rows};
use rayon::prelude::*;

/// Settings of [`TextBaseline`].
#[derive(Clone, Debug, PartialEq)]
pub struct TextBaselineOptions {
    /// Longest n-gram, in units; at least 1.
    pub longest_ngram: usize,
    /// Weight C of the loss against the length of the weights.
    pub cost: f32,
    /// By what C is multiplied for the rows of each class; empty = 1 for all.
    pub class_weights: Vec<f32>,
    /// Largest gradient of the dual problem at which the solver stops.
    pub tolerance: f32,
    /// Passes after which it stops in any case.
    pub most_passes: usize,
    /// Seed of the order in which rows are visited; the result hardly depends on it.
    pub seed: u64,
}

impl Default for TextBaselineOptions {
    /// 1-3-grams, C = 1, and a tolerance at which TREC, THUCNews and IMDB have the accuracy they have at smaller ones, to
    /// 0.02 points.
    fn default() -> Self {
        Self {
            longest_ngram: 3,
            cost: 1.0,
            class_weights: Vec::new(),
            tolerance: 0.05,
            most_passes: 100,
            seed: 0,
        }
    }
}

impl TextBaselineOptions {
    /// The machine's settings for these classes; of machines for single classes `present` is none.
    fn svm(&self, present: &[u32]) -> SvmOptions {
        SvmOptions {
            cost: self.cost,
            weights: weights_of(present, &self.class_weights),
            tolerance: self.tolerance,
            most_passes: self.most_passes,
            seed: self.seed,
        }
    }
}

/// The weights of the classes that have rows.
pub(super) fn weights_of(present: &[u32], weights: &[f32]) -> Vec<f32> {
    let weight = |&class: &u32| weights.get(class as usize).copied().unwrap_or(1.0);
    present.iter().map(weight).collect()
}

/// A fitted text baseline.
#[derive(Debug)]
pub struct TextBaseline {
    classes: Classes,
    units: Units,
    longest_ngram: usize,
    tfidf: TfIdf,
    svm: Svm,
}

/// Which class each machine speaks for. A class without training rows is never predicted.
#[derive(Debug)]
pub(super) struct Classes {
    /// Number of classes, absent ones included.
    pub(super) total: usize,
    /// The classes that have training rows, ascending.
    pub(super) present: Vec<u32>,
}

impl Classes {
    /// The present classes, and each row's number among them.
    pub(super) fn of(labels: &[u32], total: usize) -> (Self, Vec<u32>) {
        let mut is_present = vec![false; total];
        for &label in labels {
            is_present[label as usize] = true;
        }
        let (mut present, mut number) = (Vec::new(), vec![0; total]);
        for (class, _) in is_present.iter().enumerate().filter(|(_, is)| **is) {
            number[class] = present.len() as u32;
            present.push(class as u32);
        }
        let targets = labels.iter().map(|&label| number[label as usize]).collect();
        (Self { total, present }, targets)
    }

    /// One machine per class, but a single one for two classes, and none for one.
    pub(super) fn machines(&self) -> usize {
        match self.present.len() {
            0 | 1 => 0,
            2 => 1,
            more => more,
        }
    }

    /// The score of every class, from those of the machines: minus infinity for an absent one.
    pub(super) fn scores(&self, machines: &[f32]) -> Vec<f32> {
        let mut scores = vec![f32::NEG_INFINITY; self.total];
        match (machines, &self.present[..]) {
            ([], present) => present.iter().for_each(|&c| scores[c as usize] = 0.0),
            ([score], &[first, second]) => {
                scores[first as usize] = -score;
                scores[second as usize] = *score;
            }
            (machines, present) => {
                for (&class, &score) in present.iter().zip(machines) {
                    scores[class as usize] = score;
                }
            }
        }
        scores
    }
}

impl TextBaseline {
    /// Fits a baseline on texts.
    ///
    /// # Errors
    /// When there are no texts, or their labels do not fit; see [`BaselineError`].
    pub fn fit_texts<T: AsRef<str> + Sync>(
        texts: &[T],
        labels: &[u32],
        classes: usize,
        units: Units,
        options: &TextBaselineOptions,
    ) -> Result<Self, BaselineError> {
        let longest = options.longest_ngram;
        let keys_of = |document: usize, keys: &mut Vec<u64>| {
            let mut names = Vec::new();
            units.cut(texts[document].as_ref(), &mut names);
            ngram_keys(&names, longest, keys);
        };
        Self::fit_keys(texts.len(), keys_of, labels, classes, units, options)
    }

    /// Fits a baseline on documents that are already token ids, `[documents][tokens]`. Unknown tokens should
    /// not all share one id: the baseline makes use of words a network's vocabulary may have dropped.
    ///
    /// # Errors
    /// When there are no documents, or their labels do not fit; see [`BaselineError`].
    pub fn fit<D: AsRef<[u32]> + Sync>(
        documents: &[D],
        labels: &[u32],
        classes: usize,
        options: &TextBaselineOptions,
    ) -> Result<Self, BaselineError> {
        let longest = options.longest_ngram;
        let keys_of = |document: usize, keys: &mut Vec<u64>| {
            ngram_keys(&names(documents[document].as_ref()), longest, keys);
        };
        let units = Units::Words;
        Self::fit_keys(documents.len(), keys_of, labels, classes, units, options)
    }

    fn fit_keys(
        documents: usize,
        keys_of: impl Fn(usize, &mut Vec<u64>) + Sync,
        labels: &[u32],
        classes: usize,
        units: Units,
        options: &TextBaselineOptions,
    ) -> Result<Self, BaselineError> {
        check_rows(documents, labels, classes)?;
        let (classes, targets) = Classes::of(labels, classes);
        let (tfidf, rows) = TfIdf::fit(documents, keys_of)?;
        let svm = train(
            &rows,
            &targets,
            classes.machines(),
            &options.svm(&classes.present),
        );
        Ok(Self {
            classes,
            units,
            longest_ngram: options.longest_ngram,
            tfidf,
            svm,
        })
    }

    /// Fits one machine per class on texts that may have any number of classes: `truths` `[texts, classes]`, row by row. A score
    /// above 0 speaks for a class.
    ///
    /// # Errors
    /// When there are no texts; see [`BaselineError`].
    pub fn fit_sets<T: AsRef<str> + Sync>(
        texts: &[T],
        truths: &[bool],
        classes: usize,
        units: Units,
        options: &TextBaselineOptions,
    ) -> Result<Self, BaselineError> {
        check_rows(texts.len(), &vec![0; truths.len() / classes.max(1)], 1)?;
        let keys_of = |document: usize, keys: &mut Vec<u64>| {
            let mut names = Vec::new();
            units.cut(texts[document].as_ref(), &mut names);
            ngram_keys(&names, options.longest_ngram, keys);
        };
        let (tfidf, rows) = TfIdf::fit(texts.len(), keys_of)?;
        let machine = |class: usize| {
            let column = truths.iter().skip(class).step_by(classes);
            let targets: Vec<u32> = column.map(|is| u32::from(*is)).collect();
            train(&rows, &targets, 1, &options.svm(&[]))
        };
        let machines: Vec<Svm> = (0..classes).into_par_iter().map(machine).collect();
        let present = (0..classes as u32).collect();
        Ok(Self {
            classes: Classes {
                total: classes,
                present,
            },
            units,
            longest_ngram: options.longest_ngram,
            tfidf,
            svm: Svm::side_by_side(&machines),
        })
    }

    /// The score of each class for a document of token ids, `[classes]`; larger is better.
    pub fn scores(&self, document: &[u32]) -> Vec<f32> {
        self.scores_of_units(&names(document))
    }

    /// The score of each class for a text, `[classes]`; larger is better.
    pub fn text_scores(&self, text: &str) -> Vec<f32> {
        let mut names = Vec::new();
        self.units.cut(text, &mut names);
        self.scores_of_units(&names)
    }

    /// The class of a document of token ids.
    pub fn predict(&self, document: &[u32]) -> u32 {
        arg_max(&self.scores(document))
    }

    /// The class of a text.
    pub fn predict_text(&self, text: &str) -> u32 {
        arg_max(&self.text_scores(text))
    }

    /// The class of each document of token ids.
    pub fn predict_all<D: AsRef<[u32]> + Sync>(&self, documents: &[D]) -> Vec<u32> {
        let predict = |document: &D| self.predict(document.as_ref());
        documents.par_iter().map(predict).collect()
    }

    /// The class of each text.
    pub fn predict_texts<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Vec<u32> {
        let predict = |text: &T| self.predict_text(text.as_ref());
        texts.par_iter().map(predict).collect()
    }

    /// Number of different n-grams in the training set.
    pub fn ngrams(&self) -> usize {
        self.tfidf.len()
    }

    /// Passes the solver took over the training set.
    pub fn passes(&self) -> usize {
        self.svm.passes
    }

    fn scores_of_units(&self, units: &[u64]) -> Vec<f32> {
        let mut keys = Vec::new();
        ngram_keys(units, self.longest_ngram, &mut keys);
        let machines = self.svm.machines;
        let mut scores = self.svm.biases.clone();
        for (term, value) in self.tfidf.transform(&mut keys) {
            let (table, row, factor) = match term {
                Term::Shared(column) => (&self.svm.weights, column, value),
                Term::Private(document, there) => (&self.svm.coefficients, document, value * there),
            };
            let weights = &table[row * machines..(row + 1) * machines];
            for (score, weight) in scores.iter_mut().zip(weights) {
                *score += weight * factor;
            }
        }
        self.classes.scores(&scores)
    }
}

/// Token ids as unit names.
fn names(document: &[u32]) -> Vec<u64> {
    document.iter().map(|&id| u64::from(id)).collect()
}
