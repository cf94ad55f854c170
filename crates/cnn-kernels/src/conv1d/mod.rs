//! Convolution along packed documents, and its gradients.

pub mod reference;

use crate::Offsets;

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
}

/// `y[p, o] = bias[o] + Σ_{c,j} x[p + j - padding_left, c]·weight[o, c, j]` within each document.
///
/// `x [tokens, channels_in]`, `weight [channels_out, channels_in, kernel_size]`, `bias [channels_out]`, `y [positions,
/// channels_out]` where [`Conv1dShape::output_offsets`] tells the positions of each document.
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
    shape.check(offsets, x.len(), y.len());
    assert_eq!(
        weight.len(),
        shape.weights(),
        "weight must be [channels_out, channels_in, kernel_size]"
    );
    assert!(
        bias.is_none_or(|bias| bias.len() == shape.channels_out),
        "bias must be [channels_out]"
    );
    reference::conv1d_forward(shape, offsets, x, weight, bias, y);
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
    shape.check(offsets, dx.len(), grad.len());
    assert_eq!(
        weight.len(),
        shape.weights(),
        "weight must be [channels_out, channels_in, kernel_size]"
    );
    reference::conv1d_backward_input(shape, offsets, grad, weight, dx);
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
    shape.check(offsets, x.len(), grad.len());
    assert_eq!(
        dw.len(),
        shape.weights(),
        "dw must be [channels_out, channels_in, kernel_size]"
    );
    reference::conv1d_backward_weight(shape, offsets, x, grad, dw);
}
