//! What can be wrong with a saved tokenizer, and how to mend it.

use std::path::PathBuf;

/// Why a `tokenizer.json` could not be read, understood or written.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// The file could not be opened or read.
    #[error("cannot read the tokenizer {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file could not be written; an older file of that name is left as it was.
    #[error("cannot write the tokenizer {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is longer than any tokenizer this library writes.
    #[error(
        "{path} has {bytes} bytes, more than the {limit} a tokenizer.json may have: is it the right file?"
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// The text is not JSON.
    #[error(
        "not a tokenizer.json: line {line}, column {column}: {reason}; the file is damaged or another file was named"
    )]
    NotJson {
        /// Line of the first error, from 1.
        line: usize,
        /// Column of the first error, from 1.
        column: usize,
        /// What the JSON reader said.
        reason: String,
    },
    /// The JSON lacks a field, or holds something else in it.
    #[error("tokenizer.json: `{field}` should be {expected}, found {found}")]
    Field {
        /// Path of the field, as in `model.type`.
        field: &'static str,
        /// What belongs there.
        expected: &'static str,
        /// What is there (shortened).
        found: String,
    },
    /// The file was saved by a build with a feature that this one lacks.
    #[error(
        "tokenizer.json: it cuts by {feature}, which this build does not have: build with the feature `{feature}`"
    )]
    NotBuilt {
        /// The feature of this crate.
        feature: &'static str,
    },
    /// The `tokenizers` library does not read the file.
    #[error("tokenizer.json: the `tokenizers` library does not read it: {reason}")]
    Foreign {
        /// Its words.
        reason: String,
    },
    /// A model that needs a token for what it does not know, without one.
    #[error(
        "tokenizer.json: the vocabulary lacks the unknown token {token:?} that the model names"
    )]
    NoUnknown {
        /// What it is called.
        token: String,
    },
    /// The ids of the vocabulary are not 0, 1, 2, … without a gap.
    #[error(
        "tokenizer.json: the vocabulary's {tokens} tokens must have the ids from 0 on, each once; {token:?} has {id}"
    )]
    Ids {
        /// Number of entries.
        tokens: usize,
        /// The first token found out of line.
        token: String,
        /// Its id.
        id: String,
    },
    /// Padding or unknown are not where the networks expect them.
    #[error("tokenizer.json: id {id} must be {expected:?}, found {found:?}")]
    Reserved {
        /// 0 or 1.
        id: u32,
        /// `[PAD]` or `[UNK]`.
        expected: &'static str,
        /// The token there.
        found: String,
    },
    /// A token occurs twice in a list of tokens.
    #[error(
        "token {token:?} stands in the list twice, as number {first} and as number {second}; ids must be unique"
    )]
    Repeated {
        /// The token.
        token: String,
        /// Its first place in the list, from 0.
        first: usize,
        /// Its second place.
        second: usize,
    },
}
