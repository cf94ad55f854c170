//! The max-norm constraint: rows longer than a limit are scaled back to it.
mod cpu;
pub mod default;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

use super::cpu_tensor::default_on_gpu;

/// Backends that compute [`max_norm`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")))]
pub trait MaxNormBackend: Backend {
    /// `weight` `[rows, width]` -> the same with no row longer than `limit`.
    fn max_norm_of_rows(weight: FloatTensor<Self>, limit: f32) -> FloatTensor<Self> {
        default::forward::<Self>(weight, limit)
    }
}

default_on_gpu!(MaxNormBackend);

/// `weight[r] · min(1, limit / |weight[r]|)` for each row: a row longer than `limit` is scaled back to it, a shorter one keeps
/// its bits. On a CPU the weight is changed in place if this is its only handle.
///
/// Kim 2014 applies it after each step to the class vectors of the output layer, whose weight is `[classes, features]`: to
/// rows, and not to columns. It is no part of the differentiated network; a tensor that requires gradients comes back as a
/// new leaf that does too.
///
/// # Panics
/// If `limit` is not positive.
///
/// ```
/// # #[cfg(feature = "flex")] {
/// use burn::tensor::{Device, Tensor};
/// let weight = Tensor::<2>::from_data([[3.0, 4.0], [0.3, 0.4]], &Device::flex());
/// let limited = cnn_core::ops::max_norm(weight, 2.5).into_data();
/// assert_eq!(limited.as_slice::<f32>().unwrap(), [1.5, 2.0, 0.3, 0.4]);
/// # }
/// ```
pub fn max_norm(weight: Tensor<2>, limit: f32) -> Tensor<2> {
    assert!(
        limit > 0.0,
        "max_norm: the limit is {limit}; it must be positive"
    );
    let limited = |weight: Tensor<2>| {
        <Dispatch as MaxNormBackend>::max_norm_of_rows(weight.into_dispatch(), limit)
    };
    let change = |weight| (Tensor::from_dispatch(limited(weight)), ());
    super::outside_autodiff(weight, change).0
}
