//! Why an error was made: what in the input spoke for the answer rather than for the label.

pub(super) mod picture;
pub(super) mod text;

use std::collections::BTreeMap;

pub use self::picture::PictureWhy;
pub use self::text::TextWhy;
use super::{Judgement, SHOWN};
use crate::html::Markup;
use crate::prediction::{PredictionError, Predictor};
use crate::run_folder::{Input, PartAnswers};

/// What spoke for the answer and what for the label.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// The words of a text.
    Text(TextWhy),
    /// The places of a picture.
    Picture(PictureWhy),
}

/// A row that was answered wrong, with what it holds.
struct Wrong<'a, I: ?Sized> {
    row: usize,
    /// The wrong answer and the label.
    classes: [usize; 2],
    input: &'a I,
}

/// The reasons of the errors that are shown, by their rows.
///
/// # Errors
/// [`PredictionError`] of a network that cannot be taken apart here.
pub fn reasons(
    predictor: &Predictor,
    test: &PartAnswers,
    judgement: &Judgement,
) -> Result<BTreeMap<usize, Why>, PredictionError> {
    let (mut texts, mut pictures) = (vec![], vec![]);
    for &row in judgement.errors.iter().take(SHOWN) {
        let classes = [test.predictions[row], test.labels[row]].map(|class| class as usize);
        let wrong = |input| Wrong {
            row,
            classes,
            input,
        };
        match test.inputs.get(&row) {
            Some(Input::Text(text)) => texts.push(wrong(text.as_str())),
            Some(Input::Image(png)) => pictures.push(wrong(png.as_str())),
            None => {}
        }
    }
    let mut reasons = text::reasons(predictor, &texts)?;
    for wrong in &pictures {
        reasons.extend(picture::reason(predictor, wrong)?);
    }
    Ok(reasons)
}

/// What the colours of these reasons mean.
pub(super) fn legend(page: &mut Markup, reasons: &BTreeMap<usize, Why>) {
    match reasons.values().next() {
        None => {}
        Some(Why::Text(why)) => text::legend(page, why, reasons.len()),
        Some(Why::Picture(_)) => picture::legend(page),
    }
}
