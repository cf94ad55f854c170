//! The max-norm constraint on a CPU: the tensor's own memory for the kernel.
use burn::backend::tensor::FloatTensor;
use cnn_kernels::max_norm_rows;

use super::MaxNormBackend;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn forward<T: CpuTensor>(weight: T, limit: f32) -> T {
    let [_, width] = weight.shape().dims();
    weight.edit(|weight| max_norm_rows(width, limit, weight))
}

macro_rules! implement {
    ($backend:ty) => {
        impl MaxNormBackend for $backend {
            fn max_norm_of_rows(weight: FloatTensor<Self>, limit: f32) -> FloatTensor<Self> {
                forward(weight, limit)
            }
        }
    };
}
on_cpu_backends!(implement);
