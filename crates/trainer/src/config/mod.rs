//! Everything a run depends on, as one value: written to `config.toml`, read back to repeat or resume the run.
//!
//! A configuration is built in layers: the defaults of the model on the data set (`defaults`), a file (`--config`),
//! single keys (`--set key=value`), then the named options of the command line.

mod class_weights;
mod defaults;
mod images;
mod overrides;
mod reading;

use serde::{Deserialize, Serialize};

use crate::optimizer::Table;

pub use class_weights::{ClassWeights, ClassWeightsError};
pub use images::{ColourChoice, FramingChoice, ImagesConfig, InkChoice};
pub use overrides::ConfigError;
pub use reading::{Guessed, ReadingConfig, Word};

/// The networks by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// LeNet-5 (LeCun et al. 1998) on images.
    Lenet5,
    /// TextCNN (Kim 2014) on texts.
    Textcnn,
    /// DPCNN (Johnson & Zhang 2017) on texts.
    Dpcnn,
}

impl ModelKind {
    /// The name on the command line and in a run's folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lenet5 => "lenet5",
            Self::Textcnn => "textcnn",
            Self::Dpcnn => "dpcnn",
        }
    }

    /// Whether it reads images; the others read text.
    pub const fn reads_images(self) -> bool {
        matches!(self, Self::Lenet5)
    }
}

/// A run's settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// Which network.
    pub model: ModelKind,
    /// Name of a known set, or a path.
    pub data: String,
    /// Decides the weights' start, the order of examples, dropout and any split made here.
    pub seed: u64,
    /// How the examples are chosen.
    pub examples: ExamplesConfig,
    /// How a user's own files are read.
    #[serde(default)]
    pub reading: ReadingConfig,
    /// How long and how often.
    pub training: TrainingConfig,
    /// The rule of a step.
    pub optimizer: OptimizerConfig,
    /// From text to token ids (text networks).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<TextConfig>,
    /// From picture files to images (LeNet-5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<ImagesConfig>,
    /// Settings of LeNet-5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lenet5: Option<Lenet5Settings>,
    /// Settings of TextCNN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub textcnn: Option<TextcnnSettings>,
    /// Settings of DPCNN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dpcnn: Option<DpcnnSettings>,
}

/// Which examples of a set are used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExamplesConfig {
    /// At most this many training examples; 0 = all.
    pub limit: usize,
    /// Which fold is the test set, from 0, where the set is cut into folds.
    pub fold: usize,
    /// Into how many folds the set is cut; 0 = the set's own way.
    pub folds: usize,
    /// What parts the labels of a row, where rows have any number of labels; empty = one label a row, unless labels are lists.
    #[serde(default)]
    pub label_separator: String,
    /// Seed of any split made here, where runs of several seeds share one; -1 = the run's own.
    #[serde(default = "own_seed")]
    pub split_seed: i64,
}

/// How long a run trains, and when it stops to look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingConfig {
    /// Passes over the training examples.
    pub epochs: usize,
    /// Steps of the whole run, over which the learning rate falls; 0 = as `epochs` has it.
    #[serde(default)]
    pub steps: u64,
    /// Stop after this many of them; 0 = after the last.
    #[serde(default)]
    pub stop_after: u64,
    /// Seconds of training at most; 0 = no limit. The steps that fit are measured, and the learning rate falls over them.
    #[serde(default)]
    pub time_budget: f64,
    /// Examples per step.
    pub batch_size: usize,
    /// Looks at the dev set per epoch, at even distances.
    pub evaluations_per_epoch: usize,
    /// Stop after this many looks at dev without a better one; 0 = never.
    pub patience: usize,
    /// What makes a look at dev better than another.
    #[serde(default)]
    pub judge_by: JudgeBy,
    /// Weights of the classes in the loss: `none`, `balanced`, or `NAME=WEIGHT,...` (a class not named has 1).
    #[serde(default = "none")]
    pub class_weights: String,
    /// Which weights the run keeps: those of the best look at the dev set, or the last.
    pub keep: Keep,
    /// Seconds between checkpoints inside an epoch. One is written at its end too, unless epochs are so short that this would take
    /// more than a thirtieth of the time. It does not change the result.
    pub checkpoint_seconds: u64,
}

const fn own_seed() -> i64 {
    -1
}

fn none() -> String {
    "none".to_owned()
}

/// What makes a look at dev better than another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JudgeBy {
    /// Accuracy; with class weights the macro-F1, since accuracy would take back what they are for; where rows have any number
    /// of labels the micro-F1.
    #[default]
    Auto,
    /// The share predicted right.
    Accuracy,
    /// The mean of the classes' F1.
    MacroF1,
    /// F1 over all answers together, which is accuracy where a row has one label.
    MicroF1,
    /// The mean loss, the lower the better; without class weights.
    Loss,
}

/// Which weights a run keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// Those of the best look at dev (`judge_by`); the earlier look on a tie.
    Best,
    /// Those after the last step.
    Last,
}

/// The optimiser and its learning rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerConfig {
    /// Which rule.
    pub rule: Rule,
    /// Step size at the start.
    pub learning_rate: f64,
    /// How the step size falls over the run.
    pub schedule: Schedule,
    /// Weight decay: decoupled for Adam (Loshchilov & Hutter 2019), an L2 term in the gradient for the others. Biases
    /// are spared; of an embedding only the rows of the batch decay under `adam` and `adadelta`, unless `dense`.
    pub weight_decay: f64,
    /// Momentum of `sgd`; beta 1 of `adam`; rho of `adadelta`.
    pub momentum: f64,
    /// Whether a step moves all rows of an embedding, as the textbook rule does, and not those of the batch alone: it costs the
    /// whole vocabulary. Matters to `adam`; what waiting rows miss of the others is made up for.
    #[serde(default)]
    pub dense: bool,
}

