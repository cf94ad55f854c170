//! Each cleaning as a Hugging Face `tokenizers` pipeline: the definition that is saved and that others can load.
//!
//! It is written down as it stands in `tokenizer.json`. So a file is compared with every known pipeline without compiling
//! one pattern: that takes the library 20 ms, as long as all else of an answer to one line.

use serde_json::{Value, json};
use tokenizers::models::ModelWrapper;
use tokenizers::models::wordlevel::WordLevel;
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;

use super::{Cleaning, SubwordModel, UNKNOWN, subwords, words};

/// Any character, as every engine of regular expressions writes it.
pub(super) const CHARACTER: &str = r"[\s\S]";
/// The same as it was written before: Python's engine does not read it.
pub(super) const OLD_CHARACTER: &str = "(?s:.)";

/// What stands between words that were cut by jieba before, and blanks.
pub(super) const JIEBA_BETWEEN: &str = r"[\x{1F}\s]+";

/// The pipeline without a vocabulary, as `tokenizer.json` has it.
pub(super) struct Pipeline {
    normalizer: Value,
    pre_tokenizer: Value,
}

impl Pipeline {
    pub(super) fn of(cleaning: Cleaning) -> Self {
        let kims_characters = || replace("Regex", r"[^A-Za-z0-9(),!?'`]", " ");
        let at_blanks = json!({ "type": "WhitespaceSplit" });
        let (normalizers, pre_tokenizer) = match cleaning {
            Cleaning::KimWords { lowercase: lower } => {
                let mut normalizers = vec![kims_characters()];
                for contraction in ["'s", "'ve", "n't", "'re", "'d", "'ll"] {
                    normalizers.push(replace("String", contraction, &format!(" {contraction}")));
                }
                for mark in [",", "!", "(", ")", "?"] {
                    normalizers.push(replace("String", mark, &format!(" {mark} ")));
                }
                if lower {
                    normalizers.push(lowercase());
                }
                (normalizers, at_blanks)
            }
            Cleaning::SstWords => (vec![kims_characters(), lowercase()], at_blanks),
            Cleaning::ImdbWords => (
                vec![replace("String", "<br />", " "), lowercase()],
                matches_of("[a-z0-9']+"),
            ),
            Cleaning::Words => {
                let contractions = cut_around(words::CONTRACTION);
                let cuts = vec![matches_of(&words::PATTERN), contractions];
                (words_folded(), one_after_another(cuts))
            }
            Cleaning::Characters => (vec![], cut_around(CHARACTER)),
            #[cfg(feature = "jieba")]
            Cleaning::Jieba => (vec![lowercase()], split(JIEBA_BETWEEN, "Removed", false)),
        };
        Self {
            normalizer: match normalizers.is_empty() {
                true => Value::Null,
                false => json!({ "type": "Sequence", "normalizers": normalizers }),
            },
            pre_tokenizer,
        }
    }

    pub(super) fn of_subwords(model: SubwordModel) -> Self {
        let runs = matches_of(&words::RUN_PATTERN);
        let pre_tokenizer = match model {
            SubwordModel::WordPiece => runs,
            SubwordModel::Bpe => {
                let mark = json!({
                    "type": "Metaspace", "replacement": subwords::START, "prepend_scheme": "always", "split": false,
                });
                one_after_another(vec![runs, mark])
            }
        };
        Self {
            normalizer: json!({ "type": "Sequence", "normalizers": words_folded() }),
            pre_tokenizer,
        }
    }

    /// Whether a `tokenizer.json` cuts as this does.
    pub(super) fn is_that_of(&self, file: &Value) -> bool {
        file["normalizer"] == self.normalizer && file["pre_tokenizer"] == self.pre_tokenizer
    }

    /// The whole tokenizer; `tokens[id]` is the token of `id`.
    pub(super) fn with_vocabulary(self, tokens: &[String]) -> tokenizers::Tokenizer {
        let ids = tokens.iter().cloned().zip(0u32..).collect();
        let model = WordLevel::builder()
            .vocab(ids)
            .unk_token(UNKNOWN.to_owned())
            .build()
            .expect("only reading a vocabulary file can fail");
        assembled(self, ModelWrapper::WordLevel(model))
    }
}

/// A pipeline and a model.
pub(super) fn assembled(pipeline: Pipeline, model: ModelWrapper) -> tokenizers::Tokenizer {
    const KNOWN: &str = "the definitions are the library's own names";
    let mut tokenizer = tokenizers::Tokenizer::new(model);
    let normalizer: Option<NormalizerWrapper> =
        serde_json::from_value(pipeline.normalizer).expect(KNOWN);
    let pre_tokenizer: PreTokenizerWrapper =
        serde_json::from_value(pipeline.pre_tokenizer).expect(KNOWN);
    tokenizer
        .with_normalizer(normalizer)
        .expect("no truncation is set that a normalizer could disagree with");
    tokenizer.with_pre_tokenizer(Some(pre_tokenizer));
    tokenizer
}

/// The folding of words and subwords.
fn words_folded() -> Vec<Value> {
    vec![replace("String", "\u{2019}", "'"), lowercase()]
}

fn lowercase() -> Value {
    json!({ "type": "Lowercase" })
}

/// `kind` is `String` or `Regex`.
fn replace(kind: &str, from: &str, to: &str) -> Value {
    json!({ "type": "Replace", "pattern": { kind: from }, "content": to })
}

/// Keeps the matches as tokens and drops what lies between.
fn matches_of(pattern: &str) -> Value {
    split(pattern, "Removed", true)
}

/// Keeps matches and what lies between, each a token.
fn cut_around(pattern: &str) -> Value {
    split(pattern, "Isolated", false)
}

fn split(pattern: &str, behavior: &str, invert: bool) -> Value {
    json!({ "type": "Split", "pattern": { "Regex": pattern }, "behavior": behavior, "invert": invert })
}

fn one_after_another(pre_tokenizers: Vec<Value>) -> Value {
    json!({ "type": "Sequence", "pretokenizers": pre_tokenizers })
}
