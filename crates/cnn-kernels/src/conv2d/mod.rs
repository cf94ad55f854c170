//! Convolution of images, and its gradients.
//!
//! The simple algorithm, for image `n`, map `o` and position `(p, q)`:
//!
//! ```text
//! y[n, o, p, q] = bias[o]
//! for channel c, tap (i, j): y[n, o, p, q] += x[n, c, p + i - ph, q + j - pw] · weight[o, c, i, j]      (zero outside)
//! ```
//!
//! What the real one adds:
//!
//! 1. **Samples innermost.** LeNet's maps are 28, 10 and 1 wide and 6, 16 and 120 in number: too odd for vectors. 16 images
//!    are not. A block of 16 is turned into `[channel, row, column, sample]`; a vector then holds one place of many images,
//!    and a tile of 6 maps by 16 samples runs through the taps as the product of matrices runs through its terms.
//! 2. **Fewer images fill vectors with columns.** In the same layout neighbouring numbers belong to neighbouring samples and
//!    then to the next column. A run of 16 numbers is one position of 16 images, 16 positions of one image, or anything
//!    between: the last block of a batch, and a single image, waste no lanes on images that are not there.
//! 3. **Only taps that see the image.** Where a run is one position, taps in the padding are left out: the gradient of the
//!    input, whose padding is the whole kernel, does half the work on C3 (12.75 of 25 taps on average). Where a run is
//!    several positions, it reads zeros there instead.
//! 4. **A kernel as large as the image** makes a dense layer (C5), and is computed as one.
//! 5. **The gradient of the weights** takes 16 samples as lanes, 2 maps by 5 taps at a time, along all positions. Neighbouring
//!    taps are neighbouring places. The lanes are summed at the end in a fixed tree.
//!
//! Why the bits are always the same: an output is one chain over channels and taps in a fixed order (in groups of channels
//! with at most 256 terms, added in order). A tap in the padding adds zero times a weight, which changes nothing whether it
//! is done or left out, as long as the weight is finite; and the sum's last step adds the bias or +0, so that no sign of a
//! zero is left over. Sums over the batch are cut into chunks of 16 samples and added in a pairwise tree.
//!
//! Measured on one core of an EPYC (Zen 3, peak 102 GFLOP/s) with 256 images, layout changes included: C1 forward 51 (60 while
//! the images fit the cache), weights 57; C3 forward 84, input 78, weights 74. Forward and all gradients of LeNet's three
//! convolutions: 21,000 images/s on one core, 33,000 to 40,000 on two.
//!
//! Considered, and left:
//!
//! - One image at a time, columns as lanes (no change of layout at all): C1 42 GFLOP/s instead of 57, C3 46 instead of 76,
//!   since rows are no whole vectors. Blocks of 8: 49 and 72. Blocks of 2 and 4: worse than 1.
//! - One call per run instead of per row: 38 instead of 57 on C1, where a run is 150 cycles of work.
//! - The five places of a row of taps loaded through slices of their own: 42 instead of 62, five bounds checks a step.
//! - C5 by this path: its input gradient would visit 25 taps to find the one that sees the image.

mod chunks;
mod geometry;
mod product;
pub mod reference;
mod row;
#[cfg(test)]
mod tests;
mod tuning;
mod weight;

use crate::{Isa, linear};
use geometry::Geometry;
use product::convolve;

/// The sizes of a convolution of images: stride 1, zeros beyond the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dShape {
    /// Maps of the input.
    pub channels_in: usize,
    /// Maps of the output.
    pub channels_out: usize,
    /// Rows of each input map.
    pub height: usize,
    /// Columns of each input map.
    pub width: usize,
    /// Rows and columns of the kernel; each at least 1.
    pub kernel: [usize; 2],
    /// Zero rows above and below, zero columns left and right of the image.
    pub padding: [usize; 2],
}

impl Conv2dShape {
    /// Rows and columns of each output map: `size + 2·padding - kernel + 1`, and 0 when that is negative.
    pub fn output_size(&self) -> [usize; 2] {
        [
            (self.height + 2 * self.padding[0] + 1).saturating_sub(self.kernel[0]),
            (self.width + 2 * self.padding[1] + 1).saturating_sub(self.kernel[1]),
        ]
    }

    /// The number of weights: `channels_out · channels_in · kernel_h · kernel_w`.
    pub fn weights(&self) -> usize {
        self.channels_out * self.channels_in * self.kernel[0] * self.kernel[1]
    }

    /// The numbers of one image: `channels_in · height · width`.
    pub fn inputs(&self) -> usize {
        self.channels_in * self.height * self.width
    }

    /// The numbers of one image's result: `channels_out · height_out · width_out`.
    pub fn outputs(&self) -> usize {
        let [height, width] = self.output_size();
        self.channels_out * height * width
    }

    /// Whether the kernel covers the image exactly: then each image is a row of a dense layer (LeNet's C5).
    pub(crate) fn is_dense(&self) -> bool {
        self.kernel == [self.height, self.width] && self.padding == [0, 0]
    }

    fn check(&self, batch: usize, inputs: usize, outputs: usize) {
        assert!(
            self.kernel[0] >= 1 && self.kernel[1] >= 1,
            "both sides of the kernel must be at least 1"
        );
        assert_eq!(
            inputs,
            batch * self.inputs(),
            "the input side must be [batch, channels_in, height, width]"
        );
        assert_eq!(
            outputs,
            batch * self.outputs(),
            "the output side must be [batch, channels_out, height_out, width_out]"
        );
    }
}