impl OptimizerConfig {
    /// Which rows of the table a step moves.
    pub fn table(&self) -> Table {
        if self.dense {
            Table::Dense
        } else {
            Table::Touched
        }
    }
}

/// The optimiser's rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// Stochastic gradient descent with momentum.
    Sgd,
    /// Adam (Kingma & Ba 2015), beta 2 = 0.999, epsilon 1e-8; an embedding's rows move only when touched.
    Adam,
    /// Adadelta (Zeiler 2012), epsilon 1e-6.
    Adadelta,
}

/// How the learning rate falls. `progress` = steps done / all steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// Not at all.
    Constant,
    /// In a straight line to zero.
    Linear,
    /// Along half a cosine to zero.
    Cosine,
    /// To a tenth after four fifths of the run (Johnson & Zhang 2017).
    Step,
}

impl Schedule {
    /// The factor on the first learning rate at `step` of `steps`.
    pub fn factor(self, step: u64, steps: u64) -> f64 {
        let progress = step as f64 / steps.max(1) as f64;
        match self {
            Self::Constant => 1.0,
            Self::Linear => 1.0 - progress,
            Self::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * progress).cos()),
            Self::Step => {
                if progress < 0.8 {
                    1.0
                } else {
                    0.1
                }
            }
        }
    }
}

/// From text to token ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextConfig {
    /// The tokenizer: a name of `datasets::tokenize::TokenizerSource`, or a `tokenizer.json`; `auto` = by data set or language, and said.
    pub tokens: String,
    /// At most this many known tokens, the most frequent of the training texts; 0 = all.
    pub vocabulary: usize,
    /// Tokens seen fewer times than this are unknown.
    pub min_count: usize,
    /// Longer texts are cut here (counted and said); 0 = never.
    pub max_tokens: usize,
    /// A file of word vectors to start from; empty = random.
    pub vectors: String,
    /// For vectors without words of their own (`.npz`): the file that lists them, one per line or a JSON list.
    pub vectors_vocabulary: String,
}

/// LeNet-5's settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lenet5Settings {
    /// `modern` (61,706 parameters, softmax) or `1998` (60,000, RBF output).
    pub variant: String,
    /// `relu` or `tanh` (modern only).
    pub activation: String,
    /// `max` or `average` (modern only).
    pub pooling: String,
    /// Penalty of the rubbish class, the paper's `j` (1998 only).
    pub rubbish_penalty: f64,
}

/// TextCNN's settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextcnnSettings {
    /// `rand`, `static`, `non-static` or `multichannel` (Kim 2014, section 3.1).
    pub variant: String,
    /// Size of a word vector; with `text.vectors` it must be theirs, 0 = take theirs.
    pub dimension: usize,
    /// Widths of the filters in tokens.
    pub widths: Vec<usize>,
    /// Filters of each width.
    pub filters: usize,
    /// Probability that a pooled feature is dropped.
    pub dropout: f64,
    /// Largest norm of a class vector; 0 = no limit. Dropout rescales here, so that Kim's 3 is 1.5.
    pub max_norm: f64,
    /// Standard deviation of random word vectors (normal), or 0 for Kim's U[-0.25, 0.25].
    pub vector_deviation: f64,
}

/// DPCNN's settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DpcnnSettings {
    /// `bag` (words of a region, as published) or `vectors` (word vectors and a width-3 convolution).
    pub region: String,
    /// Words of a region (`bag`).
    pub region_size: usize,
    /// Size of a word vector (`vectors`).
    pub dimension: usize,
    /// Feature maps, the same in every layer.
    pub feature_maps: usize,
    /// Positions that a pooling leaves of `n`: `ceil` ((n - 1) / 2 rounded up, and one: as published) or `floor` (rounded down, and one:
    /// as PyTorch does).
    #[serde(default = "ceil")]
    pub pooled_length: String,
    /// Blocks of two convolutions; a strided pooling before each but the first.
    pub blocks: usize,
    /// Probability that a feature of the top layer's input is dropped.
    pub dropout: f64,
    /// Standard deviation of the first weights, or 0 for the scaled default (uniform by fan-in).
    pub initial_deviation: f64,
}

/// What runs did before there was a choice.
fn ceil() -> String {
    "ceil".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_survives_its_file() {
        for model in [ModelKind::Lenet5, ModelKind::Textcnn, ModelKind::Dpcnn] {
            for data in [
                "digits",
                "mnist",
                "phrases",
                "thucnews",
                "imdb",
                "reviews.csv",
            ] {
                let config = RunConfig::defaults(model, data);
                let text = config.to_toml();
                assert_eq!(
                    RunConfig::from_toml(&text, "config.toml").unwrap(),
                    config,
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn schedules_start_at_one_and_end_where_they_say() {
        for (schedule, end) in [
            (Schedule::Constant, 1.0),
            (Schedule::Linear, 0.0),
            (Schedule::Cosine, 0.0),
            (Schedule::Step, 0.1),
        ] {
            assert_eq!(schedule.factor(0, 10), 1.0);
            assert!(
                (schedule.factor(10, 10) - end).abs() < 1e-12,
                "{schedule:?}"
            );
        }
    }
}
