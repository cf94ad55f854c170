//! The loops of the squash, compiled for each instruction set.

use super::tuning::TUNING;
use crate::lanes::for_each_isa;
use crate::math::tanh_of_half;

/// Elements of one pass.
const BLOCK: usize = TUNING.elements_of_pass;

for_each_isa! {
    /// `y = a tanh(b x)` on one chunk.
    fn forward(a: f32, b: f32, x: &[f32], y: &mut [f32]) {
        let minus_2b = -2.0 * b;
        let (x_blocks, x_rest) = x.as_chunks::<BLOCK>();
        let (y_blocks, y_rest) = y.as_chunks_mut::<BLOCK>();
        for (y, x) in y_blocks.iter_mut().zip(x_blocks) {
            for lane in 0..BLOCK {
                y[lane] = a * tanh_of_half(minus_2b * x[lane]);
            }
        }
        for (y, &x) in y_rest.iter_mut().zip(x_rest) {
            *y = a * tanh_of_half(minus_2b * x);
        }
    }
}

for_each_isa! {
    /// `dx = grad a b (1 - t)(1 + t)` on one chunk.
    fn backward(a: f32, b: f32, y: &[f32], grad: &[f32], dx: &mut [f32]) {
        let slope = a * b;
        for ((dx, &y), &grad) in dx.iter_mut().zip(y).zip(grad) {
            let t = y / a;
            *dx = grad * (slope * ((1.0 - t) * (1.0 + t)));
        }
    }
}
