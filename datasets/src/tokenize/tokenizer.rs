//! The tokenizer: trained, encoding, written.

use std::fmt;
use std::io::Write;
use std::path::Path;

use ahash::AHashMap;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::foreign::Foreign;
use super::pipeline::{Pipeline, assembled};
use super::subwords::Subwords;
use super::vocabulary::{Counter, Vocabulary};
use super::{
    Cleaning, PADDING, PADDING_ID, SubwordModel, TokenizerError, UNKNOWN, UNKNOWN_ID,
    VocabularyOptions, VocabularyStatistics, words,
};

/// Turns texts into ids: words by a cleaning and a vocabulary, subwords, or whatever a `tokenizer.json` says.
///
/// Ids of all but a tokenizer read from another program's file: 0 = padding, which no text produces; 1 = unknown.
/// Words: then the tokens of the training texts by falling count, those seen equally often in the order of their first
/// appearance. See [`Cleaning`] for what a token is, and [`SubwordModel`].
#[derive(Clone, Debug)]
pub struct Tokenizer {
    pub(super) kind: Kind,
    statistics: Option<VocabularyStatistics>,
}

/// The kinds of tokenizers.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Words {
        cleaning: Cleaning,
        vocabulary: Vocabulary,
    },
    Subwords(Box<Subwords>),
    Foreign(Box<Foreign>),
}

/// Working space of one thread.
#[derive(Default)]
struct Scratch {
    folded: String,
    /// The pieces of runs met before.
    runs: AHashMap<Box<str>, Box<[u32]>>,
}

/// Runs of subwords that are remembered; it bounds memory and does not change the ids.
const REMEMBERED: usize = 100_000;

impl Tokenizer {
    /// A `tokenizer.json` may have so many bytes; 30,000 words make one of 1 MB.
    pub const FILE_LIMIT: u64 = 1 << 30;