/// `y[n, o, p, q] = bias[o] + Σ_{c,i,j} x[n, c, p + i - ph, q + j - pw]·weight[o, c, i, j]`
///
/// `x [batch, channels_in, height, width]`, `weight [channels_out, channels_in, kernel_h, kernel_w]`, `bias
/// [channels_out]`, `y [batch, channels_out, height_out, width_out]` with [`Conv2dShape::output_size`].
///
/// # Panics
///
/// When the length of a slice is another, or a side of the kernel is 0.
pub fn conv2d_forward(
    shape: &Conv2dShape,
    batch: usize,
    x: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
) {
    shape.check(batch, x.len(), y.len());
    assert_eq!(
        weight.len(),
        shape.weights(),
        "weight must be [channels_out, channels_in, kernel_h, kernel_w]"
    );
    assert!(
        bias.is_none_or(|bias| bias.len() == shape.channels_out),
        "bias must be [channels_out]"
    );
    forward_on(Isa::active(), shape, batch, x, weight, bias, y);
}

/// The gradient of the input: `dx[n, c, r, s] = Σ_{o,i,j} grad[n, o, r - i + ph, s - j + pw]·weight[o, c, i, j]`, for `grad
/// [batch, channels_out, height_out, width_out]` and `dx [batch, channels_in, height, width]`.
///
/// # Panics
///
/// When the length of a slice is another, or a side of the kernel is 0.
pub fn conv2d_backward_input(
    shape: &Conv2dShape,
    batch: usize,
    grad: &[f32],
    weight: &[f32],
    dx: &mut [f32],
) {
    shape.check(batch, dx.len(), grad.len());
    assert_eq!(
        weight.len(),
        shape.weights(),
        "weight must be [channels_out, channels_in, kernel_h, kernel_w]"
    );
    backward_input_on(Isa::active(), shape, batch, grad, weight, dx);
}

/// The gradient of the weights: `dw[o, c, i, j] = Σ_{n,p,q} grad[n, o, p, q]·x[n, c, p + i - ph, q + j - pw]`.
///
/// # Panics
///
/// When the length of a slice is another, or a side of the kernel is 0.
pub fn conv2d_backward_weight(
    shape: &Conv2dShape,
    batch: usize,
    x: &[f32],
    grad: &[f32],
    dw: &mut [f32],
) {
    shape.check(batch, x.len(), grad.len());
    assert_eq!(
        dw.len(),
        shape.weights(),
        "dw must be [channels_out, channels_in, kernel_h, kernel_w]"
    );
    backward_weight_on(Isa::active(), shape, x, grad, dw);
}

/// The gradient of the bias: `db[o] = Σ_{n,p,q} grad[n, o, p, q]`.
///
/// # Panics
///
/// When the length of a slice is another, or a side of the kernel is 0.
pub fn conv2d_backward_bias(shape: &Conv2dShape, batch: usize, grad: &[f32], db: &mut [f32]) {
    shape.check(batch, batch * shape.inputs(), grad.len());
    assert_eq!(db.len(), shape.channels_out, "db must be [channels_out]");
    weight::sum_positions(shape, grad, db);
}

pub(crate) fn forward_on(
    isa: Isa,
    shape: &Conv2dShape,
    batch: usize,
    x: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
) {
    if shape.is_dense() {
        let (inputs, outputs) = (shape.inputs(), shape.outputs());
        return linear::forward_on(isa, inputs, outputs, x, weight, bias, y);
    }
    let geometry = Geometry {
        channels: shape.channels_in,
        maps: shape.channels_out,
        size: [shape.height, shape.width],
        out: shape.output_size(),
        kernel: shape.kernel,
        first: shape.padding.map(|padding| -(padding as isize)),
    };
    let taps = geometry.taps();
    let weight = |o, c, tap| weight[(o * shape.channels_in + c) * taps + tap];
    convolve(isa, &geometry, batch, x, weight, bias, y);
}

pub(crate) fn backward_input_on(
    isa: Isa,
    shape: &Conv2dShape,
    batch: usize,
    grad: &[f32],
    weight: &[f32],
    dx: &mut [f32],
) {
    if shape.is_dense() {
        let (inputs, outputs) = (shape.inputs(), shape.outputs());
        return linear::backward_input_on(isa, inputs, outputs, grad, weight, dx);
    }
    // Place (r, s) was read by the positions (r + ph - i, s + pw - j): a convolution of grad with the taps reversed.
    let first = |axis: usize| shape.padding[axis] as isize + 1 - shape.kernel[axis] as isize;
    let geometry = Geometry {
        channels: shape.channels_out,
        maps: shape.channels_in,
        size: shape.output_size(),
        out: [shape.height, shape.width],
        kernel: shape.kernel,
        first: [first(0), first(1)],
    };
    let taps = geometry.taps();
    let weight = |c, o, tap| weight[(o * shape.channels_in + c) * taps + taps - 1 - tap];
    convolve(isa, &geometry, batch, grad, weight, None, dx);
}

pub(crate) fn backward_weight_on(
    isa: Isa,
    shape: &Conv2dShape,
    x: &[f32],
    grad: &[f32],
    dw: &mut [f32],
) {
    if shape.is_dense() {
        let (inputs, outputs) = (shape.inputs(), shape.outputs());
        return linear::backward_weight_on(isa, inputs, outputs, x, grad, dw);
    }
    weight::sum_products(isa, shape, x, grad, dw);
}
