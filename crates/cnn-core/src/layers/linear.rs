//! The dense layer.
use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::config_error::check_sizes;
use super::{ConfigError, Initial};
use crate::ops;

/// Configuration of a [`Linear`] layer.
#[derive(Config, Debug)]
pub struct LinearConfig {
    /// Numbers that each unit reads; at least 1.
    pub features_in: usize,
    /// Units; at least 1.
    pub features_out: usize,
    /// Whether units have a bias.
    #[config(default = true)]
    pub bias: bool,
    /// How the weight starts; the fan-in is `features_in`.
    #[config(default = "Initial::PyTorch")]
    pub initial: Initial,
    /// How the bias starts.
    #[config(default = "Initial::PyTorch")]
    pub initial_bias: Initial,
    /// Seed of the weights.
    #[config(default = 0)]
    pub seed: u64,
}

/// The dense layer: `y[i, o] = bias[o] + Σ_k x[i, k] · weight[o, k]`.
///
/// As PyTorch's `Linear`, weight layout included (Burn's own keeps the transpose).
#[derive(Module, Debug)]
pub struct Linear {
    /// `[features_out, features_in]`.
    pub weight: Param<Tensor<2>>,
    /// `[features_out]`.
    pub bias: Option<Param<Tensor<1>>>,
}

impl LinearConfig {
    /// Makes the layer on a device.
    ///
    /// # Errors
    /// If a size is 0 or an initial distribution is none.
    pub fn init(&self, device: &Device) -> Result<Linear, ConfigError> {
        let sizes = [
            ("features_in", self.features_in),
            ("features_out", self.features_out),
        ];
        check_sizes("Linear", &sizes)?;
        self.initial.check("Linear")?;
        self.initial_bias.check("Linear")?;
        let (seed, fan_in) = (self.seed, self.features_in);
        let shape = [self.features_out, self.features_in];
        let bias = || {
            self.initial_bias
                .draw("linear.bias", seed, fan_in, [self.features_out], device)
        };
        Ok(Linear {
            weight: self
                .initial
                .draw("linear.weight", seed, fan_in, shape, device),
            bias: self.bias.then(bias),
        })
    }
}

impl Linear {
    /// `[rows, features_in]` -> `[rows, features_out]`.
    ///
    /// # Panics
    /// If `x` does not have `features_in` columns.
    ///
    /// ```
    /// # #[cfg(feature = "flex")] {
    /// # use burn::tensor::{Device, Tensor};
    /// # use cnn_core::layers::LinearConfig;
    /// let device = Device::flex();
    /// let layer = LinearConfig::new(120, 84).with_seed(7).init(&device).unwrap();
    /// assert_eq!(layer.forward(Tensor::zeros([5, 120], &device)).dims(), [5, 84]);
    /// # }
    /// ```
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        ops::linear(x, self.weight.val(), self.bias.as_ref().map(Param::val))
    }
}
