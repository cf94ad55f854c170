//! LeNet-5 on a picture of one's own: every map of every layer, and the numbers behind each pixel of them.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use cnn_core::layers::{RbfOutputConfig, SparseConv2dConfig, SquashConfig};
use predictor::{Activation, Layer, LayerKind, LayerValues, LeNet5Form, LeNet5Layers};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::page::drawn;
use crate::config::RunConfig;
use crate::examples::{Examples, Images};
use crate::html::visible;
use crate::prediction::PredictionError;
use crate::run_folder::{RunFile, RunFiles};
use crate::weights::{from_safetensors, values_of};

const STYLE: &str = concat!(include_str!("common.css"), include_str!("picture.css"));
const SCRIPT: &str = concat!(include_str!("common.js"), include_str!("picture.js"));

/// A trained LeNet-5 whose numbers can be followed.
pub struct PictureExplainer {
    /// Class names in the order of the scores.
    pub labels: Vec<String>,
    /// How pictures are read.
    pub reading: datasets::PictureOptions,
    layers: LeNet5Layers,
    device: Device,
}

/// What a network made of one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureExplanation {
    /// The predicted class.
    pub class: usize,
    /// The probability of each class.
    pub probabilities: Vec<f32>,
    /// The network's input, `[32, 32]`.
    pub input: Vec<f32>,
    /// What each layer made of it, from C1 to the output.
    pub layers: Vec<LayerValues>,
}

impl PictureExplainer {
    /// Opens the folder of a finished run of a LeNet-5; `device` is where pictures are made into its input.
    ///
    /// # Errors
    ///
    /// [`PredictionError`] naming the file that is missing, damaged or does not fit, or that the run reads text.
    pub fn open(run: &Path, device: &Device) -> Result<Self, PredictionError> {
        let files = RunFiles::open(run)?;
        let path = files.path(RunFile::Config);
        let config = RunConfig::from_toml(&files.read_config()?, &path.display().to_string())?;
        let Some(form) = lenet5_form(&config) else {
            return Err(PredictionError::WrongInput {
                model: config.model.name(),
                reads: "text",
                given: "images",
            });
        };
        let weights: PathBuf = files.path(RunFile::Model);
        let bytes = std::fs::read(&weights).map_err(|e| PredictionError::File {
            path: weights.clone(),
            reason: e.to_string(),
        })?;
        let arrays = from_safetensors(&bytes).map_err(|source| PredictionError::Weights {
            path: weights.clone(),
            source,
        })?;
        if arrays
            .get("c1.weight")
            .is_some_and(|c1| c1.shape.get(1).is_some_and(|n| *n != 1))
        {
            let reason = "this network reads colours, and the page shows grey pictures; train one with --set images.colour=grey";
            return Err(PredictionError::NoExplanation { reason });
        }
        let layers = LeNet5Layers::new(arrays, &form).map_err(|e| PredictionError::Frozen {
            path: weights,
            source: e.into(),
        })?;
        Ok(Self {
            labels: files.read_labels()?,
            reading: config.images.unwrap_or_default().for_channels(1).reading(),
            layers,
            device: device.clone(),
        })
    }

    /// What the network makes of the first of `images`.
    pub fn explain(&self, images: &Images) -> PictureExplanation {
        let input = values_of(images.batch(&[0], &self.device));
        let layers = self.layers.run(&input);
        let scores = layers.last().map_or(&[][..], |last| &last.values);
        let mut probabilities = vec![0.0; scores.len()];
        predictor::softmax(scores.len(), scores, &mut probabilities);
        let class = super::explanation::greatest(scores);
        PictureExplanation {
            class,
            probabilities,
            input,
            layers,
        }
    }

    /// The JSON line of `explanation` of the picture at `path`.
    ///
    /// Fields: `image`, `label`, `probability`, `logits`, `bias`, `contributions` (for each class, what each of the 84 numbers of F6 gives to it: a
    /// product, or of the network of 1998 minus a squared distance), `residual` (rounding), `layers` (name, shape, values).
    pub fn json_line(&self, path: &str, explanation: &PictureExplanation) -> String {
        let named = |values: &[f64]| -> Map<String, Value> {
            let pairs = self.labels.iter().zip(values);
            pairs
                .map(|(label, value)| (label.clone(), json!(*value as f32)))
                .collect()
        };
        let output = &self.layers.layers[self.layers.layers.len() - 1];
        let [.., f6, last] = &explanation.layers[..] else {
            unreachable!("a LeNet-5 has seven layers");
        };
        let (mut contributions, mut residual, mut bias) = (Map::new(), vec![], vec![]);
        for (class, label) in self.labels.iter().enumerate() {
            let own = parts(output, class, &f6.values);
            bias.push(output.bias.get(class).map_or(0.0, |bias| f64::from(*bias)));
            residual.push(f64::from(last.values[class]) - bias[class] - own.iter().sum::<f64>());
            let own: Vec<f32> = own.iter().map(|part| *part as f32).collect();
            contributions.insert(label.clone(), json!(own));
        }
        let logits: Vec<f64> = last.values.iter().map(|value| f64::from(*value)).collect();
        let layer = |(layer, values): (&Layer, &LayerValues)| json!({"name": layer.name, "shape": [layer.maps, layer.side, layer.side], "values": values.values});
        let layers: Vec<Value> = self
            .layers
            .layers
            .iter()
            .zip(&explanation.layers)
            .map(layer)
            .collect();
        json!({
            "image": path, "label": self.labels[explanation.class],
            "probability": explanation.probabilities[explanation.class],
            "logits": named(&logits), "bias": named(&bias), "contributions": contributions,
            "residual": named(&residual), "input": explanation.input, "layers": layers,
        })
        .to_string()
    }

