//! What a LeNet-5 is made of, and what cannot be asked of it.
use burn::config::Config;
use burn::tensor::Device;
use cnn_core::layers::{
    ConfigError, Conv2d, Conv2dConfig, Initial, LinearConfig, MapLossConfig, RbfOutputConfig,
    SparseConv2dConfig, SquashConfig, TrainablePool2d, TrainablePool2dConfig,
};
use cnn_core::random::{mix, stream};
use thiserror::Error;

use super::LeNet5;

/// Which LeNet-5.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum LeNet5Variant {
    /// As published: trainable subsampling, the sparse C3, a squash after each of the six layers C1 to F6, and Euclidean RBF units
    /// with fixed codes as outputs. Exactly 60,000 trainable parameters.
    Classic1998,
    /// As used today: dense C3, pooling without parameters, a dense output layer with softmax cross-entropy. 61,706 parameters for
    /// ten classes.
    Modern,
}

/// The function after a layer.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `1.7159 · tanh(2x / 3)`, the function of 1998.
    Squash,
    /// `tanh(x)`.
    Tanh,
    /// `max(x, 0)`.
    Relu,
}

/// What makes a map half as high and wide.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// Sum of each 2 x 2 block, times a trained coefficient, plus a trained bias, then the activation once more: S2 and S4 of 1998.
    Trainable,
    /// Mean of each 2 x 2 block.
    Average,
    /// Maximum of each 2 x 2 block.
    Max,
}

/// The loss of the RBF outputs (section II-C of the paper).
#[derive(Config, Debug, Copy, PartialEq)]
pub enum RbfCriterion {
    /// Equation 8: the mean penalty of the right class. Only as long as the codes are fixed: trained ones would collapse.
    MeanSquared,
    /// Equation 9: also pushes wrong classes away, until their penalties pass that of a rubbish class, `rubbish_penalty`.
    Map {
        /// `j` of the equation; finite and not negative. The paper gives no number.
        rubbish_penalty: f32,
    },
}

/// Configuration of a [`LeNet5`].
///
/// `LeNet5Config::new(variant)` is complete; the rest chooses among the forms of the modern network, or the loss of the classic one.
#[derive(Config, Debug)]
pub struct LeNet5Config {
    /// Which network.
    pub variant: LeNet5Variant,
    /// Function after each layer; `None` is the variant's own: squash, or for the modern network tanh.
    pub activation: Option<Activation>,
    /// Pooling; `None` is the variant's own: trainable, or for the modern network average.
    pub pooling: Option<Pooling>,
    /// Planes of an image: 1 for grey, 3 for red, green and blue. The classic network reads grey.
    #[config(default = 1)]
    pub channels: usize,
    /// Classes; at least 1. The classic network has codes for ten.
    #[config(default = 10)]
    pub classes: usize,
    /// Loss of the classic network; the modern one has softmax cross-entropy.
    #[config(default = "RbfCriterion::MeanSquared")]
    pub criterion: RbfCriterion,
    /// Seed of all weights.
    #[config(default = 0)]
    pub seed: u64,
}

/// Why a LeNet-5 cannot be made, and what would do.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum LeNet5Error {
    /// A layer refused its part of the configuration.
    #[error(transparent)]
    Layer(#[from] ConfigError),
    /// The classic network with a number of classes for which there are no codes.
    #[error(
        "LeNet5: the 1998 network has codes for 10 digits, not for {classes} classes; use the modern variant"
    )]
    ClassicClasses {
        /// What was asked for.
        classes: usize,
    },
    /// The classic network with images in colours.
    #[error(
        "LeNet5: the 1998 network reads grey images, not {channels} channels; use the modern variant, or read the images as grey"
    )]
    ClassicChannels {
        /// What was asked for.
        channels: usize,
    },
    /// The classic network with an activation that it does not have.
    #[error("LeNet5: the 1998 network squashes, it has no {activation:?}; use the modern variant")]
    ClassicActivation {
        /// What was asked for.
        activation: Activation,
    },
    /// The classic network with a pooling that it does not have.
    #[error(
        "LeNet5: the pooling of the 1998 network is trainable, not {pooling:?}; use the modern variant"
    )]
    ClassicPooling {
        /// What was asked for.
        pooling: Pooling,
    },
}

