//! How weights start.
use burn::config::Config;
use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use cnn_kernels::random::{fill_normal, fill_uniform, mix, stream};

use super::ConfigError;

/// The distribution that a layer's weights are drawn from.
///
/// Entry `i` of a parameter is the `i`-th number of the stream named after the layer and the parameter (`"conv1d.weight"`)
/// under the config's seed: the same bits on every backend, whatever else was drawn before.
#[derive(Config, Debug, Copy, PartialEq)]
pub enum Initial {
    /// Uniform in `±1 / sqrt(fan_in)`, for weights and biases alike: the default of PyTorch's `Linear`, `Conv1d` and
    /// `Conv2d`, and here of all layers with a fan-in.
    PyTorch,
    /// Uniform in `±2.4 / fan_in`: LeCun et al. 1998, appendix A.
    LeCun,
    /// Uniform in `±bound`. Kim 2014: words 0.25, filters 0.01.
    Uniform {
        /// The greatest magnitude.
        bound: f32,
    },
    /// Normal with mean 0. Johnson and Zhang 2017: 0.01.
    Normal {
        /// The standard deviation.
        std: f32,
    },
    /// All zeros.
    Zeros,
}

impl Initial {
    /// An error if the distribution's number is not finite or negative.
    pub(super) fn check(self, layer: &'static str) -> Result<(), ConfigError> {
        let number = match self {
            Self::PyTorch | Self::LeCun | Self::Zeros => 0.0,
            Self::Uniform { bound } => bound,
            Self::Normal { std } => std,
        };
        match number.is_finite() && number >= 0.0 {
            true => Ok(()),
            false => Err(ConfigError::Initial {
                layer,
                initial: self,
            }),
        }
    }

    /// Draws a parameter of this shape, named `layer.parameter`; `fan_in` is the number of inputs of one unit.
    pub(super) fn draw<const D: usize>(
        self,
        name: &str,
        seed: u64,
        fan_in: usize,
        shape: [usize; D],
        device: &Device,
    ) -> Param<Tensor<D>> {
        let mut values = vec![0.0; shape.iter().product()];
        self.fill(name, seed, fan_in, &mut values);
        parameter(values, shape, device)
    }

    /// Writes the numbers that [`draw`](Self::draw) makes a parameter of.
    pub(super) fn fill(self, name: &str, seed: u64, fan_in: usize, values: &mut [f32]) {
        let stream = stream(name);
        match self {
            Self::PyTorch => {
                let bound = 1.0 / (fan_in as f32).sqrt();
                fill_uniform(seed, stream, -bound, bound, values);
            }
            Self::LeCun => {
                let bound = 2.4 / fan_in as f32;
                fill_uniform(seed, stream, -bound, bound, values);
            }
            Self::Uniform { bound } => fill_uniform(seed, stream, -bound, bound, values),
            Self::Normal { std } => fill_normal(seed, stream, 0.0, std, values),
            Self::Zeros => values.fill(0.0),
        }
    }
}

/// A parameter of these values. It is made at once: Burn's lazy ones depend on the order in which they are first used.
pub(super) fn parameter<const D: usize>(
    values: Vec<f32>,
    shape: [usize; D],
    device: &Device,
) -> Param<Tensor<D>> {
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device))
}

/// The seed of part `part` of a layer whose parts have fan-ins of their own.
pub(super) fn part_seed(seed: u64, part: usize) -> u64 {
    mix(seed, part as u64)
}
