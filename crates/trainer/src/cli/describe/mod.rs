//! `cnn data describe`: a set in figures, what in it is worth a look, and a linear baseline's score on its dev part.

mod score;

use std::io::Write;

use clap::Args;
use datasets::describe::{describe_images, describe_texts, telling_columns};
use datasets::{Kind, OpenOptions, kind_of, open_image, open_text};

use self::score::{pixel_baseline, set_baseline, text_baseline};
use super::CliError;
use super::options::{LabelArgs, ReadingArgs};
use crate::config::RunConfig;

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
    labels: LabelArgs,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// Runs the command.
pub fn run(args: DescribeArgs) -> Result<(), CliError> {
    let options = OpenOptions {
        seed: args.seed,
        label_separator: args.labels.multi_label,
        ..args.reading.open_options()
    };
    let (mut description, baseline, columns) = match kind_of(&args.set, &options)? {
        Kind::Image => {
            if options.label_separator.is_some() {
                let text = "--multi-label is for texts: a picture has the label of its folder";
                return Err(CliError::Usage(text.into()));
            }
            let set = open_image(&args.set, &options)?;
            let wanted = !args.no_baseline && !set.split.dev.is_empty();
            let score = wanted.then(|| pixel_baseline(&set)).transpose()?;
            (describe_images(&set), score, Vec::new())
        }
        Kind::Text => {
            let set = open_text(&args.set, &options)?;
            let wanted = !args.no_baseline && !set.split.dev.is_empty();
            let score = wanted.then(|| match &set.sets {
                Some(sets) => set_baseline(&set, sets),
                None => text_baseline(&set),
            });
            let score = score.transpose()?;
            let columns = telling_columns(&args.set, &set, &options)?;
            (describe_texts(&set), score, columns)
        }
    };
    // A column that tells the label better than the texts do is one to know of.
    let accuracy = baseline.as_ref().map(|score| score.accuracy);
    let leaks = columns.iter().filter_map(|column| column.finding(accuracy));
    description.findings.extend(leaks);
    let mut out = std::io::stdout().lock();
    if args.json {
        let failed = |error: serde_json::Error| CliError::Failed(error.to_string());
        let mut object = serde_json::to_value(&description).map_err(failed)?;
        object["baseline"] = baseline.map_or(serde_json::Value::Null, |score| score.json);
        writeln!(out, "{object}")?;
    } else {
        writeln!(out, "{description}")?;
        if let Some(score) = baseline {
            writeln!(out, "\n{}", score.sentence)?;
        }
    }
    Ok(out.flush()?)
}
