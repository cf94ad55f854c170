//! Text to token ids: how a text is cleaned and cut, which tokens are known, and the saved tokenizer.
//!
//! ```text
//! text --Cleaning--> tokens --Vocabulary--> ids      0 = padding (never produced), 1 = unknown, 2.. = words by falling count
//! ```
//!
//! Or by subwords ([`SubwordModel`]), or as the `tokenizer.json` of another program says; [`TokenizerSource`] chooses.
//! [`Tokenizer::spans`] tells where each token stands.
//!
//! A [`Tokenizer`] is *defined* by the Hugging Face `tokenizers` pipeline it saves as `tokenizer.json` (normalizers,
//! a pre-tokenizer and a model); any program that reads that format gets the same ids. Training and
//! encoding use hand-written loops over the same definition, because the general pipeline keeps byte offsets for
//! every character and allocates per token: it is for the tests to show that both give the same ids.
//!
//! ```
//! use datasets::tokenize::{Cleaning, Tokenizer, VocabularyOptions};
//!
//! let texts = ["Good, not bad", "not good"];
//! let tokenizer = Tokenizer::train(Cleaning::KimWords { lowercase: true }, texts, &VocabularyOptions::default());
//! assert_eq!(tokenizer.tokens(), ["[PAD]", "[UNK]", "good", "not", ",", "bad"]);
//! assert_eq!(tokenizer.encode("bad, really bad!"), [5, 4, 1, 5, 1]);
//! ```

mod cleaning;
mod error;
mod foreign;
#[cfg(feature = "jieba")]
mod jieba;
mod kinds;
mod merges;
mod pipeline;
mod saved;
mod source;
mod spans;
mod subwords;
mod tokenizer;
mod vocabulary;
mod words;

pub use cleaning::{Cleaning, UnknownCleaning};
pub use error::TokenizerError;
pub use source::{TokenizerSource, UnknownTokenizer};
pub use subwords::SubwordModel;
pub use tokenizer::Tokenizer;
pub use vocabulary::{
    PADDING, PADDING_ID, UNKNOWN, UNKNOWN_ID, VocabularyOptions, VocabularyStatistics,
};

#[cfg(test)]
mod subword_tests;
#[cfg(test)]
mod tests;
