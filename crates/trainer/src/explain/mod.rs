//! Why a trained network answered as it did.
//!
//! [`Predictor::explain`](crate::prediction::Predictor::explain) takes a text's scores apart into [`Explanation`]s. For a TextCNN
//! that is arithmetic: a score *is* a sum over the n-grams that won its filters, and each of those a sum over its words; what is
//! left over is rounding. For a DPCNN it is an estimate whose remainder is told. [`PictureExplainer`] shows every number of a LeNet-5,
//! [`Predictor::covered`](crate::prediction::Predictor::covered) where in a picture its answer hangs,
//! [`filter_profiles`] what the filters of a TextCNN look for, and [`faithfulness`] measures whether explanations name the words that
//! answers hang on.

mod covered;
mod explanation;
mod faithfulness;
mod filters;
mod line;
mod page;
mod picture;

pub use covered::{COVER_CELL, COVER_PATCH, Covered};
pub use explanation::{Explanation, Given, Method, Ngram, Strongest, Word};
pub use faithfulness::{Areas, Estimate, Faithfulness, ToProbabilities, faithfulness};
pub use filters::{FilterNgram, FilterProfile, filter_profiles};
pub use page::text_page;
pub use picture::{PictureExplainer, PictureExplanation, lenet5_form};
