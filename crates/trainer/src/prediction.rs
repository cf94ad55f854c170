//! Prediction from a run folder: the trained network, its tokenizer and its labels, and nothing else.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use datasets::tokenize::Tokenizer;
use models_text::{Dpcnn, TextCnn};
use models_vision::LeNet5;
use predictor::FrozenLeNet5;

use crate::assembly::{self, AssemblyError};
use crate::config::{ConfigError, ModelKind, RunConfig};
use crate::examples::{Images, Texts};
use crate::frozen::{self, Frozen};
use crate::learning::{self, Evaluation, evaluate};
use crate::run::Machine;
use crate::run_folder::{RunFile, RunFiles, RunFolderError};
use crate::statistics::given;
use crate::weights::{Arrays, WeightsError, apply, from_safetensors};

/// Why a run cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PredictionError {
    /// The folder is no run, or one of its small files cannot be read.
    #[error(transparent)]
    Folder(#[from] RunFolderError),
    /// The weights cannot be read.
    #[error("{}: {reason}; is this the folder of a finished run?", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The run's settings cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The weights are damaged or belong to another network.
    #[error("{}: {source}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: WeightsError,
    },
    /// The weights belong to another network.
    #[error("{}: {source}", path.display())]
    Frozen {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: AssemblyError,
    },
    /// The network or tokenizer cannot be built.
    #[error(transparent)]
    Assembly(#[from] AssemblyError),
    /// The answers of this network cannot be taken apart here.
    #[error("there is no explanation: {reason}")]
    NoExplanation {
        /// Why, and what would do.
        reason: &'static str,
    },
    /// The network reads images of other channels.
    #[error(
        "this run reads images of {reads} channels, these have {given} (1 is grey, 3 are colours)"
    )]
    Channels {
        /// What the network reads.
        reads: usize,
        /// What was given.
        given: usize,
    },
    /// The network reads the other kind of input.
    #[error("this run is a {model}, it reads {reads}, not {given}")]
    WrongInput {
        /// The network.
        model: &'static str,
        /// What it reads.
        reads: &'static str,
        /// What was given.
        given: &'static str,
    },
}

/// The network in the form that suits the machine: on the CPU without tensors, where there is such a form.
enum Loaded {
    LeNet5(Box<LeNet5>),
    TextCnn(TextCnn),
    Dpcnn(Dpcnn),
    Frozen(Frozen),
    FrozenLeNet5(FrozenLeNet5),
}

/// A network that reads images.
enum ImageNetwork<'a> {
    Frozen(&'a FrozenLeNet5),
    Tensors(&'a LeNet5),
}

/// A trained network ready to answer.
pub struct Predictor {
    /// The settings it was trained with; of what the data decided, what they decided.
    pub config: RunConfig,
    /// Class names in the order of its scores.
    pub labels: Vec<String>,
    /// Where a text may have any number of labels: the probability from which on it is given each.
    pub thresholds: Option<Vec<f32>>,
    loaded: Loaded,
    tokenizer: Option<Tokenizer>,
    device: Device,
}

/// The answer to one text.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The predicted class, an index into [`Predictor::labels`].
    pub class: usize,
    /// The probability of each class.
    pub probabilities: Vec<f32>,
    /// Where a text may have any number of labels: those it is given, in the order of the classes.
    pub given: Option<Vec<usize>>,
    /// Tokens of the text as read (0 for images).
    pub tokens: usize,
    /// How many of them the training texts did not hold.
    pub unknown: usize,
    /// Whether the text was cut at `text.max_tokens`.
    pub truncated: bool,
}

