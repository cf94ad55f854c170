//! Maxima over ragged documents: over all positions, and over windows that stride along a document.
//!
//! # Equations
//!
//! Documents lie one after another, `[positions, channels]`, cut by [`Offsets`]. With `W` the positions of one window:
//!
//! ```text
//! forward    y[c] = max over p of W of x[p, c],     winner[c] = the first p that reaches it
//! backward   dx[p, c] = sum of grad[o, c] over the outputs o whose winner is p
//! ```
//!
//! * [`max_over_time_forward`]: one window per document, all of it (Kim 2014, section 2: "max-over-time pooling"). The
//!   optional *floor*, one number per channel, takes part as if it stood behind every document: it wins where it is
//!   strictly greater. A TextCNN that has to behave as if its documents were padded needs it: the padding's feature
//!   value is the same in every document, ReLU(bias).
//! * [`max_pool_forward`]: window `w` of a document covers `w * stride - padding .. + size`, *clipped to the document*
//!   (Johnson & Zhang 2017, section 2: size 3, stride 2). Padding is no position: it never enters a maximum, so a document
//!   of negative numbers keeps a negative maximum, and a neighbour is never seen. How many windows a document has is the
//!   caller's choice, by the output offsets.
//!
//! Ties go to the first position; equal zeros of both signs are a tie. NaN counts as greater than everything (the first
//! one wins), so it reaches the output of its own document and channel, and no other. A window without positions gives 0
//! with the winner [`NO_WINNER`], which the way back skips.
//!
//! # Why winners
//!
//! The way back needs positions, not values. It walks over them and not over the positions: after a maximum over time
//! only one position per document and channel has a gradient. Positions are packed (rows of the batch) and of 32 bits.

mod kernels;
pub mod reference;
mod scatter;
mod tuning;

use crate::{Isa, Offsets};
use rayon::prelude::*;
use tuning::TUNING;

/// The winner of an output that no position of the input won: the floor did, or there was no position.
pub const NO_WINNER: u32 = u32::MAX;

/// `y[d, c] = max over the positions p of document d of x[p, c]`, and of `floor[c]`.
///
/// Shapes: `x` `[positions, channels]`, `floor` `[channels]`, `y` and `winners` `[documents, channels]`. The winner is a
/// packed position, or [`NO_WINNER`] where the floor is strictly greater or the document is empty; without a floor an
/// empty document gives 0.
///
/// # Panics
///
/// If a length disagrees with these shapes, or there are 2^32 - 1 positions or more.
pub fn max_over_time_forward(
    channels: usize,
    offsets: &Offsets,
    x: &[f32],
    floor: Option<&[f32]>,
    y: &mut [f32],
    winners: &mut [u32],
) {
    check_input("max_over_time_forward", channels, offsets, x);
    if let Some(floor) = floor {
        assert_eq!(
            floor.len(),
            channels,
            "max_over_time_forward: floor must be [channels]"
        );
    }
    let outputs = offsets.documents() * channels;
    assert_eq!(
        y.len(),
        outputs,
        "max_over_time_forward: y must be [documents, channels]"
    );
    assert_eq!(
        winners.len(),
        outputs,
        "max_over_time_forward: winners must be [documents, channels]"
    );
    if channels == 0 {
        return;
    }
    let isa = Isa::active();
    y.par_chunks_mut(channels)
        .zip(winners.par_chunks_mut(channels))
        .enumerate()
        .for_each(|(document, (y, winners))| {
            kernels::window_max(isa, channels, x, offsets.range(document), y, winners);
            if let Some(floor) = floor {
                kernels::raise_to_floor(isa, floor, offsets.len_of(document) == 0, y, winners);
            }
        });
}

/// The way back of [`max_over_time_forward`]: `grad` goes to the winners; where the floor won, to `dfloor`.
///
/// Shapes: `winners` and `grad` `[documents, channels]`, `dx` `[positions, channels]`, `dfloor` `[channels]`. `dx` and
/// `dfloor` are overwritten. `dfloor` sums over the documents in their order; without it, those gradients are dropped.
///
/// # Panics
///
/// If a length disagrees with these shapes, or a winner lies outside `dx`.
pub fn max_over_time_backward(
    channels: usize,
    winners: &[u32],
    grad: &[f32],
    dx: &mut [f32],
    dfloor: Option<&mut [f32]>,
) {
    if let Some(dfloor) = dfloor {
        assert_eq!(
            dfloor.len(),
            channels,
            "max_over_time_backward: dfloor must be [channels]"
        );
        assert_eq!(
            winners.len(),
            grad.len(),
            "max_over_time_backward: winners and grad must have one shape"
        );
        dfloor.fill(0.0);
        for (grad, winners) in grad
            .chunks(channels.max(1))
            .zip(winners.chunks(channels.max(1)))
        {
            for ((dfloor, &grad), &winner) in dfloor.iter_mut().zip(grad).zip(winners) {
                if winner == NO_WINNER {
                    *dfloor += grad;
                }
            }
        }
    }
    scatter::to_winners("max_over_time_backward", channels, winners, grad, dx);
}

