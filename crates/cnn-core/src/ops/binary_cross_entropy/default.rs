//! Sigmoid and binary cross-entropy made of Burn operations: runs on every backend.
use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::{Shape, TensorData};

use crate::ops::tables::zeros;

/// See [`sigmoid_cross_entropy_forward`](super::BinaryCrossEntropyBackend::sigmoid_cross_entropy_forward).
pub fn forward<B: Backend>(
    logits: FloatTensor<B>,
    targets: Arc<[f32]>,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let entries = targets.len();
    if entries == 0 {
        return (zeros::<B>(&logits, [1]), logits);
    }
    let y = uploaded::<B>(&targets, &logits);
    let e = B::float_exp(B::float_neg(B::float_abs(logits.clone())));
    let beyond = B::float_log1p(e);
    let right = B::float_mul(logits.clone(), y);
    let positive = B::float_clamp_min(logits.clone(), 0.0.into());
    let losses = B::float_add(B::float_sub(positive, right), beyond);
    let sum = B::float_reshape(B::float_sum(losses), Shape::new([1]));
    (
        B::float_mul_scalar(sum, (1.0 / entries as f32).into()),
        B::sigmoid(logits),
    )
}

/// See [`sigmoid_cross_entropy_backward`](super::BinaryCrossEntropyBackend::sigmoid_cross_entropy_backward).
pub fn backward<B: Backend>(
    probabilities: FloatTensor<B>,
    grad: FloatTensor<B>,
    targets: Arc<[f32]>,
) -> FloatTensor<B> {
    let entries = targets.len();
    if entries == 0 {
        return probabilities;
    }
    let y = uploaded::<B>(&targets, &probabilities);
    let error = B::float_sub(probabilities, y);
    let scale = B::float_mul_scalar(grad, (1.0 / entries as f32).into());
    B::float_mul(error, B::float_reshape(scale, Shape::new([1, 1])))
}

/// The targets in the shape of `like`.
fn uploaded<B: Backend>(targets: &[f32], like: &FloatTensor<B>) -> FloatTensor<B> {
    let targets = TensorData::new(targets.to_vec(), like.shape());
    B::float_from_data(targets.convert_dtype(like.dtype()), &like.device())
}