impl Predictor {
    /// Opens the folder of a finished run.
    ///
    /// # Errors
    ///
    /// [`PredictionError`] naming the file that is missing, damaged or does not fit.
    pub fn open(run: &Path, machine: &Machine) -> Result<Self, PredictionError> {
        let device = &machine.device;
        let files = RunFiles::open(run)?;
        let path = files.path(RunFile::Config);
        let mut config = RunConfig::from_toml(&files.read_config()?, &path.display().to_string())?;
        let labels = files.read_labels()?;
        let thresholds = files.read_thresholds(labels.len())?;
        let weights = files.path(RunFile::Model);
        let bad = |source| PredictionError::Weights {
            path: weights.clone(),
            source,
        };
        let misfit = |error| match error {
            AssemblyError::Frozen(_) => PredictionError::Frozen {
                path: weights.clone(),
                source: error,
            },
            error => PredictionError::Assembly(error),
        };
        let bytes = std::fs::read(&weights).map_err(|e| PredictionError::File {
            path: weights.clone(),
            reason: e.to_string(),
        })?;
        let arrays = from_safetensors(&bytes).map_err(bad)?;
        let classes = labels.len();
        let channels = match arrays.get("c1.weight").map(|c1| c1.shape.as_slice()) {
            Some([_, channels, ..]) => *channels,
            _ => 1,
        };
        if config.model.reads_images() {
            config.images = Some(config.images.unwrap_or_default().for_channels(channels));
        }
        let tokenizer = match config.model.reads_images() {
            true => None,
            false => Some(
                Tokenizer::load(&files.path(RunFile::Tokenizer)).map_err(AssemblyError::from)?,
            ),
        };
        let words = tokenizer.as_ref().map_or(0, Tokenizer::vocabulary_size);
        let sized = with_dimension(&config, &arrays);
        let loaded = match config.model {
            ModelKind::Lenet5 => {
                let network = assembly::lenet5(&config, channels, classes, device)?;
                let network = Box::new(apply(network, &arrays).map_err(bad)?);
                let frozen = match machine.backend.runs_our_kernels() {
                    true => frozen::lenet5(&config, arrays).map_err(misfit)?,
                    false => None,
                };
                frozen.map_or(Loaded::LeNet5(network), Loaded::FrozenLeNet5)
            }
            ModelKind::Textcnn | ModelKind::Dpcnn if machine.backend.runs_our_kernels() => {
                check_sizes(&config, &arrays, words, classes).map_err(bad)?;
                Loaded::Frozen(Frozen::new(&config, arrays).map_err(misfit)?)
            }
            ModelKind::Textcnn => {
                let network = assembly::textcnn(&sized, words, None, classes, device)?;
                Loaded::TextCnn(apply(network, &arrays).map_err(bad)?)
            }
            ModelKind::Dpcnn => {
                let network = assembly::dpcnn(&sized, words, None, classes, device)?;
                Loaded::Dpcnn(apply(network, &arrays).map_err(bad)?)
            }
        };
        Ok(Self {
            config,
            labels,
            thresholds,
            loaded,
            tokenizer,
            device: device.clone(),
        })
    }

    /// The tokenizer of a text network.
    pub fn tokenizer(&self) -> Option<&Tokenizer> {
        self.tokenizer.as_ref()
    }

