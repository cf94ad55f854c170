//! The subsampling of 1998, with a coefficient and a bias per map.
use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::config_error::check_sizes;
use super::{ConfigError, Initial};
use crate::ops;

/// Configuration of a [`TrainablePool2d`] layer.
#[derive(Config, Debug)]
pub struct TrainablePool2dConfig {
    /// Maps; at least 1.
    pub channels: usize,
    /// Rows and columns of a block; at least 1 each.
    #[config(default = "[2, 2]")]
    pub size: [usize; 2],
    /// How the coefficients start; the fan-in is the number of pixels of a block.
    #[config(default = "Initial::LeCun")]
    pub initial: Initial,
    /// How the biases start. (The paper does not say.)
    #[config(default = "Initial::Zeros")]
    pub initial_bias: Initial,
    /// Seed of the weights.
    #[config(default = 0)]
    pub seed: u64,
}

/// Subsampling (LeCun et al. 1998, section II.B, layers S2 and S4): the *sum* of each block of pixels, times one trained
/// coefficient, plus one trained bias; two parameters per map.
///
/// `y[b, c, i, j] = weight[c] · Σ_uv x[b, c, i · size[0] + u, j · size[1] + v] + bias[c]`
///
/// The squash that follows in LeNet-5 is a layer of its own. PyTorch has no such layer.
#[derive(Module, Debug)]
pub struct TrainablePool2d {
    /// `[channels]`.
    pub weight: Param<Tensor<1>>,
    /// `[channels]`.
    pub bias: Param<Tensor<1>>,
    /// Rows and columns of a block.
    pub size: [usize; 2],
}

impl TrainablePool2dConfig {
    /// Makes the layer on a device.
    ///
    /// # Errors
    /// If a size is 0 or an initial distribution is none.
    pub fn init(&self, device: &Device) -> Result<TrainablePool2d, ConfigError> {
        let layer = "TrainablePool2d";
        let [rows, columns] = self.size;
        let sizes = [
            ("channels", self.channels),
            ("size[0]", rows),
            ("size[1]", columns),
        ];
        check_sizes(layer, &sizes)?;
        self.initial.check(layer)?;
        self.initial_bias.check(layer)?;
        let (seed, fan_in, shape) = (self.seed, rows * columns, [self.channels]);
        let bias = self
            .initial_bias
            .draw("trainable_pool2d.bias", seed, fan_in, shape, device);
        Ok(TrainablePool2d {
            weight: self
                .initial
                .draw("trainable_pool2d.weight", seed, fan_in, shape, device),
            bias,
            size: self.size,
        })
    }
}

impl TrainablePool2d {
    /// `[batch, channels, height, width]` -> `[batch, channels, height / size[0], width / size[1]]`, rounded down.
    ///
    /// # Panics
    /// If `x` does not have `channels` maps, or maps smaller than a block.
    ///
    /// ```
    /// # #[cfg(feature = "flex")] {
    /// # use burn::tensor::{Device, Tensor};
    /// # use cnn_core::layers::TrainablePool2dConfig;
    /// let device = Device::flex();
    /// let s2 = TrainablePool2dConfig::new(6).init(&device).unwrap();
    /// assert_eq!(s2.forward(Tensor::zeros([2, 6, 28, 28], &device)).dims(), [2, 6, 14, 14]);
    /// # }
    /// ```
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let ([_, channels, _, _], [rows, columns]) = (x.dims(), self.size);
        let per_map = |parameter: &Param<Tensor<1>>| parameter.val().reshape([1, channels, 1, 1]);
        let means = ops::average_pool2d(x, self.size);
        let sums = means.mul_scalar((rows * columns) as f32); // exact for 2 x 2
        sums * per_map(&self.weight) + per_map(&self.bias)
    }
}