impl LeNet5Config {
    /// Makes the network on a device.
    ///
    /// Weights of the classic network start uniform in `±2.4 / fan_in` (appendix A of the paper; S2 and S4 with the 4 pixels of a
    /// block as fan-in, biases like the weights they stand beside, which the paper leaves open), those of the modern one as
    /// PyTorch's layers do.
    ///
    /// # Errors
    /// If the classic network is asked for what it does not have, or a number is out of range.
    pub fn init(&self, device: &Device) -> Result<LeNet5, LeNet5Error> {
        let classic = self.variant == LeNet5Variant::Classic1998;
        let (own_activation, own_pooling, initial) = match self.variant {
            LeNet5Variant::Classic1998 => (Activation::Squash, Pooling::Trainable, Initial::LeCun),
            LeNet5Variant::Modern => (Activation::Tanh, Pooling::Average, Initial::PyTorch),
        };
        let activation = self.activation.unwrap_or(own_activation);
        let pooling = self.pooling.unwrap_or(own_pooling);
        if classic {
            self.check_classic(activation, pooling)?;
        }

        let conv = |name: &str, maps_in, maps_out| -> Result<Conv2d, ConfigError> {
            Conv2dConfig::new(maps_in, maps_out, [5, 5])
                .with_initial(initial)
                .with_initial_bias(initial)
                .with_seed(self.part_seed(name))
                .init(device)
        };
        let linear = |name: &str, features_in, features_out| {
            LinearConfig::new(features_in, features_out)
                .with_initial(initial)
                .with_initial_bias(initial)
                .with_seed(self.part_seed(name))
                .init(device)
        };
        let trainable_pool = |name: &str, maps| -> Result<Option<TrainablePool2d>, ConfigError> {
            let config = TrainablePool2dConfig::new(maps)
                .with_initial_bias(Initial::LeCun)
                .with_seed(self.part_seed(name));
            (pooling == Pooling::Trainable)
                .then(|| config.init(device))
                .transpose()
        };
        let c3_sparse = SparseConv2dConfig::lenet5_c3()
            .with_initial(initial)
            .with_initial_bias(initial)
            .with_seed(self.part_seed("c3"));

        Ok(LeNet5 {
            c1: conv("c1", self.channels, 6)?,
            s2: trainable_pool("s2", 6)?,
            c3: (!classic).then(|| conv("c3", 6, 16)).transpose()?,
            c3_sparse: classic.then(|| c3_sparse.init(device)).transpose()?,
            s4: trainable_pool("s4", 16)?,
            c5: conv("c5", 16, 120)?,
            f6: linear("f6", 120, 84)?,
            out: (!classic)
                .then(|| linear("out", 84, self.classes))
                .transpose()?,
            rbf: classic
                .then(|| RbfOutputConfig::digits().init(device))
                .transpose()?,
            map_loss: match self.criterion {
                RbfCriterion::MeanSquared => None,
                RbfCriterion::Map { rubbish_penalty } => Some(
                    MapLossConfig::new()
                        .with_rubbish_penalty(rubbish_penalty)
                        .init()?,
                ),
            },
            squash: SquashConfig::new().init()?,
            activation,
            pooling,
        })
    }

    fn check_classic(&self, activation: Activation, pooling: Pooling) -> Result<(), LeNet5Error> {
        if self.classes != 10 {
            return Err(LeNet5Error::ClassicClasses {
                classes: self.classes,
            });
        }
        if self.channels != 1 {
            return Err(LeNet5Error::ClassicChannels {
                channels: self.channels,
            });
        }
        if activation != Activation::Squash {
            return Err(LeNet5Error::ClassicActivation { activation });
        }
        if pooling != Pooling::Trainable {
            return Err(LeNet5Error::ClassicPooling { pooling });
        }
        Ok(())
    }

    /// Each layer draws under a seed of its own.
    fn part_seed(&self, part: &str) -> u64 {
        mix(self.seed, stream(part))
    }
}
