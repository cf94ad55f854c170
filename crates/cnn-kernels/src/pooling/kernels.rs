//! The loops of the maxima, compiled for each instruction set: channels are the lanes, positions the steps.

use super::NO_WINNER;
use crate::lanes::for_each_isa;
use std::ops::Range;

for_each_isa! {
    /// `y[c]` and `winners[c]` of one window, `positions` of `x` `[positions, channels]`.
    fn window_max(channels: usize, x: &[f32], positions: Range<usize>, y: &mut [f32], winners: &mut [u32]) {
        let (y, winners) = (&mut y[..channels], &mut winners[..channels]);
        if positions.is_empty() {
            y.fill(0.0);
            winners.fill(NO_WINNER);
            return;
        }
        y.copy_from_slice(&x[positions.start * channels..][..channels]);
        winners.fill(positions.start as u32);
        for position in positions.start + 1..positions.end {
            let x = &x[position * channels..][..channels];
            for ((y, winner), &x) in y.iter_mut().zip(winners.iter_mut()).zip(x) {
                // "Not less or equal" is true for a NaN in `x`; the second part keeps a NaN that already won.
                #[allow(clippy::neg_cmp_op_on_partial_ord)]
                let wins = !(x <= *y) & !y.is_nan();
                *y = if wins { x } else { *y };
                *winner = if wins { position as u32 } else { *winner };
            }
        }
    }
}

for_each_isa! {
    /// Lets the floor take part, after all positions; it is alone in an empty document.
    fn raise_to_floor(floor: &[f32], empty: bool, y: &mut [f32], winners: &mut [u32]) {
        for ((y, winner), &floor) in y.iter_mut().zip(winners).zip(floor) {
            #[allow(clippy::neg_cmp_op_on_partial_ord)]
            let wins = (!(floor <= *y) & !y.is_nan()) | empty;
            *y = if wins { floor } else { *y };
            *winner = if wins { NO_WINNER } else { *winner };
        }
    }
}
