//! Gradients to the winners of maxima: a scatter that is cut over the rows written, so that no two threads share one.
//!
//! A row of `dx` may be won by several outputs (overlapping windows). Each task owns a constant number of rows of `dx`
//! and walks, in order, over the outputs that may have winners among them. Which those are is read off the smallest and
//! largest winner of each output row: outputs whose winners all lie before or behind the task's rows are passed over.
//! For windows that march forward that leaves a handful of rows more than its share; winners in any other order cost
//! time, never a wrong sum. The sum of one element runs over the outputs in their order, whatever the cut.

use super::tuning::TUNING;
use super::{NO_WINNER, kernels};
use crate::Isa;
use rayon::prelude::*;

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

    let isa = Isa::active();
    let outputs = winners.len() / channels;
    // The largest winner + 1 and the smallest of each output row.
    let (mut ends, mut starts) = (vec![0u32; outputs], vec![0u32; outputs]);
    winners
        .par_chunks(TUNING.rows_of_task * channels)
        .zip(
            ends.par_chunks_mut(TUNING.rows_of_task)
                .zip(starts.par_chunks_mut(TUNING.rows_of_task)),
        )
        .for_each(|(winners, (ends, starts))| kernels::reach(isa, channels, winners, ends, starts));
    // The same of all rows up to and with this one, and of all from this one on: both ascend.
    let mut reached = ends.clone();
    for o in 1..outputs {
        reached[o] = reached[o].max(reached[o - 1]);
    }
    let mut ahead = starts.clone();
    for o in (1..outputs).rev() {
        ahead[o - 1] = ahead[o - 1].min(ahead[o]);
    }
    if let Some(&end) = reached.last() {
        assert!(
            end as usize <= positions,
            "{name}: winner {} is not among dx's {positions} positions",
            end.wrapping_sub(1)
        );
    }

    dx.par_chunks_mut(TUNING.rows_of_task * channels)
        .enumerate()
        .for_each(|(chunk, dx)| {
            dx.fill(0.0);
            let first = chunk * TUNING.rows_of_task;
            let rows = dx.len() / channels;
            let from = reached.partition_point(|&end| end as usize <= first);
            let to = ahead.partition_point(|&start| (start as usize) < first + rows);
            for o in from..to.max(from) {
                let range = o * channels..(o + 1) * channels;
                let (winners, grad) = (&winners[range.clone()], &grad[range]);
                let reach = starts[o] as usize..ends[o] as usize;
                if reach.len() <= TUNING.dense_reach {
                    // Masked by "is this the winner?": vectors of a few rows are cheaper than one number at a time.
                    for position in reach.start.max(first)..reach.end.min(first + rows) {
                        let dx = &mut dx[(position - first) * channels..][..channels];
                        kernels::add_where_winner(isa, position as u32, winners, grad, dx);
                    }
                } else {
                    for (c, (&winner, &grad)) in winners.iter().zip(grad).enumerate() {
                        // A winner before `first` wraps to a large number, and so does NO_WINNER: both fail the one test.
                        let row = (winner as usize).wrapping_sub(first);
                        if row < rows {
                            dx[row * channels + c] += grad;
                        }
                    }
                }
            }
        });
}
