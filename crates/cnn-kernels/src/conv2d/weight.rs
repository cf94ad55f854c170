//! The gradients of the weights and of the bias: sums over samples and positions.

use super::Conv2dShape;
use super::chunks::{CHUNK, sum_chunks};
use crate::cuts::cuts;
use crate::scratch::Scratch;
use crate::simd::{Body, Part, Simd, dispatch};
use crate::transpose::transpose;
use crate::{Isa, linear};

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
    if height * width == 1 {
        return linear::bias_gradient(shape.channels_out, grad, db);
    }
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
        let (positions, taps) = (height_out * width_out, shape.weights() / shape.channels_out);
        let rows = shape.channels_in * shape.kernel[0];
        for (map, maps) in cuts(shape.channels_out, [if MR >= 12 { 4 } else { 2 }, 2, 1]) {
            for row in 0..rows {
                let (c, i) = (row / shape.kernel[0], row % shape.kernel[0]);
                for (j, count) in cuts(shape.kernel[1], [5, 4, 3, 2, 1]) {
                    let part = Products {
                        maps: &gradient[map * positions..][..maps * positions],
                        image: &image[(c * padded_h + i) * padded_w + j..],
                        image_row: padded_w,
                        size: [height_out, width_out],
                        dw: &mut dw[map * taps + row * shape.kernel[1] + j..],
                        dw_row: taps,
                    };
                    // Tiles of 10 accumulators suit 16 registers, 20 suit 32.
                    macro_rules! call {
                        ($maps:literal) => {
                            match count {
                                5 => simd.call(Tile::<$maps, 5>(part)),
                                4 => simd.call(Tile::<$maps, 4>(part)),
                                3 => simd.call(Tile::<$maps, 3>(part)),
                                2 => simd.call(Tile::<$maps, 2>(part)),
                                _ => simd.call(Tile::<$maps, 1>(part)),
                            }
                        };
                    }
                    match maps {
                        4 => call!(4),
                        2 => call!(2),
                        _ => call!(1),
                    }
                }
            }
        }
    }
}

/// `dw[m, t] = Σ_{p,q} maps[m, p, q]·image[p, q + t]` over all lanes, for a few maps and neighbouring taps.
struct Products<'a> {
    maps: &'a [[f32; CHUNK]],
    image: &'a [[f32; CHUNK]],
    /// Places from row to row of the image.
    image_row: usize,
    size: [usize; 2],
    dw: &'a mut [f32],
    /// Weights from map to map.
    dw_row: usize,
}

/// The [`Products`] of `MAPS` maps and `TAPS` taps.
struct Tile<'a, const MAPS: usize, const TAPS: usize>(Products<'a>);

impl<const MAPS: usize, const TAPS: usize> Part for Tile<'_, MAPS, TAPS> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Products {
            maps,
            image,
            image_row,
            size: [height, width],
            dw,
            dw_row,
        } = self.0;
        let mut lanes = [[[0.0; CHUNK]; TAPS]; MAPS];
        for lane in (0..CHUNK).step_by(S::LANES) {
            let mut tile = [[simd.splat(0.0); TAPS]; MAPS];
            for p in 0..height {
                let image = &image[p * image_row..][..width + TAPS - 1];
                let mut rows: [&[[f32; CHUNK]]; MAPS] = [&[]; MAPS];
                for m in 0..MAPS {
                    rows[m] = &maps[(m * height + p) * width..][..width];
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
                    simd.store(tile[m][t], &mut lanes[m][t][lane..]);
                }
            }
        }
        for m in 0..MAPS {
            for t in 0..TAPS {
                dw[m * dw_row + t] = sum_lanes(lanes[m][t]);
            }
        }
    }
}
