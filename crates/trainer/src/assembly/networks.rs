//! From settings to a network of the right size, its weights drawn from the run's seed or started from word vectors.

use burn::tensor::{Device, Tensor, TensorData};
use cnn_core::layers::{DropoutConvention, Initial, PooledLength};
use cnn_core::random;
use datasets::word_vectors::WordVectors;
use models_text::{
    Dpcnn, DpcnnConfig, FilterGroup, Region, TextCnn, TextCnnConfig, TextCnnVariant,
    TextModelError, Windows,
};
use models_vision::{
    Activation, LeNet5, LeNet5Config, LeNet5Error, LeNet5Variant, Pooling, RbfCriterion,
};

use super::AssemblyError;
use crate::config::{DpcnnSettings, RunConfig};

impl From<LeNet5Error> for AssemblyError {
    fn from(error: LeNet5Error) -> Self {
        Self::Network {
            reason: error.to_string(),
        }
    }
}

impl From<TextModelError> for AssemblyError {
    fn from(error: TextModelError) -> Self {
        Self::Network {
            reason: error.to_string(),
        }
    }
}

/// One of `choices` by its name, else an error that lists them.
fn choose<T: Copy>(
    key: &'static str,
    name: &str,
    choices: &[(&'static str, T)],
) -> Result<T, AssemblyError> {
    choices
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| *value)
        .ok_or_else(|| {
            let known = choices
                .iter()
                .map(|(known, _)| *known)
                .collect::<Vec<_>>()
                .join(", ");
            AssemblyError::Setting {
                key,
                reason: format!("there is no `{name}`; choose one of {known}"),
            }
        })
}

/// LeNet-5 for images of `channels` planes and `classes` classes.
///
/// # Errors
///
/// [`AssemblyError`] naming the setting, or with the network's own words.
pub fn lenet5(
    config: &RunConfig,
    channels: usize,
    classes: usize,
    device: &Device,
) -> Result<LeNet5, AssemblyError> {
    let settings = config
        .lenet5
        .as_ref()
        .expect("a lenet5 run has lenet5 settings");
    let variants = [
        ("modern", LeNet5Variant::Modern),
        ("1998", LeNet5Variant::Classic1998),
    ];
    let network = match choose("lenet5.variant", &settings.variant, &variants)? {
        LeNet5Variant::Classic1998 => {
            LeNet5Config::new(LeNet5Variant::Classic1998).with_criterion(RbfCriterion::Map {
                rubbish_penalty: settings.rubbish_penalty as f32,
            })
        }
        LeNet5Variant::Modern => {
            let activations = [
                ("relu", Activation::Relu),
                ("tanh", Activation::Tanh),
                ("squash", Activation::Squash),
            ];
            let poolings = [
                ("max", Pooling::Max),
                ("average", Pooling::Average),
                ("trainable", Pooling::Trainable),
            ];
            LeNet5Config::new(LeNet5Variant::Modern)
                .with_activation(Some(choose(
                    "lenet5.activation",
                    &settings.activation,
                    &activations,
                )?))
                .with_pooling(Some(choose(
                    "lenet5.pooling",
                    &settings.pooling,
                    &poolings,
                )?))
        }
    };
    Ok(network
        .with_channels(channels)
        .with_classes(classes)
        .with_seed(config.seed)
        .init(device)?)
}

/// TextCNN over `words` words for `classes` classes.
///
/// # Errors
///
/// [`AssemblyError`] naming the setting, or with the network's own words.
pub fn textcnn(
    config: &RunConfig,
    words: usize,
    vectors: Option<&WordVectors>,
    classes: usize,
    device: &Device,
) -> Result<TextCnn, AssemblyError> {
    let settings = config
        .textcnn
        .as_ref()
        .expect("a textcnn run has textcnn settings");
    let variants = [
        ("rand", TextCnnVariant::Rand),
        ("static", TextCnnVariant::Static),
        ("non-static", TextCnnVariant::NonStatic),
        ("multichannel", TextCnnVariant::Multichannel),
    ];
    let initial = initial_words(settings.vector_deviation);
    let network = TextCnnConfig::new(words, classes)
        .with_variant(choose("textcnn.variant", &settings.variant, &variants)?)
        .with_filters(FilterGroup::each(&settings.widths, settings.filters))
        .with_windows(WINDOWS)
        .with_dropout(settings.dropout as f32)
        .with_max_norm((settings.max_norm > 0.0).then_some(settings.max_norm as f32))
        .with_initial_words(initial)
        .with_seed(config.seed);
    match table(config, words, vectors, settings.dimension, device)? {
        (dimension, None) => Ok(network.with_dimension(dimension).init(device)?),
        (dimension, Some(table)) => {
            Ok(network.with_dimension(dimension).init_with_vectors(table)?)
        }
    }
}

/// The windows that a TextCNN sees: as in the authors' code, so that every document has an answer.
pub const WINDOWS: Windows = Windows::Touching;

/// What the poolings of a DPCNN leave of a document.
///
/// # Errors
///
/// [`AssemblyError`] naming the setting.
pub fn pooled_length(settings: &DpcnnSettings) -> Result<PooledLength, AssemblyError> {
    let choices = [("ceil", PooledLength::Ceil), ("floor", PooledLength::Floor)];
    choose("dpcnn.pooled_length", &settings.pooled_length, &choices)
}

/// DPCNN over `words` words for `classes` classes.
///
/// # Errors
///
/// [`AssemblyError`] naming the setting, or with the network's own words.
pub fn dpcnn(
    config: &RunConfig,
    words: usize,
    vectors: Option<&WordVectors>,
    classes: usize,
    device: &Device,
) -> Result<Dpcnn, AssemblyError> {
    let settings = config
        .dpcnn
        .as_ref()
        .expect("a dpcnn run has dpcnn settings");
    let is_bag = choose(
        "dpcnn.region",
        &settings.region,
        &[("bag", true), ("vectors", false)],
    )?;
    let width = if is_bag {
        settings.feature_maps
    } else {
        settings.dimension
    };
    let deviation = settings.initial_deviation;
    let initial = if deviation > 0.0 {
        Initial::Normal {
            std: deviation as f32,
        }
    } else {
        Initial::PyTorch
    };
    let words_start = Initial::Normal {
        std: if is_bag && deviation > 0.0 {
            deviation as f32
        } else {
            0.1
        },
    };
    let (width, table) = table(config, words, vectors, width, device)?;
    let region = if is_bag {
        Region::BagOfWords {
            region_size: settings.region_size,
        }
    } else {
        Region::WordVectors { dimension: width }
    };
    let network = DpcnnConfig::new(words, classes)
        .with_region(region)
        .with_feature_maps(settings.feature_maps)
        .with_blocks(settings.blocks)
        .with_pooled_length(pooled_length(settings)?)
        .with_dropout(settings.dropout as f32)
        .with_dropout_convention(DropoutConvention::Inverted)
        .with_initial(initial)
        .with_initial_words(words_start)
        .with_seed(config.seed);
    match table {
        None => Ok(network.init(device)?),
        Some(table) => Ok(network.init_with_vectors(table)?),
    }
}

/// Kim's start for words is U[-0.25, 0.25]; otherwise a normal distribution.
fn initial_words(deviation: f64) -> Initial {
    if deviation > 0.0 {
        Initial::Normal {
            std: deviation as f32,
        }
    } else {
        Initial::Uniform { bound: 0.25 }
    }
}

/// The dimension of the table and, with word vectors, the table itself: a word without a vector gets a random one of
/// the same spread as the others have, so that known and unknown words look alike to the filters (Kim 2014, section 3.1).
fn table(
    config: &RunConfig,
    words: usize,
    vectors: Option<&WordVectors>,
    dimension: usize,
    device: &Device,
) -> Result<(usize, Option<Tensor<2>>), AssemblyError> {
    let Some(vectors) = vectors else {
        if dimension == 0 {
            let reason = "0 means the dimension of text.vectors, which is not set".to_owned();
            return Err(AssemblyError::Setting {
                key: "dimension",
                reason,
            });
        }
        return Ok((dimension, None));
    };
    if dimension != 0 && dimension != vectors.dimension {
        let reason = format!(
            "it is {dimension}, but the vectors of text.vectors have {}; set it to that or to 0",
            vectors.dimension
        );
        return Err(AssemblyError::Setting {
            key: "dimension",
            reason,
        });
    }
    let dimension = vectors.dimension;
    // The bound of a uniform distribution with the spread of the vectors that were found.
    let bound = (3f64.sqrt() * vectors.deviation()) as f32;
    let stream = random::stream("words without a vector");
    let draw = |i: usize| bound * (2.0 * random::uniform(config.seed, stream, i as u64) - 1.0);
    let mut values: Vec<f32> = (0..words * dimension).map(draw).collect();
    vectors.copy_into(&mut values);
    Ok((
        dimension,
        Some(Tensor::from_data(
            TensorData::new(values, [words, dimension]),
            device,
        )),
    ))
}
