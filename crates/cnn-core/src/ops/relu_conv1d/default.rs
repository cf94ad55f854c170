//! A pre-activated convolution made of ReLU and the default bodies of the convolution. Runs on every backend.
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use cnn_kernels::Offsets;

use crate::ops::conv1d::default as conv1d;

/// See [`relu_conv1d_forward`](super::ReluConv1dBackend::relu_conv1d_forward).
pub fn forward<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    offsets: Offsets,
    padding: [usize; 2],
) -> FloatTensor<B> {
    conv1d::forward::<B>(B::relu(x), weight, bias, offsets, padding)
}

/// See [`relu_conv1d_backward_input`](super::ReluConv1dBackend::relu_conv1d_backward_input).
pub fn backward_input<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    grad: FloatTensor<B>,
    offsets: Offsets,
    padding: [usize; 2],
) -> FloatTensor<B> {
    let dx = conv1d::backward_input::<B>(weight, grad, offsets, padding);
    match x.shape()[0] {
        0 => dx,
        _ => B::relu_backward(B::relu(x), dx),
    }
}

/// See [`relu_conv1d_backward_weight`](super::ReluConv1dBackend::relu_conv1d_backward_weight).
pub fn backward_weight<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    grad: FloatTensor<B>,
    offsets: Offsets,
    padding: [usize; 2],
) -> FloatTensor<B> {
    let [_, _, kernel_size] = weight.shape().dims();
    conv1d::backward_weight::<B>(B::relu(x), grad, offsets, kernel_size, padding)
}
