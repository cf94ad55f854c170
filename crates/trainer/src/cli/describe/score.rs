//! What a linear baseline scores on the dev part of a set that is described. The test part is read once per run, and this is none.

use datasets::{ImageExample, ImageSet, LabelSets, Language, TextExample, TextSet};
use serde_json::{Value, json};

use crate::baseline::{
    BaselineRun, Parts, SetParts, Units, run_pixel_baseline, run_set_baseline, run_text_baseline,
};
use crate::cli::CliError;
use crate::statistics::{LabelSetScores, wilson_interval};

/// Characters of training texts that the baseline learns from: as many as it takes in seconds.
const BASELINE_CHARACTERS: usize = 6_000_000;
/// Pixels of training images, likewise.
const BASELINE_PIXELS: usize = 8_000_000;
/// Where rows have any number of labels, one in so many training texts is held back to choose the cuts on, since dev is judged.
const HELD_BACK_ONE_IN: usize = 5;

/// A score as it is shown.
pub(super) struct Score {
    /// The share of dev rows answered right; where rows have any number of labels, all of them.
    pub accuracy: f64,
    /// All of it in a sentence.
    pub sentence: String,
    /// The same in JSON.
    pub json: Value,
}

impl Score {
    /// The score of `run`, which learned from so many of the training rows with the labels `train`.
    fn of(run: &BaselineRun, learned_from: usize, noun: &str, train: &[u32], dev: &[u32]) -> Self {
        let (right, rows) = (run.matrix.correct(), run.matrix.total());
        let mut counts = vec![0usize; run.matrix.classes()];
        train.iter().for_each(|&label| counts[label as usize] += 1);
        let largest = (0..counts.len()).max_by_key(|&class| (counts[class], counts.len() - class));
        let hits = dev.iter().filter(|&&label| Some(label as usize) == largest);
        let largest = hits.count() as f64 / dev.len().max(1) as f64;
        let accuracy = right as f64 / rows.max(1) as f64;
        let interval = wilson_interval(right, rows);
        Self {
            accuracy,
            sentence: format!(
                "baseline on dev: accuracy {:.2} % (95 % interval {:.2} to {:.2}), macro-F1 {:.2} %; {}, learned from {} in {:.2} s; \
                 always answering the largest class: {:.2} %",
                100.0 * accuracy,
                100.0 * interval.low,
                100.0 * interval.high,
                100.0 * run.matrix.macro_f1(),
                run.name,
                part(learned_from, train.len(), noun),
                run.seconds,
                100.0 * largest,
            ),
            json: json!({
                "name": run.name,
                "part": "dev",
                "accuracy": accuracy,
                "ci95": interval.to_array(),
                "macro_f1": run.matrix.macro_f1(),
                "count": rows,
                "learned_from": learned_from,
                "largest_class": largest,
                "seconds": run.seconds,
            }),
        }
    }
}

/// `4000 of 9000 training texts`
fn part(learned_from: usize, of: usize, noun: &str) -> String {
    match learned_from < of {
        true => format!("{learned_from} of {of} training {noun}"),
        false => format!("{of} training {noun}"),
    }
}

/// Learns from texts of the training part and is judged on the dev part.
pub(super) fn text_baseline(set: &TextSet) -> Result<Score, CliError> {
    let train = sample_of_texts(set);
    let (texts, labels) = texts_and_cells(&train);
    let (dev, dev_labels) = texts_and_cells(&set.split.dev);
    let parts = Parts {
        train: &texts,
        train_labels: &labels,
        test: &dev,
        test_labels: &dev_labels,
        classes: set.labels.len(),
        class_weights: &[],
    };
    let run = run_text_baseline(&parts, units_of(set)).map_err(|e| CliError::failed(&e))?;
    let all: Vec<u32> = set.split.train.iter().map(|row| row.label).collect();
    Ok(Score::of(&run, train.len(), "texts", &all, &dev_labels))
}

