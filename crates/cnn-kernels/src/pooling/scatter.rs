//! Gradients to the winners of maxima: a scatter that is cut over the rows written, so that no two threads share one.
//!
//! A row of `dx` may be won by several outputs (overlapping windows). Each task owns a constant number of rows of `dx`
//! and walks, in order, over the outputs that may have winners among them. Which those are is read off the smallest and
//! largest winner of each output row: outputs whose winners all lie before or behind the task's rows are passed over.
//! For windows that march forward that leaves a handful of rows more than its share; winners in any other order cost
//! time, never a wrong sum. The sum of one element runs over the outputs in their order, whatever the cut.

use super::NO_WINNER;
use rayon::prelude::*;

/// Rows of `dx` of one task, a constant.
const ROWS: usize = 64;

pub(super) fn to_winners(
    name: &str,
    channels: usize,
    winners: &[u32],
    grad: &[f32],
    dx: &mut [f32],
) {
    assert_eq!(
        winners.len(),
        grad.len(),
        "{name}: winners and grad must have one shape"
    );
    if channels == 0 {
        assert!(
            winners.is_empty() && dx.is_empty(),
            "{name}: with no channels all arrays are empty"
        );
        return;
    }
    assert_eq!(
        winners.len() % channels,
        0,
        "{name}: winners and grad must be [rows, channels]"
    );
    assert_eq!(
        dx.len() % channels,
        0,
        "{name}: dx must be [positions, channels]"
    );
    let positions = dx.len() / channels;
    assert!(
        positions < NO_WINNER as usize,
        "{name}: positions must fit 32 bits"
    );

    // Of the outputs up to and with `o`: the largest winner + 1. Of those from `o` on: the smallest winner.
    let mut reached: Vec<u32> = Vec::new();
    let mut ahead: Vec<u32> = Vec::new();
    winners
        .par_chunks(channels)
        .map(|row| {
            let won = row.iter().filter(|&&winner| winner != NO_WINNER);
            won.fold((0, NO_WINNER), |(end, start), &winner| {
                (end.max(winner + 1), start.min(winner))
            })
        })
        .unzip_into_vecs(&mut reached, &mut ahead);
    for o in 1..reached.len() {
        reached[o] = reached[o].max(reached[o - 1]);
    }
    for o in (1..ahead.len()).rev() {
        ahead[o - 1] = ahead[o - 1].min(ahead[o]);
    }
    if let Some(&end) = reached.last() {
        assert!(
            end as usize <= positions,
            "{name}: winner {} is not among dx's {positions} positions",
            end - 1
        );
    }

    dx.par_chunks_mut(ROWS * channels)
        .enumerate()
        .for_each(|(chunk, dx)| {
            dx.fill(0.0);
            let first = chunk * ROWS;
            let rows = dx.len() / channels;
            let from = reached.partition_point(|&end| end as usize <= first);
            let to = ahead.partition_point(|&start| (start as usize) < first + rows);
            for o in from..to.max(from) {
                let range = o * channels..(o + 1) * channels;
                for (c, (&winner, &grad)) in
                    winners[range.clone()].iter().zip(&grad[range]).enumerate()
                {
                    // A winner before `first` wraps to a large number, and so does NO_WINNER: both fail the one test.
                    let row = (winner as usize).wrapping_sub(first);
                    if row < rows {
                        dx[row * channels + c] += grad;
                    }
                }
            }
        });
}
