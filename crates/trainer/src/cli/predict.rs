//! `cnn predict`: texts or images in, one JSON line each out.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use datasets::readers::picture::read_picture;
use datasets::{Framing, IMAGE_SIDE, Limits};
use serde_json::{Map, Value, json};

use super::CliError;
use super::inputs::{InputArgs, for_each_chunk};
use super::options::MachineArgs;
use crate::examples::Images;
use crate::prediction::{Prediction, Predictor};

/// Options of `predict`.
#[derive(Args, Debug)]
pub struct PredictArgs {
    /// Folder of the trained network
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    #[command(flatten)]
    inputs: InputArgs,
    #[command(flatten)]
    pub(super) machine: MachineArgs,
    /// Print no remarks on stderr
    #[arg(long)]
    quiet: bool,
}

/// Runs the command.
pub fn run(args: PredictArgs) -> Result<(), CliError> {
    let machine = args.machine.open()?;
    let predictor = Predictor::open(&args.run, &machine)?;
    for_each_chunk(&args.inputs, args.quiet, |inputs| {
        if predictor.config.model.reads_images() {
            answer_images(&predictor, &inputs, args.quiet)
        } else {
            answer_texts(&predictor, &inputs)
        }
    })
}

fn answer_texts(predictor: &Predictor, texts: &[String]) -> Result<(), CliError> {
    let predictions = predictor.texts(texts)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (text, prediction) in texts.iter().zip(&predictions) {
        let mut line = answer_line("text", text, predictor, prediction);
        line.insert("tokens".into(), json!(prediction.tokens));
        line.insert("unknown".into(), json!(prediction.unknown));
        line.insert("truncated".into(), json!(prediction.truncated));
        writeln!(out, "{}", Value::Object(line))?;
    }
    Ok(out.flush()?)
}

fn answer_images(predictor: &Predictor, paths: &[String], quiet: bool) -> Result<(), CliError> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for path in paths {
        let image = read_picture(
            Path::new(path),
            None,
            Framing::default(),
            &Limits::default(),
        )
        .map_err(|e| CliError::failed(&e))?;
        let conversion = image.conversion.to_string();
        if !quiet {
            eprintln!("{path}: {conversion}");
        }
        let images = Images {
            pixels: image.pixels,
            height: IMAGE_SIDE,
            width: IMAGE_SIDE,
            labels: vec![0],
        };
        let prediction = &predictor.images(&images)?[0];
        let mut line = answer_line("image", path, predictor, prediction);
        line.insert("conversion".into(), json!(conversion));
        writeln!(out, "{}", Value::Object(line))?;
    }
    Ok(out.flush()?)
}

fn answer_line(
    kind: &str,
    input: &str,
    predictor: &Predictor,
    prediction: &Prediction,
) -> Map<String, Value> {
    let named = predictor.labels.iter().zip(&prediction.probabilities);
    let probabilities: Map<String, Value> =
        named.map(|(label, p)| (label.clone(), json!(p))).collect();
    let mut line = Map::new();
    line.insert(kind.into(), json!(input));
    line.insert("label".into(), json!(predictor.labels[prediction.class]));
    line.insert(
        "probability".into(),
        json!(prediction.probabilities[prediction.class]),
    );
    line.insert("probabilities".into(), Value::Object(probabilities));
    line
}
