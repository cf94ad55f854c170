//! Data sets made from a seed, each to show one idea; they need no file and no network.
//!
//! | set | what is in it | the idea |
//! |---|---|---|
//! | [`digits()`] | handwritten-like digits drawn from strokes, 28 x 28 | a network that saw only these reads real digits |
//! | [`phrases()`] | short phrases whose class lies in the order of the words | a bag of words fails, a convolution does not |
//! | [`long_documents()`] | texts of 200 to 600 words whose class lies in two distant parts | no short window decides; a deep pyramid does |
//!
//! Sample `i` of a set is a pure function of (seed, set, i): the first thousand samples are the same whether a
//! thousand or a million are made, in any order, on any number of threads. All arithmetic is integer or IEEE `+ - * /
//! sqrt` in a fixed order, so the bytes are the same on every machine; a test holds their hashes.

mod digits;
mod draw;
mod long_documents;
mod phrases;

pub use digits::{DIGIT_SIDE, digits};
pub use long_documents::{LONG_DOCUMENT_LABELS, long_documents};
pub use phrases::{PHRASE_LABELS, phrases};

#[cfg(test)]
mod tests;