    /// Counts the tokens of `texts` and keeps those that `options` asks for.
    pub fn train<'a>(
        cleaning: Cleaning,
        texts: impl IntoIterator<Item = &'a str>,
        options: &VocabularyOptions,
    ) -> Self {
        let texts: Vec<&str> = texts.into_iter().collect();
        let (words, statistics) = Counter::of(cleaning, &texts).finish(options);
        let vocabulary = Vocabulary::new(words)
            .expect("counted tokens differ, and no cleaning lets `[PAD]` or `[UNK]` through");
        Self {
            kind: Kind::Words {
                cleaning,
                vocabulary,
            },
            statistics: Some(statistics),
        }
    }

    /// Learns subwords from `texts`.
    ///
    /// `options.max_size` counts pieces and characters, `None` is [`SubwordModel::PIECES`] beside the characters. Characters
    /// seen fewer than `options.min_count` times are unknown; a longer piece must have been seen twice, or so often.
    pub fn train_subwords(
        model: SubwordModel,
        texts: &[&str],
        options: &VocabularyOptions,
    ) -> Self {
        Kind::Subwords(Box::new(Subwords::train(model, texts, options))).into()
    }

    /// A tokenizer over a given list of words, which get the ids 2, 3, ….
    ///
    /// # Errors
    /// [`TokenizerError::Repeated`] if a word occurs twice or is `[PAD]` or `[UNK]`.
    pub fn from_words(
        cleaning: Cleaning,
        words: impl IntoIterator<Item = String>,
    ) -> Result<Self, TokenizerError> {
        let vocabulary = Vocabulary::new(words)?;
        Ok(Kind::Words {
            cleaning,
            vocabulary,
        }
        .into())
    }

    /// The ids of `text`; empty for a text without tokens.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        self.encode_with(text, &mut Scratch::default())
    }

    /// The ids of many texts, on all threads of the current rayon pool; the same for any number of them.
    pub fn encode_all<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Vec<Vec<u32>> {
        texts
            .par_iter()
            .map_init(Scratch::default, |scratch, text| {
                self.encode_with(text.as_ref(), scratch)
            })
            .collect()
    }

    fn encode_with(&self, text: &str, scratch: &mut Scratch) -> Vec<u32> {
        let mut ids = Vec::new();
        let Scratch { folded, runs } = scratch;
        match &self.kind {
            Kind::Words {
                cleaning,
                vocabulary,
            } => cleaning.for_each_token(text, folded, |token, _| ids.push(vocabulary.id(token))),
            Kind::Subwords(subwords) => {
                words::fold(text, folded, |_, _| {});
                words::for_each_run(folded, |run, _| {
                    if let Some(known) = runs.get(run) {
                        ids.extend_from_slice(known);
                        return;
                    }
                    let pieces: Box<[u32]> =
                        subwords.pieces(run).into_iter().map(|(id, _)| id).collect();
                    ids.extend_from_slice(&pieces);
                    if runs.len() < REMEMBERED {
                        runs.insert(run.into(), pieces);
                    }
                });
            }
            Kind::Foreign(foreign) => ids = foreign.encode(text),
        }
        ids
    }

    /// How texts are cut, where it is by a cleaning.
    pub fn cleaning(&self) -> Option<Cleaning> {
        match &self.kind {
            Kind::Words { cleaning, .. } => Some(*cleaning),
            _ => None,
        }
    }

    /// The id of what is not known; `None` where a foreign tokenizer has none.
    pub fn unknown_id(&self) -> Option<u32> {
        match &self.kind {
            Kind::Foreign(foreign) => foreign.unknown(),
            _ => Some(UNKNOWN_ID),
        }
    }

    /// Number of ids, padding and unknown included: the rows an embedding table needs.
    pub fn vocabulary_size(&self) -> usize {
        self.tokens().len()
    }

    /// All tokens; the index is the id.
    pub fn tokens(&self) -> &[String] {
        match &self.kind {
            Kind::Words { vocabulary, .. } => vocabulary.tokens(),
            Kind::Subwords(subwords) => subwords.tokens(),
            Kind::Foreign(foreign) => foreign.tokens(),
        }
    }

    /// The token of `id`.
    pub fn token(&self, id: u32) -> Option<&str> {
        self.tokens().get(id as usize).map(String::as_str)
    }

    /// The id of `token`, `None` if it is not in the vocabulary.
    pub fn id(&self, token: &str) -> Option<u32> {
        match (&self.kind, token) {
            (Kind::Words { .. }, PADDING) => Some(PADDING_ID),
            (Kind::Words { .. }, UNKNOWN) => Some(UNKNOWN_ID),
            (Kind::Words { vocabulary, .. }, _) => {
                Some(vocabulary.id(token)).filter(|id| *id != UNKNOWN_ID)
            }
            _ => {
                let found = self.tokens().iter().position(|known| known == token);
                found.map(|id| id as u32)
            }
        }
    }

    /// What counting words showed; `None` for subwords and for a loaded tokenizer, since counts are not saved.
    pub fn statistics(&self) -> Option<&VocabularyStatistics> {
        self.statistics.as_ref()
    }

    /// The same tokenizer as an object of the reference library. That of jieba reads a text that is cut already.
    pub fn to_reference(&self) -> tokenizers::Tokenizer {
        match &self.kind {
            Kind::Words {
                cleaning,
                vocabulary,
            } => Pipeline::of(*cleaning).with_vocabulary(vocabulary.tokens()),
            Kind::Subwords(subwords) => {
                assembled(Pipeline::of_subwords(subwords.kind), subwords.model())
            }
            Kind::Foreign(foreign) => foreign.reference.clone(),
        }
    }

    /// The text of `tokenizer.json`. The same tokenizer always gives the same bytes.
    pub fn to_json(&self) -> String {
        self.to_reference()
            .to_string(true)
            .expect("a tokenizer of strings and numbers is always JSON")
    }

    /// SHA-256 of [`Tokenizer::to_json`] in hexadecimal: equal digests, equal ids for every text.
    pub fn sha256(&self) -> String {
        let digest = Sha256::digest(self.to_json().as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Writes `tokenizer.json`: first under another name beside it, flushed to the disk, then renamed, so that
    /// there is never half a file.
    ///
    /// # Errors
    /// [`TokenizerError::Write`] with the path.
    pub fn save(&self, path: &Path) -> Result<(), TokenizerError> {
        let write = || {
            let mut name = path.file_name().unwrap_or_default().to_owned();
            name.push(format!(".{}.tmp", std::process::id()));
            let temporary = path.with_file_name(name);
            let written = std::fs::File::create(&temporary)
                .and_then(|mut file| {
                    file.write_all(self.to_json().as_bytes())?;
                    file.sync_all()
                })
                .and_then(|()| std::fs::rename(&temporary, path));
            if written.is_err() {
                // Best effort: the first error is the one to report.
                let _ = std::fs::remove_file(&temporary);
            }
            written
        };
        write().map_err(|source| TokenizerError::Write {
            path: path.to_owned(),
            source,
        })
    }
}

impl From<Kind> for Tokenizer {
    fn from(kind: Kind) -> Self {
        Self {
            kind,
            statistics: None,
        }
    }
}

/// What it is, for messages: `words`, `bpe`, `another program's WordPiece`.
impl fmt::Display for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Words { cleaning, .. } => cleaning.fmt(f),
            Kind::Subwords(subwords) => f.write_str(subwords.kind.name()),
            Kind::Foreign(foreign) => write!(f, "another program's {}", foreign.kind()),
        }
    }
}
