//! A tokenizer of another program, read from its `tokenizer.json` and run by the `tokenizers` library.
//!
//! Its ids are kept, so that word vectors of its own fit. Its padding, its truncation and the marks that it puts around
//! a text (`[CLS]`, `[SEP]`) are left out: documents are ragged here, and `text.max_tokens` cuts them.

use std::ops::Range;

use tokenizers::Model;
use tokenizers::models::ModelWrapper;

use super::TokenizerError;

/// A tokenizer run by the reference library.
#[derive(Clone, Debug)]
pub(super) struct Foreign {
    pub(super) reference: tokenizers::Tokenizer,
    tokens: Vec<String>,
    unknown: Option<u32>,
}

impl Foreign {
    /// Takes over what the library has read; `unknown` is the id that a unigram model's file names.
    ///
    /// # Errors
    ///
    /// If its ids leave more than half of the rows of a table empty, it throws dice, or has no token for what it does not know.
    pub(super) fn adopt(
        reference: tokenizers::Tokenizer,
        unknown: Option<u32>,
    ) -> Result<Self, TokenizerError> {
        let tokens = tokens_by_id(reference.get_vocab(true))?;
        let unknown = unknown_of(reference.get_model())?.or(unknown);
        Ok(Self {
            reference,
            tokens,
            unknown,
        })
    }

    /// The tokens by id; an id without a token has an empty one.
    pub(super) fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// The id of what is not known; `None` where everything is, or is left out.
    pub(super) fn unknown(&self) -> Option<u32> {
        self.unknown
    }

    /// The kind of model.
    pub(super) fn kind(&self) -> &'static str {
        match self.reference.get_model() {
            ModelWrapper::BPE(_) => "BPE",
            ModelWrapper::WordPiece(_) => "WordPiece",
            ModelWrapper::WordLevel(_) => "word-level",
            ModelWrapper::Unigram(_) => "unigram",
        }
    }

    /// The ids of `text`.
    pub(super) fn encode(&self, text: &str) -> Vec<u32> {
        match self.reference.encode_fast(text, false) {
            Ok(encoding) => encoding.get_ids().to_vec(),
            // Checked was all that a model can miss; what it refuses nevertheless is not known.
            Err(_) => self.unknown.into_iter().collect(),
        }
    }

    /// The bytes of `text` that each of the ids stands for.
    pub(super) fn spans(&self, text: &str) -> Vec<Range<usize>> {
        match self.reference.encode(text, false) {
            Ok(encoding) => {
                let spans = encoding.get_offsets().iter();
                spans.map(|&(from, to)| from..to).collect()
            }
            Err(_) => self.unknown.iter().map(|_| 0..text.len()).collect(),
        }
    }
}

/// The tokens of a vocabulary by id; an id without a token has an empty one.
///
/// # Errors
///
/// [`TokenizerError::Ids`] if more than half of the rows would be empty.
pub(super) fn tokens_by_id(
    vocabulary: impl IntoIterator<Item = (String, u32)>,
) -> Result<Vec<String>, TokenizerError> {
    let mut known: Vec<(String, u32)> = vocabulary.into_iter().collect();
    known.sort_unstable_by(|(a, i), (b, j)| (i, a).cmp(&(j, b)));
    let rows = known.last().map_or(0, |(_, id)| *id as usize + 1);
    if rows > 2 * known.len() + 1000 || known.is_empty() {
        let (token, id) = known.pop().unwrap_or_default();
        return Err(TokenizerError::Ids {
            tokens: known.len(),
            token,
            id: id.to_string(),
        });
    }
    let mut tokens = vec![String::new(); rows];
    for (token, id) in known {
        tokens[id as usize] = token;
    }
    Ok(tokens)
}

/// The id of the unknown token, after checking that a model which needs one has it.
pub(super) fn unknown_of(model: &ModelWrapper) -> Result<Option<u32>, TokenizerError> {
    let needed = |token: &str| match model.token_to_id(token) {
        Some(id) => Ok(Some(id)),
        None => Err(TokenizerError::NoUnknown {
            token: token.to_owned(),
        }),
    };
    match model {
        ModelWrapper::BPE(bpe) if bpe.dropout.is_some_and(|p| p > 0.0) => {
            Err(TokenizerError::Field {
                field: "model.dropout",
                expected: "null: the same text must give the same ids",
                found: format!("{:?}", bpe.dropout),
            })
        }
        ModelWrapper::BPE(bpe) => bpe.unk_token.as_deref().map_or(Ok(None), needed),
        ModelWrapper::WordPiece(pieces) => needed(&pieces.unk_token),
        ModelWrapper::WordLevel(words) => needed(&words.unk_token),
        ModelWrapper::Unigram(_) => Ok(None),
    }
}
