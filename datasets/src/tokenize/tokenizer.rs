//! The tokenizer: trained, encoding, saved and loaded.

use std::io::{Read, Write};
use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::pipeline::Pipeline;
use super::vocabulary::{Counter, Vocabulary};
use super::{
    Cleaning, PADDING, PADDING_ID, TokenizerError, UNKNOWN, UNKNOWN_ID, VocabularyOptions,
    VocabularyStatistics,
};

/// A cleaning and a vocabulary: turns texts into ids.
///
/// Ids: 0 = padding, which no text produces; 1 = unknown; then the tokens of the training texts by falling count,
/// tokens seen equally often in the order of their first appearance. See [`Cleaning`] for what a token is.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    cleaning: Cleaning,
    vocabulary: Vocabulary,
    statistics: Option<VocabularyStatistics>,
}

impl Tokenizer {
    /// A `tokenizer.json` may have so many bytes; 30,000 words make one of 1 MB.
    pub const FILE_LIMIT: u64 = 1 << 30;

    /// Counts the tokens of `texts` and keeps those that `options` asks for.
    pub fn train<'a>(
        cleaning: Cleaning,
        texts: impl IntoIterator<Item = &'a str>,
        options: &VocabularyOptions,
    ) -> Self {
        let mut counter = Counter::new(cleaning);
        texts.into_iter().for_each(|text| counter.add(text));
        let (words, statistics) = counter.finish(options);
        Self {
            cleaning,
            vocabulary: Vocabulary::new(words)
                .expect("counted tokens differ, and no cleaning lets `[PAD]` or `[UNK]` through"),
            statistics: Some(statistics),
        }
    }

    /// A tokenizer over a given list of words, which get the ids 2, 3, ….
    ///
    /// # Errors
    /// [`TokenizerError::Repeated`] if a word occurs twice or is `[PAD]` or `[UNK]`.
    pub fn from_words(
        cleaning: Cleaning,
        words: impl IntoIterator<Item = String>,
    ) -> Result<Self, TokenizerError> {
        Ok(Self {
            cleaning,
            vocabulary: Vocabulary::new(words)?,
            statistics: None,
        })
    }

    /// The ids of `text`; empty for a text without tokens.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        self.encode_into(text, &mut String::new(), &mut ids);
        ids
    }

    /// Appends the ids of `text` to `ids`; `scratch` is working space to reuse from call to call.
    pub fn encode_into(&self, text: &str, scratch: &mut String, ids: &mut Vec<u32>) {
        self.cleaning.for_each_token(text, scratch, |token| {
            ids.push(self.vocabulary.id(token));
        });
    }

    /// The ids of many texts, on all threads of the current rayon pool; the same for any number of them.
    pub fn encode_all<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Vec<Vec<u32>> {
        texts
            .par_iter()
            .map_init(String::new, |scratch, text| {
                let mut ids = Vec::new();
                self.encode_into(text.as_ref(), scratch, &mut ids);
                ids
            })
            .collect()
    }

    /// How texts are cut.
    pub fn cleaning(&self) -> Cleaning {
        self.cleaning
    }

    /// Number of ids, padding and unknown included: the rows an embedding table needs.
    pub fn vocabulary_size(&self) -> usize {
        self.tokens().len()
    }

    /// All tokens; the index is the id.
    pub fn tokens(&self) -> &[String] {
        self.vocabulary.tokens()
    }

    /// The token of `id`.
    pub fn token(&self, id: u32) -> Option<&str> {
        self.tokens().get(id as usize).map(String::as_str)
    }

    /// The id of `token`, `None` if it is not in the vocabulary.
    pub fn id(&self, token: &str) -> Option<u32> {
        match (self.vocabulary.id(token), token) {
            (_, PADDING) => Some(PADDING_ID),
            (_, UNKNOWN) => Some(UNKNOWN_ID),
            (UNKNOWN_ID, _) => None,
            (id, _) => Some(id),
        }
    }

    /// What counting showed; `None` for a loaded tokenizer, since counts are not saved.
    pub fn statistics(&self) -> Option<&VocabularyStatistics> {
        self.statistics.as_ref()
    }

    /// The same tokenizer as an object of the reference library.
    pub fn to_reference(&self) -> tokenizers::Tokenizer {
        Pipeline::of(self.cleaning).with_vocabulary(self.tokens())
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

    /// Reads a `tokenizer.json` that [`Tokenizer::save`] (or the same pipeline elsewhere) wrote.
    ///
    /// # Errors
    /// Every [`TokenizerError`] but `Write`; a changed token is not an error but another [`Tokenizer::sha256`].
    pub fn load(path: &Path) -> Result<Self, TokenizerError> {
        let reading = |source| TokenizerError::Read {
            path: path.to_owned(),
            source,
        };
        let file = std::fs::File::open(path).map_err(reading)?;
        let mut text = Vec::new();
        let read = file.take(Self::FILE_LIMIT + 1).read_to_end(&mut text);
        let bytes = read.map_err(reading)? as u64;
        if bytes > Self::FILE_LIMIT {
            return Err(TokenizerError::TooLarge {
                path: path.to_owned(),
                bytes,
                limit: Self::FILE_LIMIT,
            });
        }
        Self::from_json(&text)
    }

    /// Reads the text of a `tokenizer.json`; see [`Tokenizer::load`].
    ///
    /// # Errors
    /// Those of [`Tokenizer::load`] that concern the contents.
    pub fn from_json(text: &[u8]) -> Result<Self, TokenizerError> {
        let json: Value =
            serde_json::from_slice(text).map_err(|error| TokenizerError::NotJson {
                line: error.line(),
                column: error.column(),
                reason: error.to_string(),
            })?;
        let field =
            |field: &'static str, expected: &'static str, value: &Value| TokenizerError::Field {
                field,
                expected,
                found: value.to_string().chars().take(60).collect(),
            };
        if json["version"] != "1.0" {
            return Err(field("version", "\"1.0\"", &json["version"]));
        }
        for name in ["truncation", "padding", "post_processor", "decoder"] {
            if !json[name].is_null() {
                return Err(field(name, "null", &json[name]));
            }
        }
        if json["added_tokens"]
            .as_array()
            .is_some_and(|a| !a.is_empty())
        {
            return Err(field("added_tokens", "empty", &json["added_tokens"]));
        }
        let model = &json["model"];
        if model["type"] != "WordLevel" {
            return Err(field("model.type", "\"WordLevel\"", &model["type"]));
        }
        if model["unk_token"] != UNKNOWN {
            return Err(field("model.unk_token", "\"[UNK]\"", &model["unk_token"]));
        }
        let Value::Object(entries) = &model["vocab"] else {
            return Err(field(
                "model.vocab",
                "an object of tokens and ids",
                &model["vocab"],
            ));
        };
        let cleaning = Cleaning::ALL.into_iter().find(|&cleaning| {
            let ours = Pipeline::of(cleaning);
            serde_json::to_value(ours.normalizer).is_ok_and(|ours| ours == json["normalizer"])
                && serde_json::to_value(ours.pre_tokenizer)
                    .is_ok_and(|ours| ours == json["pre_tokenizer"])
        });
        let cleaning = cleaning.ok_or_else(|| TokenizerError::ForeignPipeline {
            known: Cleaning::names().join(", "),
        })?;
        Self::from_words(cleaning, words_by_id(entries)?)
    }
}

/// The tokens from id 2 on, after checking that ids are 0, 1, 2, … and that the first two are reserved.
fn words_by_id(entries: &serde_json::Map<String, Value>) -> Result<Vec<String>, TokenizerError> {
    let mut tokens: Vec<Option<&String>> = vec![None; entries.len()];
    for (token, id) in entries {
        let place = id
            .as_u64()
            .and_then(|id| tokens.get_mut(usize::try_from(id).ok()?));
        match place {
            Some(place @ None) => *place = Some(token),
            _ => {
                return Err(TokenizerError::Ids {
                    tokens: entries.len(),
                    token: token.clone(),
                    id: id.to_string(),
                });
            }
        }
    }
    for (id, expected) in [(PADDING_ID, PADDING), (UNKNOWN_ID, UNKNOWN)] {
        let found = tokens.get(id as usize).copied().flatten();
        if found.is_none_or(|found| found != expected) {
            return Err(TokenizerError::Reserved {
                id,
                expected,
                found: found.cloned().unwrap_or_default(),
            });
        }
    }
    Ok(tokens.into_iter().flatten().skip(2).cloned().collect())
}
