//! The squash of LeNet-5, `y = a tanh(b x)`, and its way back.
//!
//! # Equations
//!
//! ```text
//! forward    y  = a tanh(b x)
//! backward   dx = grad * a b (1 - tanh²(b x)) = grad * a b (1 - t)(1 + t),   t = y / a
//! ```
//!
//! LeCun et al. 1998, Appendix A: `a = 1.7159`, `b = 2/3`, so that f(1) = 1 and f(-1) = -1. The backward pass needs the
//! output alone, so nothing else is kept. `1 - t²` is taken as a product of two differences and `t` by a division: in
//! the flat ends, where `y` is exactly `a`, the derivative is then exactly 0 and never negative.
//!
//! Every element is on its own, so no number of threads and no place in a batch can change one.

mod kernels;
pub mod reference;
mod tuning;

use crate::Isa;
use rayon::prelude::*;
use tuning::TUNING;

/// `y = a tanh(b x)`, elementwise; `x` and `y` have one length and any shape.
///
/// # Panics
///
/// If the lengths differ.
pub fn squash_forward(a: f32, b: f32, x: &[f32], y: &mut [f32]) {
    assert_eq!(
        x.len(),
        y.len(),
        "squash_forward: x and y must have one length"
    );
    let isa = Isa::active();
    y.par_chunks_mut(TUNING.elements_of_task)
        .zip(x.par_chunks(TUNING.elements_of_task))
        .for_each(|(y, x)| kernels::forward(isa, a, b, x, y));
}

/// `dx = grad * a b (1 - (y/a)²)`, elementwise, from the *output* `y` of [`squash_forward`].
///
/// # Panics
///
/// If the lengths differ.
pub fn squash_backward(a: f32, b: f32, y: &[f32], grad: &[f32], dx: &mut [f32]) {
    assert_eq!(
        y.len(),
        dx.len(),
        "squash_backward: y and dx must have one length"
    );
    assert_eq!(
        grad.len(),
        dx.len(),
        "squash_backward: grad and dx must have one length"
    );
    let isa = Isa::active();
    dx.par_chunks_mut(TUNING.elements_of_task)
        .zip(
            y.par_chunks(TUNING.elements_of_task)
                .zip(grad.par_chunks(TUNING.elements_of_task)),
        )
        .for_each(|(dx, (y, grad))| kernels::backward(isa, a, b, y, grad, dx));
}

#[cfg(test)]
mod tests;
