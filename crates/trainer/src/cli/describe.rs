//! `cnn data describe`: a set in figures, what in it is worth a look, and a linear baseline's score on its dev part.

use std::io::Write;

use clap::Args;
use datasets::describe::{describe_images, describe_texts, telling_columns};
use datasets::{
    ImageExample, ImageSet, Kind, Language, OpenOptions, TextExample, TextSet, kind_of, open_image,
    open_text,
};
use serde_json::json;

use super::CliError;
use super::options::ReadingArgs;
use crate::baseline::{BaselineRun, Parts, Units, run_pixel_baseline, run_text_baseline};
use crate::config::RunConfig;
use crate::statistics::wilson_interval;

/// Characters of training texts that the baseline learns from: as many as it takes in seconds.
const BASELINE_CHARACTERS: usize = 6_000_000;
/// Pixels of training images, likewise.
const BASELINE_PIXELS: usize = 8_000_000;

/// Arguments of `data describe`.
#[derive(Args, Debug)]
pub struct DescribeArgs {
    /// Name of a known set, or a path
    set: String,
    /// Seed of a generated set, and of a split that is cut here
    #[arg(long, value_name = "N", default_value_t = RunConfig::DEFAULT_SEED)]
    seed: u64,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Leave out the linear baseline
    #[arg(long)]
    no_baseline: bool,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// Runs the command.
pub fn run(args: DescribeArgs) -> Result<(), CliError> {
    let options = OpenOptions {
        seed: args.seed,
        ..args.reading.open_options()
    };
    let (mut description, baseline, columns) = match kind_of(&args.set, &options)? {
        Kind::Image => {
            let set = open_image(&args.set, &options)?;
            let wanted = !args.no_baseline && !set.split.dev.is_empty();
            let score = wanted.then(|| pixel_baseline(&set)).transpose()?;
            (describe_images(&set), score, Vec::new())
        }
        Kind::Text => {
            let set = open_text(&args.set, &options)?;
            let wanted = !args.no_baseline && !set.split.dev.is_empty();
            let score = wanted.then(|| text_baseline(&set)).transpose()?;
            let columns = telling_columns(&args.set, &set, &options)?;
            (describe_texts(&set), score, columns)
        }
    };
    // A column that tells the label better than the texts do is one to know of.
    let accuracy = baseline.as_ref().map(Score::accuracy);
    let leaks = columns.iter().filter_map(|column| column.finding(accuracy));
    description.findings.extend(leaks);
    let mut out = std::io::stdout().lock();
    if args.json {
        let failed = |error: serde_json::Error| CliError::Failed(error.to_string());
        let mut object = serde_json::to_value(&description).map_err(failed)?;
        object["baseline"] = baseline.map_or(serde_json::Value::Null, |score| score.json());
        writeln!(out, "{object}")?;
    } else {
        writeln!(out, "{description}")?;
        if let Some(score) = baseline {
            writeln!(out, "\n{}", score.sentence())?;
        }
    }
    Ok(out.flush()?)
}

/// A baseline's score on the dev part.
struct Score {
    run: BaselineRun,
    learned_from: usize,
    of: usize,
    noun: &'static str,
    largest: f64,
}

impl Score {
    /// The score of `run`, which learned from so many of the training rows with the labels `train`.
    fn of(
        run: BaselineRun,
        learned_from: usize,
        noun: &'static str,
        train: &[u32],
        dev: &[u32],
    ) -> Self {
        let mut counts = vec![0usize; run.matrix.classes()];
        train.iter().for_each(|&label| counts[label as usize] += 1);
        let largest = (0..counts.len()).max_by_key(|&class| (counts[class], counts.len() - class));
        let hits = dev
            .iter()
            .filter(|&&label| Some(label as usize) == largest)
            .count();
        Self {
            run,
            learned_from,
            of: train.len(),
            noun,
            largest: hits as f64 / dev.len().max(1) as f64,
        }
    }

    fn accuracy(&self) -> f64 {
        let (right, rows) = self.right();
        right as f64 / rows.max(1) as f64
    }

    fn right(&self) -> (u64, u64) {
        let matrix = &self.run.matrix;
        (matrix.correct(), matrix.total())
    }

    fn sentence(&self) -> String {
        let (right, rows) = self.right();
        let interval = wilson_interval(right, rows);
        let part = if self.learned_from < self.of {
            format!(
                "{} of {} training {}",
                self.learned_from, self.of, self.noun
            )
        } else {
            format!("{} training {}", self.of, self.noun)
        };
        format!(
            "baseline on dev: accuracy {:.2} % (95 % interval {:.2} to {:.2}), macro-F1 {:.2} %; {}, learned from {part} in {:.2} s; \
             always answering the largest class: {:.2} %",
            100.0 * self.accuracy(),
            100.0 * interval.low,
            100.0 * interval.high,
            100.0 * self.run.matrix.macro_f1(),
            self.run.name,
            self.run.seconds,
            100.0 * self.largest,
        )
    }

    fn json(&self) -> serde_json::Value {
        let (right, rows) = self.right();
        json!({
            "name": self.run.name,
            "part": "dev",
            "accuracy": self.accuracy(),
            "ci95": wilson_interval(right, rows).to_array(),
            "macro_f1": self.run.matrix.macro_f1(),
            "count": rows,
            "learned_from": self.learned_from,
            "largest_class": self.largest,
            "seconds": self.run.seconds,
        })
    }
}

/// Learns from texts of the training part and is judged on the dev part: the test part is read once per run, and this is none.
fn text_baseline(set: &TextSet) -> Result<Score, CliError> {
    let columns = |rows: &[TextExample]| -> (Vec<String>, Vec<u32>) {
        rows.iter().map(|row| (row.text.clone(), row.label)).unzip()
    };
    let train = sample(&set.split.train, BASELINE_CHARACTERS, |row| row.text.len());
    let (texts, labels) = columns(&train);
    let (dev, dev_labels) = columns(&set.split.dev);
    let units = match set.language {
        Language::Chinese => Units::Characters,
        Language::English | Language::Other => Units::Words,
    };
    let parts = Parts {
        train: &texts,
        train_labels: &labels,
        test: &dev,
        test_labels: &dev_labels,
        classes: set.labels.len(),
        class_weights: &[],
    };
    let run = run_text_baseline(&parts, units).map_err(|error| CliError::failed(&error))?;
    let all: Vec<u32> = set.split.train.iter().map(|row| row.label).collect();
    Ok(Score::of(run, train.len(), "texts", &all, &dev_labels))
}

/// The same from images.
fn pixel_baseline(set: &ImageSet) -> Result<Score, CliError> {
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
    Ok(Score::of(run, train.len(), "images", &all, &dev_labels))
}

/// The training rows, or of a large set every k-th, so that the baseline takes seconds.
fn sample<T: Clone>(rows: &[T], most: usize, size: impl Fn(&T) -> usize) -> Vec<T> {
    let all: usize = rows.iter().map(size).sum();
    let step = all.div_ceil(most).max(1);
    rows.iter().step_by(step).cloned().collect()
}
