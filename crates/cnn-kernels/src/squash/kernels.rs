//! The loops of the squash, compiled for each instruction set.

use crate::lanes::for_each_isa;
use crate::math::tanh;

for_each_isa! {
    /// `y = a tanh(b x)` on one chunk.
    fn forward(a: f32, b: f32, x: &[f32], y: &mut [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = a * tanh(b * x);
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
