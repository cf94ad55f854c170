//! Convolution along packed documents in plain loops: the judge of the fast kernels.

use super::Conv1dShape;
use crate::{Offsets, Real};

/// Calls `visit(position, token, tap)` for each triple where a position of the output sees a real token under tap
/// `tap`, document by document.
fn for_each_tap(
    shape: &Conv1dShape,
    offsets: &Offsets,
    mut visit: impl FnMut(usize, usize, usize),
) {
    let positions = shape.output_offsets(offsets);
    for d in 0..offsets.documents() {
        let tokens = offsets.range(d);
        for (p, position) in positions.range(d).enumerate() {
            for j in 0..shape.kernel_size {
                let place = p + j;
                if place >= shape.padding_left && place - shape.padding_left < tokens.len() {
                    visit(position, tokens.start + place - shape.padding_left, j);
                }
            }
        }
    }
}

/// `y[p, o] = bias[o] + Σ_{c,j} x[p + j - padding_left, c]·weight[o, c, j]`
pub fn conv1d_forward<T: Real>(
    shape: &Conv1dShape,
    offsets: &Offsets,
    x: &[T],
    weight: &[T],
    bias: Option<&[T]>,
    y: &mut [T],
) {
    let (channels_in, channels_out, kernel_size) =
        (shape.channels_in, shape.channels_out, shape.kernel_size);
    y.fill(T::ZERO);
    for_each_tap(shape, offsets, |p, t, j| {
        for o in 0..channels_out {
            for c in 0..channels_in {
                y[p * channels_out + o] +=
                    x[t * channels_in + c] * weight[(o * channels_in + c) * kernel_size + j];
            }
        }
    });
    if let Some(bias) = bias {
        for (i, y) in y.iter_mut().enumerate() {
            *y += bias[i % channels_out];
        }
    }
}

/// `dx[t, c] = Σ_{o,j} grad[t - j + padding_left, o]·weight[o, c, j]`
pub fn conv1d_backward_input<T: Real>(
    shape: &Conv1dShape,
    offsets: &Offsets,
    grad: &[T],
    weight: &[T],
    dx: &mut [T],
) {
    let (channels_in, channels_out, kernel_size) =
        (shape.channels_in, shape.channels_out, shape.kernel_size);
    dx.fill(T::ZERO);
    for_each_tap(shape, offsets, |p, t, j| {
        for c in 0..channels_in {
            for o in 0..channels_out {
                dx[t * channels_in + c] +=
                    grad[p * channels_out + o] * weight[(o * channels_in + c) * kernel_size + j];
            }
        }
    });
}

/// `dw[o, c, j] = Σ_p grad[p, o]·x[p + j - padding_left, c]`
pub fn conv1d_backward_weight<T: Real>(
    shape: &Conv1dShape,
    offsets: &Offsets,
    x: &[T],
    grad: &[T],
    dw: &mut [T],
) {
    let (channels_in, channels_out, kernel_size) =
        (shape.channels_in, shape.channels_out, shape.kernel_size);
    dw.fill(T::ZERO);
    for_each_tap(shape, offsets, |p, t, j| {
        for o in 0..channels_out {
            for c in 0..channels_in {
                dw[(o * channels_in + c) * kernel_size + j] +=
                    grad[p * channels_out + o] * x[t * channels_in + c];
            }
        }
    });
}
