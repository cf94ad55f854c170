//! Pooling of images made of Burn's own, which every backend has.
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, TensorMetadata, get_device_settings};

use super::pooled_shape;
use crate::ops::tables::{upload, zeros};

/// See [`block_average_forward`](super::Pool2dBackend::block_average_forward).
pub fn average_forward<B: Backend>(x: FloatTensor<B>, size: [usize; 2]) -> FloatTensor<B> {
    let pooled = pooled_shape(x.shape().dims(), size);
    match pooled.contains(&0) {
        true => zeros::<B>(&x, pooled),
        false => B::avg_pool2d(x, size, size, [0, 0], true, false),
    }
}

/// See [`block_average_backward`](super::Pool2dBackend::block_average_backward).
pub fn average_backward<B: Backend>(
    grad: FloatTensor<B>,
    image: [usize; 2],
    size: [usize; 2],
) -> FloatTensor<B> {
    let x = image_like::<B>(&grad, image);
    match grad.shape().num_elements() {
        0 => x,
        _ => B::avg_pool2d_backward(x, grad, size, size, [0, 0], true, false),
    }
}

/// See [`block_maximum_forward`](super::Pool2dBackend::block_maximum_forward).
pub fn maximum_forward<B: Backend>(
    x: FloatTensor<B>,
    size: [usize; 2],
) -> (FloatTensor<B>, IntTensor<B>) {
    let (pooled, device) = (pooled_shape(x.shape().dims(), size), x.device());
    if pooled.contains(&0) {
        return (zeros::<B>(&x, pooled), upload::<B>(vec![], pooled, &device));
    }
    let int_dtype = get_device_settings::<B>(&device).int_dtype;
    let y = B::max_pool2d_with_indices(x, size, size, [0, 0], [1, 1], false, int_dtype);
    (y.output, y.indices)
}

/// See [`block_maximum_backward`](super::Pool2dBackend::block_maximum_backward).
pub fn maximum_backward<B: Backend>(
    grad: FloatTensor<B>,
    winners: IntTensor<B>,
    image: [usize; 2],
    size: [usize; 2],
) -> FloatTensor<B> {
    let x = image_like::<B>(&grad, image);
    if grad.shape().num_elements() == 0 {
        return x;
    }
    let dx =
        B::max_pool2d_with_indices_backward(x, size, size, [0, 0], [1, 1], false, grad, winners);
    dx.x_grad
}

/// Burn's gradients of pooling read no more of the image than its shape.
fn image_like<B: Backend>(grad: &FloatTensor<B>, image: [usize; 2]) -> FloatTensor<B> {
    let [batch, channels, _, _] = grad.shape().dims();
    zeros::<B>(grad, [batch, channels, image[0], image[1]])
}
