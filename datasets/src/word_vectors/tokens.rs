//! The tokens that belong to the rows of a numpy array.
//!
//! numpy arrays hold no words; they come with a vocabulary, often as a Python pickle. A pickle is a program, and
//! loading it runs it, so none is ever opened here. Three ways lead to a list of tokens:
//!
//! 1. lines: one token a line, line `i` for row `i`;
//! 2. JSON: a list of tokens, or an object `{"token": row}`;
//! 3. made again from the texts it was made from: [`TokenList::by_falling_count`].
//!
//! For THUCNews (`embedding_Tencent.npz`, `vocab.pkl`) the third way gives the published list exactly: the characters
//! of `train.txt` by falling count, those of equal count by first appearance, then `<UNK>` and `<PAD>`.

use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::{VectorProblem, detect, pickle_advice};
use crate::tokenize::{Cleaning, Tokenizer, VocabularyOptions};

/// The token of each row of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenList {
    tokens: Vec<String>,
}

impl TokenList {
    /// A list may have so many bytes.
    pub const FILE_LIMIT: u64 = 1 << 30;

    /// A list given in memory; `tokens[i]` belongs to row `i`.
    pub fn new(tokens: Vec<String>) -> Self {
        Self { tokens }
    }

    /// Makes the list again from its texts: tokens by falling count, equal counts by first appearance, then `ends`
    /// (for THUCNews `["<UNK>", "<PAD>"]`).
    ///
    /// ```
    /// use datasets::{tokenize::Cleaning, word_vectors::TokenList};
    /// let list = TokenList::by_falling_count(Cleaning::Characters, ["abb", "ca"], &["<UNK>", "<PAD>"]);
    /// assert_eq!(list.tokens(), ["a", "b", "c", "<UNK>", "<PAD>"]);
    /// ```
    pub fn by_falling_count<'a>(
        cleaning: Cleaning,
        texts: impl IntoIterator<Item = &'a str>,
        ends: &[&str],
    ) -> Self {
        let tokenizer = Tokenizer::train(cleaning, texts, &VocabularyOptions::default());
        let counted = tokenizer.tokens().iter().skip(2).cloned();
        Self {
            tokens: counted
                .chain(ends.iter().map(|end| (*end).to_owned()))
                .collect(),
        }
    }

    /// Reads a list of lines or JSON; a JSON file begins with `[` or `{` and is valid JSON.
    ///
    /// # Errors
    /// [`VectorProblem`]: unreadable, too large, a pickle, or JSON of another shape. A text file whose first token is
    /// a bracket but that is not JSON as a whole is read as lines.
    pub fn read(path: &Path) -> Result<Self, VectorProblem> {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?
            .take(Self::FILE_LIMIT + 1)
            .read_to_end(&mut bytes)?;
        if bytes.len() as u64 > Self::FILE_LIMIT {
            return Err(VectorProblem::TokensTooLarge {
                bytes: bytes.len() as u64,
                limit: Self::FILE_LIMIT,
            });
        }
        if detect::is_pickle(&bytes) {
            return Err(VectorProblem::Pickle {
                advice: pickle_advice(path),
            });
        }
        Self::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Result<Self, VectorProblem> {
        let text = std::str::from_utf8(bytes).map_err(|error| VectorProblem::TokensJson {
            reason: format!("not UTF-8 at byte {}", error.valid_up_to()),
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.starts_with(['[', '{'])
            && let Ok(json) = serde_json::from_str(text)
        {
            return Self::from_json(&json);
        }
        // A token may be a blank of any kind: nothing but the end of the line is cut off.
        let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let tokens = lines.map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned());
        Ok(Self {
            tokens: tokens.collect(),
        })
    }

    fn from_json(json: &Value) -> Result<Self, VectorProblem> {
        let wrong = |reason: String| VectorProblem::TokensJson { reason };
        match json {
            Value::Array(list) => {
                let token = |(row, token): (usize, &Value)| {
                    let text = token.as_str().map(str::to_owned);
                    text.ok_or_else(|| wrong(format!("entry {row} is {token}, not a string")))
                };
                let tokens = list
                    .iter()
                    .enumerate()
                    .map(token)
                    .collect::<Result<_, _>>()?;
                Ok(Self { tokens })
            }
            Value::Object(rows) => {
                let mut tokens = vec![None; rows.len()];
                for (token, row) in rows {
                    let place = row.as_u64().and_then(|row| tokens.get_mut(row as usize));
                    match place {
                        Some(place @ None) => *place = Some(token.clone()),
                        _ => {
                            return Err(wrong(format!(
                                "{token:?} has row {row}; the {} rows must be 0, 1, 2, …, each once",
                                rows.len()
                            )));
                        }
                    }
                }
                Ok(Self {
                    tokens: tokens.into_iter().flatten().collect(),
                })
            }
            _ => Err(wrong("JSON, but neither a list nor an object".to_owned())),
        }
    }

    /// The tokens; the index is the row.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }
}
