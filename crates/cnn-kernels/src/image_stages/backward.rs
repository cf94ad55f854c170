//! The way back: each chunk of images through all stages, then the sums over the chunks.

use rayon::prelude::*;

use super::chunk_back::Chunk;
use super::layout::Stage;
use super::{CHUNK, ImageStages, input};
use crate::Isa;
use crate::matmul::{Panels, columns_times_panels};
use crate::scratch::Scratch;
use crate::simd::dispatch;

#[expect(clippy::too_many_arguments, reason = "those of the public function")]
pub(crate) fn backward_on(
    isa: Isa,
    stages: &ImageStages,
    batch: usize,
    weights: &[&[f32]],
    saved: &[f32],
    grad: &[f32],
    d_images: Option<&mut [f32]>,
    d_weights: &mut [&mut [f32]],
    d_biases: &mut [&mut [f32]],
) {
    let (inputs, outputs) = (stages.inputs(), stages.outputs());
    let images = d_images.as_ref().map_or(batch * inputs, |d| d.len());
    stages.check(batch, images, weights, None);
    assert_eq!(saved.len(), stages.saved(batch), "saved");
    assert_eq!(
        grad.len(),
        batch * outputs,
        "grad must be [batch, maps, rows, columns] of the last stage"
    );
    assert_eq!(d_weights.len(), stages.stages.len(), "d_weights");
    assert_eq!(d_biases.len(), stages.stages.len(), "d_biases");
    for (s, stage) in stages.stages.iter().enumerate() {
        let conv = &stage.of.conv;
        assert_eq!(d_weights[s].len(), conv.weights(), "d_weights of stage {s}");
        assert_eq!(d_biases[s].len(), conv.channels_out, "d_bias of stage {s}");
    }
    if batch == 0 {
        for numbers in d_weights.iter_mut() {
            numbers.fill(0.0);
        }
        for numbers in d_biases.iter_mut() {
            numbers.fill(0.0);
        }
        return;
    }

    let wanted = |s: usize| s > 0 || d_images.is_some();
    let maps = (0..stages.convs).map(|s| {
        let mut packed = Scratch::take(if wanted(s) { weights[s].len() } else { 0 });
        if wanted(s) {
            input::pack(&stages.stages[s], weights[s], &mut packed);
        }
        packed
    });
    let panels = (stages.convs..stages.stages.len()).map(|s| {
        let conv = &stages.stages[s].of.conv;
        wanted(s).then(|| Panels::of(isa, weights[s], [conv.channels_out, conv.inputs()]))
    });
    let (maps, panels): (Vec<_>, Vec<_>) = (maps.collect(), panels.collect());

    // Of each chunk: the gradients of the dense layers' sums, [layer][image, feature], and its share of the gradients of the
    // convolutions' weights and biases.
    let chunks = batch.div_ceil(CHUNK);
    let features = stages.dense_features();
    let parameters = stages.convs().iter();
    let parameters = parameters.map(|stage| stage.of.conv.weights() + stage.of.conv.channels_out);
    let parameters: usize = parameters.sum();
    let mut grads = Scratch::take(chunks * CHUNK * features);
    let mut shares = Scratch::take(chunks * parameters);
    // Empty shares and gradients would give `par_chunks` nothing to count by.
    let per_grads = CHUNK * features;
    let work = |first: usize, grads: &mut [f32], share: &mut [f32], dx: Option<&mut [f32]>| {
        let count = CHUNK.min(batch - first * CHUNK);
        let per_chunk = stages.saved_per_chunk(true);
        let chunk = Chunk {
            isa,
            stages,
            maps: &maps,
            panels: &panels,
            saved: &saved[first * per_chunk..][..per_chunk],
            grad: &grad[first * CHUNK * outputs..][..count * outputs],
            grads,
            share,
            dx,
        };
        dispatch(isa, chunk);
    };
    each_chunk(
        0..chunks,
        [(&mut grads, per_grads), (&mut shares, parameters)],
        d_images.map(|dx| (dx, CHUNK * inputs)),
        &work,
    );

    let mut distance = 1;
    while distance < chunks {
        for chunk in (0..chunks - distance).step_by(2 * distance) {
            let (sum, other) = shares.split_at_mut((chunk + distance) * parameters);
            let sum = &mut sum[chunk * parameters..][..parameters];
            for (sum, other) in sum.iter_mut().zip(&*other) {
                *sum += other;
            }
        }
        distance *= 2;
    }
    let mut share = &shares[..parameters];
    for s in 0..stages.convs {
        for d in [&mut *d_weights[s], &mut *d_biases[s]] {
            let (numbers, rest) = share.split_at(d.len());
            d.copy_from_slice(numbers);
            share = rest;
        }
    }
    dense_gradients(isa, stages, batch, saved, &grads, d_weights, d_biases);
}

