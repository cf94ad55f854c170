//! The squashing function of 1998.
use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use super::ConfigError;
use crate::ops;

/// Configuration of a [`Squash`].
#[derive(Config, Debug)]
pub struct SquashConfig {
    /// The value that the function approaches; finite and positive.
    #[config(default = 1.7159)]
    pub amplitude: f32,
    /// What the input is multiplied by; finite and positive.
    #[config(default = "2.0 / 3.0")]
    pub slope: f32,
}

/// The squashing function of LeNet-5 (LeCun et al. 1998, appendix A): `y = amplitude · tanh(slope · x)`.
///
/// With the published numbers `f(±1) = ±1` within 0.00003, and the curvature is greatest near there, so that targets of ±1 keep
/// units out of the flat ends.
#[derive(Module, Debug)]
pub struct Squash {
    /// The value that the function approaches.
    pub amplitude: f32,
    /// What the input is multiplied by.
    pub slope: f32,
}

impl SquashConfig {
    /// Makes the layer.
    ///
    /// # Errors
    /// If a number is not finite and positive.
    pub fn init(&self) -> Result<Squash, ConfigError> {
        for (field, value) in [("amplitude", self.amplitude), ("slope", self.slope)] {
            if !(value.is_finite() && value > 0.0) {
                let expected = "finite and positive";
                return Err(ConfigError::Number {
                    layer: "Squash",
                    field,
                    value,
                    expected,
                });
            }
        }
        Ok(Squash {
            amplitude: self.amplitude,
            slope: self.slope,
        })
    }
}

impl Squash {
    /// Any shape -> the same shape.
    ///
    /// ```
    /// # #[cfg(feature = "flex")] {
    /// # use burn::tensor::{Device, Tensor};
    /// # use cnn_core::layers::SquashConfig;
    /// let squash = SquashConfig::new().init().unwrap();
    /// let y = squash.forward(Tensor::<1>::from_data([1.0, 100.0], &Device::flex())).into_data();
    /// let y = y.as_slice::<f32>().unwrap();
    /// assert!((y[0] - 1.0).abs() < 3e-5 && y[1] == 1.7159);
    /// # }
    /// ```
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        ops::scaled_tanh(x, self.amplitude, self.slope)
    }
}
