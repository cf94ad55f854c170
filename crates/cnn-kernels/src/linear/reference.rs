//! The dense layer in plain loops: the judge of the fast kernels.

use crate::Real;

/// `y[r, o] = bias[o] + Σᵢ x[r, i]·weight[o, i]`
pub fn linear_forward<T: Real>(
    features_in: usize,
    features_out: usize,
    x: &[T],
    weight: &[T],
    bias: Option<&[T]>,
    y: &mut [T],
) {
    if features_out == 0 {
        return;
    }
    for r in 0..y.len() / features_out {
        for o in 0..features_out {
            let mut sum = T::ZERO;
            for i in 0..features_in {
                sum += x[r * features_in + i] * weight[o * features_in + i];
            }
            y[r * features_out + o] = sum + bias.map_or(T::ZERO, |bias| bias[o]);
        }
    }
}

/// `dx[r, i] = Σₒ grad[r, o]·weight[o, i]`
pub fn linear_backward_input<T: Real>(
    features_in: usize,
    features_out: usize,
    grad: &[T],
    weight: &[T],
    dx: &mut [T],
) {
    if features_in == 0 {
        return;
    }
    for r in 0..dx.len() / features_in {
        for i in 0..features_in {
            let mut sum = T::ZERO;
            for o in 0..features_out {
                sum += grad[r * features_out + o] * weight[o * features_in + i];
            }
            dx[r * features_in + i] = sum;
        }
    }
}

/// `dw[o, i] = Σᵣ grad[r, o]·x[r, i]`
pub fn linear_backward_weight<T: Real>(
    features_in: usize,
    features_out: usize,
    x: &[T],
    grad: &[T],
    dw: &mut [T],
) {
    if features_in == 0 || features_out == 0 {
        return;
    }
    for o in 0..features_out {
        for i in 0..features_in {
            let mut sum = T::ZERO;
            for r in 0..x.len() / features_in {
                sum += grad[r * features_out + o] * x[r * features_in + i];
            }
            dw[o * features_in + i] = sum;
        }
    }
}

/// `db[c] = Σᵣ grad[r, c]`
pub fn bias_gradient<T: Real>(channels: usize, grad: &[T], db: &mut [T]) {
    for (c, db) in db.iter_mut().enumerate() {
        let mut sum = T::ZERO;
        for r in 0..grad.len() / channels {
            sum += grad[r * channels + c];
        }
        *db = sum;
    }
}
