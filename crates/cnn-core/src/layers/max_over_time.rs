//! Maximum over time.
use burn::module::Module;
use burn::tensor::Tensor;
use cnn_kernels::Offsets;

use crate::ops;

/// Maximum over time (Collobert et al. 2011; Kim 2014): of each feature map the greatest value in each document.
///
/// `y[d, c] = max_p x[p, c]` over the positions of document `d`, and not below `floor[c]` where a floor is given. An empty
/// document gives the floor, or 0. The gradient goes to the one place that won.
#[derive(Module, Debug, Default)]
pub struct MaxOverTime;

impl MaxOverTime {
    /// `[positions, channels]` -> `[documents, channels]`; `floor` is `[channels]`.
    ///
    /// # Panics
    /// If `offsets` do not describe the rows of `x`.
    ///
    /// ```
    /// # #[cfg(feature = "flex")] {
    /// # use burn::tensor::{Device, Tensor};
    /// # use cnn_core::{Offsets, layers::MaxOverTime};
    /// let x = Tensor::<2>::from_data([[1.0], [3.0], [-2.0]], &Device::flex());
    /// let y = MaxOverTime.forward(x, &Offsets::from_lengths([2, 1, 0]), None);
    /// assert_eq!(y.into_data().try_to_vec::<f32>().unwrap(), [3.0, -2.0, 0.0]);
    /// # }
    /// ```
    pub fn forward(&self, x: Tensor<2>, offsets: &Offsets, floor: Option<Tensor<1>>) -> Tensor<2> {
        ops::max_over_time(x, offsets, floor)
    }
}
