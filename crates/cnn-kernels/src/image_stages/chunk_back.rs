//! A chunk of images on its way back through all stages.

use super::activation::{deactivate, slope};
use super::dense::with_rows;
use super::input::{MARGIN, input_gradient};
use super::layout::Stage;
use super::tuning::TUNING;
use super::weight::{Strip, add_products, sum_lanes};
use super::{CHUNK, ImageStages, Pooling};
use crate::Isa;
use crate::matmul::{Panels, rows_times_panels_here};
use crate::scratch::Scratch;
use crate::simd::{Body, Simd};
use crate::transpose::transpose;

/// All stages of one chunk, back.
pub(super) struct Chunk<'a> {
    pub(super) isa: Isa,
    pub(super) stages: &'a ImageStages,
    /// The weights of the convolutions, as [`input::pack`](super::input::pack) brings them.
    pub(super) maps: &'a [Scratch],
    /// The weights of the dense layers `[features_out, features_in]`, where the gradient of the input is wanted.
    pub(super) panels: &'a [Option<Panels>],
    /// What the way forward has kept.
    pub(super) saved: &'a [f32],
    /// `[image, output]`
    pub(super) grad: &'a [f32],
    /// To be filled: the gradients of the dense layers' sums, `[layer][image, feature]`.
    pub(super) grads: &'a mut [f32],
    /// To be filled: this chunk's gradients of each convolution's weights and bias.
    pub(super) share: &'a mut [f32],
    /// To be filled, if wanted: `[image, channel, row, column]`.
    pub(super) dx: Option<&'a mut [f32]>,
}

impl Body for Chunk<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            isa,
            stages,
            maps,
            panels,
            mut saved,
            grad,
            grads,
            mut share,
            dx,
        } = self;
        let count = grad.len() / stages.outputs();
        let last = &stages.stages[stages.stages.len() - 1];
        let rows = match stages.denses() {
            [] => None,
            denses => {
                let kept = stages.keeps_output().then(|| {
                    &take_last(&mut saved, CHUNK * last.outputs())[..count * last.outputs()]
                });
                let y = kept.unwrap_or_default();
                Some(dense_back(
                    simd, isa, denses, panels, count, &mut saved, y, grad, grads,
                ))
            }
        };
        let rows = rows.as_deref().unwrap_or(grad);
        let Some(last) = stages.convs().last() else {
            if let Some(dx) = dx {
                dx.copy_from_slice(rows);
            }
            return;
        };
        let mut d_out = Scratch::take(CHUNK * last.outputs());
        if count < CHUNK {
            d_out.fill(0.0);
        }
        let sizes = [count, last.outputs()];
        transpose(simd, sizes, rows, last.outputs(), &mut d_out, CHUNK);
        for (s, stage) in stages.convs().iter().enumerate().rev() {
            let conv = &stage.of.conv;
            let kept = take_last(&mut saved, CHUNK * stage.outputs() * stage.kept());
            let input = take_last(&mut saved, CHUNK * stage.input_places());
            let at = share.len() - conv.weights() - conv.channels_out;
            let of_stage = share.split_off_mut(at..).expect("a share of each stage");
            let wanted = s > 0 || dx.is_some();
            let back = Back {
                stage,
                input,
                kept,
                d_out: &d_out,
            };
            d_out = back.run::<S, MR>(simd, wanted.then_some(&maps[s]), of_stage);
        }
        if let Some(dx) = dx {
            let sizes = [stages.inputs(), count];
            transpose(simd, sizes, &d_out, CHUNK, dx, stages.inputs());
        }
    }
}

/// Splits the last `len` numbers off.
#[inline(always)]
fn take_last<'a>(rest: &mut &'a [f32], len: usize) -> &'a [f32] {
    let (first, last) = rest.split_at(rest.len() - len);
    *rest = first;
    last
}

/// The dense layers back: fills `grads` and returns the gradient of the first one's input, if it is wanted. `y` is the output,
/// if it was kept.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the parts of one chunk")]
fn dense_back<'a, S: Simd>(
    simd: S,
    isa: Isa,
    denses: &[Stage],
    panels: &[Option<Panels>],
    count: usize,
    saved: &mut &'a [f32],
    mut y: &'a [f32],
    grad: &[f32],
    grads: &mut [f32],
) -> Scratch {
    let mut rest = grads;
    let mut of_output = Scratch::take(grad.len());
    of_output.copy_from_slice(grad);
    for (stage, panels) in denses.iter().zip(panels).rev() {
        let (ins, outs) = (stage.of.conv.inputs(), stage.outputs());
        let at = rest.len() - CHUNK * outs;
        let sums = rest.split_off_mut(at..).expect("gradients of each layer");
        let sums = &mut sums[..count * outs];
        sums.copy_from_slice(&of_output);
        deactivate(simd, stage.of.activation, y, sums);
        y = &take_last(saved, CHUNK * ins)[..count * ins];
        if let Some(panels) = panels {
            of_output = Scratch::take(count * ins);
            with_rows(sums, count, |rows| {
                rows_times_panels_here(isa, rows, panels, None, &mut of_output);
            });
        }
    }
    of_output
}

