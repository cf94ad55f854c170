//! The gradient of a convolution's input: a convolution of its result's gradient with the taps reversed.

use std::ops::Range;

use super::CHUNK;
use super::layout::Stage;
use super::tile::heights;
use crate::simd::{Part, Simd};

/// Zero columns before and after each row of the gradient: a tile's two columns share their taps, and the outermost of these
/// see the gradient from one of the two alone.
pub(super) const MARGIN: usize = 1;

/// Brings the weights into the order in which tiles read them: `[tile of channels][map, tap reversed, channel of the tile]`.
pub(super) fn pack(stage: &Stage, weights: &[f32], packed: &mut [f32]) {
    let (conv, taps) = (&stage.of.conv, stage.taps());
    let mut places = packed.iter_mut();
    for (channel, height) in heights(conv.channels_in) {
        for o in 0..conv.channels_out {
            for tap in (0..taps).rev() {
                for (c, place) in (channel..channel + height).zip(&mut places) {
                    *place = weights[(o * conv.channels_in + c) * taps + tap];
                }
            }
        }
    }
}

/// `dx [channel, row, column, image]` of the stage's input without padding, from `grad [map, row, margin + column + margin,
/// image]`.
#[inline(always)]
pub(super) fn input_gradient<S: Simd>(
    simd: S,
    stage: &Stage,
    weights: &[f32],
    grad: &[f32],
    dx: &mut [f32],
) {
    let conv = &stage.of.conv;
    let [height_out, width_out] = stage.conv_out;
    let [kernel_h, kernel_w] = conv.kernel;
    // The row (and column) of the gradient under the first of the reversed taps of row (and column) 0.
    let first = [0, 1].map(|axis| conv.padding[axis] as isize + 1 - conv.kernel[axis] as isize);
    let plane = conv.height * conv.width * CHUNK;
    for r in 0..conv.height {
        let taps = visible(first[0] + r as isize, 0, height_out, kernel_h);
        let p = (first[0] + r as isize + taps.start as isize).max(0) as usize;
        for (channel, height) in heights(conv.channels_in) {
            let terms = conv.channels_out * stage.taps();
            let row = Row {
                groups: &stage.groups_back,
                weights: &weights[channel * terms..][..height * terms],
                kernel: [kernel_h, kernel_w],
                taps: taps.clone(),
                grad,
                size: [height_out, width_out],
                p,
                first: first[1],
                dx: &mut dx[channel * plane + r * conv.width * CHUNK..],
                plane,
                width: conv.width,
            };
            macro_rules! call {
                ($height:literal) => {
                    simd.call(Columns::<$height>(row))
                };
            }
            match height {
                6 => call!(6),
                4 => call!(4),
                2 => call!(2),
                _ => call!(1),
            }
        }
    }
}

/// The taps that see one of `size` places, when the first of `kernel` is at `first` and one of the next `more` places counts too.
#[inline(always)]
fn visible(first: isize, more: isize, size: usize, kernel: usize) -> Range<usize> {
    let limit = |bound: isize| usize::try_from(bound).unwrap_or(0).min(kernel);
    let (from, to) = (limit(-first - more), limit(size as isize - first));
    from..to.max(from)
}

/// A row of the input's gradient, for a few channels.
struct Row<'a> {
    groups: &'a [Range<usize>],
    /// `[map, tap reversed, channel]`
    weights: &'a [f32],
    kernel: [usize; 2],
    /// The rows of taps that see the gradient, and the gradient's row under the first of these.
    taps: Range<usize>,
    p: usize,
    grad: &'a [f32],
    size: [usize; 2],
    /// The column of the gradient under the first tap of column 0.
    first: isize,
    dx: &'a mut [f32],
    plane: usize,
    width: usize,
}

/// Columns of a tile.
const V: usize = 2;

/// A [`Row`] of `R` channels, [`V`] columns at a time.
struct Columns<'a, const R: usize>(Row<'a>);

impl<const R: usize> Part for Columns<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Row {
            groups,
            weights,
            kernel,
            taps,
            p,
            grad,
            size,
            first,
            dx,
            plane,
            width,
        } = self.0;
        let row_len = (size[1] + 2 * MARGIN) * CHUNK;
        let grad_plane = size[0] * row_len;
        let (weights, _) = weights.as_chunks::<R>();
        for column in (0..width)
            .step_by(V)
            .map(|s| s.min(width.saturating_sub(V)))
        {
            let left = first + column as isize;
            let columns = visible(left, V as isize - 1, size[1], kernel[1]);
            // Within the margins, as long as there is a tap at all.
            let q = (left + columns.start as isize + MARGIN as isize).max(0) as usize;
            for lane in (0..CHUNK).step_by(S::LANES) {
                for (g, group) in groups.iter().enumerate() {
                    let mut tile = [[simd.splat(0.0); V]; R];
                    for o in group.clone() {
                        for (k, i) in taps.clone().enumerate() {
                            let weights = &weights[(o * kernel[0] + i) * kernel[1]..];
                            let weights = &weights[columns.clone()];
                            let grad = &grad[o * grad_plane + (p + k) * row_len..][..row_len];
                            let grad = grad.get(q * CHUNK + lane..).unwrap_or_default();
                            for (j, weights) in weights.iter().enumerate() {
                                let grad = &grad[j * CHUNK..];
                                let mut vectors = [simd.splat(0.0); V];
                                for v in 0..V {
                                    vectors[v] = simd.load(&grad[v * CHUNK..]);
                                }
                                for m in 0..R {
                                    let weight = simd.splat(weights[m]);
                                    for v in 0..V {
                                        tile[m][v] = simd.mul_add(weight, vectors[v], tile[m][v]);
                                    }
                                }
                            }
                        }
                    }
                    for m in 0..R {
                        // A row of one column has no second.
                        for v in 0..V.min(width) {
                            let place = &mut dx[m * plane + (column + v) * CHUNK + lane..];
                            let other = match g {
                                0 => simd.splat(0.0),
                                _ => simd.load(place),
                            };
                            simd.store(simd.add(other, tile[m][v]), place);
                        }
                    }
                }
            }
        }
    }
}
