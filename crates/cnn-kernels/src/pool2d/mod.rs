//! Pooling of images by blocks that stand side by side: the mean or the maximum of each.
//!
//! # Equations
//!
//! For a map `x` `[height, width]` and blocks of `size[0]` rows and `size[1]` columns, `B(i, j)` the pixels
//! `(i size[0] + u, j size[1] + v)` of a block:
//!
//! ```text
//! average   y[i, j] = (sum of x over B(i, j)) / (size[0] size[1])      dx[p] = grad[i, j] / (size[0] size[1]), p in B(i, j)
//! maximum   y[i, j] = max of x over B(i, j), the winner the first      dx[winner[i, j]] = grad[i, j], 0 elsewhere
//! ```
//!
//! Sums run through a block row by row, in one chain. Rows and columns that fill no block are left out; their gradient is
//! 0. In a maximum, ties go to the first pixel, and NaN counts as greater than everything (the first one wins), so that
//! it reaches the output of its own block and no other.
//!
//! # Layout
//!
//! Maps lie one after another, whatever images and channels they belong to. A map is one task's work from end to end, so
//! that neither neighbours nor threads can change a bit. Blocks of 2 x 2, those of every LeNet, have loops of their own that
//! the compiler turns into vectors: two rows are read as pairs.
mod kernels;
pub mod reference;
#[cfg(test)]
mod tests;
mod tuning;

use crate::Isa;
use rayon::prelude::*;
use tuning::TUNING;

/// The sizes of a pooling of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool2dShape {
    /// Rows of a map.
    pub height: usize,
    /// Columns of a map.
    pub width: usize,
    /// Rows and columns of a block; each at least 1.
    pub size: [usize; 2],
}

impl Pool2dShape {
    /// Rows and columns of an output map: whole blocks only.
    pub fn output_size(&self) -> [usize; 2] {
        [self.height / self.size[0], self.width / self.size[1]]
    }

    /// Pixels of a map.
    pub fn inputs(&self) -> usize {
        self.height * self.width
    }

    /// Pixels of an output map.
    pub fn outputs(&self) -> usize {
        let [rows, columns] = self.output_size();
        rows * columns
    }

    /// The number of maps, once both lengths agree on it; `None` where there is nothing to compute.
    fn maps(&self, name: &str, inputs: usize, outputs: usize) -> Option<usize> {
        assert!(
            self.size[0] > 0 && self.size[1] > 0,
            "{name}: a block must not be empty"
        );
        if self.outputs() == 0 {
            assert_eq!(outputs, 0, "{name}: maps of {self:?} have no blocks");
            return None;
        }
        let maps = inputs / self.inputs();
        assert!(
            maps * self.inputs() == inputs && maps * self.outputs() == outputs,
            "{name}: {inputs} and {outputs} numbers are not the maps of {self:?} and their poolings"
        );
        Some(maps)
    }
}

/// `y[m, i, j] = mean of block (i, j) of x[m]`: `x` `[maps, height, width]`, `y` `[maps, rows, columns]`.
///
/// # Panics
///
/// If a length disagrees with these shapes.
pub fn average_pool2d_forward(shape: &Pool2dShape, x: &[f32], y: &mut [f32]) {
    if shape
        .maps("average_pool2d_forward", x.len(), y.len())
        .is_none()
    {
        return;
    }
    let (isa, shape) = (Isa::active(), *shape);
    y.par_chunks_mut(TUNING.maps_of_task * shape.outputs())
        .zip(x.par_chunks(TUNING.maps_of_task * shape.inputs()))
        .for_each(|(y, x)| kernels::average(isa, shape, x, y));
}

/// The way back of [`average_pool2d_forward`]: `grad` `[maps, rows, columns]`, `dx` `[maps, height, width]`, overwritten.
///
/// # Panics
///
/// If a length disagrees with these shapes.
pub fn average_pool2d_backward(shape: &Pool2dShape, grad: &[f32], dx: &mut [f32]) {
    if shape
        .maps("average_pool2d_backward", dx.len(), grad.len())
        .is_none()
    {
        return dx.fill(0.0);
    }
    let (isa, shape) = (Isa::active(), *shape);
    dx.par_chunks_mut(TUNING.maps_of_task * shape.inputs())
        .zip(grad.par_chunks(TUNING.maps_of_task * shape.outputs()))
        .for_each(|(dx, grad)| kernels::average_back(isa, shape, grad, dx));
}

/// `y[m, i, j] = max of block (i, j) of x[m]`: `x` `[maps, height, width]`, `y` and `winners` `[maps, rows, columns]`. A winner
/// is a pixel of its map, `row width + column`.
///
/// # Panics
///
/// If a length disagrees with these shapes, or a map has 2^32 pixels or more.
pub fn max_pool2d_forward(shape: &Pool2dShape, x: &[f32], y: &mut [f32], winners: &mut [u32]) {
    let name = "max_pool2d_forward";
    assert_eq!(
        y.len(),
        winners.len(),
        "{name}: y and winners must have one length"
    );
    if shape.maps(name, x.len(), y.len()).is_none() {
        return;
    }
    assert!(
        u32::try_from(shape.inputs()).is_ok(),
        "{name}: pixels of a map must fit 32 bits"
    );
    let (isa, shape) = (Isa::active(), *shape);
    y.par_chunks_mut(TUNING.maps_of_task * shape.outputs())
        .zip(winners.par_chunks_mut(TUNING.maps_of_task * shape.outputs()))
        .zip(x.par_chunks(TUNING.maps_of_task * shape.inputs()))
        .for_each(|((y, winners), x)| kernels::maximum(isa, shape, x, y, winners));
}

/// The way back of [`max_pool2d_forward`]: `winners` and `grad` `[maps, rows, columns]`, `dx` `[maps, height, width]`,
/// overwritten.
///
/// # Panics
///
/// If a length disagrees with these shapes, or a winner is no pixel of a map.
pub fn max_pool2d_backward(shape: &Pool2dShape, winners: &[u32], grad: &[f32], dx: &mut [f32]) {
    let name = "max_pool2d_backward";
    assert_eq!(
        grad.len(),
        winners.len(),
        "{name}: grad and winners must have one length"
    );
    if shape.maps(name, dx.len(), grad.len()).is_none() {
        return dx.fill(0.0);
    }
    let (inputs, outputs) = (shape.inputs(), shape.outputs());
    dx.par_chunks_mut(inputs)
        .with_min_len(TUNING.maps_of_task)
        .zip(grad.par_chunks(outputs).zip(winners.par_chunks(outputs)))
        .for_each(|(dx, (grad, winners))| {
            dx.fill(0.0);
            for (grad, winner) in grad.iter().zip(winners) {
                dx[*winner as usize] = *grad; // blocks do not overlap: a pixel wins at most once
            }
        });
}