    /// Answers texts.
    ///
    /// # Errors
    ///
    /// [`PredictionError::WrongInput`] if the network reads images.
    pub fn texts<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
    ) -> Result<Vec<Prediction>, PredictionError> {
        let Some(tokenizer) = self.tokenizer() else {
            return Err(self.reads_images());
        };
        let limit = self.longest_text();
        let mut documents = tokenizer.encode_all(texts);
        let lengths: Vec<usize> = documents.iter().map(Vec::len).collect();
        documents
            .iter_mut()
            .for_each(|document| document.truncate(limit));
        let unknown_id = tokenizer.unknown_id();
        let unknown: Vec<usize> = documents
            .iter()
            .map(|d| d.iter().filter(|id| Some(**id) == unknown_id).count())
            .collect();
        let texts = Texts {
            labels: vec![0; documents.len()],
            documents,
        };
        let mut predictions = match &self.thresholds {
            None => self.predictions(self.evaluate_texts(&texts)?),
            Some(thresholds) => self.set_predictions(&self.logits(&texts)?, thresholds),
        };
        for ((prediction, length), unknown) in predictions.iter_mut().zip(lengths).zip(unknown) {
            (prediction.tokens, prediction.truncated, prediction.unknown) =
                (length, length > limit, unknown);
        }
        Ok(predictions)
    }

    /// Answers images.
    ///
    /// # Errors
    ///
    /// [`PredictionError::WrongInput`] if the network reads text, [`PredictionError::Channels`] if other images.
    pub fn images(&self, images: &Images) -> Result<Vec<Prediction>, PredictionError> {
        Ok(self.predictions(self.evaluate_images(images)?))
    }

    /// Runs the network over labelled texts.
    ///
    /// # Errors
    ///
    /// [`PredictionError::WrongInput`] if the network reads images.
    pub fn evaluate_texts(&self, texts: &Texts) -> Result<Evaluation, PredictionError> {
        match &self.loaded {
            Loaded::TextCnn(network) => Ok(evaluate(network, texts, &self.device)),
            Loaded::Dpcnn(network) => Ok(evaluate(network, texts, &self.device)),
            Loaded::Frozen(network) => Ok(network.evaluate(texts)),
            Loaded::LeNet5(_) | Loaded::FrozenLeNet5(_) => Err(PredictionError::WrongInput {
                model: "lenet5",
                reads: "images",
                given: "text",
            }),
        }
    }

    /// The scores (logits) `[documents, classes]` of texts, row by row.
    ///
    /// # Errors
    ///
    /// [`PredictionError::WrongInput`] if the network reads images.
    pub fn logits(&self, texts: &Texts) -> Result<Vec<f32>, PredictionError> {
        match &self.loaded {
            Loaded::TextCnn(network) => Ok(learning::logits(network, texts, &self.device)),
            Loaded::Dpcnn(network) => Ok(learning::logits(network, texts, &self.device)),
            Loaded::Frozen(network) => Ok(network.all_scores(&texts.documents)),
            Loaded::LeNet5(_) | Loaded::FrozenLeNet5(_) => Err(PredictionError::WrongInput {
                model: "lenet5",
                reads: "images",
                given: "text",
            }),
        }
    }

    /// The labels that each text is given, and all probabilities.
    fn set_predictions(&self, logits: &[f32], thresholds: &[f32]) -> Vec<Prediction> {
        let mut probabilities = vec![0.0; logits.len()];
        predictor::sigmoid(logits, &mut probabilities);
        let rows = probabilities.chunks_exact(thresholds.len().max(1));
        rows.map(|row| {
            let given = given(row, thresholds);
            let likeliest =
                (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b]).then(b.cmp(a)));
            Prediction {
                class: likeliest.unwrap_or(0),
                probabilities: row.to_vec(),
                given: Some((0..row.len()).filter(|class| given[*class]).collect()),
                tokens: 0,
                unknown: 0,
                truncated: false,
            }
        })
        .collect()
    }

    /// Runs the network over labelled images.
    ///
    /// # Errors
    ///
    /// [`PredictionError::WrongInput`] if the network reads text, [`PredictionError::Channels`] if other images.
    pub fn evaluate_images(&self, images: &Images) -> Result<Evaluation, PredictionError> {
        Ok(match self.image_network(images)? {
            ImageNetwork::Frozen(network) => frozen::evaluate_images(network, images, &self.device),
            ImageNetwork::Tensors(network) => evaluate(network, images, &self.device),
        })
    }

    /// The scores (logits) `[images, classes]` of images, row by row.
    ///
    /// # Errors
    ///
    /// As [`Predictor::evaluate_images`].
    pub fn image_logits(&self, images: &Images) -> Result<Vec<f32>, PredictionError> {
        Ok(match self.image_network(images)? {
            ImageNetwork::Frozen(network) => frozen::image_logits(network, images, &self.device),
            ImageNetwork::Tensors(network) => learning::logits(network, images, &self.device),
        })
    }

    /// The network of images, if it reads such as these.
    fn image_network(&self, images: &Images) -> Result<ImageNetwork<'_>, PredictionError> {
        let (network, reads) = match &self.loaded {
            Loaded::FrozenLeNet5(network) => (ImageNetwork::Frozen(network), network.channels()),
            Loaded::LeNet5(network) => (ImageNetwork::Tensors(network), network.channels()),
            _ => {
                return Err(PredictionError::WrongInput {
                    model: self.config.model.name(),
                    reads: "text",
                    given: "images",
                });
            }
        };
        let given = images.channels;
        match given == reads {
            true => Ok(network),
            false => Err(PredictionError::Channels { reads, given }),
        }
    }

    /// The tokens at which texts are cut.
    pub(crate) fn longest_text(&self) -> usize {
        match self.config.text.as_ref().map_or(0, |text| text.max_tokens) {
            0 => usize::MAX,
            limit => limit,
        }
    }

    /// The tokenizer and the network of texts in the form that can be taken apart.
    pub(crate) fn text_network(&self) -> Result<(&Tokenizer, &Frozen), PredictionError> {
        let Some(tokenizer) = self.tokenizer() else {
            return Err(self.reads_images());
        };
        let Loaded::Frozen(network) = &self.loaded else {
            let reason = "it is computed on the CPU; use --backend flex";
            return Err(PredictionError::NoExplanation { reason });
        };
        Ok((tokenizer, network))
    }

    fn reads_images(&self) -> PredictionError {
        PredictionError::WrongInput {
            model: self.config.model.name(),
            reads: "images",
            given: "text",
        }
    }

    fn predictions(&self, evaluation: Evaluation) -> Vec<Prediction> {
        let rows = evaluation
            .probabilities
            .chunks_exact(self.labels.len().max(1));
        let answers = evaluation
            .predictions
            .iter()
            .zip(rows)
            .map(|(class, probabilities)| Prediction {
                class: *class as usize,
                probabilities: probabilities.to_vec(),
                given: None,
                tokens: 0,
                unknown: 0,
                truncated: false,
            });
        answers.collect()
    }
}