/// The same where rows have any number of labels.
pub(super) fn set_baseline(set: &TextSet, sets: &LabelSets) -> Result<Score, CliError> {
    let sampled = sample_of_texts(set);
    let held_back = |number: usize| number % HELD_BACK_ONE_IN == HELD_BACK_ONE_IN - 1;
    let pick = |wanted: bool| -> Vec<TextExample> {
        let rows = sampled.iter().enumerate();
        let rows = rows.filter(|(number, _)| held_back(*number) == wanted);
        rows.map(|(_, row)| row.clone()).collect()
    };
    let [train, cuts] = [pick(false), pick(true)];
    let classes = sets.classes().len();
    let [train, cuts, dev] = [&train[..], &cuts, &set.split.dev].map(|rows| {
        let (texts, cells) = texts_and_cells(rows);
        (texts, sets.truths(&cells))
    });
    let parts = SetParts {
        train: &train.0,
        train_truths: &train.1,
        dev: &cuts.0,
        dev_truths: &cuts.1,
        test: &dev.0,
        classes,
    };
    let units = units_of(set);
    let run = run_set_baseline(&parts, units).map_err(|error| CliError::failed(&error))?;
    let name = format!(
        "tf-idf of {}, one linear SVM a label, its cut chosen on a fifth of the texts",
        units.describe()
    );
    let scores = LabelSetScores::of(classes, &dev.1, &run.predictions);
    // The label of most training rows, given to every row.
    let mut counts = vec![0usize; classes];
    for row in &set.split.train {
        for &class in sets.set(row.label) {
            counts[class as usize] += 1;
        }
    }
    let most = (0..classes).max_by_key(|&class| (counts[class], classes - class));
    let always: Vec<bool> = (0..dev.1.len())
        .map(|place| Some(place % classes) == most)
        .collect();
    let always = LabelSetScores::of(classes, &dev.1, &always).micro_f1();
    let (accuracy, learned_from) = (scores.subset_accuracy(), sampled.len());
    let interval = wilson_interval(scores.exact(), scores.rows());
    Ok(Score {
        accuracy,
        sentence: format!(
            "baseline on dev: micro-F1 {:.4}, macro-F1 {:.4}, all labels right {:.2} % (95 % interval {:.2} to {:.2}); {name}, learned \
             from {} in {:.2} s; always answering the most frequent label: micro-F1 {always:.4}",
            scores.micro_f1(),
            scores.macro_f1(),
            100.0 * accuracy,
            100.0 * interval.low,
            100.0 * interval.high,
            part(learned_from, set.split.train.len(), "texts"),
            run.seconds,
        ),
        json: json!({
            "name": name,
            "part": "dev",
            "accuracy": accuracy,
            "ci95": interval.to_array(),
            "micro_f1": scores.micro_f1(),
            "macro_f1": scores.macro_f1(),
            "count": scores.rows(),
            "learned_from": learned_from,
            "most_frequent_label": always,
            "seconds": run.seconds,
        }),
    })
}

/// The same from images.
pub(super) fn pixel_baseline(set: &ImageSet) -> Result<Score, CliError> {
    let columns = |rows: &[ImageExample]| -> (Vec<Vec<u8>>, Vec<u32>) {
        rows.iter()
            .map(|row| (row.pixels.clone(), row.label))
            .unzip()
    };
    let train = sample(&set.split.train, BASELINE_PIXELS, |row| row.pixels.len());
    let (images, labels) = columns(&train);
    let (dev, dev_labels) = columns(&set.split.dev);
    let parts = Parts {
        train: &images,
        train_labels: &labels,
        test: &dev,
        test_labels: &dev_labels,
        classes: set.labels.len(),
        class_weights: &[],
    };
    let run = run_pixel_baseline(&parts).map_err(|error| CliError::failed(&error))?;
    let all: Vec<u32> = set.split.train.iter().map(|row| row.label).collect();
    Ok(Score::of(&run, train.len(), "images", &all, &dev_labels))
}

fn texts_and_cells(rows: &[TextExample]) -> (Vec<&str>, Vec<u32>) {
    let columns = rows.iter().map(|row| (row.text.as_str(), row.label));
    columns.unzip()
}

fn units_of(set: &TextSet) -> Units {
    match set.language {
        Language::Chinese => Units::Characters,
        Language::English | Language::Other => Units::Words,
    }
}

fn sample_of_texts(set: &TextSet) -> Vec<TextExample> {
    sample(&set.split.train, BASELINE_CHARACTERS, |row| row.text.len())
}

/// The training rows, or of a large set every k-th, so that the baseline takes seconds.
fn sample<T: Clone>(rows: &[T], most: usize, size: impl Fn(&T) -> usize) -> Vec<T> {
    let all: usize = rows.iter().map(size).sum();
    let step = all.div_ceil(most).max(1);
    rows.iter().step_by(step).cloned().collect()
}
