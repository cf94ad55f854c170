//! Pooling of images on a CPU: tensors into slices for the kernels.
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::TensorData;
use cnn_kernels::{
    Pool2dShape, average_pool2d_backward, average_pool2d_forward, max_pool2d_backward,
    max_pool2d_forward,
};

use super::{Pool2dBackend, pooled_shape};
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn average<T: CpuTensor>(x: T, size: [usize; 2]) -> T {
    let image @ [_, _, height, width] = x.shape().dims();
    let shape = Pool2dShape {
        height,
        width,
        size,
    };
    T::filled(pooled_shape(image, size), |y| {
        x.read(|x| average_pool2d_forward(&shape, x, y))
    })
}

fn average_back<T: CpuTensor>(grad: T, [height, width]: [usize; 2], size: [usize; 2]) -> T {
    let [batch, channels, _, _] = grad.shape().dims();
    let shape = Pool2dShape {
        height,
        width,
        size,
    };
    T::filled([batch, channels, height, width], |dx| {
        grad.read(|grad| average_pool2d_backward(&shape, grad, dx))
    })
}

fn maximum<T: CpuTensor>(x: T, size: [usize; 2]) -> (T, T) {
    let image @ [_, _, height, width] = x.shape().dims();
    let (shape, pooled) = (
        Pool2dShape {
            height,
            width,
            size,
        },
        pooled_shape(image, size),
    );
    let mut winners = vec![0; pooled.iter().product()];
    let y = T::filled(pooled, |y| {
        x.read(|x| max_pool2d_forward(&shape, x, y, &mut winners))
    });
    (y, T::wrap(TensorData::new(winners, pooled)))
}

fn maximum_back<T: CpuTensor>(
    grad: T,
    winners: T,
    [height, width]: [usize; 2],
    size: [usize; 2],
) -> T {
    let [batch, channels, _, _] = grad.shape().dims();
    let shape = Pool2dShape {
        height,
        width,
        size,
    };
    T::filled([batch, channels, height, width], |dx| {
        winners.read_u32(|winners| grad.read(|grad| max_pool2d_backward(&shape, winners, grad, dx)))
    })
}

macro_rules! implement {
    ($backend:ty) => {
        impl Pool2dBackend for $backend {
            fn block_average_forward(x: FloatTensor<Self>, size: [usize; 2]) -> FloatTensor<Self> {
                average(x, size)
            }

            fn block_average_backward(
                grad: FloatTensor<Self>,
                image: [usize; 2],
                size: [usize; 2],
            ) -> FloatTensor<Self> {
                average_back(grad, image, size)
            }

            fn block_maximum_forward(
                x: FloatTensor<Self>,
                size: [usize; 2],
            ) -> (FloatTensor<Self>, IntTensor<Self>) {
                maximum(x, size)
            }

            fn block_maximum_backward(
                grad: FloatTensor<Self>,
                winners: IntTensor<Self>,
                image: [usize; 2],
                size: [usize; 2],
            ) -> FloatTensor<Self> {
                maximum_back(grad, winners, image, size)
            }
        }
    };
}
on_cpu_backends!(implement);
