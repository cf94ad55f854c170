//! Fewer images than a chunk holds, to the output and without a way back: lanes are neighbouring places of the result.
//!
//! Four sums of a block of 2 by 2 read every second row and column. So each input map is copied as rows of even or odd number
//! times columns from 0, 1, 2, … on, every second one: then the numbers that neighbouring results need under one tap are
//! neighbours, and a vector holds 16 results of one image, or of a few images, image innermost. The tile is that of a chunk.

use super::dense;
use super::layout::Stage;
use super::packed::{ImageStagesPacked, Maps};
use super::tile::{Output, Row, Runs};
use super::{CHUNK, Pooling};
use crate::Isa;
use crate::scratch::{Buffer, Scratch};
use crate::simd::{Body, Simd};
use crate::transpose::transpose;

/// Numbers behind a buffer that whole vectors may read or write.
const SLACK: usize = 80;

/// All stages of fewer than [`CHUNK`] images.
pub(super) struct Few<'a> {
    pub(super) isa: Isa,
    pub(super) packed: &'a ImageStagesPacked,
    /// `[image, channel, row, column]`
    pub(super) images: &'a [f32],
    /// `[image, output]`
    pub(super) output: &'a mut [f32],
}

impl Body for Few<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            isa,
            packed,
            images,
            output,
        } = self;
        let stages = &packed.stages;
        let count = output.len() / stages.outputs();
        let features: usize = stages.denses().iter().map(|d| d.of.conv.inputs()).sum();
        let mut rest = Scratch::take(CHUNK * features);
        let Some(first) = stages.convs().first() else {
            return dense::forward(simd, isa, packed, false, images, &mut rest, output);
        };
        // [channel, row, column, image], with numbers from channel to channel.
        let conv = &first.of.conv;
        let mut maps = Scratch::take(count * conv.inputs() + SLACK);
        let mut plane = count * conv.height * conv.width;
        transpose(
            simd,
            [count, conv.inputs()],
            images,
            conv.inputs(),
            &mut maps,
            count,
        );
        for (stage, weights) in stages.convs().iter().zip(&packed.maps) {
            let (next, next_plane) = forward::<S, MR>(simd, stage, weights, count, &maps, plane);
            (maps, plane) = (next, next_plane);
        }
        let last = &stages.convs()[stages.convs - 1];
        let places = last.out[0] * last.out[1];
        let rows_of = |rows: &mut [f32]| {
            for (m, map) in maps
                .chunks_exact(plane)
                .take(last.of.conv.channels_out)
                .enumerate()
            {
                let to = &mut rows[m * places..];
                transpose(simd, [places, count], map, count, to, last.outputs());
            }
        };
        if stages.denses().is_empty() {
            return rows_of(output);
        }
        let (rows, rest) = rest.split_at_mut(count * last.outputs());
        rows_of(rows);
        dense::forward(simd, isa, packed, false, rows, rest, output);
    }
}

/// One stage of `maps`, with `plane` numbers from map to map: the maps of its result and the numbers from one to the next.
#[inline(always)]
fn forward<S: Simd, const MR: usize>(
    simd: S,
    stage: &Stage,
    Maps { weights, bias }: &Maps,
    count: usize,
    maps: &[f32],
    plane: usize,
) -> (Scratch, usize) {
    let padding = stage.of.conv.padding;
    let padded;
    let (maps, plane) = match padding {
        [0, 0] => (maps, plane),
        _ => {
            padded = pad(stage, count, maps, plane);
            (&*padded, count * stage.padded[0] * stage.padded[1])
        }
    };
    let pooled = stage.of.pooling != Pooling::None;
    let [_, kernel_w] = stage.of.conv.kernel;
    let row_len = stage.out[1] * count;
    let lanes = stage.out[0] * row_len;
    // [channel, (parity of the row,) first column, row, column, image]
    let (shifts, rows) = match pooled {
        true => (kernel_w + 1, stage.padded[0].div_ceil(2)),
        false => (kernel_w, stage.padded[0]),
    };
    let copy = rows * row_len;
    let copies_plane = if pooled { 2 } else { 1 } * shifts * copy;
    let mut copies = Scratch::take(stage.of.conv.channels_in * copies_plane + SLACK);
    match (pooled, count) {
        (false, _) => copy_columns(simd, stage, count, maps, plane, &mut copies),
        (true, 1) => copy_halves(simd, stage, maps, plane, &mut copies),
        (true, _) => copy_cells(simd, stage, count, maps, plane, &mut copies),
    }
    copies[stage.of.conv.channels_in * copies_plane..].fill(0.0);

    let mut taps = Buffer::<[u32; 4]>::take(stage.taps());
    for (t, tap) in taps.iter_mut().enumerate() {
        let (i, j) = (t / kernel_w, t % kernel_w);
        *tap = std::array::from_fn(|p| {
            let place = match pooled {
                true => {
                    let (a, b) = (i + p / 2, j + p % 2);
                    (a % 2 * shifts + b) * copy + a / 2 * row_len
                }
                false => j * copy + i * row_len + p * CHUNK,
            };
            place as u32
        });
    }
    let step = if pooled { CHUNK } else { 4 * CHUNK };
    let out_plane = lanes.next_multiple_of(step);
    let mut out = Scratch::take(stage.of.conv.channels_out * out_plane + SLACK);
    Row {
        stage,
        groups: &stage.groups,
        image: &copies,
        plane: copies_plane,
        taps: &taps,
        runs: Runs {
            count: lanes.div_ceil(step),
            step,
            last: usize::MAX,
            out_step: step,
            out_last: usize::MAX,
            kept_step: 0,
            kept_last: 0,
            places: [0, CHUNK, 2 * CHUNK, 3 * CHUNK],
        },
        weights,
        bias,
        output: Output {
            out: &mut out,
            out_plane,
            kept: None,
            kept_plane: 0,
        },
    }
    .run::<S, MR>(simd);
    (out, out_plane)
}

