//! Bags of words on a CPU: tensors into slices for the kernels.
use burn::backend::tensor::FloatTensor;
use cnn_kernels::{bag_backward, bag_forward};

use super::BagBackend;
use crate::Documents;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn forward<T: CpuTensor>(rows: T, documents: &Documents, region_size: usize) -> T {
    let [_, width] = rows.shape().dims();
    T::filled([documents.tokens(), width], |y| {
        rows.read(|rows| {
            bag_forward(
                width,
                region_size,
                documents.offsets(),
                rows,
                documents.local(),
                y,
            );
        })
    })
}

fn backward<T: CpuTensor>(grad: T, documents: &Documents, region_size: usize) -> T {
    let [_, width] = grad.shape().dims();
    T::filled([documents.distinct().len(), width], |drows| {
        grad.read(|grad| {
            bag_backward(
                width,
                region_size,
                documents.offsets(),
                documents.local(),
                grad,
                drows,
            );
        })
    })
}

macro_rules! implement {
    ($backend:ty) => {
        impl BagBackend for $backend {
            fn bag_of_words_forward(
                rows: FloatTensor<Self>,
                documents: Documents,
                region_size: usize,
            ) -> FloatTensor<Self> {
                forward(rows, &documents, region_size)
            }

            fn bag_of_words_backward(
                grad: FloatTensor<Self>,
                documents: Documents,
                region_size: usize,
            ) -> FloatTensor<Self> {
                backward(grad, &documents, region_size)
            }
        }
    };
}
on_cpu_backends!(implement);