/// Calls `work` for each chunk with its part of every buffer: the range is halved until one is left.
fn each_chunk(
    chunks: std::ops::Range<usize>,
    [grads, shares]: [(&mut [f32], usize); 2],
    dx: Option<(&mut [f32], usize)>,
    work: &(impl Fn(usize, &mut [f32], &mut [f32], Option<&mut [f32]>) + Sync),
) {
    if chunks.len() == 1 {
        return work(chunks.start, grads.0, shares.0, dx.map(|(dx, _)| dx));
    }
    let half = chunks.len() / 2;
    let middle = chunks.start + half;
    let split = |(numbers, each): (_, usize)| {
        let (left, right) = <[f32]>::split_at_mut(numbers, half * each);
        ((left, each), (right, each))
    };
    let (grads, shares) = (split(grads), split(shares));
    let (left, right) = dx.map(split).unzip();
    rayon::join(
        || each_chunk(chunks.start..middle, [grads.0, shares.0], left, work),
        || each_chunk(middle..chunks.end, [grads.1, shares.1], right, work),
    );
}

/// The gradients of the dense layers' weights and biases: sums over the whole batch, as those of the layer alone. The layers
/// are computed side by side, for a single one does not make two equal halves.
fn dense_gradients(
    isa: Isa,
    stages: &ImageStages,
    batch: usize,
    saved: &[f32],
    grads: &[f32],
    d_weights: &mut [&mut [f32]],
    d_biases: &mut [&mut [f32]],
) {
    let (per_chunk, features) = (stages.saved_per_chunk(true), stages.dense_features());
    let denses = stages.denses();
    let rows_from = |d: usize| -> usize {
        let kept = if stages.keeps_output() {
            stages.outputs()
        } else {
            0
        };
        let inputs = denses[d..].iter().map(|stage| stage.of.conv.inputs());
        per_chunk - CHUNK * (inputs.sum::<usize>() + kept)
    };
    let layer = |(d, (d_weights, d_biases)): (usize, (&mut &mut [f32], &mut &mut [f32]))| {
        let (ins, outs) = (denses[d].of.conv.inputs(), denses[d].outputs());
        let first = CHUNK * denses[..d].iter().map(Stage::outputs).sum::<usize>();
        let rows = rows_of_chunks(grads, CHUNK * features, first, outs, batch);
        let x = rows_of_chunks(saved, per_chunk, rows_from(d), ins, batch);
        let panels = Panels::of_rows(isa, &x, ins);
        columns_times_panels(isa, &rows, &panels, d_weights);
        sum_rows(&rows, d_biases);
    };
    let d_weights = &mut d_weights[stages.convs..];
    let d_biases = &mut d_biases[stages.convs..];
    match batch <= CHUNK {
        true => d_weights
            .iter_mut()
            .zip(d_biases)
            .enumerate()
            .for_each(layer),
        false => d_weights
            .par_iter_mut()
            .zip(d_biases)
            .enumerate()
            .for_each(layer),
    }
}

/// The rows of all images: in each chunk of `per_chunk` numbers, those of its images follow one another from `first` on.
fn rows_of_chunks(
    numbers: &[f32],
    per_chunk: usize,
    first: usize,
    width: usize,
    batch: usize,
) -> Vec<&[f32]> {
    let place = |n: usize| n / CHUNK * per_chunk + first + n % CHUNK * width;
    (0..batch).map(|n| &numbers[place(n)..][..width]).collect()
}

/// The sum of the rows: blocks of 256 rows, added in order.
fn sum_rows(rows: &[&[f32]], sum: &mut [f32]) {
    let mut block = Scratch::take(sum.len());
    sum.fill(0.0);
    for rows in rows.chunks(256) {
        block.fill(0.0);
        for row in rows {
            for (block, number) in block.iter_mut().zip(*row) {
                *block += number;
            }
        }
        for (sum, number) in sum.iter_mut().zip(&*block) {
            *sum += number;
        }
    }
}
