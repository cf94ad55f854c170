//! The linear baseline beside a run's score, on the run's own split.
//!
//! It learns from the training and dev parts together: all that the network has seen. One label a row leaves it no choice to make on dev.

use datasets::{LabelSets, Language, TextExample};

use super::RunError;
use crate::assembly::{ImageTask, TextTask};
use crate::baseline::{
    BaselineRun, Parts, SetBaselineRun, SetParts, Units, run_pixel_baseline, run_set_baseline,
    run_text_baseline,
};
use crate::learning::Objective;

/// Fits and judges the text baseline with the class weights of the network's loss.
pub(super) fn of_texts(task: &TextTask, objective: &Objective) -> Result<BaselineRun, RunError> {
    let texts = |parts: &[&[TextExample]]| -> (Vec<String>, Vec<u32>) {
        parts
            .iter()
            .copied()
            .flatten()
            .map(|example| (example.text.clone(), example.label))
            .unzip()
    };
    let (train, train_labels) = texts(&[&task.split.train, &task.split.dev]);
    let (test, test_labels) = texts(&[&task.split.test]);
    let parts = Parts {
        train: &train,
        train_labels: &train_labels,
        test: &test,
        test_labels: &test_labels,
        classes: task.labels.len(),
        class_weights: objective.class_weights.as_deref().unwrap_or_default(),
    };
    run_text_baseline(&parts, units_of(task)).map_err(|e| RunError::Baseline {
        reason: e.to_string(),
    })
}

/// Fits the text baseline where rows may have any number of labels, and answers the test part.
pub(super) fn of_sets(task: &TextTask, sets: &LabelSets) -> Result<SetBaselineRun, RunError> {
    let (train, train_truths) = texts_and_truths(&task.split.train, sets);
    let (dev, dev_truths) = texts_and_truths(&task.split.dev, sets);
    let (test, _) = texts_and_truths(&task.split.test, sets);
    let parts = SetParts {
        train: &train,
        train_truths: &train_truths,
        dev: &dev,
        dev_truths: &dev_truths,
        test: &test,
        classes: sets.classes().len(),
    };
    run_set_baseline(&parts, units_of(task)).map_err(|e| RunError::Baseline {
        reason: e.to_string(),
    })
}

fn texts_and_truths<'a>(rows: &'a [TextExample], sets: &LabelSets) -> (Vec<&'a str>, Vec<bool>) {
    let (texts, cells): (Vec<&str>, Vec<u32>) = rows
        .iter()
        .map(|row| (row.text.as_str(), row.label))
        .unzip();
    (texts, sets.truths(&cells))
}

fn units_of(task: &TextTask) -> Units {
    if task.language == Language::Chinese {
        Units::Characters
    } else {
        Units::Words
    }
}

/// Fits and judges the pixel baseline with the class weights of the network's loss.
pub(super) fn of_images(task: &ImageTask, objective: &Objective) -> Result<BaselineRun, RunError> {
    let train: Vec<&[u8]> = task.train.images().chain(task.dev.images()).collect();
    let train_labels = [task.train.labels.as_slice(), &task.dev.labels].concat();
    let test: Vec<&[u8]> = task.test.images().collect();
    let parts = Parts {
        train: &train,
        train_labels: &train_labels,
        test: &test,
        test_labels: &task.test.labels,
        classes: task.labels.len(),
        class_weights: objective.class_weights.as_deref().unwrap_or_default(),
    };
    run_pixel_baseline(&parts).map_err(|e| RunError::Baseline {
        reason: e.to_string(),
    })
}
