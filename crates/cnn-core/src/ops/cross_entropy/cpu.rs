//! Softmax and cross-entropy on a CPU: tensors into slices for the kernels.
use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::tensor::TensorData;
use cnn_kernels::{
    cross_entropy_backward, cross_entropy_forward, weighted_cross_entropy_backward,
    weighted_cross_entropy_forward,
};

use super::CrossEntropyBackend;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn forward<T: CpuTensor>(logits: T, targets: &[u32], weights: Option<&[f32]>) -> (T, T) {
    let [_, classes] = logits.shape().dims();
    let mut loss = 0.0;
    let p = T::filled(logits.shape(), |p| {
        logits.read(|logits| {
            loss = match weights {
                None => cross_entropy_forward(classes, logits, targets, p),
                Some(weights) => {
                    weighted_cross_entropy_forward(classes, logits, targets, weights, p)
                }
            }
        });
    });
    (T::wrap(TensorData::new(vec![loss], [1])), p)
}

fn backward<T: CpuTensor>(
    probabilities: T,
    grad: T,
    targets: &[u32],
    weights: Option<&[f32]>,
) -> T {
    let [_, classes] = probabilities.shape().dims();
    let grad = grad.read(|grad| grad[0]);
    T::filled(probabilities.shape(), |dlogits| {
        probabilities.read(|p| match weights {
            None => {
                let scale = grad / targets.len().max(1) as f32;
                cross_entropy_backward(classes, p, targets, scale, dlogits)
            }
            Some(weights) => {
                weighted_cross_entropy_backward(classes, p, targets, weights, grad, dlogits)
            }
        })
    })
}

macro_rules! implement {
    ($backend:ty) => {
        impl CrossEntropyBackend for $backend {
            fn class_cross_entropy_forward(
                logits: FloatTensor<Self>,
                targets: Arc<[u32]>,
                weights: Option<Arc<[f32]>>,
            ) -> (FloatTensor<Self>, FloatTensor<Self>) {
                forward(logits, &targets, weights.as_deref())
            }

            fn class_cross_entropy_backward(
                probabilities: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                targets: Arc<[u32]>,
                weights: Option<Arc<[f32]>>,
            ) -> FloatTensor<Self> {
                backward(probabilities, grad, &targets, weights.as_deref())
            }
        }
    };
}
on_cpu_backends!(implement);
