//! Ragged pooling on a CPU: tensors into slices for the kernels.
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::TensorData;
use cnn_kernels::{Offsets, max_pool_backward, max_pool_forward};

use super::{MaxPoolBackend, PADDING, SIZE, STRIDE};
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn forward<T: CpuTensor>(x: T, input: &Offsets, output: &Offsets) -> (T, T) {
    let [_, channels] = x.shape().dims();
    let shape = [output.total(), channels];
    let mut winners = vec![0; shape[0] * shape[1]];
    let y = T::filled(shape, |y| {
        x.read(|x| {
            let window = (SIZE, STRIDE, PADDING);
            max_pool_forward(
                channels,
                input,
                output,
                window.0,
                window.1,
                window.2,
                x,
                y,
                &mut winners,
            );
        })
    });
    (y, T::wrap(TensorData::new(winners, shape)))
}

fn backward<T: CpuTensor>(grad: T, winners: T, positions: usize) -> T {
    let [_, channels] = grad.shape().dims();
    T::filled([positions, channels], |dx| {
        winners.read_u32(|winners| grad.read(|grad| max_pool_backward(channels, winners, grad, dx)))
    })
}

macro_rules! implement {
    ($backend:ty) => {
        impl MaxPoolBackend for $backend {
            fn ragged_max_pool_forward(
                x: FloatTensor<Self>,
                input: Offsets,
                output: Offsets,
            ) -> (FloatTensor<Self>, IntTensor<Self>) {
                forward(x, &input, &output)
            }

            fn ragged_max_pool_backward(
                grad: FloatTensor<Self>,
                winners: IntTensor<Self>,
                positions: usize,
            ) -> FloatTensor<Self> {
                backward(grad, winners, positions)
            }
        }
    };
}
on_cpu_backends!(implement);
