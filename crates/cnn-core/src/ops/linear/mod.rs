//! The dense layer as one operation: `y[i, o] = bias[o] + Σ_k x[i, k] · weight[o, k]`.
//!
//! Backwards, with `g` the gradient of `y`: `dx = g · weight`, `dweight = gᵀ · x`, `dbias[o] = Σ_i g[i, o]`. The rule keeps
//! handles of `x` and `weight`, no copies, and computes only the gradients that are asked for.
mod autodiff;
pub(super) mod cpu;
pub mod default;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

use super::cpu_tensor::default_on_gpu;

/// Backends that compute [`linear`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub trait LinearBackend: Backend {
    /// `x` `[rows, features_in]`, `weight` `[features_out, features_in]`, `bias` `[features_out]` -> `[rows, features_out]`.
    fn linear_forward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        default::forward::<Self>(x, weight, bias)
    }

    /// The gradient of `x`.
    fn linear_backward_input(
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        default::backward_input::<Self>(weight, grad)
    }

    /// The gradient of `weight`.
    fn linear_backward_weight(x: FloatTensor<Self>, grad: FloatTensor<Self>) -> FloatTensor<Self> {
        default::backward_weight::<Self>(x, grad)
    }

    /// The gradient of `bias`.
    fn linear_backward_bias(grad: FloatTensor<Self>) -> FloatTensor<Self> {
        default::backward_bias::<Self>(grad)
    }
}

default_on_gpu!(LinearBackend);

/// `y[i, o] = bias[o] + Σ_k x[i, k] · weight[o, k]`
///
/// Shapes: `x` `[rows, features_in]`, `weight` `[features_out, features_in]` (PyTorch's layout), `bias` `[features_out]`;
/// result `[rows, features_out]`.
///
/// On a CPU the bits of one row depend on nothing but this row, the weights and the bias.
///
/// # Panics
/// If the shapes do not fit together.
///
/// ```
/// # #[cfg(feature = "flex")] {
/// use burn::tensor::{Device, Tensor};
/// let device = Device::flex();
/// let x = Tensor::<2>::from_data([[1.0, 2.0]], &device);
/// let weight = Tensor::<2>::from_data([[3.0, 4.0], [5.0, 6.0], [7.0, 8.0]], &device);
/// let y = cnn_core::ops::linear(x, weight, None);
/// assert_eq!(y.into_data().try_to_vec::<f32>().unwrap(), [11.0, 17.0, 23.0]);
/// # }
/// ```
pub fn linear(x: Tensor<2>, weight: Tensor<2>, bias: Option<Tensor<1>>) -> Tensor<2> {
    let ([rows, features_in], [features_out, expected]) = (x.dims(), weight.dims());
    assert_eq!(
        features_in, expected,
        "linear: x is [{rows}, {features_in}] but weight is [{features_out}, {expected}] = [features_out, features_in]"
    );
    let bias = super::bias_or_zeros("linear", bias, features_out, &weight.device());
    Tensor::from_dispatch(<Dispatch as LinearBackend>::linear_forward(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
    ))
}
