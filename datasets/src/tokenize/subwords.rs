//! Subwords: byte-pair encoding and WordPiece, trained on the texts.
//!
//! A text is folded as for words (lower case), cut into runs of letters and digits of any script and single other
//! characters, and each run into pieces. Chinese is not cut by character before: there the pieces become words.
//!
//! | | a run is cut by | its start | its inside |
//! |---|---|---|---|
//! | `bpe` | the merges in the order in which they were learned | `▁good` | `ness` |
//! | `wordpiece` | the longest known piece, from the left (BERT) | `good` | `##ness` |
//!
//! A character that the training texts do not hold is unknown; in WordPiece the whole run with it.

use std::collections::BTreeMap;

use ahash::AHashMap;
use serde::{Deserialize, Serialize};
use tokenizers::models::ModelWrapper;
use tokenizers::models::bpe::BPE;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::{Model, Token};

use super::merges::{Learned, Word, learn};
use super::{PADDING, UNKNOWN, VocabularyOptions, words};

/// What stands before a run in [`SubwordModel::Bpe`].
pub(super) const START: char = '\u{2581}';
/// What stands before a piece inside a run in [`SubwordModel::WordPiece`].
const INSIDE: &str = "##";
/// Characters of the longest run that WordPiece cuts; none is longer.
const LONGEST: usize = 100;

/// How runs are cut into pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubwordModel {
    /// Byte-pair encoding over characters (Sennrich, Haddow & Birch 2016).
    Bpe,
    /// WordPiece: pieces learned as those of byte-pair encoding, the longest taken first (Devlin et al. 2019).
    WordPiece,
}

impl SubwordModel {
    /// Both.
    pub const ALL: [SubwordModel; 2] = [SubwordModel::Bpe, SubwordModel::WordPiece];
    /// Pieces that are learned beside the characters when no size of the vocabulary is asked for.
    pub const PIECES: usize = 8_000;

    /// The name used in configuration files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bpe => "bpe",
            Self::WordPiece => "wordpiece",
        }
    }
}

/// A trained model of subwords.
#[derive(Clone, Debug)]
pub(super) struct Subwords {
    pub(super) kind: SubwordModel,
    model: ModelWrapper,
    tokens: Vec<String>,
}

impl Subwords {
    /// Learns from `texts`. A piece must be seen at least twice.
    ///
    /// Where the vocabulary is too small for all characters, the most frequent ones are kept (ties: the lower code point).
    pub(super) fn train(kind: SubwordModel, texts: &[&str], options: &VocabularyOptions) -> Self {
        let runs = count_runs(texts);
        let mut characters: BTreeMap<char, u64> = BTreeMap::new();
        for (run, count) in &runs {
            for c in run.chars() {
                *characters.entry(c).or_default() += count;
            }
        }
        let mut kept: Vec<(char, u64)> = characters.into_iter().collect();
        kept.retain(|(_, count)| *count >= options.min_count);
        kept.sort_by_key(|(c, count)| (std::cmp::Reverse(*count), *c));
        let forms = match kind {
            SubwordModel::Bpe => 1,
            SubwordModel::WordPiece => 2,
        };
        if let Some(most) = options.max_size {
            kept.truncate(most / forms);
        }
        if kind == SubwordModel::Bpe && kept.iter().all(|(c, _)| *c != START) {
            kept.push((START, 0));
        }
        kept.sort_unstable_by_key(|(c, _)| *c);
        let mut symbols = vec![PADDING.to_owned(), UNKNOWN.to_owned()];
        symbols.extend(kept.iter().map(|(c, _)| c.to_string()));
        if kind == SubwordModel::WordPiece {
            symbols.extend(kept.iter().map(|(c, _)| format!("{INSIDE}{c}")));
        }
        let ids: AHashMap<&str, u32> = symbols.iter().map(String::as_str).zip(0..).collect();
        let mut spelled = String::new();
        let mut word = |run: &str, count: u64| {
            let mut symbols = Vec::new();
            for (place, c) in marked(kind, run).chars().enumerate() {
                spelled.clear();
                if kind == SubwordModel::WordPiece && place > 0 {
                    spelled.push_str(INSIDE);
                }
                spelled.push(c);
                symbols.extend(ids.get(spelled.as_str()));
            }
            Word { symbols, count }
        };
        let words = runs.iter().map(|(run, count)| word(run, *count)).collect();
        let most = match options.max_size {
            Some(size) => size + 2,
            None => symbols.len() + SubwordModel::PIECES,
        };
        let joined = |a: &str, b: &str| match kind {
            SubwordModel::Bpe => format!("{a}{b}"),
            SubwordModel::WordPiece => format!("{a}{}", b.strip_prefix(INSIDE).unwrap_or(b)),
        };
        let least = options.min_count.max(2);
        Self::of(kind, learn(symbols, words, most, least, joined))
    }

