//! The dense layer: y = x·Wᵀ + b and its gradients.

pub mod reference;

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
    assert_eq!(
        weight.len(),
        features_out * features_in,
        "weight must be [features_out, features_in]"
    );
    assert!(
        bias.is_none_or(|bias| bias.len() == features_out),
        "bias must be [features_out]"
    );
    reference::linear_forward(features_in, features_out, x, weight, bias, y);
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
    reference::linear_backward_input(features_in, features_out, grad, weight, dx);
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
    reference::linear_backward_weight(features_in, features_out, x, grad, dw);
}

/// db = the sum of the rows of `grad [rows, channels]`, for `db [channels]`.
///
/// # Panics
///
/// When `grad` is no whole number of rows, or `db` is not `[channels]`.
pub fn bias_gradient(channels: usize, grad: &[f32], db: &mut [f32]) {
    assert_eq!(db.len(), channels, "db must be [channels]");
    check(channels, channels, grad.len(), grad.len());
    reference::bias_gradient(channels, grad, db);
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
