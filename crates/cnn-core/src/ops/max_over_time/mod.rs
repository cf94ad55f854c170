//! Maximum over time as one operation.
//!
//! `y[d, c] = max(floor[c], max_p x[p, c])` over the positions `p` of document `d`; without a floor the maximum of an
//! empty document is 0. The first of equal positions wins; the floor wins only if it is strictly greater.
//!
//! Backwards the gradient of `y[d, c]` goes to the one place that won, so the gradient of `x` has one entry per document
//! and channel. The rule keeps the winners, one number per entry of `y`, and neither `x` nor `y`.
mod autodiff;
mod cpu;
pub mod default;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;
use cnn_kernels::Offsets;

use super::cpu_tensor::default_on_gpu;

/// Backends that compute [`max_over_time`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub trait MaxOverTimeBackend: Backend {
    /// `x` `[positions, channels]`, `floor` `[channels]` (read only if `has_floor`) -> `[documents, channels]` and the
    /// winners, in whatever encoding the backward pass of this backend reads.
    fn max_over_time_forward(
        x: FloatTensor<Self>,
        floor: FloatTensor<Self>,
        offsets: Offsets,
        has_floor: bool,
    ) -> (FloatTensor<Self>, IntTensor<Self>) {
        default::forward::<Self>(x, floor, offsets, has_floor)
    }

    /// The gradients of `x` `[positions, channels]` and of `floor`.
    fn max_over_time_backward(
        grad: FloatTensor<Self>,
        winners: IntTensor<Self>,
        positions: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        default::backward::<Self>(grad, winners, positions)
    }
}

default_on_gpu!(MaxOverTimeBackend);

/// `y[d, c] = max(floor[c], max_p x[p, c])` over the positions of document `d`.
///
/// Shapes: `x` `[positions, channels]`, packed as `offsets` says, `floor` `[channels]`; result `[documents, channels]`. An
/// empty document gives the floor, or 0 without one. Ties go to the first position, and to a position before the floor.
///
/// A floor is what padding does to a TextCNN whose code pads to a common length: each document then has windows wholly in
/// padding, whose value is the bias, so no maximum is below it. Here it is said openly, and no length decides it.
///
/// # Panics
/// If the shapes do not fit together.
pub fn max_over_time(x: Tensor<2>, offsets: &Offsets, floor: Option<Tensor<1>>) -> Tensor<2> {
    let [positions, channels] = x.dims();
    super::check_tokens("max_over_time", positions, offsets);
    let has_floor = floor.is_some();
    let floor = super::bias_or_zeros("max_over_time", floor, channels, &x.device());
    let (y, _) = <Dispatch as MaxOverTimeBackend>::max_over_time_forward(
        x.into_dispatch(),
        floor.into_dispatch(),
        offsets.clone(),
        has_floor,
    );
    Tensor::from_dispatch(y)
}