/// The settings, the vocabulary and the labels beside the weights must be theirs.
fn check_sizes(
    config: &RunConfig,
    arrays: &Arrays,
    words: usize,
    classes: usize,
) -> Result<(), WeightsError> {
    let mut misshaped = Vec::new();
    if let Some(settings) = &config.textcnn {
        for (group, width) in settings.widths.iter().enumerate() {
            let name = format!("convs.{group}.weight");
            let found = arrays.get(&name).map(|array| array.shape.clone());
            let fits = matches!(found.as_deref(), Some([f, _, w]) if (*f, *w) == (settings.filters, *width));
            if !fits {
                let filters = settings.filters;
                misshaped.push(format!(
                    "{name}: found {found:?}, expected [{filters}, .., {width}]"
                ));
            }
        }
    }
    for (name, expected) in [("embedding.weight", words), ("out.weight", classes)] {
        let rows = arrays.get(name).and_then(|array| array.shape.first());
        if rows.is_some_and(|rows| *rows != expected) {
            let found = &arrays[name].shape;
            misshaped.push(format!(
                "{name}: found {found:?}, expected [{expected}, ..]"
            ));
        }
    }
    if misshaped.is_empty() {
        return Ok(());
    }
    let (missing, unused) = (vec![], vec![]);
    Err(WeightsError::Mismatch {
        missing,
        unused,
        misshaped,
    })
}

/// A dimension of 0 means "that of the word vectors", which a finished run keeps only in its weights.
fn with_dimension(config: &RunConfig, arrays: &Arrays) -> RunConfig {
    let mut config = config.clone();
    let found = arrays
        .get("embedding.weight")
        .and_then(|table| table.shape.get(1).copied());
    if let Some(found) = found {
        for dimension in config
            .textcnn
            .iter_mut()
            .map(|s| &mut s.dimension)
            .chain(config.dpcnn.iter_mut().map(|s| &mut s.dimension))
        {
            if *dimension == 0 {
                *dimension = found;
            }
        }
    }
    config
}