/// A convolution with what follows it, back.
struct Back<'a> {
    stage: &'a Stage,
    /// `[channel, row, column, image]`, with padding.
    input: &'a [f32],
    /// `[map, row, column, kept, image]`
    kept: &'a [f32],
    /// `[map, row, column, image]`
    d_out: &'a [f32],
}

impl Back<'_> {
    /// Writes the gradients of the weights and of the bias, and returns that of the input if the weights for it are given.
    #[inline(always)]
    fn run<S: Simd, const MR: usize>(
        &self,
        simd: S,
        weights: Option<&Scratch>,
        share: &mut [f32],
    ) -> Scratch {
        let stage = self.stage;
        let conv = &stage.of.conv;
        let ([height_out, width_out], [height, width]) = (stage.conv_out, stage.out);
        let block = if stage.of.pooling == Pooling::None {
            1
        } else {
            2
        };
        let used = block * width;
        let row_len = (width_out + 2 * MARGIN) * CHUNK;
        let strip_rows = (TUNING.strip_positions / (block * used)).clamp(1, height);
        // The gradient of the input needs all rows, that of the weights a strip at a time.
        let rows = if weights.is_some() {
            height_out
        } else {
            block * strip_rows
        };
        let mut grads = Scratch::take(conv.channels_out * rows * row_len);
        let mut lanes = Scratch::take(CHUNK * share.len());
        let (weight_lanes, bias_lanes) = lanes.split_at_mut(CHUNK * conv.weights());
        bias_lanes.fill(0.0);
        for first in (0..height).step_by(strip_rows) {
            let strip = first..(first + strip_rows).min(height);
            let at = if weights.is_some() { block * first } else { 0 };
            for (m, bias) in bias_lanes.chunks_exact_mut(CHUNK).enumerate() {
                let strip_grads = &mut grads[(m * rows + at) * row_len..];
                for (p, grads) in strip.clone().zip(strip_grads.chunks_mut(block * row_len)) {
                    self.before_pooling(simd, m * height + p, row_len, grads, bias);
                }
            }
            let strip = Strip {
                grads: grads[at * row_len + MARGIN * CHUNK..].as_chunks().0,
                plane: rows * row_len / CHUNK,
                row: row_len / CHUNK,
                first: block * first,
                size: [block * strip.len(), used],
            };
            add_products::<S, MR>(simd, stage, self.input, strip, weight_lanes);
        }
        sum_lanes(&lanes, share);
        let Some(weights) = weights else {
            return Scratch::take(0);
        };
        for map in grads.chunks_exact_mut(rows * row_len) {
            map[block * height * row_len..].fill(0.0);
        }
        let mut dx = Scratch::take(CHUNK * conv.inputs());
        input_gradient(simd, stage, weights, &grads, &mut dx);
        dx
    }

    /// A row of the result's gradient becomes one or two rows of the gradient before pooling and activation; `bias` adds it up.
    #[inline(always)]
    fn before_pooling<S: Simd>(
        &self,
        simd: S,
        row: usize,
        row_len: usize,
        grads: &mut [f32],
        bias: &mut [f32],
    ) {
        let stage = self.stage;
        let (width, kept_places) = (stage.out[1], stage.kept());
        let activation = stage.of.activation;
        let block = if stage.of.pooling == Pooling::None {
            1
        } else {
            2
        };
        for row in grads.chunks_exact_mut(row_len) {
            row[..MARGIN * CHUNK].fill(0.0);
            row[(MARGIN + block * width) * CHUNK..].fill(0.0);
        }
        let d_out = &self.d_out[row * width * CHUNK..][..width * CHUNK];
        let kept_len = kept_places * CHUNK;
        let kept = &self.kept[row * width * kept_len..][..width * kept_len];
        for lane in (0..CHUNK).step_by(S::LANES) {
            let mut sum = simd.load(&bias[lane..]);
            for q in 0..width {
                let grad = simd.load(&d_out[q * CHUNK + lane..]);
                let mut keeps = [None; 4];
                for place in 0..kept_places {
                    keeps[place] = Some(simd.load(&kept[q * kept_len + place * CHUNK + lane..]));
                }
                if stage.of.pooling == Pooling::None {
                    let kept = keeps[0];
                    let grad = slope(simd, activation, kept, grad);
                    simd.store(grad, &mut grads[(MARGIN + q) * CHUNK + lane..]);
                    sum = simd.add(sum, grad);
                    continue;
                }
                let mut four = [grad; 4];
                if stage.of.pooling == Pooling::Average {
                    let quarter = simd.mul(grad, simd.splat(0.25));
                    for (p, four) in four.iter_mut().enumerate() {
                        *four = slope(simd, activation, keeps[p], quarter);
                    }
                } else {
                    let winner = keeps[0].unwrap_or(simd.splat(0.0)); // the winner is always kept
                    let grad = slope(simd, activation, keeps[1], grad);
                    for (p, four) in four.iter_mut().enumerate() {
                        let mark = simd.splat(f32::from(p as u8));
                        *four = simd.where_equal(winner, mark, grad);
                    }
                }
                for (p, grad) in four.into_iter().enumerate() {
                    let place = p / 2 * row_len + (MARGIN + 2 * q + p % 2) * CHUNK;
                    simd.store(grad, &mut grads[place + lane..]);
                    sum = simd.add(sum, grad);
                }
            }
            simd.store(sum, &mut bias[lane..]);
        }
    }
}