/// `y[o, c] = max of x[p, c]` over window `o`, for windows that stride along each document.
///
/// Window `w` of a document covers its positions `w * stride - padding .. w * stride - padding + size`, clipped to the
/// document. The windows of document `d` are the rows `output.range(d)`: with size 3, stride 2, padding 1, a document of
/// length `n` has `ceil((n - 1) / 2) + 1` or `floor((n - 1) / 2) + 1` of them.
///
/// Shapes: `x` `[positions, channels]`, cut by `input`; `y` and `winners` `[windows, channels]`, cut by `output`. The
/// winner is a packed position. A window that covers no position gives 0 and [`NO_WINNER`].
///
/// # Panics
///
/// If a length disagrees with these shapes, the two offsets hold different numbers of documents, `size` or `stride` is
/// 0, or there are 2^32 - 1 positions or more.
#[allow(clippy::too_many_arguments)] // the window's three numbers, two sets of offsets, three arrays
pub fn max_pool_forward(
    channels: usize,
    input: &Offsets,
    output: &Offsets,
    size: usize,
    stride: usize,
    padding: usize,
    x: &[f32],
    y: &mut [f32],
    winners: &mut [u32],
) {
    check_input("max_pool_forward", channels, input, x);
    assert!(
        size > 0 && stride > 0,
        "max_pool_forward: size and stride must not be 0"
    );
    assert_eq!(
        input.documents(),
        output.documents(),
        "max_pool_forward: input and output offsets must hold the same documents"
    );
    let outputs = output.total() * channels;
    assert_eq!(
        y.len(),
        outputs,
        "max_pool_forward: y must be [windows, channels]"
    );
    assert_eq!(
        winners.len(),
        outputs,
        "max_pool_forward: winners must be [windows, channels]"
    );
    if channels == 0 {
        return;
    }
    let isa = Isa::active();
    y.par_chunks_mut(TUNING.windows_of_task * channels)
        .zip(winners.par_chunks_mut(TUNING.windows_of_task * channels))
        .enumerate()
        .for_each(|(chunk, (y, winners))| {
            let first = chunk * TUNING.windows_of_task;
            // The document that holds the first row of this chunk: the last one that starts at or before it and is
            // not empty.
            let mut document = output.as_slice().partition_point(|&start| start <= first) - 1;
            for (row, (y, winners)) in y
                .chunks_mut(channels)
                .zip(winners.chunks_mut(channels))
                .enumerate()
            {
                let row = first + row;
                while output.as_slice()[document + 1] <= row {
                    document += 1;
                }
                let positions = input.range(document);
                let start = (row - output.as_slice()[document]) * stride;
                let window = positions.start + start.saturating_sub(padding).min(positions.len())
                    ..positions.start + (start + size).saturating_sub(padding).min(positions.len());
                kernels::window_max(isa, channels, x, window, y, winners);
            }
        });
}

/// The way back of [`max_pool_forward`]: `dx[p, c]` is the sum, in the order of the windows, of the `grad[o, c]` whose
/// winner is `p`.
///
/// Shapes: `winners` and `grad` `[windows, channels]`, `dx` `[positions, channels]`, overwritten.
///
/// # Panics
///
/// If a length disagrees with these shapes, or a winner lies outside `dx`.
pub fn max_pool_backward(channels: usize, winners: &[u32], grad: &[f32], dx: &mut [f32]) {
    scatter::to_winners("max_pool_backward", channels, winners, grad, dx);
}

fn check_input(name: &str, channels: usize, offsets: &Offsets, x: &[f32]) {
    assert_eq!(
        x.len(),
        offsets.total() * channels,
        "{name}: x must be [positions, channels] = [{}, {channels}]",
        offsets.total()
    );
    assert!(
        offsets.total() < NO_WINNER as usize,
        "{name}: positions must fit 32 bits"
    );
}

#[cfg(test)]
mod tests;
