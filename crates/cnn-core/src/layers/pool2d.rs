//! Pooling of images without parameters.
use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use super::ConfigError;
use super::config_error::check_sizes;
use crate::ops;

/// Configuration of an [`AveragePool2d`] layer.
#[derive(Config, Debug)]
pub struct AveragePool2dConfig {
    /// Rows and columns of a block; at least 1 each.
    pub size: [usize; 2],
}

/// Configuration of a [`MaxPool2d`] layer.
#[derive(Config, Debug)]
pub struct MaxPool2dConfig {
    /// Rows and columns of a block; at least 1 each.
    pub size: [usize; 2],
}

/// Mean of each block of `size[0]` by `size[1]` pixels, blocks side by side; rows and columns that fill no block are left
/// out. As PyTorch's `AvgPool2d(size)`.
///
/// `[batch, channels, height, width]` -> `[batch, channels, height / size[0], width / size[1]]`, rounded down.
#[derive(Module, Debug)]
pub struct AveragePool2d {
    /// Rows and columns of a block.
    pub size: [usize; 2],
}

/// Maximum of each block of `size[0]` by `size[1]` pixels, blocks side by side; rows and columns that fill no block are left
/// out. As PyTorch's `MaxPool2d(size)`.
///
/// `[batch, channels, height, width]` -> `[batch, channels, height / size[0], width / size[1]]`, rounded down.
#[derive(Module, Debug)]
pub struct MaxPool2d {
    /// Rows and columns of a block.
    pub size: [usize; 2],
}

impl AveragePool2dConfig {
    /// Makes the layer.
    ///
    /// # Errors
    /// If a size is 0.
    pub fn init(&self) -> Result<AveragePool2d, ConfigError> {
        check("AveragePool2d", self.size)?;
        Ok(AveragePool2d { size: self.size })
    }
}

impl MaxPool2dConfig {
    /// Makes the layer.
    ///
    /// # Errors
    /// If a size is 0.
    pub fn init(&self) -> Result<MaxPool2d, ConfigError> {
        check("MaxPool2d", self.size)?;
        Ok(MaxPool2d { size: self.size })
    }
}

impl AveragePool2d {
    /// `[batch, channels, height, width]` -> `[batch, channels, height / size[0], width / size[1]]`.
    ///
    /// # Panics
    /// If the image is smaller than a block.
    ///
    /// ```
    /// # #[cfg(feature = "flex")] {
    /// # use burn::tensor::{Device, Tensor};
    /// # use cnn_core::layers::AveragePool2dConfig;
    /// let x = Tensor::<4>::from_data([[[[1.0, 3.0], [5.0, 7.0]]]], &Device::flex());
    /// let y = AveragePool2dConfig::new([2, 2]).init().unwrap().forward(x);
    /// assert_eq!(y.into_scalar::<f32>(), 4.0);
    /// # }
    /// ```
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        ops::average_pool2d(x, self.size)
    }
}

impl MaxPool2d {
    /// `[batch, channels, height, width]` -> `[batch, channels, height / size[0], width / size[1]]`.
    ///
    /// # Panics
    /// If the image is smaller than a block.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        ops::max_pool2d(x, self.size)
    }
}

fn check(layer: &'static str, size: [usize; 2]) -> Result<(), ConfigError> {
    check_sizes(layer, &[("size[0]", size[0]), ("size[1]", size[1])])
}
