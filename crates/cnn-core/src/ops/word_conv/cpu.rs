//! Convolution of words on a CPU: tensors into slices for the kernels.
use burn::backend::tensor::FloatTensor;
use cnn_kernels::{word_conv_backward, word_conv_forward};

use super::{WordConvBackend, shape_of};
use crate::Documents;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};
use crate::ops::linear::cpu::backward_bias;

fn forward<T: CpuTensor>(
    rows: T,
    weight: T,
    bias: T,
    documents: &Documents,
    padding: [usize; 2],
) -> T {
    let shape = shape_of(&weight, padding);
    let (offsets, ids) = (documents.offsets(), documents.local());
    let positions = shape.output_offsets(offsets).total();
    T::filled([positions, shape.channels_out], |y| {
        T::read_all([&rows, &weight, &bias], |[rows, weight, bias]| {
            word_conv_forward(&shape, offsets, ids, rows, weight, bias, y)
        })
    })
}

fn backward<T: CpuTensor>(
    rows: T,
    weight: T,
    grad: T,
    documents: &Documents,
    padding: [usize; 2],
) -> (T, T) {
    let shape = shape_of(&weight, padding);
    let (offsets, ids) = (documents.offsets(), documents.local());
    let mut dweight = vec![0.0; shape.weights()];
    let drows = T::filled(rows.shape(), |drows| {
        T::read_all([&rows, &weight, &grad], |[rows, weight, grad]| {
            let dweight = &mut dweight;
            word_conv_backward(&shape, offsets, ids, rows, weight, grad, drows, dweight);
        })
    });
    let dweight = burn::tensor::TensorData::new(dweight, weight.shape());
    (drows, T::wrap(dweight))
}

macro_rules! implement {
    ($backend:ty) => {
        impl WordConvBackend for $backend {
            fn word_conv_forward(
                rows: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                documents: Documents,
                padding: [usize; 2],
            ) -> FloatTensor<Self> {
                forward(rows, weight, bias, &documents, padding)
            }

            fn word_conv_backward(
                rows: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                documents: Documents,
                padding: [usize; 2],
            ) -> (FloatTensor<Self>, FloatTensor<Self>) {
                backward(rows, weight, grad, &documents, padding)
            }

            fn word_conv_backward_bias(grad: FloatTensor<Self>) -> FloatTensor<Self> {
                backward_bias(grad)
            }
        }
    };
}
on_cpu_backends!(implement);
