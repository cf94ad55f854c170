//! Softmax made of Burn's own: runs on every backend.
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};

/// See [`class_softmax_forward`](super::SoftmaxBackend::class_softmax_forward).
pub fn forward<B: Backend>(logits: FloatTensor<B>) -> FloatTensor<B> {
    match logits.shape().num_elements() {
        0 => logits,
        _ => B::softmax(logits, 1),
    }
}

/// See [`class_softmax_backward`](super::SoftmaxBackend::class_softmax_backward).
pub fn backward<B: Backend>(probabilities: FloatTensor<B>, grad: FloatTensor<B>) -> FloatTensor<B> {
    if grad.shape().num_elements() == 0 {
        return grad;
    }
    let weighted = B::float_sum_dim(B::float_mul(probabilities.clone(), grad.clone()), 1);
    B::float_mul(probabilities, B::float_sub(grad, weighted))
}
