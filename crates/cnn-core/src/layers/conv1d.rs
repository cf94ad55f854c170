//! Convolution over ragged documents.
use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use cnn_kernels::{Conv1dShape, Offsets};

use super::config_error::check_sizes;
use super::{ConfigError, Initial};
use crate::{Documents, ops};

/// Configuration of a [`Conv1d`] layer.
#[derive(Config, Debug)]
pub struct Conv1dConfig {
    /// Numbers per token; at least 1.
    pub channels_in: usize,
    /// Filters; at least 1.
    pub channels_out: usize,
    /// Tokens under a filter at a time; at least 1.
    pub kernel_size: usize,
    /// Zero vectors imagined before and after each document.
    #[config(default = "[0, 0]")]
    pub padding: [usize; 2],
    /// Whether filters have a bias.
    #[config(default = true)]
    pub bias: bool,
    /// How the weight starts; the fan-in is `channels_in · kernel_size`.
    #[config(default = "Initial::PyTorch")]
    pub initial: Initial,
    /// How the bias starts.
    #[config(default = "Initial::PyTorch")]
    pub initial_bias: Initial,
    /// Seed of the weights.
    #[config(default = 0)]
    pub seed: u64,
}

/// Convolution over ragged documents, stride 1: each filter reads `kernel_size` consecutive tokens of one document.
///
/// `y[p, o] = bias[o] + Σ_i Σ_j x[p + j - padding[0], i] · weight[o, i, j]`
///
/// A document of `len > 0` tokens has `max(0, len + padding[0] + padding[1] + 1 - kernel_size)` positions, an empty one
/// none. PyTorch's `Conv1d` computes the same on one unpadded document; on a batch it needs a common length.
#[derive(Module, Debug)]
pub struct Conv1d {
    /// `[channels_out, channels_in, kernel_size]`.
    pub weight: Param<Tensor<3>>,
    /// `[channels_out]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// Zero vectors before and after each document.
    pub padding: [usize; 2],
}

impl Conv1dConfig {
    /// Makes the layer on a device.
    ///
    /// # Errors
    /// If a size is 0 or an initial distribution is none.
    pub fn init(&self, device: &Device) -> Result<Conv1d, ConfigError> {
        let sizes = [
            ("channels_in", self.channels_in),
            ("channels_out", self.channels_out),
            ("kernel_size", self.kernel_size),
        ];
        check_sizes("Conv1d", &sizes)?;
        self.initial.check("Conv1d")?;
        self.initial_bias.check("Conv1d")?;
        let (seed, fan_in) = (self.seed, self.channels_in * self.kernel_size);
        let shape = [self.channels_out, self.channels_in, self.kernel_size];
        let bias = || {
            self.initial_bias
                .draw("conv1d.bias", seed, fan_in, [self.channels_out], device)
        };
        Ok(Conv1d {
            weight: self
                .initial
                .draw("conv1d.weight", seed, fan_in, shape, device),
            bias: self.bias.then(bias),
            padding: self.padding,
        })
    }
}

impl Conv1d {
    /// `[tokens, channels_in]` -> `[positions, channels_out]`, and where the positions of each document end.
    ///
    /// # Panics
    /// If `x` does not have one row of `channels_in` numbers per token.
    ///
    /// ```
    /// # #[cfg(feature = "flex")] {
    /// # use burn::tensor::{Device, Tensor};
    /// # use cnn_core::{Offsets, layers::Conv1dConfig};
    /// let device = Device::flex();
    /// let layer = Conv1dConfig::new(300, 100, 3).init(&device).unwrap();
    /// let offsets = Offsets::from_lengths([7, 2]);
    /// let (y, positions) = layer.forward(Tensor::zeros([9, 300], &device), &offsets);
    /// assert_eq!(y.dims(), [5, 100]);
    /// assert_eq!(positions, Offsets::from_lengths([5, 0])); // two tokens are fewer than the kernel
    /// # }
    /// ```
    pub fn forward(&self, x: Tensor<2>, offsets: &Offsets) -> (Tensor<2>, Offsets) {
        let bias = self.bias.as_ref().map(Param::val);
        let y = ops::conv1d(x, self.weight.val(), bias, offsets, self.padding);
        (y, self.shape().output_offsets(offsets))
    }

    /// The same for the positive part of `x`: the convolution of a network that activates before it.
    ///
    /// # Panics
    /// If `x` does not have one row of `channels_in` numbers per token.
    pub fn forward_relu(&self, x: Tensor<2>, offsets: &Offsets) -> Tensor<2> {
        let bias = self.bias.as_ref().map(Param::val);
        ops::relu_conv1d(x, self.weight.val(), bias, offsets, self.padding)
    }

    /// The same on documents whose words come as `rows` `[distinct, channels_in]`, one for each of `documents.distinct()`: each distinct
    /// word is multiplied once. See [`ops::word_conv`](crate::ops::word_conv()).
    ///
    /// # Panics
    /// If `rows` does not have one row of `channels_in` numbers per distinct word.
    pub fn forward_words(&self, rows: Tensor<2>, documents: &Documents) -> Tensor<2> {
        let bias = self.bias.as_ref().map(Param::val);
        ops::word_conv(rows, documents, self.weight.val(), bias, self.padding)
    }

    /// The sizes of this convolution, which know how many positions a document has.
    pub fn shape(&self) -> Conv1dShape {
        ops::conv1d::sizes(self.weight.dims(), self.padding)
    }
}
