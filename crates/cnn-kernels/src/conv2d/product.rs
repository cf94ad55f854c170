//! The convolution of a block of samples, samples innermost: forward, and the gradient of the input.

use rayon::prelude::*;

use super::geometry::{Geometry, Plan};
use super::row::{Row, Tiles};
use super::tuning::TUNING;
use crate::Isa;
use crate::cuts::cuts;
use crate::scratch::Scratch;
use crate::simd::{Body, Simd, dispatch, panel_width};
use crate::transpose::transpose;

/// Samples in a whole block: those of the widest vector.
const BLOCK: usize = 16;

/// Convolves `batch` images. `weight(map, channel, tap)` tells where a weight is.
pub(super) fn convolve(
    isa: Isa,
    geometry: &Geometry,
    batch: usize,
    x: &[f32],
    weight: impl Fn(usize, usize, usize) -> f32,
    bias: Option<&[f32]>,
    y: &mut [f32],
) {
    if y.is_empty() {
        return;
    }
    let weights = dispatch(isa, PackWeights { geometry, weight });
    let width = panel_width(isa);
    let whole = (batch >= BLOCK).then(|| Plan::new(geometry, BLOCK, width));
    let rest = (!batch.is_multiple_of(BLOCK)).then(|| Plan::new(geometry, batch % BLOCK, width));
    let task = |(x, y): (&[f32], &mut [f32])| {
        let plan = if y.len() == BLOCK * geometry.outputs() {
            &whole
        } else {
            &rest
        };
        let plan = plan.as_ref().expect("a block is whole or the rest");
        dispatch(
            isa,
            Block {
                geometry,
                plan,
                weights: &weights,
                bias,
                x,
                y,
            },
        );
    };
    // An image without numbers still has outputs: zero, or the bias.
    let inputs = BLOCK * geometry.inputs();
    match inputs {
        0 => y
            .chunks_mut(BLOCK * geometry.outputs())
            .for_each(|y| task((&[], y))),
        _ if batch <= BLOCK => task((x, y)),
        _ => {
            x.par_chunks(inputs)
                .zip(y.par_chunks_mut(BLOCK * geometry.outputs()))
                .for_each(task);
        }
    }
}

/// The heights of the tiles that cover a number of maps; `most` is 6 or 12.
fn heights(maps: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    cuts(maps, [most, 6, 4, 2, 1])
}

/// Brings the weights into the order in which the tiles read them: `[tile][channel, tap, map of the tile]`.
struct PackWeights<'a, W> {
    geometry: &'a Geometry,
    weight: W,
}

impl<W: Fn(usize, usize, usize) -> f32> Body for PackWeights<'_, W> {
    type Output = Scratch;

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, _: S) -> Scratch {
        let Geometry { channels, maps, .. } = *self.geometry;
        let taps = self.geometry.taps();
        let mut packed = Scratch::take(maps * channels * taps);
        let mut places = packed.iter_mut();
        for (map, height) in heights(maps, MR) {
            for channel in 0..channels {
                for tap in 0..taps {
                    for (m, place) in (map..map + height).zip(&mut places) {
                        *place = (self.weight)(m, channel, tap);
                    }
                }
            }
        }
        packed
    }
}

/// The convolution of the samples of one block.
struct Block<'a> {
    geometry: &'a Geometry,
    plan: &'a Plan,
    weights: &'a [f32],
    bias: Option<&'a [f32]>,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl Body for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            geometry,
            plan,
            weights,
            bias,
            x,
            y,
        } = self;
        let width = NV * S::LANES;
        let (samples, taps) = (plan.samples, geometry.taps());
        let plane = geometry.size[0] * plan.row_width(geometry) * samples;
        let image = interleave(simd, geometry, plan, width, x);

        // A strip of output rows of all maps: [map, row, column, sample], and in each row what its last run has too many.
        let [height_out, width_out] = geometry.out;
        let row_len = plan.runs_per_row * width;
        let strip_rows = (TUNING.strip_numbers / (geometry.maps * row_len)).clamp(1, height_out);
        let mut strip = Scratch::take(geometry.maps * strip_rows * row_len);
        for first in (0..height_out).step_by(strip_rows) {
            let rows = first..(first + strip_rows).min(height_out);
            let map_len = rows.len() * row_len;
            for p in rows.clone() {
                let runs = &plan.runs[p * plan.runs_per_row..][..plan.runs_per_row];
                for (g, group) in geometry.groups().enumerate() {
                    let image = image.get(group.start * plane..).unwrap_or_default();
                    for (map, height) in heights(geometry.maps, MR) {
                        let weights = &weights[map * geometry.channels * taps..];
                        let weights =
                            &weights[group.start * taps * height..group.end * taps * height];
                        let row = Row {
                            image,
                            plane,
                            weights,
                            kernel: taps,
                            runs,
                            taps: &plan.taps,
                            out: &mut strip[map * map_len + (p - first) * row_len..],
                            out_stride: map_len,
                            bias: bias.map(|bias| &bias[map..][..height]),
                            first_group: g == 0,
                        };
                        match height {
                            6 => simd.call(Tiles::<6, NV>(row)),
                            4 => simd.call(Tiles::<4, NV>(row)),
                            2 => simd.call(Tiles::<2, NV>(row)),
                            1 => simd.call(Tiles::<1, NV>(row)),
                            _ => simd.call(Tiles::<MR, NV>(row)),
                        }
                    }
                }
            }
            for (map, strip) in strip.chunks_exact(map_len).take(geometry.maps).enumerate() {
                let to = &mut y[(map * height_out + first) * width_out..];
                let stride = geometry.outputs();
                if row_len == width_out * samples {
                    let places = rows.len() * width_out;
                    transpose(simd, [places, samples], strip, samples, to, stride);
                } else {
                    for (r, row) in strip.chunks_exact(row_len).enumerate() {
                        let to = &mut to[r * width_out..];
                        transpose(simd, [width_out, samples], row, samples, to, stride);
                    }
                }
            }
        }
    }
}

/// Lays the images of a block out as `[channel, row, margin + column + margin, sample]`, with `slack` zeros behind, which the
/// last run reads for places that are no output.
#[inline(always)]
fn interleave<S: Simd>(
    simd: S,
    geometry: &Geometry,
    plan: &Plan,
    slack: usize,
    x: &[f32],
) -> Scratch {
    let [height, width] = geometry.size;
    let (samples, inputs, row_width) = (plan.samples, geometry.inputs(), plan.row_width(geometry));
    let rows = geometry.channels * height;
    let numbers = rows * row_width * samples;
    let mut image = Scratch::take(numbers + slack);
    image[numbers..].fill(0.0);
    if row_width == width {
        if inputs > 0 {
            transpose(simd, [samples, inputs], x, inputs, &mut image, samples);
        }
        return image;
    }
    for (r, row) in image[..numbers]
        .chunks_exact_mut(row_width * samples)
        .enumerate()
    {
        let (margin, rest) = row.split_at_mut(plan.margins[0] * samples);
        let (row, other_margin) = rest.split_at_mut(width * samples);
        margin.fill(0.0);
        other_margin.fill(0.0);
        if width > 0 {
            transpose(
                simd,
                [samples, width],
                &x[r * width..],
                inputs,
                row,
                samples,
            );
        }
    }
    image
}