    /// `explain.html` of the picture `name`, which became the network's input by `conversion`.
    pub fn page(&self, name: &str, conversion: &str, explanation: &PictureExplanation) -> String {
        let layer = |(layer, values): (&Layer, &LayerValues)| LayerData {
            name: layer.name,
            kind: kind_of(&layer.kind),
            maps: layer.maps,
            side: layer.side,
            reads: match &layer.kind {
                LayerKind::Convolution { reads } => reads.clone(),
                _ => vec![],
            },
            weight: layer.weight.clone(),
            bias: layer.bias.clone(),
            activation: activation_of(layer.activation),
            sums: values.sums.clone(),
            values: values.values.clone(),
        };
        let data = Data {
            labels: self.labels.iter().map(|label| visible(label)).collect(),
            picture: visible(name),
            conversion: visible(conversion),
            class: explanation.class,
            probabilities: explanation.probabilities.clone(),
            input: explanation.input.clone(),
            layers: self
                .layers
                .layers
                .iter()
                .zip(&explanation.layers)
                .map(layer)
                .collect(),
        };
        let title = format!("{name}: {}", self.labels[explanation.class]);
        drawn(&title, STYLE, SCRIPT, &data)
    }
}

/// What the arrays of this run do not tell; `None` if it is no LeNet-5.
pub fn lenet5_form(config: &RunConfig) -> Option<LeNet5Form> {
    let settings = config.lenet5.as_ref()?;
    let squash = SquashConfig::new();
    let squash = Activation::Tanh {
        scale: squash.amplitude,
        slope: squash.slope,
    };
    let classic = settings.variant == "1998";
    Some(LeNet5Form {
        activation: match settings.activation.as_str() {
            _ if classic => squash,
            "relu" => Activation::Relu,
            "squash" => squash,
            _ => Activation::Tanh {
                scale: 1.0,
                slope: 1.0,
            },
        },
        takes_maximum: settings.pooling == "max",
        connections: classic.then(|| SparseConv2dConfig::lenet5_c3().connections),
        codes: classic.then(|| RbfOutputConfig::digits().codes),
    })
}

/// What each number below gives to a unit of the output.
fn parts(output: &Layer, unit: usize, below: &[f32]) -> Vec<f64> {
    let own = &output.weight[unit * below.len()..][..below.len()];
    let part = |(x, w): (&f32, &f32)| match output.kind {
        LayerKind::Distance => -(f64::from(*x) - f64::from(*w)).powi(2),
        _ => f64::from(*x) * f64::from(*w),
    };
    below.iter().zip(own).map(part).collect()
}

#[derive(Serialize)]
struct Data {
    labels: Vec<String>,
    picture: String,
    conversion: String,
    class: usize,
    probabilities: Vec<f32>,
    input: Vec<f32>,
    layers: Vec<LayerData>,
}

#[derive(Serialize)]
struct LayerData {
    name: &'static str,
    kind: &'static str,
    maps: usize,
    side: usize,
    reads: Vec<Vec<usize>>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    activation: Value,
    sums: Vec<f32>,
    values: Vec<f32>,
}

fn kind_of(kind: &LayerKind) -> &'static str {
    match kind {
        LayerKind::Convolution { .. } => "convolution",
        LayerKind::Average => "average",
        LayerKind::Maximum => "maximum",
        LayerKind::Trainable => "trainable",
        LayerKind::Dense => "dense",
        LayerKind::Distance => "distance",
    }
}

fn activation_of(activation: Activation) -> Value {
    match activation {
        Activation::Identity => json!({"name": "none"}),
        Activation::Relu => json!({"name": "relu"}),
        Activation::Tanh { scale, slope } => {
            json!({"name": "tanh", "scale": scale, "slope": slope})
        }
    }
}
