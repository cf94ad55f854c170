//! `cnn predict`: texts or images in, one JSON line each out.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use datasets::readers::picture::read_picture;
use datasets::{Limits, picture_files};
use serde_json::{Map, Value, json};

use super::CliError;
use super::inputs::{InputArgs, for_each_chunk};
use super::options::MachineArgs;
use crate::examples::Images;
use crate::prediction::{Prediction, Predictor};
use crate::run_folder::RunFiles;
use crate::statistics::Temperature;

/// Options of `predict`.
#[derive(Args, Debug)]
pub struct PredictArgs {
    /// Folder of the trained network
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    #[command(flatten)]
    inputs: InputArgs,
    /// Give probabilities at the temperature that was fitted on dev, instead of as the network gives them
    #[arg(long)]
    calibrated: bool,
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
    let temperature = match args.calibrated {
        true => Some(temperature(&args.run)?),
        false => None,
    };
    for_each_chunk(&args.inputs, args.quiet, |inputs| {
        if predictor.config.model.reads_images() {
            answer_images(&predictor, &inputs, temperature, args.quiet)
        } else {
            answer_texts(&predictor, &inputs, temperature)
        }
    })
}

/// The temperature of a finished run.
fn temperature(run: &Path) -> Result<Temperature, CliError> {
    let result = RunFiles::open(run)?.read_result()?;
    let fitted = result.and_then(|result| result.calibration?.temperature);
    fitted.and_then(Temperature::new).ok_or_else(|| {
        CliError::Failed(format!(
            "{}: this run has no temperature (its dev part has too few errors, or it was trained by a version that fitted none); \
             leave out --calibrated",
            run.display()
        ))
    })
}

fn answer_texts(
    predictor: &Predictor,
    texts: &[String],
    temperature: Option<Temperature>,
) -> Result<(), CliError> {
    let predictions = predictor.texts(texts)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (text, prediction) in texts.iter().zip(&predictions) {
        let mut line = answer_line("text", text, predictor, prediction, temperature);
        line.insert("tokens".into(), json!(prediction.tokens));
        line.insert("unknown".into(), json!(prediction.unknown));
        line.insert("truncated".into(), json!(prediction.truncated));
        writeln!(out, "{}", Value::Object(line))?;
    }
    Ok(out.flush()?)
}

/// Answers for picture files, and for those in folders; one that cannot be read is told, and the others answered.
fn answer_images(
    predictor: &Predictor,
    inputs: &[String],
    temperature: Option<Temperature>,
    quiet: bool,
) -> Result<(), CliError> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let (limits, mut bad) = (Limits::default(), Vec::new());
    let reading = predictor.config.images.unwrap_or_default().reading();
    for input in inputs {
        let paths = match picture_files(Path::new(input), &limits) {
            Ok(paths) => paths,
            Err(error) => {
                bad.push(error.to_string());
                continue;
            }
        };
        for path in paths {
            let image = match read_picture(&path, &reading, &limits) {
                Ok(image) => image,
                Err(error) => {
                    bad.push(error.to_string());
                    continue;
                }
            };
            let (path, conversion) = (path.display().to_string(), image.conversion.to_string());
            if !quiet {
                eprintln!("{path}: {conversion}");
            }
            let images = Images {
                pixels: image.pixels,
                channels: reading.colour.channels(),
                height: reading.colour.side(),
                width: reading.colour.side(),
                labels: vec![0],
            };
            let prediction = &predictor.images(&images)?[0];
            let mut line = answer_line("image", &path, predictor, prediction, temperature);
            line.insert("conversion".into(), json!(conversion));
            writeln!(out, "{}", Value::Object(line))?;
        }
    }
    out.flush()?;
    match bad.len() {
        0 => Ok(()),
        1 => Err(CliError::Failed(bad.remove(0))),
        count => Err(CliError::Failed(format!(
            "{count} pictures cannot be read:\n{}",
            bad.join("\n")
        ))),
    }
}

fn answer_line(
    kind: &str,
    input: &str,
    predictor: &Predictor,
    prediction: &Prediction,
    temperature: Option<Temperature>,
) -> Map<String, Value> {
    // Where answers stand alone, thresholds are probabilities too.
    let scaled = |values: &[f32]| match (temperature, &predictor.thresholds) {
        (None, _) => values.to_vec(),
        (Some(temperature), None) => temperature.apply(predictor.labels.len(), values),
        (Some(temperature), Some(_)) => temperature.apply_to_answers(values),
    };
    let named = |values: Vec<f32>| -> Value {
        let named = predictor.labels.iter().zip(values);
        Value::Object(named.map(|(label, p)| (label.clone(), json!(p))).collect())
    };
    let probabilities = scaled(&prediction.probabilities);
    let mut line = Map::new();
    line.insert(kind.into(), json!(input));
    match (&prediction.given, &predictor.thresholds) {
        (Some(given), Some(thresholds)) => {
            let labels = given.iter().map(|class| &predictor.labels[*class]);
            line.insert("labels".into(), json!(labels.collect::<Vec<_>>()));
            line.insert("probabilities".into(), named(probabilities));
            line.insert("thresholds".into(), named(scaled(thresholds)));
        }
        _ => {
            line.insert("label".into(), json!(predictor.labels[prediction.class]));
            line.insert("probability".into(), json!(probabilities[prediction.class]));
            line.insert("probabilities".into(), named(probabilities));
        }
    }
    if let Some(temperature) = temperature {
        line.insert("temperature".into(), json!(temperature.value()));
    }
    line
}
