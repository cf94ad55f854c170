//! The max-norm constraint made of Burn operations: runs on every backend.
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};

/// See [`max_norm_of_rows`](super::MaxNormBackend::max_norm_of_rows).
pub fn forward<B: Backend>(weight: FloatTensor<B>, limit: f32) -> FloatTensor<B> {
    if weight.shape().num_elements() == 0 {
        return weight;
    }
    let squares = B::float_mul(weight.clone(), weight.clone());
    let norms = B::float_sqrt(B::float_sum_dim(squares, 1)); // [rows, 1]
    // A norm within the limit gives a factor above 1, cut to exactly 1; a norm of zero gives infinity, cut as well.
    let factors = B::float_mul_scalar(B::float_recip(norms), limit.into());
    B::float_mul(weight, B::float_clamp_max(factors, 1.0.into()))
}
