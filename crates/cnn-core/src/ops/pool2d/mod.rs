//! Pooling of images by blocks side by side as one operation each: the mean, the maximum.
//!
//! For blocks of `size[0]` by `size[1]` pixels:
//!
//! - mean: `y[b, c, i, j] = Σ_uv x[b, c, i · size[0] + u, j · size[1] + v] / (size[0] · size[1])`; backwards each pixel of a block
//!   gets `g[b, c, i, j] / (size[0] · size[1])`. The rule keeps the size of the image.
//! - maximum: backwards `g[b, c, i, j]` goes to the pixel that won, the first of equal ones. The rule keeps the winners, one
//!   number per entry of `y`.
//!
//! Burn 0.22's own poolings on Flex take 6 to 8 ms each for 256 x 6 maps of 28 x 28, more than the convolution before them;
//! these take 0.4 (mean) and 1.5 (maximum), on the same two cores.
mod autodiff;
mod cpu;
pub mod default;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

use super::cpu_tensor::default_on_gpu;

/// Backends that compute [`average_pool2d`] and [`max_pool2d`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub trait Pool2dBackend: Backend {
    /// `x` `[batch, channels, height, width]` -> the mean of each block, `[batch, channels, rows, columns]`.
    fn block_average_forward(x: FloatTensor<Self>, size: [usize; 2]) -> FloatTensor<Self> {
        default::average_forward::<Self>(x, size)
    }

    /// The gradient of `x` under the mean; `image` is its height and width.
    fn block_average_backward(
        grad: FloatTensor<Self>,
        image: [usize; 2],
        size: [usize; 2],
    ) -> FloatTensor<Self> {
        default::average_backward::<Self>(grad, image, size)
    }

    /// `x` `[batch, channels, height, width]` -> the maximum of each block, `[batch, channels, rows, columns]`, and the
    /// winners, in whatever encoding the backward pass of this backend reads.
    fn block_maximum_forward(
        x: FloatTensor<Self>,
        size: [usize; 2],
    ) -> (FloatTensor<Self>, IntTensor<Self>) {
        default::maximum_forward::<Self>(x, size)
    }

    /// The gradient of `x` under the maximum; `image` is its height and width.
    fn block_maximum_backward(
        grad: FloatTensor<Self>,
        winners: IntTensor<Self>,
        image: [usize; 2],
        size: [usize; 2],
    ) -> FloatTensor<Self> {
        default::maximum_backward::<Self>(grad, winners, image, size)
    }
}

default_on_gpu!(Pool2dBackend);

/// The mean of each block of `size[0]` by `size[1]` pixels; rows and columns that fill no block are left out.
///
/// Shapes: `x` `[batch, channels, height, width]`; result `[batch, channels, height / size[0], width / size[1]]`, rounded
/// down.
///
/// # Panics
/// If the image is smaller than a block, or a block is empty.
pub fn average_pool2d(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    check("average_pool2d", &x, size);
    Tensor::from_dispatch(<Dispatch as Pool2dBackend>::block_average_forward(
        x.into_dispatch(),
        size,
    ))
}

/// The maximum of each block of `size[0]` by `size[1]` pixels; rows and columns that fill no block are left out.
///
/// Shapes: `x` `[batch, channels, height, width]`; result `[batch, channels, height / size[0], width / size[1]]`, rounded
/// down.
///
/// # Panics
/// If the image is smaller than a block, or a block is empty.
pub fn max_pool2d(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    check("max_pool2d", &x, size);
    let (y, _) = <Dispatch as Pool2dBackend>::block_maximum_forward(x.into_dispatch(), size);
    Tensor::from_dispatch(y)
}

fn check(operation: &str, x: &Tensor<4>, size: [usize; 2]) {
    let [_, _, height, width] = x.dims();
    assert!(
        (1..=height).contains(&size[0]) && (1..=width).contains(&size[1]),
        "{operation}: blocks of {size:?} in images of {height} x {width}"
    );
}

/// The shape of the result.
fn pooled_shape([batch, channels, height, width]: [usize; 4], size: [usize; 2]) -> [usize; 4] {
    [batch, channels, height / size[0], width / size[1]]
}
