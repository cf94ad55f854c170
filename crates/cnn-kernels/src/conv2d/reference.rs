//! Convolution of images in plain loops: the judge of the fast kernels.

use super::Conv2dShape;
use crate::Real;

/// Calls `visit(x index, weight index, y index)` for each product that the convolution sums: image by image, map by map,
/// position by position, and the taps that lie inside the image in order.
fn for_each_product(shape: &Conv2dShape, batch: usize, mut visit: impl FnMut(usize, usize, usize)) {
    let [height_out, width_out] = shape.output_size();
    let [kernel_h, kernel_w] = shape.kernel;
    let [padding_h, padding_w] = shape.padding;
    for n in 0..batch {
        for o in 0..shape.channels_out {
            for p in 0..height_out {
                for q in 0..width_out {
                    let y = ((n * shape.channels_out + o) * height_out + p) * width_out + q;
                    for c in 0..shape.channels_in {
                        for i in 0..kernel_h {
                            for j in 0..kernel_w {
                                let (r, s) = (p + i, q + j);
                                let inside = r >= padding_h
                                    && r - padding_h < shape.height
                                    && s >= padding_w
                                    && s - padding_w < shape.width;
                                if inside {
                                    let map = (n * shape.channels_in + c) * shape.height;
                                    let x = (map + r - padding_h) * shape.width + s - padding_w;
                                    let w =
                                        ((o * shape.channels_in + c) * kernel_h + i) * kernel_w + j;
                                    visit(x, w, y);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `y[n, o, p, q] = bias[o] + Σ_{c,i,j} x[n, c, p + i - ph, q + j - pw]·weight[o, c, i, j]`
pub fn conv2d_forward<T: Real>(
    shape: &Conv2dShape,
    batch: usize,
    x: &[T],
    weight: &[T],
    bias: Option<&[T]>,
    y: &mut [T],
) {
    y.fill(T::ZERO);
    for_each_product(shape, batch, |i, w, o| y[o] += x[i] * weight[w]);
    if let Some(bias) = bias {
        let [height_out, width_out] = shape.output_size();
        for (i, y) in y.iter_mut().enumerate() {
            *y += bias[i / (height_out * width_out) % shape.channels_out];
        }
    }
}

/// `dx[n, c, r, s] = Σ_{o,i,j} grad[n, o, r - i + ph, s - j + pw]·weight[o, c, i, j]`
pub fn conv2d_backward_input<T: Real>(
    shape: &Conv2dShape,
    batch: usize,
    grad: &[T],
    weight: &[T],
    dx: &mut [T],
) {
    dx.fill(T::ZERO);
    for_each_product(shape, batch, |i, w, o| dx[i] += grad[o] * weight[w]);
}

/// `dw[o, c, i, j] = Σ_{n,p,q} grad[n, o, p, q]·x[n, c, p + i - ph, q + j - pw]`
pub fn conv2d_backward_weight<T: Real>(
    shape: &Conv2dShape,
    batch: usize,
    x: &[T],
    grad: &[T],
    dw: &mut [T],
) {
    dw.fill(T::ZERO);
    for_each_product(shape, batch, |i, w, o| dw[w] += grad[o] * x[i]);
}

/// `db[o] = Σ_{n,p,q} grad[n, o, p, q]`
pub fn conv2d_backward_bias<T: Real>(shape: &Conv2dShape, grad: &[T], db: &mut [T]) {
    let [height_out, width_out] = shape.output_size();
    db.fill(T::ZERO);
    for (i, &grad) in grad.iter().enumerate() {
        db[i / (height_out * width_out) % shape.channels_out] += grad;
    }
}
