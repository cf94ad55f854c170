//! Convolution in which each output map reads only some input maps: layer C3 of LeNet-5.
use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::config_error::check_sizes;
use super::initial::{parameter, part_seed};
use super::{ConfigError, Initial};
use crate::ops;

/// Configuration of a [`SparseConv2d`] layer.
#[derive(Config, Debug)]
pub struct SparseConv2dConfig {
    /// Maps of the input; at least 1.
    pub channels_in: usize,
    /// For each output map, the input maps that it reads, counted from 0.
    pub connections: Vec<Vec<usize>>,
    /// Rows and columns of a kernel; at least 1 each.
    pub kernel_size: [usize; 2],
    /// How the kernels start; the fan-in of an output map is the number of its input maps times the size of a kernel.
    #[config(default = "Initial::PyTorch")]
    pub initial: Initial,
    /// How the biases start.
    #[config(default = "Initial::PyTorch")]
    pub initial_bias: Initial,
    /// Seed of the weights.
    #[config(default = 0)]
    pub seed: u64,
}

/// Convolution of images by a table of connections, stride 1, no padding.
///
/// `y[b, o, r, c] = bias[o] + Σ_{k: kernels of o} Σ_u Σ_v x[b, input(k), r + u, c + v] · weight[k, u, v]`
///
/// There is one kernel per connection, numbered output map by output map in the order of the table. LeNet-5's C3 has 60 of
/// them instead of 16 x 6 = 96, to break the symmetry of the maps (LeCun et al. 1998, table I).
#[derive(Module, Debug)]
pub struct SparseConv2d {
    /// `[connections, kernel_h, kernel_w]`.
    pub weight: Param<Tensor<3>>,
    /// `[channels_out]`.
    pub bias: Param<Tensor<1>>,
    /// Maps of the input.
    pub channels_in: usize,
    /// For each output map, the input maps that it reads.
    #[module(skip)]
    pub connections: Vec<Vec<usize>>,
}

impl SparseConv2dConfig {
    /// Layer C3 of LeNet-5: 16 maps of 5x5 kernels over the 6 maps of S2, by table I of the paper.
    pub fn lenet5_c3() -> Self {
        let table: [&[usize]; 16] = [
            &[0, 1, 2],
            &[1, 2, 3],
            &[2, 3, 4],
            &[3, 4, 5],
            &[0, 4, 5],
            &[0, 1, 5],
            &[0, 1, 2, 3],
            &[1, 2, 3, 4],
            &[2, 3, 4, 5],
            &[0, 3, 4, 5],
            &[0, 1, 4, 5],
            &[0, 1, 2, 5],
            &[0, 1, 3, 4],
            &[1, 2, 4, 5],
            &[0, 2, 3, 5],
            &[0, 1, 2, 3, 4, 5],
        ];
        Self::new(6, table.map(<[usize]>::to_vec).to_vec(), [5, 5])
    }

    /// Makes the layer on a device.
    ///
    /// # Errors
    /// If a size is 0, an output map reads no input map, an unknown one or one twice, or an initial distribution is none.
    pub fn init(&self, device: &Device) -> Result<SparseConv2d, ConfigError> {
        let layer = "SparseConv2d";
        let [kernel_h, kernel_w] = self.kernel_size;
        let sizes = [
            ("channels_in", self.channels_in),
            ("connections", self.connections.len()),
            ("kernel_size[0]", kernel_h),
            ("kernel_size[1]", kernel_w),
        ];
        check_sizes(layer, &sizes)?;
        self.initial.check(layer)?;
        self.initial_bias.check(layer)?;
        self.check_connections()?;

        // Fan-ins differ from map to map, so each map draws its own kernels.
        let kernels: usize = self.connections.iter().map(Vec::len).sum();
        let mut weight = vec![0.0; kernels * kernel_h * kernel_w];
        let mut bias = vec![0.0; self.connections.len()];
        let mut rest = weight.as_mut_slice();
        for (map, (reads, bias)) in self.connections.iter().zip(&mut bias).enumerate() {
            let fan_in = reads.len() * kernel_h * kernel_w;
            let (own, others) = rest.split_at_mut(fan_in);
            let seed = part_seed(self.seed, map);
            self.initial.fill("sparse_conv2d.weight", seed, fan_in, own);
            let bias = std::slice::from_mut(bias);
            self.initial_bias
                .fill("sparse_conv2d.bias", seed, fan_in, bias);
            rest = others;
        }
        Ok(SparseConv2d {
            weight: parameter(weight, [kernels, kernel_h, kernel_w], device),
            bias: parameter(bias, [self.connections.len()], device),
            channels_in: self.channels_in,
            connections: self.connections.clone(),
        })
    }

    fn check_connections(&self) -> Result<(), ConfigError> {
        for (map, reads) in self.connections.iter().enumerate() {
            if reads.is_empty() {
                return Err(ConfigError::NoConnection { map });
            }
            let valid = |(i, input): (usize, &usize)| {
                *input < self.channels_in && !reads[..i].contains(input)
            };
            if !reads.iter().enumerate().all(valid) {
                let (reads, channels_in) = (reads.clone(), self.channels_in);
                return Err(ConfigError::Connection {
                    map,
                    reads,
                    channels_in,
                });
            }
        }
        Ok(())
    }
}

impl SparseConv2d {
    /// `[batch, channels_in, height, width]` -> `[batch, channels_out, height - kernel_h + 1, width - kernel_w + 1]`.
    ///
    /// # Panics
    /// If `x` does not have `channels_in` maps, or they are smaller than the kernel.
    ///
    /// ```
    /// # #[cfg(feature = "flex")] {
    /// # use burn::tensor::{Device, Tensor};
    /// # use cnn_core::layers::SparseConv2dConfig;
    /// let device = Device::flex();
    /// let c3 = SparseConv2dConfig::lenet5_c3().init(&device).unwrap();
    /// assert_eq!(c3.weight.dims(), [60, 5, 5]);
    /// assert_eq!(c3.forward(Tensor::zeros([2, 6, 14, 14], &device)).dims(), [2, 16, 10, 10]);
    /// # }
    /// ```
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        ops::conv2d(x, self.dense_weight(), Some(self.bias.val()), [0, 0])
    }

    /// The weight of the dense convolution that computes the same: `[channels_out, channels_in, kernel_h, kernel_w]`, zeros
    /// where no connection is.
    pub fn dense_weight(&self) -> Tensor<4> {
        let weight = self.weight.val();
        let [kernels, kernel_h, kernel_w] = weight.dims();
        let (size, device) = (kernel_h * kernel_w, weight.device());
        // One kernel of zeros behind the trained ones stands where no connection is.
        let zeros = Tensor::zeros([1, size], &device);
        let rows = Tensor::cat(vec![weight.reshape([kernels, size]), zeros], 0);
        let table = Tensor::<1, Int>::from_data(self.kernel_table(kernels), &device);
        rows.select(0, table).reshape([
            self.connections.len(),
            self.channels_in,
            kernel_h,
            kernel_w,
        ])
    }

    /// For each output map and input map, the number of its kernel, or `kernels`.
    fn kernel_table(&self, kernels: usize) -> TensorData {
        let mut table = vec![kernels as i32; self.connections.len() * self.channels_in];
        let rows = table.chunks_exact_mut(self.channels_in);
        let mut kernel = 0;
        for (row, reads) in rows.zip(&self.connections) {
            for input in reads {
                row[*input] = kernel;
                kernel += 1;
            }
        }
        let entries = table.len();
        TensorData::new(table, [entries])
    }
}
