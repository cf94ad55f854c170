//! The gradients of the weights and of the bias: sums over samples and positions.

use super::Conv2dShape;
use super::chunks::{CHUNK, sum_chunks};
use crate::Isa;
use crate::scratch::Scratch;
use crate::simd::{Body, Part, Simd, dispatch};
use crate::transpose::transpose;

/// Taps of a tile: a row of LeNet's kernels.
const TAPS: usize = 5;

/// `dw[o, c, i, j] = Σ_{n,p,q} grad[n, o, p, q]·x[n, c, p + i - ph, q + j - pw]`
pub(super) fn sum_products(isa: Isa, shape: &Conv2dShape, x: &[f32], grad: &[f32], dw: &mut [f32]) {
    let (inputs, outputs) = (CHUNK * shape.inputs(), CHUNK * shape.outputs());
    if inputs == 0 || outputs == 0 {
        return dw.fill(0.0);
    }
    sum_chunks(grad.len().div_ceil(outputs), dw, |chunk, dw| {
        let x = &x[chunk * inputs..x.len().min((chunk + 1) * inputs)];
        let grad = &grad[chunk * outputs..grad.len().min((chunk + 1) * outputs)];
        dispatch(isa, Chunk { shape, x, grad, dw });
    });
}

/// `db[o] = Σ_{n,p,q} grad[n, o, p, q]`
pub(super) fn sum_positions(shape: &Conv2dShape, grad: &[f32], db: &mut [f32]) {
    let outputs = shape.outputs();
    if outputs == 0 {
        return db.fill(0.0);
    }
    let [height, width] = shape.output_size();
    sum_chunks(grad.len().div_ceil(CHUNK * outputs), db, |chunk, db| {
        db.fill(0.0);
        for image in grad.chunks_exact(outputs).skip(chunk * CHUNK).take(CHUNK) {
            for (db, map) in db.iter_mut().zip(image.chunks_exact(height * width)) {
                *db += sum(map);
            }
        }
    });
}

/// The sum of the numbers: 16 interleaved chains, then their tree.
fn sum(numbers: &[f32]) -> f32 {
    let (whole, rest) = numbers.as_chunks::<16>();
    let mut lanes = [0.0; 16];
    for numbers in whole {
        for (lane, number) in lanes.iter_mut().zip(numbers) {
            *lane += number;
        }
    }
    for (lane, number) in lanes.iter_mut().zip(rest) {
        *lane += number;
    }
    sum_lanes(lanes)
}

/// The sum of 16 numbers: halves are added until one is left.
#[inline(always)]
fn sum_lanes(mut lanes: [f32; 16]) -> f32 {
    for half in [8, 4, 2, 1] {
        for l in 0..half {
            lanes[l] += lanes[l + half];
        }
    }
    lanes[0]
}

/// The gradient of the weights from the samples of one chunk. Samples stand innermost, one in each of 16 lanes; each weight
/// has a chain of multiply-adds over the positions in every lane, and the lanes are summed at the end.
struct Chunk<'a> {
    shape: &'a Conv2dShape,
    x: &'a [f32],
    grad: &'a [f32],
    dw: &'a mut [f32],
}

