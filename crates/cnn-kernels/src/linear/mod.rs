//! The dense layer: y = x·Wᵀ + b and its gradients.
//!
//! All three are products of the module `matmul`: forward, the rows of `x` times the transposed weights; the gradient
//! of the input, the rows of `dy` times the weights; the gradient of the weights, the transpose of `dy` times `x`, summed over
//! the rows in blocks of at most 256. The gradient of the bias sums blocks of 256 rows, and adds the blocks in order.

pub mod reference;
#[cfg(test)]
mod tests;
mod tuning;

use rayon::prelude::*;

use crate::Isa;
use crate::matmul::{Panels, columns_times_panels, rows_of, rows_times_panels};
use crate::tree::CHAIN;
use tuning::TUNING;

/// y = x·Wᵀ + b, for `x [rows, features_in]`, `weight [features_out, features_in]` (PyTorch's layout), `bias
/// [features_out]`, `y [rows, features_out]`. The number of rows follows from the length of `y`.
///
/// # Panics
///
/// When the lengths of the slices do not agree with one number of rows.
pub fn linear_forward(
    features_in: usize,
    features_out: usize,
    x: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
) {
    check(features_in, features_out, x.len(), y.len());
    check_weights(features_in, features_out, weight, bias);
    forward_on(Isa::active(), features_in, features_out, x, weight, bias, y);
}

/// dx = dy·W, for `grad [rows, features_out]` and `dx [rows, features_in]`.
///
/// # Panics
///
/// When the lengths of the slices do not agree with one number of rows.
pub fn linear_backward_input(
    features_in: usize,
    features_out: usize,
    grad: &[f32],
    weight: &[f32],
    dx: &mut [f32],
) {
    check(features_in, features_out, dx.len(), grad.len());
    assert_eq!(
        weight.len(),
        features_out * features_in,
        "weight must be [features_out, features_in]"
    );
    backward_input_on(Isa::active(), features_in, features_out, grad, weight, dx);
}

/// dW = dyᵀ·x, for `x [rows, features_in]`, `grad [rows, features_out]` and `dw [features_out, features_in]`.
///
/// # Panics
///
/// When the lengths of the slices do not agree with one number of rows.
pub fn linear_backward_weight(
    features_in: usize,
    features_out: usize,
    x: &[f32],
    grad: &[f32],
    dw: &mut [f32],
) {
    check(features_in, features_out, x.len(), grad.len());
    assert_eq!(
        dw.len(),
        features_out * features_in,
        "dw must be [features_out, features_in]"
    );
    backward_weight_on(Isa::active(), features_in, features_out, x, grad, dw);
}

/// db = the sum of the rows of `grad [rows, channels]`, for `db [channels]`.
///
/// # Panics
///
/// When `grad` is no whole number of rows, or `db` is not `[channels]`.
pub fn bias_gradient(channels: usize, grad: &[f32], db: &mut [f32]) {
    assert_eq!(db.len(), channels, "db must be [channels]");
    check(channels, channels, grad.len(), grad.len());
    db.fill(0.0);
    if grad.is_empty() {
        return;
    }
    let add_rows = |rows: &[f32]| {
        let mut sums = vec![0.0; channels];
        for row in rows.chunks_exact(channels) {
            for (sum, number) in sums.iter_mut().zip(row) {
                *sum += number;
            }
        }
        sums
    };
    let blocks: Vec<Vec<f32>> = match grad.len() < TUNING.bias_small {
        true => grad.chunks(CHAIN * channels).map(add_rows).collect(),
        false => grad.par_chunks(CHAIN * channels).map(add_rows).collect(),
    };
    for block in blocks {
        for (sum, number) in db.iter_mut().zip(&block) {
            *sum += number;
        }
    }
}

pub(crate) fn forward_on(
    isa: Isa,
    features_in: usize,
    features_out: usize,
    x: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
) {
    if y.is_empty() {
        return;
    }
    LinearPacked::new_on(isa, features_in, features_out, weight, bias).forward(x, y);
}

