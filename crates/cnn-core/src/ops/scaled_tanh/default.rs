//! The scaled hyperbolic tangent made of Burn operations: runs on every backend.
use burn::backend::Backend;
use burn::backend::tensor::FloatTensor;

/// See [`scaled_tanh_forward`](super::ScaledTanhBackend::scaled_tanh_forward).
pub fn forward<B: Backend>(x: FloatTensor<B>, amplitude: f32, slope: f32) -> FloatTensor<B> {
    let squashed = B::float_tanh(B::float_mul_scalar(x, slope.into()));
    B::float_mul_scalar(squashed, amplitude.into())
}

/// See [`scaled_tanh_backward`](super::ScaledTanhBackend::scaled_tanh_backward).
pub fn backward<B: Backend>(
    y: FloatTensor<B>,
    grad: FloatTensor<B>,
    amplitude: f32,
    slope: f32,
) -> FloatTensor<B> {
    let square = B::float_mul(y.clone(), y);
    let scaled = B::float_mul_scalar(square, (-slope / amplitude).into());
    B::float_mul(
        grad,
        B::float_add_scalar(scaled, (slope * amplitude).into()),
    )
}
