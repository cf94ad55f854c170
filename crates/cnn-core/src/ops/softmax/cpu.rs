//! Softmax on a CPU: tensors into slices for the kernel. No network here differentiates probabilities, so the gradient
//! has no kernel of its own and takes the default body.
use burn::backend::tensor::FloatTensor;
use cnn_kernels::softmax;

use super::SoftmaxBackend;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn forward<T: CpuTensor>(logits: T) -> T {
    let [_, classes] = logits.shape().dims();
    T::filled(logits.shape(), |p| {
        logits.read(|logits| softmax(classes, logits, p))
    })
}

macro_rules! implement {
    ($backend:ty) => {
        impl SoftmaxBackend for $backend {
            fn class_softmax_forward(logits: FloatTensor<Self>) -> FloatTensor<Self> {
                forward(logits)
            }
        }
    };
}
on_cpu_backends!(implement);
