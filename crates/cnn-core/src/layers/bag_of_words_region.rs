//! The region embedding of DPCNN.
use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::config_error::check_sizes;
use super::{ConfigError, Initial};
use crate::{Documents, ops};

/// Configuration of a [`BagOfWordsRegion`].
#[derive(Config, Debug)]
pub struct BagOfWordsRegionConfig {
    /// Numbers per position: the dimension of the table of words; at least 1.
    pub channels: usize,
    /// Words of a region, centred on a position; odd. Published: 3 or 5.
    #[config(default = 3)]
    pub region_size: usize,
    /// Whether there is a bias.
    #[config(default = true)]
    pub bias: bool,
    /// How the bias starts.
    #[config(default = "Initial::Zeros")]
    pub initial_bias: Initial,
    /// Seed of the bias.
    #[config(default = 0)]
    pub seed: u64,
}

/// The region embedding (Johnson and Zhang 2017, section 2.1, in the form of the published runs): the sum of the vectors of
/// the distinct words around each position, plus a bias.
///
/// `y[t] = bias + Σ rows[u]` over the distinct words `u` of the region centred on `t`, cut at the edges of the document: a
/// matrix times a binary bag of words, in which order and repetition within a region do not count. The matrix is the table
/// of an [`Embedding`](super::Embedding), whose rows come as argument, so that a step touches only those of its batch.
#[derive(Module, Debug)]
pub struct BagOfWordsRegion {
    /// `[channels]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// Words of a region.
    pub region_size: usize,
}

impl BagOfWordsRegionConfig {
    /// Makes the layer on a device.
    ///
    /// # Errors
    /// If `channels` is 0, `region_size` even, or the initial distribution none.
    pub fn init(&self, device: &Device) -> Result<BagOfWordsRegion, ConfigError> {
        check_sizes("BagOfWordsRegion", &[("channels", self.channels)])?;
        self.initial_bias.check("BagOfWordsRegion")?;
        let region_size = self.region_size;
        if region_size.is_multiple_of(2) {
            return Err(ConfigError::EvenRegion { region_size });
        }
        let name = "bag_of_words_region.bias";
        let bias = || {
            self.initial_bias
                .draw(name, self.seed, region_size, [self.channels], device)
        };
        Ok(BagOfWordsRegion {
            bias: self.bias.then(bias),
            region_size,
        })
    }
}

impl BagOfWordsRegion {
    /// `rows` `[distinct, channels]` of the batch -> `[tokens, channels]`.
    ///
    /// # Panics
    /// If `rows` does not have one row of `channels` numbers per distinct token.
    ///
    /// ```
    /// # #[cfg(feature = "flex")] {
    /// # use burn::tensor::{Device, Tensor};
    /// # use cnn_core::{Documents, layers::BagOfWordsRegionConfig};
    /// let device = Device::flex();
    /// let region = BagOfWordsRegionConfig::new(1).init(&device).unwrap();
    /// let documents = Documents::new(&[[8, 9, 9, 9]]);
    /// let rows = Tensor::<2>::from_data([[10.0], [1.0]], &device); // of words 8 and 9
    /// let y = region.forward(rows, &documents);
    /// assert_eq!(y.into_data().try_to_vec::<f32>().unwrap(), [11.0, 11.0, 1.0, 1.0]);
    /// # }
    /// ```
    pub fn forward(&self, rows: Tensor<2>, documents: &Documents) -> Tensor<2> {
        let sums = ops::bag(rows, documents, self.region_size);
        match &self.bias {
            Some(bias) => sums + bias.val().unsqueeze::<2>(),
            None => sums,
        }
    }
}
