//! Softmax and cross-entropy on a CPU: tensors into slices for the kernels.
use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::tensor::TensorData;
use cnn_kernels::{cross_entropy_backward, cross_entropy_forward};

use super::CrossEntropyBackend;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn forward<T: CpuTensor>(logits: T, targets: &[u32]) -> (T, T) {
    let [_, classes] = logits.shape().dims();
    let mut loss = 0.0;
    let p = T::filled(logits.shape(), |p| {
        logits.read(|logits| loss = cross_entropy_forward(classes, logits, targets, p));
    });
    (T::wrap(TensorData::new(vec![loss], [1])), p)
}

fn backward<T: CpuTensor>(probabilities: T, grad: T, targets: &[u32]) -> T {
    let [_, classes] = probabilities.shape().dims();
    let scale = grad.read(|grad| grad[0]) / targets.len().max(1) as f32;
    T::filled(probabilities.shape(), |dlogits| {
        probabilities.read(|p| cross_entropy_backward(classes, p, targets, scale, dlogits))
    })
}

macro_rules! implement {
    ($backend:ty) => {
        impl CrossEntropyBackend for $backend {
            fn class_cross_entropy_forward(
                logits: FloatTensor<Self>,
                targets: Arc<[u32]>,
            ) -> (FloatTensor<Self>, FloatTensor<Self>) {
                forward(logits, &targets)
            }

            fn class_cross_entropy_backward(
                probabilities: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                targets: Arc<[u32]>,
            ) -> FloatTensor<Self> {
                backward(probabilities, grad, &targets)
            }
        }
    };
}
on_cpu_backends!(implement);
