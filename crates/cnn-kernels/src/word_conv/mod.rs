//! Convolution of words: the first layer of a text network whose later layers want every position.
//!
//! # Equations
//!
//! `rows` `[distinct, channels_in]` holds the vectors of the distinct words of a batch, `ids` `[tokens]` which of them stands at each
//! token; [`SKIP`] marks a token that keeps its place and adds nothing. With the sizes of a [`Conv1dShape`]:
//!
//! ```text
//! y[p, o] = bias[o] + Σ_j Σ_c rows[ids[p + j - padding_left], c] · weight[o, c, j]      (nothing outside the document)
//! ```
//!
//! the same as gathering a vector for each token and convolving, whose sums run in another order.
//!
//! # What this one does
//!
//! 64 film reviews have 13,800 tokens and 3,200 distinct words, 128 headlines 2,432 and 970. `table[word, j] = rows[word] ·
//! weight[.., j]` is a product over the *distinct* words; a position adds `kernel_size` entries of it. Backwards the gradients of
//! the positions under a word are added up for each tap first, and both products, for the words and for the weights, run over the
//! distinct words again.
//!
//! # Order of the sums
//!
//! Forward: an entry is one chain of the product of the module `matmul`; a position adds its entries tap after tap and the bias
//! last. Backwards: the gradient of an entry adds the positions of its word in their order, in blocks of at most 256 whose sums are
//! added in order. None of it depends on threads, instruction set or, forward, on the rest of the batch.

mod kernels;
mod table;
#[cfg(test)]
mod tests;
mod tuning;

pub use table::WordConvTable;

use rayon::prelude::*;

use crate::matmul::{Panels, columns_times_panels, rows_of, rows_times_panels};
use crate::rows::ByRow;
use crate::scratch::Scratch;
use crate::simd::panel_width;
use crate::{Conv1dShape, Isa, Offsets, SKIP};
use tuning::TUNING;

/// `y[p, o] = bias[o] + Σ_j rows[ids[p + j - padding_left]] · weight[o, .., j]` within each document.
///
/// `ids` `[tokens]`, cut by `offsets`; `rows` `[distinct, channels_in]`; `weight` `[channels_out, channels_in, kernel_size]`; `bias`
/// `[channels_out]`; `y` `[positions, channels_out]`, where [`Conv1dShape::output_offsets`] tells the positions of each document.
///
/// # Panics
///
/// When the length of a slice is another, `kernel_size` or `channels_in` is 0, or an id is neither a row nor [`SKIP`].
pub fn word_conv_forward(
    shape: &Conv1dShape,
    offsets: &Offsets,
    ids: &[u32],
    rows: &[f32],
    weight: &[f32],
    bias: &[f32],
    y: &mut [f32],
) {
    check(shape, offsets, ids, rows.len(), y.len());
    check_weights(shape, weight.len());
    assert_eq!(
        bias.len(),
        shape.channels_out,
        "bias must be [channels_out]"
    );
    forward_on(Isa::active(), shape, offsets, ids, rows, weight, bias, y);
}

/// The gradients of the words' vectors and of the weights: `drows[w] = Σ_j G[w, j] · weight[.., .., j]` and `dw[o, c, j] = Σ_w G[w, j,
/// o] · rows[w, c]`, where `G[w, j] = Σ grad[p]` over the positions that have word `w` under tap `j`. The gradient of the bias is
/// [`bias_gradient`](crate::bias_gradient).
///
/// Shapes as in [`word_conv_forward`], `grad` as its `y`; `drows` and `dw` are overwritten.
///
/// # Panics
///
/// As [`word_conv_forward`].
#[allow(clippy::too_many_arguments)] // sizes, four inputs, the two gradients
pub fn word_conv_backward(
    shape: &Conv1dShape,
    offsets: &Offsets,
    ids: &[u32],
    rows: &[f32],
    weight: &[f32],
    grad: &[f32],
    drows: &mut [f32],
    dw: &mut [f32],
) {
    check(shape, offsets, ids, rows.len(), grad.len());
    check_weights(shape, weight.len());
    assert_eq!(
        (drows.len(), dw.len()),
        (rows.len(), weight.len()),
        "drows and dw must have the shapes of rows and weight"
    );
    backward_on(
        Isa::active(),
        shape,
        offsets,
        ids,
        rows,
        weight,
        grad,
        drows,
        dw,
    );
}

