//! Rows of a table on a CPU: tensors into slices for the kernels.
use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use cnn_kernels::{gather_backward, gather_forward};

use super::GatherBackend;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn forward<T: CpuTensor>(rows: T, ids: &[u32]) -> T {
    let [_, width] = rows.shape().dims();
    T::filled([ids.len(), width], |y| {
        rows.read(|rows| gather_forward(width, rows, ids, y))
    })
}

fn backward<T: CpuTensor>(grad: T, ids: &[u32], count: usize) -> T {
    let [_, width] = grad.shape().dims();
    T::filled([count, width], |drows| {
        grad.read(|grad| gather_backward(width, ids, grad, drows))
    })
}

macro_rules! implement {
    ($backend:ty) => {
        impl GatherBackend for $backend {
            fn gather_rows_forward(rows: FloatTensor<Self>, ids: Arc<[u32]>) -> FloatTensor<Self> {
                forward(rows, &ids)
            }

            fn gather_rows_backward(
                grad: FloatTensor<Self>,
                ids: Arc<[u32]>,
                count: usize,
            ) -> FloatTensor<Self> {
                backward(grad, &ids, count)
            }
        }
    };
}
on_cpu_backends!(implement);
