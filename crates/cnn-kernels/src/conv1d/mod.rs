//! Convolution along packed documents, and its gradients.
//!
//! The simple algorithm, for each document, position `p` and filter `o`:
//!
//! ```text
//! y[p, o] = bias[o]
//! for tap j, channel c: y[p, o] += x[p + j - padding_left, c] · weight[o, c, j]      (zero outside the document)
//! ```
//!
//! What the real one adds:
//!
//! 1. **A window is a slice.** Tokens lie one after another, so the `kernel_size · channels_in` numbers under a filter are
//!    contiguous: the matrix that others build by copying each token `kernel_size` times is a list of overlapping slices,
//!    and the convolution a product of the module `matmul`. Only windows that reach over the edge of a document lie in
//!    a copy, with zeros; a window never sees another document.
//! 2. **The gradient of the input** is the same with the taps in reverse, over windows of the gradient.
//! 3. **The gradient of the weights** is the transpose of the list of windows times the gradient, summed over the positions
//!    of all documents in blocks of at most 256.
//!
//! 4. **Width 3 is computed in groups** of up to four positions where both sides have 32 channels or more, with half of the
//!    multiplications: see the module `winograd`. Everything here but the windows is the same there.
//!
//! Why the bits are always the same: a position's sum runs over taps and channels in a fixed order, and its zeros beyond the
//! document are its own. See the module `matmul` for the rest.
//!
//! Considered, and left:
//!
//! - A padded copy of all documents instead of the edges: for reviews of 216 tokens it would copy 36 times as much.
//! - Windows that straddle two documents, computed and dropped (no list at all, one stride): `kernel_size - 1` wasted
//!   positions for each document, a tenth of the work on headlines.

mod packed;
pub mod reference;
mod relu;
#[cfg(test)]
mod tests;
mod tuning;
mod windows;
mod winograd;

use rayon::prelude::*;

use crate::matmul::{Panels, columns_times_panels, rows_times_panels};
use crate::scratch::Scratch;
use crate::simd::{Body, Simd, dispatch, panel_width};
use crate::transpose::transpose;
use crate::{Isa, Offsets};
pub use packed::Conv1dPacked;
pub(crate) use packed::Input;
pub use relu::{relu_conv1d_backward_input, relu_conv1d_backward_weight, relu_conv1d_forward};
use tuning::TUNING;
use windows::Windows;

/// The sizes of a convolution along text: stride 1, zeros beyond both ends of each document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv1dShape {
    /// Numbers per token.
    pub channels_in: usize,
    /// Filters.
    pub channels_out: usize,
    /// Tokens under a filter at a time; at least 1.
    pub kernel_size: usize,
    /// Zero tokens before each document.
    pub padding_left: usize,
    /// Zero tokens after each document.
    pub padding_right: usize,
}

impl Conv1dShape {
    /// The positions that a document of `len` tokens has: `len + padding_left + padding_right - kernel_size + 1`, and 0
    /// when that is negative. An empty document has none, however wide the padding: padding is no text.
    pub fn output_len(&self, len: usize) -> usize {
        match len {
            0 => 0,
            _ => {
                (len + self.padding_left + self.padding_right + 1).saturating_sub(self.kernel_size)
            }
        }
    }

    /// Where the positions of each document are.
    pub fn output_offsets(&self, offsets: &Offsets) -> Offsets {
        offsets.map_lengths(|len| self.output_len(len))
    }

    /// The number of weights: `channels_out · channels_in · kernel_size`.
    pub fn weights(&self) -> usize {
        self.channels_out * self.channels_in * self.kernel_size
    }

    fn windows(&self) -> Windows {
        Windows {
            channels: self.channels_in,
            size: self.kernel_size,
            first: -(self.padding_left as isize),
        }
    }

    fn check(&self, offsets: &Offsets, inputs: usize, outputs: usize) {
        assert!(self.kernel_size >= 1, "kernel_size must be at least 1");
        assert_eq!(
            inputs,
            offsets.total() * self.channels_in,
            "the input side must be [tokens, channels_in]"
        );
        let positions: usize = offsets.lengths().map(|len| self.output_len(len)).sum();
        assert_eq!(
            outputs,
            positions * self.channels_out,
            "the output side must be [positions, channels_out]"
        );
    }

