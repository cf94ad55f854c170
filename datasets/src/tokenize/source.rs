//! How a tokenizer is come by: by the name of a cleaning or of a kind of subwords, or from a file.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::{Cleaning, SubwordModel, Tokenizer, TokenizerError, VocabularyOptions};

/// Where a tokenizer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenizerSource {
    /// Words cut by a cleaning; those of the training texts are known.
    Cleaning(Cleaning),
    /// Subwords learned from the training texts.
    Subwords(SubwordModel),
    /// A `tokenizer.json` as it is.
    File(PathBuf),
}

/// A name that is no tokenizer and no `.json` file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no tokenizer {name:?}{hint}; choose one of {}, or a file that ends in .json", TokenizerSource::names().join(", "))]
pub struct UnknownTokenizer {
    /// What was asked for.
    pub name: String,
    /// The nearest name, or how to get this one.
    hint: String,
}

impl TokenizerSource {
    /// All names.
    pub fn names() -> Vec<&'static str> {
        let subwords = SubwordModel::ALL.map(SubwordModel::name);
        Cleaning::names().into_iter().chain(subwords).collect()
    }

    /// Makes the tokenizer: learns it from `texts`, or reads its file.
    ///
    /// # Errors
    ///
    /// [`TokenizerError`] of a file.
    pub fn open(
        &self,
        texts: &[&str],
        options: &VocabularyOptions,
    ) -> Result<Tokenizer, TokenizerError> {
        match self {
            Self::Cleaning(cleaning) => {
                Ok(Tokenizer::train(*cleaning, texts.iter().copied(), options))
            }
            Self::Subwords(model) => Ok(Tokenizer::train_subwords(*model, texts, options)),
            Self::File(path) => Tokenizer::load(path),
        }
    }
}

impl FromStr for TokenizerSource {
    type Err = UnknownTokenizer;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if let Ok(cleaning) = name.parse() {
            return Ok(Self::Cleaning(cleaning));
        }
        if let Some(model) = SubwordModel::ALL.into_iter().find(|m| m.name() == name) {
            return Ok(Self::Subwords(model));
        }
        if name.to_lowercase().ends_with(".json") {
            return Ok(Self::File(name.into()));
        }
        let hint = match crate::suggest::nearest(name, Self::names()) {
            Some(nearest) => format!(", did you mean `{nearest}`?"),
            None if name == "jieba" => " in this build (it is the feature `jieba`)".to_owned(),
            None => String::new(),
        };
        Err(UnknownTokenizer {
            name: name.to_owned(),
            hint,
        })
    }
}

impl fmt::Display for TokenizerSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cleaning(cleaning) => cleaning.fmt(f),
            Self::Subwords(model) => f.write_str(model.name()),
            Self::File(path) => path.display().fmt(f),
        }
    }
}
