//! Strided pooling over ragged documents.
use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;
use cnn_kernels::Offsets;

use crate::ops::{self, PooledLength};

/// Configuration of a [`MaxPool`] layer.
#[derive(Config, Debug)]
pub struct MaxPoolConfig {
    /// How many positions remain of a document.
    #[config(default = "PooledLength::Floor")]
    pub length: PooledLength,
}

/// Maximum of 3 positions, every 2 positions (Johnson and Zhang 2017, section 2), windows clipped to the document.
///
/// `y[p, c] = max(x[2p - 1, c], x[2p, c], x[2p + 1, c])`, leaving out what the document does not have. With
/// [`PooledLength::Floor`] as PyTorch's `MaxPool1d(3, stride=2, padding=1)` on one unpadded document.
#[derive(Module, Debug)]
pub struct MaxPool {
    /// How many positions remain of a document.
    #[module(skip)]
    pub length: PooledLength,
}

impl MaxPoolConfig {
    /// Makes the layer; every configuration means something.
    pub fn init(&self) -> MaxPool {
        MaxPool {
            length: self.length,
        }
    }
}

impl MaxPool {
    /// `[positions, channels]` -> `[pooled positions, channels]`, and where the documents now end: a document of `n`
    /// positions keeps [`PooledLength::of`]`(n)`.
    ///
    /// # Panics
    /// If `offsets` do not describe the rows of `x`.
    ///
    /// ```
    /// # #[cfg(feature = "flex")] {
    /// # use burn::tensor::{Device, Tensor};
    /// # use cnn_core::{Offsets, layers::MaxPoolConfig};
    /// let x = Tensor::<2>::from_data([[5.0], [1.0], [2.0], [7.0], [-1.0]], &Device::flex());
    /// let (y, offsets) = MaxPoolConfig::new().init().forward(x, &Offsets::from_lengths([4, 1]));
    /// assert_eq!(offsets, Offsets::from_lengths([2, 1]));
    /// assert_eq!(y.into_data().try_to_vec::<f32>().unwrap(), [5.0, 7.0, -1.0]);
    /// # }
    /// ```
    pub fn forward(&self, x: Tensor<2>, offsets: &Offsets) -> (Tensor<2>, Offsets) {
        ops::max_pool(x, offsets, self.length)
    }
}
