//! `cnn data describe`: a set in figures, what in it is worth a look, and a linear baseline's score on its dev part.

use std::io::Write;

use clap::Args;
use datasets::describe::{describe_images, describe_texts};
use datasets::{Kind, Language, OpenOptions, TextExample, TextSet, kind_of, open_image, open_text};
use serde_json::json;

use super::CliError;
use super::options::ReadingArgs;
use crate::baseline::{BaselineRun, Parts, Units, run_text_baseline};
use crate::config::RunConfig;
use crate::statistics::wilson_interval;

/// Characters of training texts that the baseline learns from: as many as it takes in seconds.
const BASELINE_CHARACTERS: usize = 6_000_000;

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
    let (description, baseline) = match kind_of(&args.set, &options)? {
        Kind::Image => (describe_images(&open_image(&args.set, &options)?), None),
        Kind::Text => {
            let set = open_text(&args.set, &options)?;
            let wanted = !args.no_baseline && !set.split.dev.is_empty();
            let baseline = wanted.then(|| baseline(&set)).transpose()?;
            (describe_texts(&set), baseline)
        }
    };
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
    largest: f64,
}

impl Score {
    fn right(&self) -> (u64, u64) {
        let matrix = &self.run.matrix;
        (matrix.correct(), matrix.total())
    }

    fn sentence(&self) -> String {
        let (right, rows) = self.right();
        let interval = wilson_interval(right, rows);
        let part = if self.learned_from < self.of {
            format!("{} of {} training texts", self.learned_from, self.of)
        } else {
            format!("{} training texts", self.of)
        };
        format!(
            "baseline on dev: accuracy {:.2} % (95 % interval {:.2} to {:.2}), macro-F1 {:.2} %; {}, learned from {part} in {:.1} s; \
             always answering the largest class: {:.2} %",
            100.0 * right as f64 / rows.max(1) as f64,
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
            "accuracy": right as f64 / rows.max(1) as f64,
            "ci95": wilson_interval(right, rows).to_array(),
            "macro_f1": self.run.matrix.macro_f1(),
            "count": rows,
            "learned_from": self.learned_from,
            "largest_class": self.largest,
            "seconds": self.run.seconds,
        })
    }
}

/// Learns on the training part and is judged on the dev part: the test part is read once per run, and this is none.
fn baseline(set: &TextSet) -> Result<Score, CliError> {
    let columns = |rows: &[TextExample]| -> (Vec<String>, Vec<u32>) {
        rows.iter().map(|row| (row.text.clone(), row.label)).unzip()
    };
    let train = sample(&set.split.train);
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
    };
    let run = run_text_baseline(&parts, units).map_err(|error| CliError::failed(&error))?;
    let mut counts = vec![0usize; set.labels.len()];
    for row in &set.split.train {
        counts[row.label as usize] += 1;
    }
    let largest = (0..counts.len()).max_by_key(|&class| (counts[class], counts.len() - class));
    let hits = dev_labels
        .iter()
        .filter(|&&label| Some(label as usize) == largest)
        .count();
    Ok(Score {
        run,
        learned_from: train.len(),
        of: set.split.train.len(),
        largest: hits as f64 / dev_labels.len().max(1) as f64,
    })
}

/// The training rows, or of a large set every k-th, so that the baseline takes seconds.
fn sample(rows: &[TextExample]) -> Vec<TextExample> {
    let characters: usize = rows.iter().map(|row| row.text.len()).sum();
    let step = characters.div_ceil(BASELINE_CHARACTERS).max(1);
    rows.iter().step_by(step).cloned().collect()
}
