//! Filters and their greatest values on a CPU: tensors into slices for the kernels.
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::TensorData;
use cnn_kernels::{
    filter_max_backward_bias, filter_max_backward_rows, filter_max_backward_weight,
    filter_max_forward,
};

use super::{FilterMaxBackend, FilterMaxShape};
use crate::Documents;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn forward<T: CpuTensor>(
    rows: T,
    weight: T,
    bias: T,
    documents: &Documents,
    shape: &FilterMaxShape,
) -> (T, T) {
    let size = [documents.documents(), shape.filters()];
    let (offsets, ids) = (documents.offsets(), documents.local());
    let mut winners = vec![0; size[0] * size[1]];
    let y = T::filled(size, |y| {
        T::read_all([&rows, &weight, &bias], |[rows, weight, bias]| {
            filter_max_forward(shape, offsets, ids, rows, weight, bias, y, &mut winners);
        })
    });
    (y, T::wrap(TensorData::new(winners, size)))
}

fn backward_rows<T: CpuTensor>(
    weight: T,
    grad: T,
    winners: T,
    documents: &Documents,
    shape: &FilterMaxShape,
) -> T {
    let (offsets, ids) = (documents.offsets(), documents.local());
    T::filled([documents.distinct().len(), shape.dimension], |drows| {
        winners.read_u32(|winners| {
            T::read_all([&grad, &weight], |[grad, weight]| {
                filter_max_backward_rows(shape, offsets, ids, winners, grad, weight, drows);
            })
        })
    })
}

fn backward_weight<T: CpuTensor>(
    rows: T,
    grad: T,
    winners: T,
    documents: &Documents,
    shape: &FilterMaxShape,
) -> T {
    let (offsets, ids) = (documents.offsets(), documents.local());
    T::filled([shape.weights()], |dweight| {
        winners.read_u32(|winners| {
            T::read_all([&grad, &rows], |[grad, rows]| {
                filter_max_backward_weight(shape, offsets, ids, winners, grad, rows, dweight);
            })
        })
    })
}

fn backward_bias<T: CpuTensor>(grad: T, winners: T, shape: &FilterMaxShape) -> T {
    T::filled([shape.filters()], |dbias| {
        grad.read(|grad| {
            winners.read_u32(|winners| filter_max_backward_bias(shape, winners, grad, dbias))
        })
    })
}

macro_rules! implement {
    ($backend:ty) => {
        impl FilterMaxBackend for $backend {
            fn filter_max_forward(
                rows: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                documents: Documents,
                shape: FilterMaxShape,
            ) -> (FloatTensor<Self>, IntTensor<Self>) {
                forward(rows, weight, bias, &documents, &shape)
            }

            fn filter_max_backward_rows(
                weight: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                winners: IntTensor<Self>,
                documents: Documents,
                shape: FilterMaxShape,
            ) -> FloatTensor<Self> {
                backward_rows(weight, grad, winners, &documents, &shape)
            }

            fn filter_max_backward_weight(
                rows: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                winners: IntTensor<Self>,
                documents: Documents,
                shape: FilterMaxShape,
            ) -> FloatTensor<Self> {
                backward_weight(rows, grad, winners, &documents, &shape)
            }

            fn filter_max_backward_bias(
                grad: FloatTensor<Self>,
                winners: IntTensor<Self>,
                _: Documents,
                shape: FilterMaxShape,
            ) -> FloatTensor<Self> {
                backward_bias(grad, winners, &shape)
            }
        }
    };
}
on_cpu_backends!(implement);