    fn of(kind: SubwordModel, Learned { symbols, merges }: Learned) -> Self {
        let ids: AHashMap<String, u32> = symbols.iter().cloned().zip(0..).collect();
        let model = match kind {
            SubwordModel::Bpe => {
                let spelled = |id: u32| symbols[id as usize].clone();
                let merges = merges.into_iter().map(|(a, b)| (spelled(a), spelled(b)));
                let model = BPE::builder()
                    .vocab_and_merges(ids, merges.collect())
                    .unk_token(UNKNOWN.to_owned())
                    .build();
                ModelWrapper::BPE(model.expect("merged were symbols of this vocabulary"))
            }
            SubwordModel::WordPiece => {
                let model = WordPiece::builder()
                    .vocab(ids)
                    .unk_token(UNKNOWN.to_owned())
                    .continuing_subword_prefix(INSIDE.to_owned())
                    .max_input_chars_per_word(LONGEST)
                    .build();
                ModelWrapper::WordPiece(model.expect("only reading a file can fail"))
            }
        };
        Self {
            kind,
            model,
            tokens: symbols,
        }
    }

    /// The model of a file, if it is one that [`Subwords::train`] could have made; `tokens` are its tokens by id.
    pub(super) fn from_model(model: ModelWrapper, tokens: Vec<String>) -> Option<Self> {
        let kind = match &model {
            ModelWrapper::BPE(bpe) => {
                let plain = bpe.unk_token.as_deref() == Some(UNKNOWN)
                    && bpe.continuing_subword_prefix.is_none()
                    && bpe.end_of_word_suffix.is_none()
                    && !(bpe.fuse_unk || bpe.byte_fallback || bpe.ignore_merges);
                plain.then_some(SubwordModel::Bpe)?
            }
            ModelWrapper::WordPiece(pieces) => {
                let plain = pieces.unk_token == UNKNOWN
                    && pieces.continuing_subword_prefix == INSIDE
                    && pieces.max_input_chars_per_word == LONGEST;
                plain.then_some(SubwordModel::WordPiece)?
            }
            _ => return None,
        };
        Some(Self {
            kind,
            model,
            tokens,
        })
    }

    pub(super) fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// The model, for the reference pipeline.
    pub(super) fn model(&self) -> ModelWrapper {
        self.model.clone()
    }

    /// The pieces of a run: ids, and the bytes of `run` that each stands for.
    pub(super) fn pieces(&self, run: &str) -> Vec<(u32, std::ops::Range<usize>)> {
        let marked = marked(self.kind, run);
        let before = marked.len() - run.len();
        let tokens: Vec<Token> = self
            .model
            .tokenize(&marked)
            .expect("unknown is a token, the one thing that is asked for");
        let place = |at: usize| at.saturating_sub(before);
        tokens
            .into_iter()
            .map(|token| (token.id, place(token.offsets.0)..place(token.offsets.1)))
            .collect()
    }
}

/// The run as the model reads it.
fn marked(kind: SubwordModel, run: &str) -> std::borrow::Cow<'_, str> {
    if kind == SubwordModel::Bpe && !run.starts_with(START) {
        format!("{START}{run}").into()
    } else {
        run.into()
    }
}

/// The different runs of all texts in the order in which they first come, with their counts.
fn count_runs(texts: &[&str]) -> Vec<(String, u64)> {
    let mut folded = String::new();
    let mut places: AHashMap<String, usize> = AHashMap::new();
    let mut runs: Vec<(String, u64)> = Vec::new();
    for text in texts {
        words::fold(text, &mut folded, |_, _| {});
        words::for_each_run(&folded, |run, _| match places.get(run) {
            Some(&place) => runs[place].1 += 1,
            None => {
                places.insert(run.to_owned(), runs.len());
                runs.push((run.to_owned(), 1));
            }
        });
    }
    runs
}
