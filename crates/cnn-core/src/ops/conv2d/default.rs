//! Image convolution made of Burn's own, which every backend has.
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::ops::ConvOptions;

use crate::ops::tables::zeros;

fn options(padding: [usize; 2]) -> ConvOptions<2> {
    ConvOptions::new([1, 1], padding, [1, 1], 1)
}

/// See [`image_conv2d_forward`](super::Conv2dBackend::image_conv2d_forward).
pub fn forward<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    padding: [usize; 2],
) -> FloatTensor<B> {
    let [batch, _, height, width] = x.shape().dims();
    let [channels_out, _, kernel_h, kernel_w] = weight.shape().dims();
    if batch == 0 {
        let rows = height + 2 * padding[0] + 1 - kernel_h;
        let columns = width + 2 * padding[1] + 1 - kernel_w;
        return zeros::<B>(&x, [0, channels_out, rows, columns]);
    }
    B::conv2d(x, weight, Some(bias), options(padding))
}

/// See [`image_conv2d_backward_input`](super::Conv2dBackend::image_conv2d_backward_input).
pub fn backward_input<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    grad: FloatTensor<B>,
    padding: [usize; 2],
) -> FloatTensor<B> {
    match x.shape().num_elements() {
        0 => x,
        _ => B::conv2d_x_backward(x, weight, grad, options(padding)),
    }
}

/// See [`image_conv2d_backward_weight`](super::Conv2dBackend::image_conv2d_backward_weight).
pub fn backward_weight<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    grad: FloatTensor<B>,
    padding: [usize; 2],
) -> FloatTensor<B> {
    match grad.shape().num_elements() {
        0 => zeros::<B>(&weight, weight.shape()),
        _ => B::conv2d_weight_backward(x, weight, grad, options(padding)),
    }
}

/// See [`image_conv2d_backward_bias`](super::Conv2dBackend::image_conv2d_backward_bias).
pub fn backward_bias<B: Backend>(grad: FloatTensor<B>) -> FloatTensor<B> {
    let [_, channels_out, _, _] = grad.shape().dims();
    match grad.shape().num_elements() {
        0 => zeros::<B>(&grad, [channels_out]),
        _ => B::float_reshape(B::float_sum_dims(grad, &[0, 2, 3]), [channels_out].into()),
    }
}
