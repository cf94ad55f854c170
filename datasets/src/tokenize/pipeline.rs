//! Each cleaning as a Hugging Face `tokenizers` pipeline: the definition that is saved and that others can load.

use tokenizers::models::ModelWrapper;
use tokenizers::models::wordlevel::WordLevel;
use tokenizers::normalizers::{Lowercase, NormalizerWrapper, Replace, Sequence as Normalizers};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::pre_tokenizers::sequence::Sequence as PreTokenizers;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::pre_tokenizers::whitespace::WhitespaceSplit;
use tokenizers::{SplitDelimiterBehavior, normalizers::replace::ReplacePattern};

use super::{Cleaning, SubwordModel, UNKNOWN, subwords, words};

/// Any character, as every engine of regular expressions writes it.
pub(super) const CHARACTER: &str = r"[\s\S]";
/// The same as it was written before: Python's engine does not read it.
pub(super) const OLD_CHARACTER: &str = "(?s:.)";

/// What stands between words that were cut by jieba before, and blanks.
pub(super) const JIEBA_BETWEEN: &str = r"[\x{1F}\s]+";

/// The pipeline without a vocabulary.
pub(super) struct Pipeline {
    pub(super) normalizer: Option<NormalizerWrapper>,
    pub(super) pre_tokenizer: PreTokenizerWrapper,
}

impl Pipeline {
    pub(super) fn of(cleaning: Cleaning) -> Self {
        let kims_characters = regex_replace(r"[^A-Za-z0-9(),!?'`]", " ");
        let lowercase = NormalizerWrapper::Lowercase(Lowercase);
        let at_blanks = PreTokenizerWrapper::WhitespaceSplit(WhitespaceSplit);
        let (normalizers, pre_tokenizer) = match cleaning {
            Cleaning::KimWords { lowercase: lower } => {
                let mut normalizers = vec![kims_characters];
                for contraction in ["'s", "'ve", "n't", "'re", "'d", "'ll"] {
                    normalizers.push(replace(contraction, &format!(" {contraction}")));
                }
                for mark in [",", "!", "(", ")", "?"] {
                    normalizers.push(replace(mark, &format!(" {mark} ")));
                }
                if lower {
                    normalizers.push(lowercase);
                }
                (normalizers, at_blanks)
            }
            Cleaning::SstWords => (vec![kims_characters, lowercase], at_blanks),
            Cleaning::ImdbWords => (
                vec![replace("<br />", " "), lowercase],
                matches_of("[a-z0-9']+"),
            ),
            Cleaning::Words => (
                words_folded(),
                PreTokenizerWrapper::Sequence(PreTokenizers::new(vec![
                    matches_of(&words::PATTERN),
                    cut_around(words::CONTRACTION),
                ])),
            ),
            Cleaning::Characters => (vec![], cut_around(CHARACTER)),
            #[cfg(feature = "jieba")]
            Cleaning::Jieba => (
                vec![lowercase],
                split(JIEBA_BETWEEN, SplitDelimiterBehavior::Removed, false),
            ),
        };
        let normalizer = (!normalizers.is_empty())
            .then(|| NormalizerWrapper::Sequence(Normalizers::new(normalizers)));
        Self {
            normalizer,
            pre_tokenizer,
        }
    }

    pub(super) fn of_subwords(model: SubwordModel) -> Self {
        let runs = matches_of(&words::RUN_PATTERN);
        let pre_tokenizer = match model {
            SubwordModel::WordPiece => runs,
            SubwordModel::Bpe => {
                let mark = Metaspace::new(subwords::START, PrependScheme::Always, false);
                let mark = PreTokenizerWrapper::Metaspace(mark);
                PreTokenizerWrapper::Sequence(PreTokenizers::new(vec![runs, mark]))
            }
        };
        Self {
            normalizer: Some(NormalizerWrapper::Sequence(
                Normalizers::new(words_folded()),
            )),
            pre_tokenizer,
        }
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
    let mut tokenizer = tokenizers::Tokenizer::new(model);
    tokenizer
        .with_normalizer(pipeline.normalizer)
        .expect("no truncation is set that a normalizer could disagree with");
    tokenizer.with_pre_tokenizer(Some(pipeline.pre_tokenizer));
    tokenizer
}

/// The folding of words and subwords.
fn words_folded() -> Vec<NormalizerWrapper> {
    vec![
        replace("\u{2019}", "'"),
        NormalizerWrapper::Lowercase(Lowercase),
    ]
}

fn replace(from: &str, to: &str) -> NormalizerWrapper {
    let pattern = ReplacePattern::String(from.to_owned());
    NormalizerWrapper::Replace(Replace::new(pattern, to).expect("the pattern is a constant"))
}

fn regex_replace(from: &str, to: &str) -> NormalizerWrapper {
    let pattern = ReplacePattern::Regex(from.to_owned());
    NormalizerWrapper::Replace(Replace::new(pattern, to).expect("the pattern is a constant"))
}

/// Keeps the matches as tokens and drops what lies between.
fn matches_of(pattern: &str) -> PreTokenizerWrapper {
    split(pattern, SplitDelimiterBehavior::Removed, true)
}

/// Keeps matches and what lies between, each a token.
fn cut_around(pattern: &str) -> PreTokenizerWrapper {
    split(pattern, SplitDelimiterBehavior::Isolated, false)
}

fn split(pattern: &str, behavior: SplitDelimiterBehavior, invert: bool) -> PreTokenizerWrapper {
    let pattern = SplitPattern::Regex(pattern.to_owned());
    let split = Split::new(pattern, behavior, invert).expect("the pattern is a constant");
    PreTokenizerWrapper::Split(split)
}