    fn check_filters(&self, weight: &[f32], bias: Option<&[f32]>) {
        assert!(self.kernel_size >= 1, "kernel_size must be at least 1");
        assert_eq!(
            weight.len(),
            self.weights(),
            "weight must be [channels_out, channels_in, kernel_size]"
        );
        assert!(
            bias.is_none_or(|bias| bias.len() == self.channels_out),
            "bias must be [channels_out]"
        );
    }
}

/// `y[p, o] = bias[o] + Σ_{c,j} x[p + j - padding_left, c]·weight[o, c, j]` within each document.
///
/// `x [tokens, channels_in]`, `weight [channels_out, channels_in, kernel_size]`, `bias [channels_out]`, `y [positions,
/// channels_out]` where [`Conv1dShape::output_offsets`] tells the positions of each document.
///
/// A NaN or an infinity in `x` stays within its document. With `kernel_size` 3 and at least 32 channels on both sides, it reaches
/// up to two positions beyond the windows that hold it: up to four positions are computed together there, and so are tokens in
/// [`conv1d_backward_input`].
///
/// The filters are packed at each call; [`Conv1dPacked`] keeps them.
///
/// # Panics
///
/// When the length of a slice is another, or `kernel_size` is 0.
pub fn conv1d_forward(
    shape: &Conv1dShape,
    offsets: &Offsets,
    x: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
) {
    forward(shape, offsets, Input::of(x), weight, bias, y);
}

/// The gradient of the input: `dx[t, c] = Σ_{o,j} grad[t - j + padding_left, o]·weight[o, c, j]` within each document, for
/// `grad [positions, channels_out]` and `dx [tokens, channels_in]`.
///
/// # Panics
///
/// When the length of a slice is another, or `kernel_size` is 0.
pub fn conv1d_backward_input(
    shape: &Conv1dShape,
    offsets: &Offsets,
    grad: &[f32],
    weight: &[f32],
    dx: &mut [f32],
) {
    backward_input(shape, offsets, None, grad, weight, dx);
}

/// The gradient of the weights: `dw[o, c, j] = Σ_p grad[p, o]·x[p + j - padding_left, c]` over the positions of all
/// documents, for `x [tokens, channels_in]`, `grad [positions, channels_out]` and `dw [channels_out, channels_in,
/// kernel_size]`. The gradient of the bias is [`bias_gradient`](crate::bias_gradient).
///
/// # Panics
///
/// When the length of a slice is another, or `kernel_size` is 0.
pub fn conv1d_backward_weight(
    shape: &Conv1dShape,
    offsets: &Offsets,
    x: &[f32],
    grad: &[f32],
    dw: &mut [f32],
) {
    backward_weight(shape, offsets, Input::of(x), grad, dw);
}

/// Checked, and on the machine's instruction set.
fn forward(
    shape: &Conv1dShape,
    offsets: &Offsets,
    input: Input,
    weight: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
) {
    shape.check(offsets, input.x.len(), y.len());
    shape.check_filters(weight, bias);
    forward_on(Isa::active(), shape, offsets, input, weight, bias, y);
}

/// Checked, and on the machine's instruction set; 0 where `relu_of`, the input before its ReLU, is not positive.
fn backward_input(
    shape: &Conv1dShape,
    offsets: &Offsets,
    relu_of: Option<&[f32]>,
    grad: &[f32],
    weight: &[f32],
    dx: &mut [f32],
) {
    shape.check(offsets, dx.len(), grad.len());
    shape.check_filters(weight, None);
    assert!(
        relu_of.is_none_or(|x| x.len() == dx.len()),
        "x and dx must be [tokens, channels_in]"
    );
    backward_input_on(Isa::active(), shape, offsets, relu_of, grad, weight, dx);
}

/// Checked, and on the machine's instruction set.
fn backward_weight(
    shape: &Conv1dShape,
    offsets: &Offsets,
    input: Input,
    grad: &[f32],
    dw: &mut [f32],
) {
    shape.check(offsets, input.x.len(), grad.len());
    assert_eq!(
        dw.len(),
        shape.weights(),
        "dw must be [channels_out, channels_in, kernel_size]"
    );
    backward_weight_on(Isa::active(), shape, offsets, input, grad, dw);
}

pub(crate) fn forward_on(
    isa: Isa,
    shape: &Conv1dShape,
    offsets: &Offsets,
    input: Input,
    weight: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
) {
    let panels = packed::pack(isa, shape, Some(offsets), weight);
    packed::forward(isa, shape, offsets, input, &panels, bias, None, y);
}