impl Body for Chunk<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self { shape, x, grad, dw } = self;
        let [height_out, width_out] = shape.output_size();
        let [padding_h, padding_w] = shape.padding;
        let (padded_h, padded_w) = (shape.height + 2 * padding_h, shape.width + 2 * padding_w);
        let samples = grad.len() / shape.outputs();
        let margins = padding_h + padding_w > 0;

        // [channel, row, column, lane] with the padding in place, and [map, position, lane]; lanes without sample are zero.
        let mut image = Scratch::take(shape.channels_in * padded_h * padded_w * CHUNK);
        if samples < CHUNK || margins {
            image.fill(0.0);
        }
        if margins {
            for row in 0..shape.channels_in * shape.height {
                let (c, r) = (row / shape.height, row % shape.height);
                let place = (c * padded_h + r + padding_h) * padded_w + padding_w;
                let (from, to) = (&x[row * shape.width..], &mut image[place * CHUNK..]);
                transpose(
                    simd,
                    [samples, shape.width],
                    from,
                    shape.inputs(),
                    to,
                    CHUNK,
                );
            }
        } else {
            transpose(
                simd,
                [samples, shape.inputs()],
                x,
                shape.inputs(),
                &mut image,
                CHUNK,
            );
        }
        let mut gradient = Scratch::take(shape.outputs() * CHUNK);
        if samples < CHUNK {
            gradient.fill(0.0);
        }
        transpose(
            simd,
            [samples, shape.outputs()],
            grad,
            shape.outputs(),
            &mut gradient,
            CHUNK,
        );

        let (image, _) = image.as_chunks::<CHUNK>();
        let (gradient, _) = gradient.as_chunks::<CHUNK>();
        let positions = height_out * width_out;
        let span = (height_out - 1) * padded_w + width_out;
        let taps = shape.weights() / shape.channels_out;
        let place = |tap: usize| {
            let (row, j) = (tap / shape.kernel[1], tap % shape.kernel[1]);
            let (c, i) = (row / shape.kernel[0], row % shape.kernel[0]);
            (c * padded_h + i) * padded_w + j
        };
        macro_rules! tiles {
            ($maps:literal) => {
                for map in (0..shape.channels_out).step_by($maps) {
                    for tap in (0..taps).step_by(TAPS) {
                        // A tile that reaches beyond the last map or tap takes the last again, and drops it.
                        let mut lanes = [[[0.0; CHUNK]; TAPS]; $maps];
                        let maps = std::array::from_fn(|m| {
                            &gradient[(map + m).min(shape.channels_out - 1) * positions..][..positions]
                        });
                        let images = std::array::from_fn(|t| {
                            &image[place((tap + t).min(taps - 1))..][..span]
                        });
                        for lane in (0..CHUNK).step_by(S::LANES) {
                            simd.call(Tile::<$maps> {
                                maps: &maps,
                                images: &images,
                                size: [height_out, width_out],
                                row: padded_w,
                                lane,
                                lanes: &mut lanes,
                            });
                        }
                        for (m, lanes) in (map..shape.channels_out).zip(&lanes) {
                            for (t, lanes) in (tap..taps).zip(lanes) {
                                dw[m * taps + t] = sum_lanes(*lanes);
                            }
                        }
                    }
                }
            };
        }
        // 2·5 accumulators for 16 registers, 4·5 for 32.
        match MR >= 12 {
            true => tiles!(4),
            false => tiles!(2),
        }
    }
}

/// `lanes[m][t] = Σ_{p,q} maps[m][p, q]·images[t][p, q]`, for the lanes from `lane` on.
struct Tile<'a, const MAPS: usize> {
    maps: &'a [&'a [[f32; CHUNK]]; MAPS],
    images: &'a [&'a [[f32; CHUNK]]; TAPS],
    size: [usize; 2],
    /// Places from row to row of an image.
    row: usize,
    lane: usize,
    lanes: &'a mut [[[f32; CHUNK]; TAPS]; MAPS],
}

impl<const MAPS: usize> Part for Tile<'_, MAPS> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            maps,
            images,
            size: [height, width],
            row,
            lane,
            lanes,
        } = self;
        let (positions, span) = (maps[0].len(), images[0].len());
        // Slices of known equal lengths: one bounds check serves all of them.
        let maps: [&[[f32; CHUNK]]; MAPS] = maps.map(|map| &map[..positions]);
        let images: [&[[f32; CHUNK]]; TAPS] = images.map(|image| &image[..span]);
        let mut tile = [[simd.splat(0.0); TAPS]; MAPS];
        for p in 0..height {
            for q in 0..width {
                let mut x = [simd.splat(0.0); TAPS];
                for t in 0..TAPS {
                    x[t] = simd.load(&images[t][p * row + q][lane..]);
                }
                for m in 0..MAPS {
                    let grad = simd.load(&maps[m][p * width + q][lane..]);
                    for t in 0..TAPS {
                        tile[m][t] = simd.mul_add(grad, x[t], tile[m][t]);
                    }
                }
            }
        }
        for m in 0..MAPS {
            for t in 0..TAPS {
                simd.store(tile[m][t], &mut lanes[m][t][lane..]);
            }
        }
    }
}
