//! The gradients of a convolution's weights: sums over the images of a chunk and over positions.

use super::CHUNK;
use super::layout::Stage;
use crate::cuts::cuts;
use crate::simd::{Part, Simd};

/// A few rows of the gradient of a convolution, before activation and pooling: `[map, row, column, image]`.
#[derive(Clone, Copy)]
pub(super) struct Strip<'a> {
    /// From the first column of the first of the rows on.
    pub(super) grads: &'a [[f32; CHUNK]],
    /// Places from map to map, and from row to row.
    pub(super) plane: usize,
    pub(super) row: usize,
    /// The first row's number.
    pub(super) first: usize,
    /// Rows and columns.
    pub(super) size: [usize; 2],
}

/// Adds the products of a strip and the stage's input to `lanes [weight, image]`; writes them, if the strip is the first.
#[inline(always)]
pub(super) fn add_products<S: Simd, const MR: usize>(
    simd: S,
    stage: &Stage,
    input: &[f32],
    strip: Strip<'_>,
    lanes: &mut [f32],
) {
    let conv = &stage.of.conv;
    let ([padded_h, padded_w], [kernel_h, kernel_w]) = (stage.padded, conv.kernel);
    let (input, _) = input.as_chunks::<CHUNK>();
    let (lanes, _) = lanes.as_chunks_mut::<CHUNK>();
    // 32 registers hold 4 maps by 5 taps and what they need, 16 hold 2 by 5.
    let height = match (MR >= 12, conv.channels_out.is_multiple_of(4)) {
        (true, true) => 4,
        (true, false) => 3,
        (false, _) => 2,
    };
    let terms = conv.channels_in * stage.taps();
    for (map, maps) in cuts(conv.channels_out, [height, 1]) {
        for row in 0..conv.channels_in * kernel_h {
            let (c, i) = (row / kernel_h, row % kernel_h);
            for (j, taps) in cuts(kernel_w, [5, 3, 1]) {
                let place = (c * padded_h + strip.first + i) * padded_w + j;
                let part = Products {
                    grads: &strip.grads[map * strip.plane..],
                    strip,
                    image: &input[place..],
                    image_row: padded_w,
                    lanes: &mut lanes[map * terms + row * kernel_w + j..],
                    lanes_row: terms,
                };
                macro_rules! call {
                    ($maps:literal) => {
                        match taps {
                            5 => simd.call(Tile::<$maps, 5>(part)),
                            3 => simd.call(Tile::<$maps, 3>(part)),
                            _ => simd.call(Tile::<$maps, 1>(part)),
                        }
                    };
                }
                if maps == 1 {
                    call!(1);
                } else if const { MR < 12 } {
                    call!(2);
                } else if maps == 3 {
                    call!(3);
                } else {
                    call!(4);
                }
            }
        }
    }
}

struct Products<'a> {
    /// The first of the maps.
    grads: &'a [[f32; CHUNK]],
    strip: Strip<'a>,
    /// The place under the first tap of the strip's first position.
    image: &'a [[f32; CHUNK]],
    image_row: usize,
    /// The first of the weights, and weights from map to map.
    lanes: &'a mut [[f32; CHUNK]],
    lanes_row: usize,
}

/// The [`Products`] of `MAPS` maps and `TAPS` neighbouring taps.
struct Tile<'a, const MAPS: usize, const TAPS: usize>(Products<'a>);

impl<const MAPS: usize, const TAPS: usize> Part for Tile<'_, MAPS, TAPS> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Products {
            grads,
            strip,
            image,
            image_row,
            lanes,
            lanes_row,
        } = self.0;
        let [height, width] = strip.size;
        for lane in (0..CHUNK).step_by(S::LANES) {
            let mut tile = [[simd.splat(0.0); TAPS]; MAPS];
            for m in 0..MAPS {
                for t in 0..TAPS {
                    if strip.first > 0 {
                        tile[m][t] = simd.load(&lanes[m * lanes_row + t][lane..]);
                    }
                }
            }
            for p in 0..height {
                let image = &image[p * image_row..][..width + TAPS - 1];
                let mut rows: [&[[f32; CHUNK]]; MAPS] = [&[]; MAPS];
                for m in 0..MAPS {
                    rows[m] = &grads[m * strip.plane + p * strip.row..][..width];
                }
                for (q, places) in image.array_windows::<TAPS>().enumerate() {
                    let mut grads = [simd.splat(0.0); MAPS];
                    for m in 0..MAPS {
                        grads[m] = simd.load(&rows[m][q][lane..]);
                    }
                    for t in 0..TAPS {
                        let x = simd.load(&places[t][lane..]);
                        for m in 0..MAPS {
                            tile[m][t] = simd.mul_add(grads[m], x, tile[m][t]);
                        }
                    }
                }
            }
            for m in 0..MAPS {
                for t in 0..TAPS {
                    simd.store(tile[m][t], &mut lanes[m * lanes_row + t][lane..]);
                }
            }
        }
    }
}

/// The sum of each 16 lanes: halves are added until one is left.
#[inline(always)]
pub(super) fn sum_lanes(lanes: &[f32], sums: &mut [f32]) {
    let (lanes, _) = lanes.as_chunks::<CHUNK>();
    for (sum, lanes) in sums.iter_mut().zip(lanes) {
        let eight: [f32; 8] = std::array::from_fn(|l| lanes[l] + lanes[l + 8]);
        let four: [f32; 4] = std::array::from_fn(|l| eight[l] + eight[l + 4]);
        *sum = (four[0] + four[2]) + (four[1] + four[3]);
    }
}
