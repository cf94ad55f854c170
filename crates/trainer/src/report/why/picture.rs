//! Why a picture was answered wrong: the places that the answer hung on.

use datasets::readers::picture::png_pixels;

use super::{Why, Wrong, WrongAnswer};
use crate::base64;
use crate::examples::Images;
use crate::explain::{COVER_CELL, COVER_PATCH, Covered};
use crate::html::Markup;
use crate::prediction::{PredictionError, Predictor};

/// What spoke for the answer and what for the label.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureWhy(Covered);

/// The reason of one picture, a PNG in base64, by its row; none if that is damaged.
pub(super) fn reason(
    predictor: &Predictor,
    wrong: &Wrong<str>,
) -> Result<Option<(usize, Why)>, PredictionError> {
    let png = base64::decode(wrong.input);
    let Some((pixels, [channels, height, width])) = png.and_then(|png| png_pixels(&png)) else {
        return Ok(None);
    };
    let image = Images {
        pixels,
        channels,
        height,
        width,
        labels: vec![0],
    };
    let WrongAnswer::Class(classes) = wrong.answer else {
        return Ok(None); // pictures have one label
    };
    let covered = predictor.covered(&image, classes)?;
    Ok(Some((wrong.row, Why::Picture(PictureWhy(covered)))))
}

/// What the colours mean.
pub(super) fn legend(page: &mut Markup) {
    page.put(
        "<p class=\"soft\">Beside each picture, where the answer hung: around each place {} x {} pixels were covered with the picture&#39;s \
         commonest brightness and the network was asked again. Where that takes from the wrong answer&#39;s score minus the label&#39;s, the \
         place spoke for the <mark class=\"w3\">wrong answer</mark>; where it adds, for the <mark class=\"r3\">label</mark>. Each is a \
         measurement of its own: what places do together is not their sum.</p>",
        &[&COVER_PATCH, &COVER_PATCH],
    );
}

/// The picture once more under the colours of its places, and the most that one of them does.
pub fn show(page: &mut Markup, png: &str, why: &PictureWhy) {
    let PictureWhy(covered) = why;
    let (width, height) = (covered.columns * COVER_CELL, covered.rows * COVER_CELL);
    page.put(
        "<svg class=\"covered\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"what each place spoke for\">\
         <image width=\"{}\" height=\"{}\" href=\"data:image/png;base64,{}\"/>",
        &[&width, &height, &width, &height, &png],
    );
    let most = covered
        .lost
        .iter()
        .fold(0f64, |most, lost| most.max(lost.abs()));
    for (kind, sign) in [('w', 1.0), ('r', -1.0)] {
        for shade in 1..=5 {
            let is_such = |lost: &f64| {
                let depth = 5.0 * sign * lost / most.max(f64::MIN_POSITIVE);
                depth.round() as i64 == shade
            };
            let places = covered.lost.iter().enumerate();
            let mut places = places.filter(|(_, lost)| is_such(lost)).peekable();
            if places.peek().is_none() {
                continue;
            }
            page.put("<path class=\"{}{}\" d=\"", &[&kind, &shade]);
            for (place, _) in places {
                let (x, y) = (place % covered.columns, place / covered.columns);
                page.put(
                    "M{} {}h{}v{}h-{}z",
                    &[
                        &(x * COVER_CELL),
                        &(y * COVER_CELL),
                        &COVER_CELL,
                        &COVER_CELL,
                        &COVER_CELL,
                    ],
                );
            }
            page.put("\"/>", &[]);
        }
    }
    let takes = covered.lost.iter().fold(0f64, |most, lost| most.max(*lost));
    let adds = covered
        .lost
        .iter()
        .fold(0f64, |most, lost| most.max(-*lost));
    page.put(
        "</svg><span class=\"soft\">of {} between the two scores one place takes up to {}, or adds up to {}</span>",
        &[
            &format!("{:.2}", covered.margin),
            &format!("{takes:.2}"),
            &format!("{adds:.2}"),
        ],
    );
}
