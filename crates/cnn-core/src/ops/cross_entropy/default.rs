//! Softmax and cross-entropy made of Burn operations: runs on every backend.
use std::sync::Arc;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::{IndexingUpdateOp, Shape, TensorData};

use crate::ops::tables::{full, upload, zeros};

/// See [`class_cross_entropy_forward`](super::CrossEntropyBackend::class_cross_entropy_forward).
pub fn forward<B: Backend>(
    logits: FloatTensor<B>,
    targets: Arc<[u32]>,
    weights: Option<Arc<[f32]>>,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let rows = targets.len();
    if rows == 0 {
        return (zeros::<B>(&logits, [1]), logits);
    }
    let column = column::<B>(&targets, &logits);
    let log_p = B::log_softmax(logits, 1);
    let picked = B::float_gather(1, log_p.clone(), column);
    let (picked, share) = match weights {
        None => (picked, 1.0 / rows as f32),
        Some(weights) => {
            let shares = shares::<B>(&targets, &weights, &picked);
            (B::float_mul(picked, shares), 1.0)
        }
    };
    let sum = B::float_reshape(B::float_sum_dim(picked, 0), Shape::new([1]));
    (
        B::float_mul_scalar(sum, (-share).into()),
        B::float_exp(log_p),
    )
}

/// See [`class_cross_entropy_backward`](super::CrossEntropyBackend::class_cross_entropy_backward).
pub fn backward<B: Backend>(
    probabilities: FloatTensor<B>,
    grad: FloatTensor<B>,
    targets: Arc<[u32]>,
    weights: Option<Arc<[f32]>>,
) -> FloatTensor<B> {
    let rows = targets.len();
    if rows == 0 {
        return probabilities;
    }
    let column = column::<B>(&targets, &probabilities);
    let minus_one = full::<B>(&probabilities, [rows, 1], -1.0);
    let error = B::float_scatter(1, probabilities, column, minus_one, IndexingUpdateOp::Add);
    let grad = B::float_reshape(grad, Shape::new([1, 1]));
    let scale = match weights {
        None => B::float_mul_scalar(grad, (1.0 / rows as f32).into()),
        Some(weights) => {
            let shares = shares::<B>(&targets, &weights, &error);
            B::float_mul(shares, grad)
        }
    };
    B::float_mul(error, scale)
}

/// `[rows, 1]`
fn shares<B: Backend>(targets: &[u32], weights: &[f32], like: &FloatTensor<B>) -> FloatTensor<B> {
    let shares = TensorData::new(super::shares(targets, weights), [targets.len(), 1]);
    B::float_from_data(shares.convert_dtype(like.dtype()), &like.device())
}

fn column<B: Backend>(targets: &[u32], like: &FloatTensor<B>) -> IntTensor<B> {
    let classes = targets.iter().map(|target| *target as i32);
    upload::<B>(classes.collect(), [targets.len(), 1], &like.device())
}
