//! Softmax and cross-entropy made of Burn operations: runs on every backend.
use std::sync::Arc;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::{IndexingUpdateOp, Shape};

use crate::ops::tables::{full, upload, zeros};

/// See [`class_cross_entropy_forward`](super::CrossEntropyBackend::class_cross_entropy_forward).
pub fn forward<B: Backend>(
    logits: FloatTensor<B>,
    targets: Arc<[u32]>,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let rows = targets.len();
    if rows == 0 {
        return (zeros::<B>(&logits, [1]), logits);
    }
    let column = column::<B>(&targets, &logits);
    let log_p = B::log_softmax(logits, 1);
    let picked = B::float_gather(1, log_p.clone(), column);
    let sum = B::float_reshape(B::float_sum_dim(picked, 0), Shape::new([1]));
    (
        B::float_mul_scalar(sum, (-1.0 / rows as f32).into()),
        B::float_exp(log_p),
    )
}

/// See [`class_cross_entropy_backward`](super::CrossEntropyBackend::class_cross_entropy_backward).
pub fn backward<B: Backend>(
    probabilities: FloatTensor<B>,
    grad: FloatTensor<B>,
    targets: Arc<[u32]>,
) -> FloatTensor<B> {
    let rows = targets.len();
    if rows == 0 {
        return probabilities;
    }
    let column = column::<B>(&targets, &probabilities);
    let minus_one = full::<B>(&probabilities, [rows, 1], -1.0);
    let error = B::float_scatter(1, probabilities, column, minus_one, IndexingUpdateOp::Add);
    let scale = B::float_mul_scalar(grad, (1.0 / rows as f32).into());
    B::float_mul(error, B::float_reshape(scale, Shape::new([1, 1])))
}

fn column<B: Backend>(targets: &[u32], like: &FloatTensor<B>) -> IntTensor<B> {
    let classes = targets.iter().map(|target| *target as i32);
    upload::<B>(classes.collect(), [targets.len(), 1], &like.device())
}
