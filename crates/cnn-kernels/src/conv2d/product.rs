//! The convolution of a block of samples, samples innermost: forward, and the gradient of the input.

use rayon::prelude::*;

use super::geometry::{Geometry, Plan, Run, Tap};
use crate::Isa;
use crate::matmul::multiply_add;
use crate::scratch::Scratch;
use crate::simd::{Body, Part, Simd, dispatch, panel_width};
use crate::transpose::transpose;

/// Samples in a whole block.
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

/// The heights of the tiles that cover `maps` maps: as high as `most` allows. Each number's chain is the same in all.
fn heights(maps: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut map = 0;
    std::iter::from_fn(move || {
        let left = maps - map;
        let height = [most, 6, 4, 2, 1]
            .into_iter()
            .find(|&height| height <= left.min(most))?;
        map += height;
        Some((map - height, height))
    })
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

        // One output row of all maps: [map, column, sample], and then what a last run has too many.
        let row_len = plan.runs_per_row * width;
        let mut row = Scratch::take(geometry.maps * row_len);
        let [height_out, width_out] = geometry.out;
        for p in 0..height_out {
            let runs = &plan.runs[p * plan.runs_per_row..][..plan.runs_per_row];
            for (g, group) in geometry.groups().enumerate() {
                for (map, height) in heights(geometry.maps, MR) {
                    let tile_weights = &weights[map * geometry.channels * taps..]
                        [group.start * taps * height..group.end * taps * height];
                    let begin = bias.map(|bias| &bias[map..][..height]);
                    let image = image.get(group.start * plane..).unwrap_or_default();
                    for (
                        r,
                        Run {
                            image: start,
                            taps: run_taps,
                        },
                    ) in runs.iter().enumerate()
                    {
                        // An image without channels has no such place.
                        let image = image.get(*start..).unwrap_or_default();
                        let taps_seen = &plan.taps[run_taps.clone()];
                        let out = &mut row[map * row_len + r * width..];
                        macro_rules! tile {
                            ($height:tt) => {
                                simd.call(Tile::<$height, NV> {
                                    image,
                                    plane,
                                    weights: tile_weights,
                                    taps,
                                    seen: taps_seen,
                                    out,
                                    out_stride: row_len,
                                    begin: if g == 0 {
                                        Begin::With(begin)
                                    } else {
                                        Begin::Add
                                    },
                                })
                            };
                        }
                        match height {
                            6 => tile!(6),
                            4 => tile!(4),
                            2 => tile!(2),
                            1 => tile!(1),
                            _ => tile!(MR),
                        }
                    }
                }
            }
            for map in 0..geometry.maps {
                let to = &mut y[(map * height_out + p) * width_out..];
                let from = &row[map * row_len..];
                transpose(
                    simd,
                    [width_out, samples],
                    from,
                    samples,
                    to,
                    geometry.outputs(),
                );
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

/// `out[m] = begin + Σ_{c, tap} weights[c, tap, m]·image[c, tap]`, each a vector of neighbouring outputs.
struct Tile<'a, const R: usize, const NV: usize> {
    /// From the run's first place in its first channel on.
    image: &'a [f32],
    /// Numbers from channel to channel.
    plane: usize,
    /// `[channel, tap, R]`
    weights: &'a [f32],
    /// Taps of the kernel.
    taps: usize,
    /// Those that see the image.
    seen: &'a [Tap],
    out: &'a mut [f32],
    /// Numbers from map to map.
    out_stride: usize,
    begin: Begin<'a>,
}

/// What a tile is added to.
#[derive(Clone, Copy)]
enum Begin<'a> {
    /// The bias of its maps, or zero: the first group of channels.
    With(Option<&'a [f32]>),
    /// What the groups before have left.
    Add,
}

impl<const R: usize, const NV: usize> Part for Tile<'_, R, NV> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            image,
            plane,
            weights,
            taps,
            seen,
            out,
            out_stride,
            begin,
        } = self;
        let mut tile = [[simd.splat(0.0); NV]; R];
        for (c, weights) in weights.chunks_exact(taps * R).enumerate() {
            // A run without visible taps may start beyond the image.
            let image = image.get(c * plane..).unwrap_or_default();
            let (weights, _) = weights.as_chunks::<R>();
            for tap in seen {
                multiply_add(simd, weights[tap.weight], &image[tap.image..], &mut tile);
            }
        }
        for m in 0..R {
            let out = &mut out[m * out_stride..];
            for v in 0..NV {
                let other = match begin {
                    Begin::With(Some(bias)) => simd.splat(bias[m]),
                    Begin::With(None) => simd.splat(0.0),
                    Begin::Add => simd.load(&out[v * S::LANES..]),
                };
                simd.store(simd.add(other, tile[m][v]), &mut out[v * S::LANES..]);
            }
        }
    }
}
