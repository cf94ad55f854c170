//! A chunk of images on its way forward, image innermost: what lies in the caches passes through all stages.

use super::layout::Stage;
use super::packed::{ImageStagesPacked, Maps};
use super::tile::{Output, Row, Runs};
use super::{CHUNK, Pooling, dense};
use crate::Isa;
use crate::scratch::{Buffer, Scratch};
use crate::simd::{Body, Simd};
use crate::transpose::transpose;

/// All stages of at most [`CHUNK`] images. Lanes without an image compute what is in the zeros there.
pub(super) struct Chunk<'a> {
    pub(super) isa: Isa,
    pub(super) packed: &'a ImageStagesPacked,
    /// Whether to keep what the way back needs.
    pub(super) keep: bool,
    /// `[image, channel, row, column]`
    pub(super) images: &'a [f32],
    /// As [`saved_per_chunk`](super::ImageStages::saved_per_chunk) says.
    pub(super) saved: &'a mut [f32],
    /// `[image, output]`
    pub(super) output: &'a mut [f32],
}

impl Body for Chunk<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            isa,
            packed,
            keep,
            images,
            saved,
            output,
        } = self;
        let stages = &packed.stages;
        let count = output.len() / stages.outputs();
        let mut rest = saved;
        let Some(first) = stages.convs().first() else {
            let rows = rest.split_off_mut(..CHUNK * stages.inputs());
            rows.expect("saved holds the rows")[..images.len()].copy_from_slice(images);
            return dense::forward(simd, isa, packed, keep, images, rest, output);
        };
        let mut input = take(&mut rest, CHUNK * first.input_places());
        interleave(simd, first, count, images, input);
        for (s, stage) in stages.convs().iter().enumerate() {
            let kept_len = if keep {
                CHUNK * stage.outputs() * stage.kept()
            } else {
                0
            };
            let kept = (kept_len > 0).then(|| take(&mut rest, kept_len));
            let weights = &packed.maps[s];
            match stages.convs().get(s + 1) {
                Some(next) => {
                    let next_input = take(&mut rest, CHUNK * next.input_places());
                    if next.of.conv.padding != [0, 0] {
                        next_input.fill(0.0);
                    }
                    let [top, left] = next.of.conv.padding;
                    let [height, width] = next.padded;
                    let to = Target {
                        numbers: &mut next_input[(top * width + left) * CHUNK..],
                        row: width * CHUNK,
                        plane: height * width * CHUNK,
                    };
                    forward::<S, MR>(simd, stage, weights, input, to, kept);
                    input = next_input;
                }
                None => {
                    let len = CHUNK * stage.outputs();
                    let mut last = Scratch::take(len);
                    let to = Target {
                        numbers: &mut last,
                        row: stage.out[1] * CHUNK,
                        plane: stage.out[0] * stage.out[1] * CHUNK,
                    };
                    forward::<S, MR>(simd, stage, weights, input, to, kept);
                    if stages.denses().is_empty() {
                        let sizes = [stage.outputs(), count];
                        return transpose(simd, sizes, &last, CHUNK, output, stage.outputs());
                    }
                    let rows = take(&mut rest, len);
                    let sizes = [stage.outputs(), count];
                    transpose(simd, sizes, &last, CHUNK, rows, stage.outputs());
                    let rows = &rows[..count * stage.outputs()];
                    return dense::forward(simd, isa, packed, keep, rows, rest, output);
                }
            }
        }
    }
}

/// Splits the first `len` numbers off.
#[inline(always)]
pub(super) fn take<'a>(rest: &mut &'a mut [f32], len: usize) -> &'a mut [f32] {
    rest.split_off_mut(..len)
        .expect("the buffer holds all that saved_per_chunk counts")
}

/// Lays images out as `[channel, row, column, image]`, with the padding of the first stage; lanes without an image are zero.
#[inline(always)]
fn interleave<S: Simd>(simd: S, stage: &Stage, count: usize, images: &[f32], input: &mut [f32]) {
    let conv = &stage.of.conv;
    if count < CHUNK || conv.padding != [0, 0] {
        input.fill(0.0);
    }
    if conv.padding == [0, 0] {
        let sizes = [count, conv.inputs()];
        return transpose(simd, sizes, images, conv.inputs(), input, CHUNK);
    }
    let [top, left] = conv.padding;
    for row in 0..conv.channels_in * conv.height {
        let (c, r) = (row / conv.height, row % conv.height);
        let place = (c * stage.padded[0] + r + top) * stage.padded[1] + left;
        let (from, to) = (&images[row * conv.width..], &mut input[place * CHUNK..]);
        transpose(simd, [count, conv.width], from, conv.inputs(), to, CHUNK);
    }
}

/// Where a stage's result goes: numbers from row to row and from map to map.
struct Target<'a> {
    numbers: &'a mut [f32],
    row: usize,
    plane: usize,
}

/// One stage.
#[inline(always)]
fn forward<S: Simd, const MR: usize>(
    simd: S,
    stage: &Stage,
    Maps { weights, bias }: &Maps,
    input: &[f32],
    to: Target<'_>,
    mut kept: Option<&mut [f32]>,
) {
    let ([height, width], [padded_h, padded_w]) = (stage.out, stage.padded);
    let kernel = stage.of.conv.kernel;
    let pooled = stage.of.pooling != Pooling::None;
    let mut taps = Buffer::<[u32; 4]>::take(stage.taps());
    for (t, tap) in taps.iter_mut().enumerate() {
        let (i, j) = (t / kernel[1], t % kernel[1]);
        for (p, place) in tap.iter_mut().enumerate() {
            let (u, v) = if pooled {
                (p / 2, p % 2)
            } else {
                (0, p.min(width - 1))
            };
            *place = (((i + u) * padded_w + j + v) * CHUNK) as u32;
        }
    }
    let per_place = stage.kept();
    let runs = match pooled {
        true => Runs {
            count: width,
            step: 2 * CHUNK,
            last: usize::MAX,
            out_step: CHUNK,
            out_last: usize::MAX,
            kept_step: per_place * CHUNK,
            kept_last: usize::MAX,
            places: [0; 4],
        },
        false => {
            let last = width.saturating_sub(4) * CHUNK;
            Runs {
                count: width.div_ceil(4),
                step: 4 * CHUNK,
                last,
                out_step: 4 * CHUNK,
                out_last: last,
                kept_step: 4 * CHUNK,
                kept_last: last,
                places: [0, 1, 2, 3].map(|p: usize| p.min(width - 1) * CHUNK),
            }
        }
    };
    let kept_row = width * per_place * CHUNK;
    for p in 0..height {
        let row = if pooled { 2 * p } else { p };
        Row {
            stage,
            groups: &stage.groups,
            image: &input[row * padded_w * CHUNK..],
            plane: padded_h * padded_w * CHUNK,
            taps: &taps,
            runs,
            weights,
            bias,
            output: Output {
                out: &mut to.numbers[p * to.row..],
                out_plane: to.plane,
                kept: kept.as_deref_mut().map(|kept| &mut kept[p * kept_row..]),
                kept_plane: height * kept_row,
            },
        }
        .run::<S, MR>(simd);
    }
}