/// The maps with their padding.
fn pad(stage: &Stage, count: usize, maps: &[f32], plane: usize) -> Scratch {
    let (conv, [height, width]) = (&stage.of.conv, stage.padded);
    let mut padded = Scratch::zeros(count * stage.input_places() + SLACK);
    for c in 0..conv.channels_in {
        for r in 0..conv.height {
            let place = (c * height + r + conv.padding[0]) * width + conv.padding[1];
            let len = conv.width * count;
            let row = &maps[c * plane + r * len..][..len];
            padded[place * count..][..len].copy_from_slice(row);
        }
    }
    padded
}

/// Without pooling: `copies[c, j, row, column] = maps[c, row, column + j]`.
#[inline(always)]
fn copy_columns<S: Simd>(
    simd: S,
    stage: &Stage,
    count: usize,
    maps: &[f32],
    plane: usize,
    copies: &mut [f32],
) {
    let (row_len, mut to) = (stage.out[1] * count, 0);
    for c in 0..stage.of.conv.channels_in {
        for j in 0..stage.of.conv.kernel[1] {
            for r in 0..stage.padded[0] {
                let from = &maps[c * plane + (r * stage.padded[1] + j) * count..];
                copy(simd, row_len, from, &mut copies[to..]);
                to += row_len;
            }
        }
    }
}

/// With pooling: `copies[c, ρ, b, R, Q] = maps[c, 2R + ρ, 2Q + b]`, cells of `count` numbers.
#[inline(always)]
fn copy_cells<S: Simd>(
    simd: S,
    stage: &Stage,
    count: usize,
    maps: &[f32],
    plane: usize,
    copies: &mut [f32],
) {
    let ([padded_h, padded_w], mut to) = (stage.padded, 0);
    let (rows, row_len) = (padded_h.div_ceil(2), stage.out[1] * count);
    for c in 0..stage.of.conv.channels_in {
        for parity in 0..2 {
            for b in 0..=stage.of.conv.kernel[1] {
                for r in 0..rows {
                    let row = 2 * r + parity;
                    if row < padded_h {
                        for q in 0..stage.out[1] {
                            let place = (row * padded_w + 2 * q + b) * count;
                            let from = &maps[c * plane + place..];
                            copy(simd, count, from, &mut copies[to + q * count..]);
                        }
                    }
                    to += row_len;
                }
            }
        }
    }
}

/// [`copy_cells`] of one image: rows are split into even and odd columns first, then every copy is a run.
#[inline(always)]
fn copy_halves<S: Simd>(simd: S, stage: &Stage, maps: &[f32], plane: usize, copies: &mut [f32]) {
    let [padded_h, padded_w] = stage.padded;
    let channels = stage.of.conv.channels_in;
    let half = padded_w.div_ceil(2).next_multiple_of(16);
    let mut halves = Scratch::take(channels * padded_h * 2 * half + SLACK);
    for c in 0..channels {
        for r in 0..padded_h {
            let from = &maps[c * plane + r * padded_w..];
            let to = &mut halves[(c * padded_h + r) * 2 * half..][..2 * half];
            let (even, odd) = to.split_at_mut(half);
            for x in (0..padded_w.div_ceil(2)).step_by(S::LANES) {
                let first = load(simd, from, 2 * x);
                let (evens, odds) = simd.unzip(first, load(simd, from, 2 * x + S::LANES));
                simd.store(evens, &mut even[x..]);
                simd.store(odds, &mut odd[x..]);
            }
        }
    }
    halves[channels * padded_h * 2 * half..].fill(0.0);
    let (rows, row_len, mut to) = (padded_h.div_ceil(2), stage.out[1], 0);
    for c in 0..channels {
        for parity in 0..2 {
            for b in 0..=stage.of.conv.kernel[1] {
                let first = ((c * padded_h + parity) * 2 + b % 2) * half + b / 2;
                let count = (padded_h - parity).div_ceil(2);
                let from = halves[first..].chunks(4 * half).take(count);
                for (r, from) in from.enumerate() {
                    let to = &mut copies[to + r * row_len..];
                    for x in (0..row_len).step_by(S::LANES) {
                        simd.store(simd.load(&from[x..]), &mut to[x..]);
                    }
                }
                to += rows * row_len;
            }
        }
    }
}

/// A vector from `at` on; zeros where `from` ends.
#[inline(always)]
fn load<S: Simd>(simd: S, from: &[f32], at: usize) -> S::Vector {
    if let Some(numbers) = from.get(at..at + S::LANES) {
        return simd.load(numbers);
    }
    let mut lanes = [0.0; 16];
    let rest = from.get(at..).unwrap_or_default();
    lanes[..rest.len()].copy_from_slice(rest);
    simd.load(&lanes)
}

/// Copies `len` numbers in whole vectors: what is written too much is overwritten by the next copy, or is slack.
#[inline(always)]
fn copy<S: Simd>(simd: S, len: usize, from: &[f32], to: &mut [f32]) {
    for x in (0..len).step_by(S::LANES) {
        simd.store(load(simd, from, x), &mut to[x..]);
    }
}
