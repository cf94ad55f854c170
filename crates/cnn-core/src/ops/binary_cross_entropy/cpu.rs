//! Sigmoid and binary cross-entropy on a CPU: tensors into slices for the kernels.
use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::tensor::TensorData;
use cnn_kernels::{binary_cross_entropy_backward, binary_cross_entropy_forward};

use super::BinaryCrossEntropyBackend;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn forward<T: CpuTensor>(logits: T, targets: &[f32]) -> (T, T) {
    let mut loss = 0.0;
    let p = T::filled(logits.shape(), |p| {
        logits.read(|logits| loss = binary_cross_entropy_forward(logits, targets, p));
    });
    (T::wrap(TensorData::new(vec![loss], [1])), p)
}

fn backward<T: CpuTensor>(probabilities: T, grad: T, targets: &[f32]) -> T {
    let scale = grad.read(|grad| grad[0]) / targets.len().max(1) as f32;
    T::filled(probabilities.shape(), |dlogits| {
        probabilities.read(|p| binary_cross_entropy_backward(p, targets, scale, dlogits))
    })
}

macro_rules! implement {
    ($backend:ty) => {
        impl BinaryCrossEntropyBackend for $backend {
            fn sigmoid_cross_entropy_forward(
                logits: FloatTensor<Self>,
                targets: Arc<[f32]>,
            ) -> (FloatTensor<Self>, FloatTensor<Self>) {
                forward(logits, &targets)
            }

            fn sigmoid_cross_entropy_backward(
                probabilities: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                targets: Arc<[f32]>,
            ) -> FloatTensor<Self> {
                backward(probabilities, grad, &targets)
            }
        }
    };
}
on_cpu_backends!(implement);
