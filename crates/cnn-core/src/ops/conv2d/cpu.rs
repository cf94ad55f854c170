//! Image convolution on a CPU: tensors into slices for the kernels.
use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use cnn_kernels::{
    Conv2dShape, conv2d_backward_bias, conv2d_backward_input, conv2d_backward_weight,
    conv2d_forward,
};

use super::Conv2dBackend;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

fn shape_of<T: TensorMetadata>(x: &T, weight: &T, padding: [usize; 2]) -> (Conv2dShape, usize) {
    let [batch, channels_in, height, width] = x.shape().dims();
    let [channels_out, _, kernel_h, kernel_w] = weight.shape().dims();
    let kernel = [kernel_h, kernel_w];
    (
        Conv2dShape {
            channels_in,
            channels_out,
            height,
            width,
            kernel,
            padding,
        },
        batch,
    )
}

fn forward<T: CpuTensor>(x: T, weight: T, bias: T, padding: [usize; 2]) -> T {
    let (shape, batch) = shape_of(&x, &weight, padding);
    let [rows, columns] = shape.output_size();
    T::filled([batch, shape.channels_out, rows, columns], |y| {
        T::read_all([&x, &weight, &bias], |[x, weight, bias]| {
            conv2d_forward(&shape, batch, x, weight, Some(bias), y)
        })
    })
}

fn backward_input<T: CpuTensor>(x: T, weight: T, grad: T, padding: [usize; 2]) -> T {
    let (shape, batch) = shape_of(&x, &weight, padding);
    T::filled(x.shape(), |dx| {
        T::read_all([&grad, &weight], |[grad, weight]| {
            conv2d_backward_input(&shape, batch, grad, weight, dx)
        })
    })
}

fn backward_weight<T: CpuTensor>(x: T, weight: T, grad: T, padding: [usize; 2]) -> T {
    let (shape, batch) = shape_of(&x, &weight, padding);
    T::filled(weight.shape(), |dw| {
        T::read_all([&x, &grad], |[x, grad]| {
            conv2d_backward_weight(&shape, batch, x, grad, dw)
        })
    })
}

fn backward_bias<T: CpuTensor>(grad: T) -> T {
    let [batch, channels_out, height, width] = grad.shape().dims();
    // A bias gradient sees neither the input nor the kernel: a 1x1 kernel over one channel stands in for both.
    let shape = Conv2dShape {
        channels_in: 1,
        channels_out,
        height,
        width,
        kernel: [1, 1],
        padding: [0, 0],
    };
    T::filled([channels_out], |db| {
        grad.read(|grad| conv2d_backward_bias(&shape, batch, grad, db))
    })
}

macro_rules! implement {
    ($backend:ty) => {
        impl Conv2dBackend for $backend {
            fn image_conv2d_forward(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                padding: [usize; 2],
            ) -> FloatTensor<Self> {
                forward(x, weight, bias, padding)
            }

            fn image_conv2d_backward_input(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                padding: [usize; 2],
            ) -> FloatTensor<Self> {
                backward_input(x, weight, grad, padding)
            }

            fn image_conv2d_backward_weight(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                padding: [usize; 2],
            ) -> FloatTensor<Self> {
                backward_weight(x, weight, grad, padding)
            }

            fn image_conv2d_backward_bias(grad: FloatTensor<Self>) -> FloatTensor<Self> {
                backward_bias(grad)
            }
        }
    };
}
on_cpu_backends!(implement);
