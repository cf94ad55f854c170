//! Why an error was made: what in the input spoke for the answer rather than for the label.

pub(super) mod picture;
pub(super) mod text;

use std::collections::BTreeMap;

pub use self::picture::PictureWhy;
pub use self::text::TextWhy;
use super::{Answers, SHOWN};
use crate::html::Markup;
use crate::prediction::{PredictionError, Predictor};
use crate::run_folder::Input;

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
    answer: WrongAnswer,
    input: &'a I,
}

/// What is wrong about the answer.
#[derive(Clone, Copy)]
enum WrongAnswer {
    /// A class in place of the label.
    Class([usize; 2]),
    /// A label that the row does not have.
    Given(usize),
    /// A label that it has.
    Missed(usize),
}

impl WrongAnswer {
    /// What speaks for it, of what speaks for each class.
    fn of(self, class: impl Fn(usize) -> f64) -> f64 {
        match self {
            Self::Class([answer, label]) => class(answer) - class(label),
            Self::Given(label) => class(label),
            Self::Missed(label) => -class(label),
        }
    }

    /// The classes that it is about.
    fn classes(self) -> Vec<usize> {
        match self {
            Self::Class(classes) => classes.into(),
            Self::Given(label) | Self::Missed(label) => vec![label],
        }
    }
}

/// The errors that are shown; of a row with several wrong answers the worst.
fn shown(answers: &Answers) -> Vec<(usize, WrongAnswer)> {
    match answers {
        Answers::One {
            predictions,
            judgement,
        } => {
            let test = &predictions.test;
            let classes =
                |row: usize| [test.predictions[row], test.labels[row]].map(|class| class as usize);
            let rows = judgement.errors.iter().take(SHOWN);
            rows.map(|&row| (row, WrongAnswer::Class(classes(row))))
                .collect()
        }
        Answers::Sets { judgement, .. } => {
            let errors = judgement.errors.iter().take(SHOWN).map(|error| {
                let class = error.class as usize;
                let answer = match error.missed {
                    true => WrongAnswer::Missed(class),
                    false => WrongAnswer::Given(class),
                };
                (error.row, answer)
            });
            errors.collect()
        }
    }
}

/// The reasons of the errors that are shown, by their rows.
///
/// # Errors
/// [`PredictionError`] of a network that cannot be taken apart here.
pub fn reasons(
    predictor: &Predictor,
    answers: &Answers,
) -> Result<BTreeMap<usize, Why>, PredictionError> {
    let (mut texts, mut pictures) = (vec![], vec![]);
    let inputs = match answers {
        Answers::One { predictions, .. } => &predictions.test.inputs,
        Answers::Sets { predictions, .. } => &predictions.test.inputs,
    };
    for (row, answer) in shown(answers) {
        let wrong = |input| Wrong { row, answer, input };
        match inputs.get(&row) {
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
