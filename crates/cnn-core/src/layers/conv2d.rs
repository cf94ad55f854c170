//! Convolution of images.
use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use cnn_kernels::Conv2dShape;

use super::config_error::check_sizes;
use super::{ConfigError, Initial};
use crate::ops;

/// Configuration of a [`Conv2d`] layer.
#[derive(Config, Debug)]
pub struct Conv2dConfig {
    /// Maps of the input; at least 1.
    pub channels_in: usize,
    /// Maps of the output; at least 1.
    pub channels_out: usize,
    /// Rows and columns of a kernel; at least 1 each.
    pub kernel_size: [usize; 2],
    /// Zero rows above and below, zero columns left and right.
    #[config(default = "[0, 0]")]
    pub padding: [usize; 2],
    /// Whether output maps have a bias.
    #[config(default = true)]
    pub bias: bool,
    /// How the weight starts; the fan-in is `channels_in · kernel_size[0] · kernel_size[1]`.
    #[config(default = "Initial::PyTorch")]
    pub initial: Initial,
    /// How the bias starts.
    #[config(default = "Initial::PyTorch")]
    pub initial_bias: Initial,
    /// Seed of the weights.
    #[config(default = 0)]
    pub seed: u64,
}

/// Convolution of images (cross-correlation, as in PyTorch), stride 1.
///
/// `y[b, o, r, c] = bias[o] + Σ_i Σ_u Σ_v x[b, i, r + u - padding[0], c + v - padding[1]] · weight[o, i, u, v]`
#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[channels_out, channels_in, kernel_h, kernel_w]`.
    pub weight: Param<Tensor<4>>,
    /// `[channels_out]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// Zero rows above and below, zero columns left and right.
    pub padding: [usize; 2],
}

impl Conv2dConfig {
    /// Makes the layer on a device.
    ///
    /// # Errors
    /// If a size is 0 or an initial distribution is none.
    pub fn init(&self, device: &Device) -> Result<Conv2d, ConfigError> {
        let [kernel_h, kernel_w] = self.kernel_size;
        let sizes = [
            ("channels_in", self.channels_in),
            ("channels_out", self.channels_out),
            ("kernel_size[0]", kernel_h),
            ("kernel_size[1]", kernel_w),
        ];
        check_sizes("Conv2d", &sizes)?;
        self.initial.check("Conv2d")?;
        self.initial_bias.check("Conv2d")?;
        let (seed, fan_in) = (self.seed, self.channels_in * kernel_h * kernel_w);
        let shape = [self.channels_out, self.channels_in, kernel_h, kernel_w];
        let bias = || {
            self.initial_bias
                .draw("conv2d.bias", seed, fan_in, [self.channels_out], device)
        };
        Ok(Conv2d {
            weight: self
                .initial
                .draw("conv2d.weight", seed, fan_in, shape, device),
            bias: self.bias.then(bias),
            padding: self.padding,
        })
    }
}

impl Conv2d {
    /// `[batch, channels_in, height, width]` -> `[batch, channels_out, rows, columns]`, see
    /// [`output_size`](Self::output_size).
    ///
    /// # Panics
    /// If `x` does not have `channels_in` maps, or the padded maps are smaller than the kernel.
    ///
    /// ```
    /// # #[cfg(feature = "flex")] {
    /// # use burn::tensor::{Device, Tensor};
    /// # use cnn_core::layers::Conv2dConfig;
    /// let device = Device::flex();
    /// let layer = Conv2dConfig::new(1, 6, [5, 5]).init(&device).unwrap();
    /// let y = layer.forward(Tensor::zeros([2, 1, 32, 32], &device));
    /// assert_eq!(y.dims(), [2, 6, 28, 28]);
    /// # }
    /// ```
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let bias = self.bias.as_ref().map(Param::val);
        ops::conv2d(x, self.weight.val(), bias, self.padding)
    }

    /// The sizes of this convolution on maps of `[height, width]`.
    pub fn shape(&self, [height, width]: [usize; 2]) -> Conv2dShape {
        let [channels_out, channels_in, kernel_h, kernel_w] = self.weight.dims();
        Conv2dShape {
            channels_in,
            channels_out,
            height,
            width,
            kernel: [kernel_h, kernel_w],
            padding: self.padding,
        }
    }

    /// Rows and columns of the output maps: `size + 2 · padding - kernel + 1`, and 0 if that is negative.
    pub fn output_size(&self, size: [usize; 2]) -> [usize; 2] {
        self.shape(size).output_size()
    }
}