pub(crate) fn backward_input_on(
    isa: Isa,
    shape: &Conv1dShape,
    offsets: &Offsets,
    relu_of: Option<&[f32]>,
    grad: &[f32],
    weight: &[f32],
    dx: &mut [f32],
) {
    if winograd::suits(shape) {
        return winograd::backward_input(isa, shape, offsets, relu_of, grad, weight, dx);
    }
    let Conv1dShape {
        channels_in,
        channels_out,
        kernel_size,
        padding_left,
        ..
    } = *shape;
    let positions = shape.output_offsets(offsets);
    // Token t was seen by the positions t + padding_left - j: a convolution of grad with the taps reversed.
    let windows = Windows {
        channels: channels_out,
        size: kernel_size,
        first: padding_left as isize + 1 - kernel_size as isize,
    };
    let edges = windows.edges(&positions, offsets, grad);
    let rows = windows.list(&positions, offsets, grad, &edges);
    // [kernel_size · channels_out, channels_in]
    let (depth, width) = (kernel_size * channels_out, panel_width(isa));
    let panels = Panels::pack(isa, [depth, channels_in], |c, lanes, panel| {
        for (row, packed) in panel.chunks_exact_mut(width).enumerate() {
            let (j, o) = (kernel_size - 1 - row / channels_out, row % channels_out);
            let taps = &weight[(o * channels_in + c) * kernel_size..][..lanes * kernel_size];
            for (packed, taps) in packed.iter_mut().zip(taps.chunks_exact(kernel_size)) {
                *packed = taps[j];
            }
        }
    });
    rows_times_panels(isa, &rows, &panels, None, dx);
    if let Some(x) = relu_of {
        relu::mask(dx, x);
    }
}

pub(crate) fn backward_weight_on(
    isa: Isa,
    shape: &Conv1dShape,
    offsets: &Offsets,
    input: Input,
    grad: &[f32],
    dw: &mut [f32],
) {
    if dw.is_empty() {
        return;
    }
    if winograd::suits(shape) {
        return winograd::backward_weight(isa, shape, offsets, input, grad, dw);
    }
    let positive = input.positive();
    let x = positive.as_deref().unwrap_or(input.x);
    let Conv1dShape {
        channels_in,
        channels_out,
        kernel_size,
        ..
    } = *shape;
    let positions = shape.output_offsets(offsets);
    let windows = shape.windows();
    let edges = windows.edges(offsets, &positions, x);
    let rows = windows.list(offsets, &positions, x, &edges);
    // [positions, channels_out]
    let panels = Panels::of(isa, grad, [rows.len(), channels_out]);
    // [kernel_size · channels_in, channels_out]
    let depth = kernel_size * channels_in;
    let mut product = Scratch::take(depth * channels_out);
    columns_times_panels(isa, &rows, &panels, &mut product);
    // To [channels_out, channels_in, kernel_size], a few filters at a time.
    let filters = TUNING.turned_filters;
    dw.par_chunks_mut(filters * depth)
        .enumerate()
        .for_each(|(chunk, dw)| {
            let product = &product[chunk * filters..];
            dispatch(
                isa,
                TurnWeights {
                    product,
                    sizes: [channels_out, channels_in, kernel_size],
                    dw,
                },
            );
        });
}

/// `dw[o, c, j] = product[j, c, o]` for the first filters of `product [kernel_size, channels_in, channels_out]`.
struct TurnWeights<'a> {
    product: &'a [f32],
    sizes: [usize; 3],
    dw: &'a mut [f32],
}

impl Body for TurnWeights<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            product,
            sizes: [channels_out, channels_in, kernel_size],
            dw,
        } = self;
        let depth = channels_in * kernel_size;
        let filters = dw.len() / depth;
        if kernel_size == 1 {
            return transpose(simd, [depth, filters], product, channels_out, dw, depth);
        }
        // [filters, kernel_size, channels_in]
        let mut turned = Scratch::take(dw.len());
        transpose(
            simd,
            [depth, filters],
            product,
            channels_out,
            &mut turned,
            depth,
        );
        for (dw, turned) in dw.chunks_exact_mut(depth).zip(turned.chunks_exact(depth)) {
            for (c, taps) in dw.chunks_exact_mut(kernel_size).enumerate() {
                for (j, tap) in taps.iter_mut().enumerate() {
                    *tap = turned[j * channels_in + c];
                }
            }
        }
    }
}
