//! The report of a run whose rows may have any number of labels: what it has in place of one class's scores, confusions and errors.

mod errors;
mod judgement;
mod labels;
mod scores;

pub use judgement::{SetAnswers, SetError, SetJudgement, SuspectedAnswer};

pub(super) use scores::{card, tiles};

use super::{Material, calibration, curves};
use crate::html::Markup;
use crate::run_folder::Predictions;

/// The sections between the tiles and the data; `rows` of each list of examples.
pub(super) fn sections(
    page: &mut Markup,
    material: &Material,
    predictions: &Predictions<Vec<u32>>,
    judgement: &SetJudgement,
    rows: usize,
) {
    scores::section(page, material, judgement);
    curves::section(page, material);
    labels::table(page, material, predictions);
    labels::together(page, material, predictions);
    calibration::section(
        page,
        material.result.test.loss,
        (&judgement.reliability, judgement.scaled.as_ref()),
        &calibration::LABELS,
    );
    errors::worst(page, material, (predictions, judgement), rows);
    errors::suspected(page, material, (predictions, judgement), rows);
}