#[allow(clippy::too_many_arguments)]
pub(crate) fn forward_on(
    isa: Isa,
    shape: &Conv1dShape,
    offsets: &Offsets,
    ids: &[u32],
    rows: &[f32],
    weight: &[f32],
    bias: &[f32],
    y: &mut [f32],
) {
    if y.is_empty() {
        return;
    }
    let (distinct, channels) = (rows.len() / shape.channels_in, shape.channels_out);
    let entry = shape.kernel_size * channels;
    // [distinct, kernel_size, channels_out], and one entry of zeros.
    let mut table = Scratch::take((distinct + 1) * entry);
    let (entries, nothing) = table.split_at_mut(distinct * entry);
    nothing.fill(0.0);
    let rows = rows_of(rows, shape.channels_in, distinct);
    rows_times_panels(isa, &rows, &by_input(isa, shape, weight), None, entries);
    let places = places(shape, offsets, ids, distinct as u32);
    y.par_chunks_mut(TUNING.positions_of_task * channels)
        .zip(places.par_chunks(TUNING.positions_of_task * shape.kernel_size))
        .for_each(|(y, places)| kernels::add_taps(isa, places, &table, bias, y));
}

#[allow(clippy::too_many_arguments)]
pub(crate) fn backward_on(
    isa: Isa,
    shape: &Conv1dShape,
    offsets: &Offsets,
    ids: &[u32],
    rows: &[f32],
    weight: &[f32],
    grad: &[f32],
    drows: &mut [f32],
    dw: &mut [f32],
) {
    let Conv1dShape {
        channels_in,
        channels_out,
        kernel_size,
        ..
    } = *shape;
    let distinct = rows.len() / channels_in;
    let entry = kernel_size * channels_out;
    // [distinct, kernel_size, channels_out]
    let mut sums = Scratch::take(distinct * entry);
    if entry > 0 {
        let places = places(shape, offsets, ids, SKIP);
        let mut taps = Vec::with_capacity(kernel_size);
        for j in 0..kernel_size {
            let under: Vec<u32> = places
                .iter()
                .skip(j)
                .step_by(kernel_size)
                .copied()
                .collect();
            taps.push(ByRow::new(distinct, &under));
        }
        sums.par_chunks_mut(entry)
            .enumerate()
            .for_each(|(w, sums)| {
                for (taps, sum) in taps.iter().zip(sums.chunks_exact_mut(channels_out)) {
                    crate::rows::sum_tokens(isa, taps.tokens(w), grad, sum);
                }
            });
    }
    let sums = rows_of(&sums, entry, distinct);
    rows_times_panels(isa, &sums, &by_output(isa, shape, weight), None, drows);
    if dw.is_empty() {
        return;
    }
    // [kernel_size · channels_out, channels_in]
    let mut product = Scratch::take(dw.len());
    let panels = Panels::of(isa, rows, [distinct, channels_in]);
    columns_times_panels(isa, &sums, &panels, &mut product);
    dw.par_chunks_mut(channels_in * kernel_size)
        .enumerate()
        .for_each(|(o, dw)| {
            for j in 0..kernel_size {
                let product = &product[(j * channels_out + o) * channels_in..][..channels_in];
                for (dw, number) in dw.chunks_exact_mut(kernel_size).zip(product) {
                    dw[j] = *number;
                }
            }
        });
}