/// The weights of a trained layer, packed once: [`linear_forward`] without the packing, with the same bits.
pub struct LinearPacked {
    isa: Isa,
    features_in: usize,
    /// `[features_in, features_out]`
    panels: Panels,
    bias: Option<Vec<f32>>,
}

impl LinearPacked {
    /// Packs `weight [features_out, features_in]` and `bias [features_out]`.
    ///
    /// # Panics
    ///
    /// When the length of a slice is another.
    pub fn new(
        features_in: usize,
        features_out: usize,
        weight: &[f32],
        bias: Option<&[f32]>,
    ) -> Self {
        check_weights(features_in, features_out, weight, bias);
        Self::new_on(Isa::active(), features_in, features_out, weight, bias)
    }

    fn new_on(
        isa: Isa,
        features_in: usize,
        features_out: usize,
        weight: &[f32],
        bias: Option<&[f32]>,
    ) -> Self {
        Self {
            isa,
            features_in,
            panels: Panels::of_transpose(isa, weight, [features_out, features_in, 1]),
            bias: bias.map(<[f32]>::to_vec),
        }
    }

    /// The numbers of a row of the result.
    pub fn features_out(&self) -> usize {
        self.panels.columns
    }

    /// y = x·Wᵀ + b, for `x [rows, features_in]` and `y [rows, features_out]`.
    ///
    /// # Panics
    ///
    /// When the lengths of the slices do not agree with one number of rows.
    pub fn forward(&self, x: &[f32], y: &mut [f32]) {
        let (ins, outs) = (self.features_in, self.panels.columns);
        check(ins, outs, x.len(), y.len());
        if y.is_empty() {
            return;
        }
        let rows = rows_of(x, ins, y.len() / outs);
        rows_times_panels(self.isa, &rows, &self.panels, self.bias.as_deref(), y);
    }
}

pub(crate) fn backward_input_on(
    isa: Isa,
    features_in: usize,
    features_out: usize,
    grad: &[f32],
    weight: &[f32],
    dx: &mut [f32],
) {
    if dx.is_empty() {
        return;
    }
    let rows = rows_of(grad, features_out, dx.len() / features_in);
    // [features_out, features_in]
    let panels = Panels::of(isa, weight, [features_out, features_in]);
    rows_times_panels(isa, &rows, &panels, None, dx);
}

pub(crate) fn backward_weight_on(
    isa: Isa,
    features_in: usize,
    features_out: usize,
    x: &[f32],
    grad: &[f32],
    dw: &mut [f32],
) {
    if dw.is_empty() {
        return;
    }
    let count = x.len() / features_in;
    let rows = rows_of(grad, features_out, count);
    // [rows, features_in]
    let panels = Panels::of(isa, x, [count, features_in]);
    columns_times_panels(isa, &rows, &panels, dw);
}

fn check_weights(features_in: usize, features_out: usize, weight: &[f32], bias: Option<&[f32]>) {
    assert_eq!(
        weight.len(),
        features_out * features_in,
        "weight must be [features_out, features_in]"
    );
    assert!(
        bias.is_none_or(|bias| bias.len() == features_out),
        "bias must be [features_out]"
    );
}

/// Asserts that both lengths are the same whole number of rows.
fn check(features_in: usize, features_out: usize, inputs: usize, outputs: usize) {
    let rows = match (features_in, features_out) {
        (0, 0) => {
            return assert_eq!(
                (inputs, outputs),
                (0, 0),
                "rows without features hold nothing"
            );
        }
        (0, _) => outputs / features_out,
        (_, _) => inputs / features_in,
    };
    assert_eq!(
        inputs,
        rows * features_in,
        "the input side must be [rows, features_in]"
    );
    assert_eq!(
        outputs,
        rows * features_out,
        "the output side must be [rows, features_out] with as many rows"
    );
}
