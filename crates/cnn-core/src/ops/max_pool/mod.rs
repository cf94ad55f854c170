//! Pooling over ragged documents as one operation: windows of 3 positions, 2 apart.
//!
//! `y[p, c] = max x[t, c]` over the tokens `t` of `2p - 1, 2p, 2p + 1` that exist in the document. Windows are clipped:
//! nothing outside a document enters a maximum, not even as negative infinity that a bias could lift. The first of equal
//! tokens wins.
//!
//! Backwards the gradient of `y[p, c]` is added to the token that won; a token under two windows may win twice. The rule
//! keeps the winners, one number per entry of `y`.
mod autodiff;
mod cpu;
pub mod default;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::config::Config;
use burn::tensor::Tensor;
use cnn_kernels::Offsets;

use super::cpu_tensor::default_on_gpu;

/// Positions under a window.
pub const SIZE: usize = 3;
/// Distance between windows.
pub const STRIDE: usize = 2;
/// Positions by which the first window starts before its document; it is clipped there.
pub const PADDING: usize = 1;

/// How many positions remain of a document of `n`: the two programs that their authors published differ here.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum PooledLength {
    /// `floor((n - 1) / 2) + 1`: Johnson's PyTorch code (gulf), and PyTorch's own rule.
    Floor,
    /// `ceil((n - 1) / 2) + 1`: Johnson and Zhang's C++ code (ConText), which made the published results. The last window
    /// may hold one position alone.
    Ceil,
}

impl PooledLength {
    /// Positions that remain of a document of `n`; an empty document stays empty.
    ///
    /// ```
    /// use cnn_core::ops::PooledLength::{Ceil, Floor};
    /// assert_eq!((Floor.of(1), Floor.of(2), Floor.of(9)), (1, 1, 5));
    /// assert_eq!((Ceil.of(1), Ceil.of(2), Ceil.of(9)), (1, 2, 5));
    /// ```
    pub fn of(self, n: usize) -> usize {
        match (self, n) {
            (_, 0) => 0,
            (Self::Floor, n) => (n - 1) / STRIDE + 1,
            (Self::Ceil, n) => (n - 1).div_ceil(STRIDE) + 1,
        }
    }
}

/// Backends that compute [`max_pool`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub trait MaxPoolBackend: Backend {
    /// `x` `[positions, channels]` packed as `input` says -> `[pooled positions, channels]` packed as `output` says, and
    /// the winners, in whatever encoding the backward pass of this backend reads.
    fn ragged_max_pool_forward(
        x: FloatTensor<Self>,
        input: Offsets,
        output: Offsets,
    ) -> (FloatTensor<Self>, IntTensor<Self>) {
        default::forward::<Self>(x, input, output)
    }

    /// The gradient of `x` `[positions, channels]`.
    fn ragged_max_pool_backward(
        grad: FloatTensor<Self>,
        winners: IntTensor<Self>,
        positions: usize,
    ) -> FloatTensor<Self> {
        default::backward::<Self>(grad, winners, positions)
    }
}

default_on_gpu!(MaxPoolBackend);

/// `y[p, c] = max(x[2p - 1, c], x[2p, c], x[2p + 1, c])` within each document, and where the documents now end.
///
/// Shapes: `x` `[positions, channels]`, packed as `offsets` says; result `[pooled positions, channels]`, where a document of
/// `n` positions keeps [`PooledLength::of`]`(n)`.
///
/// # Panics
/// If the shapes do not fit together.
pub fn max_pool(x: Tensor<2>, offsets: &Offsets, length: PooledLength) -> (Tensor<2>, Offsets) {
    let [positions, _] = x.dims();
    super::check_tokens("max_pool", positions, offsets);
    let output = offsets.map_lengths(|n| length.of(n));
    let (y, _) = <Dispatch as MaxPoolBackend>::ragged_max_pool_forward(
        x.into_dispatch(),
        offsets.clone(),
        output.clone(),
    );
    (Tensor::from_dispatch(y), output)
}