/// For each position the words under its taps, `[positions, kernel_size]`; `nothing` outside the document and for [`SKIP`].
fn places(shape: &Conv1dShape, offsets: &Offsets, ids: &[u32], nothing: u32) -> Vec<u32> {
    let positions: usize = offsets.lengths().map(|len| shape.output_len(len)).sum();
    let mut places = Vec::with_capacity(positions * shape.kernel_size);
    for d in 0..offsets.documents() {
        let document = &ids[offsets.range(d)];
        for p in 0..shape.output_len(document.len()) {
            for j in 0..shape.kernel_size {
                let token = (p + j).checked_sub(shape.padding_left);
                let id = token.and_then(|token| document.get(token));
                places.push(match id {
                    Some(&id) if id != SKIP => id,
                    _ => nothing,
                });
            }
        }
    }
    places
}

/// The weights as `[channels_in, kernel_size · channels_out]`.
fn by_input(isa: Isa, shape: &Conv1dShape, weight: &[f32]) -> Panels {
    let Conv1dShape {
        channels_in,
        channels_out,
        kernel_size,
        ..
    } = *shape;
    let (width, columns) = (panel_width(isa), kernel_size * channels_out);
    Panels::pack(isa, [channels_in, columns], |first, lanes, panel| {
        for lane in 0..lanes {
            let (j, o) = ((first + lane) / channels_out, (first + lane) % channels_out);
            let filter = &weight[o * channels_in * kernel_size..][..channels_in * kernel_size];
            let taps = filter.iter().skip(j).step_by(kernel_size);
            for (packed, tap) in panel.iter_mut().skip(lane).step_by(width).zip(taps) {
                *packed = *tap;
            }
        }
    })
}

/// The weights as `[kernel_size · channels_out, channels_in]`.
fn by_output(isa: Isa, shape: &Conv1dShape, weight: &[f32]) -> Panels {
    let Conv1dShape {
        channels_in,
        channels_out,
        kernel_size,
        ..
    } = *shape;
    let (width, depth) = (panel_width(isa), kernel_size * channels_out);
    Panels::pack(isa, [depth, channels_in], |first, lanes, panel| {
        for (row, packed) in panel.chunks_exact_mut(width).enumerate() {
            let (j, o) = (row / channels_out, row % channels_out);
            let taps = &weight[(o * channels_in + first) * kernel_size..][..lanes * kernel_size];
            for (packed, taps) in packed.iter_mut().zip(taps.chunks_exact(kernel_size)) {
                *packed = taps[j];
            }
        }
    })
}

fn check(shape: &Conv1dShape, offsets: &Offsets, ids: &[u32], rows: usize, outputs: usize) {
    let Conv1dShape {
        channels_in,
        channels_out,
        kernel_size,
        ..
    } = *shape;
    assert!(
        kernel_size >= 1 && channels_in >= 1,
        "kernel_size and channels_in must be at least 1"
    );
    assert_eq!(
        ids.len(),
        offsets.total(),
        "ids must be [tokens], as the offsets say"
    );
    assert!(
        ids.len() < SKIP as usize / kernel_size,
        "tokens must fit 32 bits"
    );
    assert!(
        rows.is_multiple_of(channels_in),
        "rows must be [distinct, channels_in]"
    );
    let distinct = rows / channels_in;
    if let Some(id) = ids
        .iter()
        .find(|&&id| id != SKIP && id as usize >= distinct)
    {
        panic!("id {id} is neither a row nor SKIP; there are {distinct} rows");
    }
    let positions: usize = offsets.lengths().map(|len| shape.output_len(len)).sum();
    assert_eq!(
        outputs,
        positions * channels_out,
        "the output side must be [positions, channels_out]"
    );
}

fn check_weights(shape: &Conv1dShape, weights: usize) {
    assert_eq!(
        weights,
        shape.weights(),
        "weight must be [channels_out, channels_in, kernel_size]"
    );
}
