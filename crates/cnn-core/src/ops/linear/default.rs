//! The dense layer made of Burn's matrix product: runs on every backend.
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::Shape;

use crate::ops::tables::zeros;

/// See [`linear_forward`](super::LinearBackend::linear_forward).
pub fn forward<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
) -> FloatTensor<B> {
    let ([rows, features_in], [features_out, _]): ([usize; 2], [usize; 2]) =
        (x.shape().dims(), weight.shape().dims());
    if rows * features_out == 0 {
        return zeros::<B>(&bias, [rows, features_out]);
    }
    let row = B::float_reshape(bias, Shape::new([1, features_out]));
    let products = match features_in {
        0 => zeros::<B>(&row, [rows, features_out]),
        _ => B::float_matmul(x, B::float_transpose(weight)),
    };
    B::float_add(products, row)
}

/// See [`linear_backward_input`](super::LinearBackend::linear_backward_input).
pub fn backward_input<B: Backend>(weight: FloatTensor<B>, grad: FloatTensor<B>) -> FloatTensor<B> {
    let [rows, _] = grad.shape().dims();
    let [_, features_in] = weight.shape().dims();
    if grad.shape().num_elements() == 0 {
        return zeros::<B>(&grad, [rows, features_in]);
    }
    B::float_matmul(grad, weight)
}

/// See [`linear_backward_weight`](super::LinearBackend::linear_backward_weight).
pub fn backward_weight<B: Backend>(x: FloatTensor<B>, grad: FloatTensor<B>) -> FloatTensor<B> {
    let ([rows, features_in], [_, features_out]): ([usize; 2], [usize; 2]) =
        (x.shape().dims(), grad.shape().dims());
    if rows == 0 {
        return zeros::<B>(&grad, [features_out, features_in]);
    }
    B::float_matmul(B::float_transpose(grad), x)
}

/// See [`linear_backward_bias`](super::LinearBackend::linear_backward_bias).
pub fn backward_bias<B: Backend>(grad: FloatTensor<B>) -> FloatTensor<B> {
    let [rows, features_out] = grad.shape().dims();
    if rows == 0 {
        return zeros::<B>(&grad, [features_out]);
    }
    B::float_reshape(B::float_sum_dim(grad, 0), Shape::new([features_out]))
}
