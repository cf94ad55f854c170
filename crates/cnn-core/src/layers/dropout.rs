//! Dropout with masks that depend on numbers, not on a generator.
use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use cnn_kernels::random::{dropout_mask, mix, stream};

use super::ConfigError;
use crate::Noise;

/// What is done about dropping: without it, sums in training and at prediction would differ in size.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum DropoutConvention {
    /// In training kept units are multiplied by `1 / (1 - probability)`, at prediction nothing happens: PyTorch, and almost
    /// everybody today.
    Inverted,
    /// In training kept units stay as they are, at prediction all are multiplied by `1 - probability` (one half, for the
    /// usual probability): the codes of Kim 2014 and of Johnson and Zhang 2017. A max-norm limit chosen for this convention
    /// means twice the weights of the other one.
    Halved,
}

/// Configuration of a [`Dropout`] layer.
#[derive(Config, Debug)]
pub struct DropoutConfig {
    /// Probability that a unit is dropped; at least 0, below 1.
    pub probability: f32,
    /// Where the scale is applied.
    #[config(default = "DropoutConvention::Inverted")]
    pub convention: DropoutConvention,
    /// Tells the masks of this layer from those of others.
    #[config(default = 0)]
    pub seed: u64,
}

/// Dropout: `y[i, u] = x[i, u] · mask[i, u] · scale` in training.
///
/// Whether unit `u` of a sample is kept depends on the seed and the step of the run, the number of the sample in the data
/// set, this layer's seed and `u`; not on the batch around it, and not on what was drawn before.
#[derive(Module, Debug)]
pub struct Dropout {
    /// Probability that a unit is dropped.
    pub probability: f32,
    /// Where the scale is applied.
    #[module(skip)]
    pub convention: DropoutConvention,
    /// Number of this layer's stream of random numbers.
    pub stream: u64,
}

impl DropoutConfig {
    /// Makes the layer. It has no weights, so it needs no device.
    ///
    /// # Errors
    /// If the probability is not in `0..1`.
    pub fn init(&self) -> Result<Dropout, ConfigError> {
        if !(0.0..1.0).contains(&self.probability) {
            return Err(ConfigError::Number {
                layer: "Dropout",
                field: "probability",
                value: self.probability,
                expected: "at least 0 and below 1",
            });
        }
        Ok(Dropout {
            probability: self.probability,
            convention: self.convention,
            stream: mix(stream("dropout.mask"), self.seed),
        })
    }
}

impl Dropout {
    /// `[rows, ..]` -> the same shape. With `noise` as in training, row `i` being sample `noise.samples[i]`; without as at
    /// prediction.
    ///
    /// # Panics
    /// If the noise does not name one sample per row.
    ///
    /// ```
    /// # #[cfg(feature = "flex")] {
    /// # use burn::tensor::{Device, Tensor};
    /// # use cnn_core::{Noise, layers::DropoutConfig};
    /// let layer = DropoutConfig::new(0.5).init().unwrap();
    /// let x = Tensor::<2>::ones([1, 1000], &Device::flex());
    /// let noise = Noise::new(1, 20, [4711]);
    /// let kept = layer.forward(x.clone(), Some(&noise)).sum().into_scalar::<f32>() / 2.0;
    /// assert!((400.0..600.0).contains(&kept));
    /// assert_eq!(layer.forward(x, None).sum().into_scalar::<f32>(), 1000.0);
    /// # }
    /// ```
    pub fn forward<const D: usize>(&self, x: Tensor<D>, noise: Option<&Noise>) -> Tensor<D> {
        let keep = 1.0 - self.probability;
        if self.probability == 0.0 {
            return x;
        }
        let Some(noise) = noise else {
            return match self.convention {
                DropoutConvention::Inverted => x,
                DropoutConvention::Halved => x.mul_scalar(keep),
            };
        };
        let (shape, rows) = (x.dims(), x.dims()[0]);
        let samples = noise.samples.len();
        assert_eq!(
            samples, rows,
            "Dropout: noise names {samples} samples for {rows} rows"
        );
        let scale = match self.convention {
            DropoutConvention::Inverted => 1.0 / keep,
            DropoutConvention::Halved => 1.0,
        };
        let units = shape[1..].iter().product();
        let mut mask = vec![0.0; rows * units];
        let (seed, step) = (noise.seed, noise.step);
        dropout_mask(
            seed,
            step,
            self.stream,
            &noise.samples,
            units,
            keep,
            scale,
            &mut mask,
        );
        let mask = Tensor::from_data(TensorData::new(mask, shape), &x.device());
        x * mask
    }
}
