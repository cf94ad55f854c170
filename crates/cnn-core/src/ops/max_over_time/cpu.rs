//! Maximum over time on a CPU: tensors into slices for the kernels.
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::TensorData;
use cnn_kernels::{Offsets, max_over_time_backward, max_over_time_forward};

use super::MaxOverTimeBackend;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn forward<T: CpuTensor>(x: T, floor: T, offsets: &Offsets, has_floor: bool) -> (T, T) {
    let [_, channels] = x.shape().dims();
    let shape = [offsets.documents(), channels];
    let mut winners = vec![0; shape[0] * shape[1]];
    let y = T::filled(shape, |y| {
        T::read_all([&x, &floor], |[x, floor]| {
            let floor = has_floor.then_some(floor);
            max_over_time_forward(channels, offsets, x, floor, y, &mut winners);
        })
    });
    (y, T::wrap(TensorData::new(winners, shape)))
}

fn backward<T: CpuTensor>(grad: T, winners: T, positions: usize) -> (T, T) {
    let [_, channels] = grad.shape().dims();
    let mut dfloor = vec![0.0; channels];
    let dx = T::filled([positions, channels], |dx| {
        winners.read_u32(|winners| {
            grad.read(|grad| {
                max_over_time_backward(channels, winners, grad, dx, Some(&mut dfloor));
            })
        })
    });
    (dx, T::wrap(TensorData::new(dfloor, [channels])))
}

macro_rules! implement {
    ($backend:ty) => {
        impl MaxOverTimeBackend for $backend {
            fn max_over_time_forward(
                x: FloatTensor<Self>,
                floor: FloatTensor<Self>,
                offsets: Offsets,
                has_floor: bool,
            ) -> (FloatTensor<Self>, IntTensor<Self>) {
                forward(x, floor, &offsets, has_floor)
            }

            fn max_over_time_backward(
                grad: FloatTensor<Self>,
                winners: IntTensor<Self>,
                positions: usize,
            ) -> (FloatTensor<Self>, FloatTensor<Self>) {
                backward(grad, winners, positions)
            }
        }
    };
}
on_cpu_backends!(implement);
