//! Reading a `tokenizer.json`: one that was saved here, or one of another program.

use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use tokenizers::Model;
use tokenizers::models::ModelWrapper;

use super::foreign::{self, Foreign};
use super::pipeline::{CHARACTER, JIEBA_BETWEEN, OLD_CHARACTER, Pipeline};
use super::subwords::Subwords;
use super::tokenizer::Kind;
use super::{
    Cleaning, PADDING, PADDING_ID, SubwordModel, Tokenizer, TokenizerError, UNKNOWN, UNKNOWN_ID,
};

impl Tokenizer {
    /// Reads a `tokenizer.json`: of [`Tokenizer::save`], or any that the `tokenizers` library reads. Of another program's
    /// the padding, the truncation and the marks around a text (`[CLS]`, `[SEP]`) are left out.
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
        let mut json: Value =
            serde_json::from_slice(text).map_err(|error| TokenizerError::NotJson {
                line: error.line(),
                column: error.column(),
                reason: error.to_string(),
            })?;
        if json["version"] != "1.0" {
            return Err(field("version", "\"1.0\"", &json["version"]));
        }
        if let Some(pattern) = json.pointer_mut("/pre_tokenizer/pattern/Regex")
            && *pattern == OLD_CHARACTER
        {
            *pattern = CHARACTER.into();
        }
        let mut cleanings = Cleaning::ALL.into_iter();
        let cleaning = cleanings.find(|cleaning| Pipeline::of(*cleaning).is_that_of(&json));
        if cleaning.is_none() && json["pre_tokenizer"]["pattern"]["Regex"] == JIEBA_BETWEEN {
            return Err(TokenizerError::NotBuilt { feature: "jieba" });
        }
        if let Some(cleaning) = cleaning
            && json["model"]["type"] == "WordLevel"
            && json["model"]["unk_token"] == UNKNOWN
            && is_none_or_empty(&json["added_tokens"])
        {
            let Value::Object(entries) = &json["model"]["vocab"] else {
                let expected = "an object of tokens and ids";
                return Err(field("model.vocab", expected, &json["model"]["vocab"]));
            };
            return Self::from_words(cleaning, words_by_id(entries)?);
        }
        check_merges(&json["model"])?;
        let mut kinds = SubwordModel::ALL.into_iter();
        if let Some(kind) = kinds.find(|kind| Pipeline::of_subwords(*kind).is_that_of(&json))
            && is_none_or_empty(&json["added_tokens"])
            && json["decoder"].is_null()
            && let Some(subwords) = subwords(kind, &json["model"])?
        {
            return Ok(Kind::Subwords(Box::new(subwords)).into());
        }
        let unknown = json["model"]["unk_id"].as_u64();
        if let Value::Object(fields) = &mut json {
            for name in ["truncation", "padding", "post_processor"] {
                fields.insert(name.to_owned(), Value::Null);
            }
        }
        let reference: tokenizers::Tokenizer = serde_json::from_value(json).map_err(refused)?;
        let foreign = Foreign::adopt(reference, unknown.and_then(|id| u32::try_from(id).ok()))?;
        Ok(Kind::Foreign(Box::new(foreign)).into())
    }
}

/// The subwords of a file that cuts as ours do, if its model is one that could have been trained here.
fn subwords(kind: SubwordModel, model: &Value) -> Result<Option<Subwords>, TokenizerError> {
    let model = ModelWrapper::deserialize(model).map_err(refused)?;
    foreign::unknown_of(&model)?;
    let tokens = foreign::tokens_by_id(model.get_vocab())?;
    let reserved = tokens.first().is_some_and(|token| token == PADDING)
        && tokens.get(1).is_some_and(|token| token == UNKNOWN);
    let subwords = Subwords::from_model(model, tokens);
    Ok(subwords.filter(|subwords| reserved && subwords.kind == kind))
}

fn refused(error: serde_json::Error) -> TokenizerError {
    TokenizerError::Foreign {
        reason: error.to_string(),
    }
}

fn field(field: &'static str, expected: &'static str, value: &Value) -> TokenizerError {
    TokenizerError::Field {
        field,
        expected,
        found: value.to_string().chars().take(60).collect(),
    }
}

fn is_none_or_empty(list: &Value) -> bool {
    list.as_array().is_none_or(Vec::is_empty)
}

/// The library believes that a merge of byte-pair encoding spells a token of the vocabulary; so this is looked at before.
fn check_merges(model: &Value) -> Result<(), TokenizerError> {
    let (Some(merges), Some(vocabulary)) = (model["merges"].as_array(), model["vocab"].as_object())
    else {
        return Ok(());
    };
    let prefix = model["continuing_subword_prefix"].as_str().unwrap_or("");
    for merge in merges {
        let pair = match merge {
            Value::String(pair) => pair.split_once(' '),
            Value::Array(pair) => match pair.as_slice() {
                [Value::String(a), Value::String(b)] => Some((a.as_str(), b.as_str())),
                _ => None,
            },
            _ => None,
        };
        // A second piece is written with the prefix, of which the library takes the length off.
        let spelled = pair.and_then(|(a, b)| Some(format!("{a}{}", b.get(prefix.len()..)?)));
        if spelled.is_none_or(|spelled| !vocabulary.contains_key(&spelled)) {
            return Err(field(
                "model.merges",
                "pairs of tokens that make a token",
                merge,
            ));
        }
    }
    Ok(())
}

/// The model's tokens from id 2 on, after checking that ids are 0, 1, 2, … and that the first two are reserved.
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
