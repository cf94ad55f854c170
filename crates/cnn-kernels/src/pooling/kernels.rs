//! The loops of the maxima, compiled for each instruction set: channels are the lanes, positions the steps.

use super::NO_WINNER;
use crate::lanes::for_each_isa;
use std::ops::Range;

for_each_isa! {
    /// `y[c]` and `winners[c]` of one window, `positions` of `x` `[positions, channels]`.
    ///
    /// Three positions are read at a time at first, which is all of the usual window, then two. Two and not one, because
    /// from "the new number or the one that stood there" the compiler makes a masked store, which is slow (ninefold on
    /// one AVX2 machine). A position short of the number is replaced by the last one again: it cannot beat itself.
    fn window_max(channels: usize, x: &[f32], positions: Range<usize>, y: &mut [f32], winners: &mut [u32]) {
        let (y, winners) = (&mut y[..channels], &mut winners[..channels]);
        if positions.is_empty() {
            y.fill(0.0);
            winners.fill(NO_WINNER);
            return;
        }
        // Positions as u32 from here on: the compiler would otherwise select among 64-bit ones.
        let (first, last) = (positions.start as u32, (positions.end - 1) as u32);
        let row = |position: u32| &x[position as usize * channels..][..channels];
        let (second, third) = ((first + 1).min(last), (first + 2).min(last));
        let (x0, x1, x2) = (row(first), row(second), row(third));
        for c in 0..channels {
            let one = better((x0[c], first), (x1[c], second));
            (y[c], winners[c]) = better(one, (x2[c], third));
        }
        let mut next = third + 1;
        while next <= last {
            let after = (next + 1).min(last);
            let (x1, x2) = (row(next), row(after));
            for c in 0..channels {
                let one = better((y[c], winners[c]), (x1[c], next));
                (y[c], winners[c]) = better(one, (x2[c], after));
            }
            next += 2;
        }
    }
}

/// The better of two numbers with their positions; the first in a tie.
#[inline(always)]
fn better(best: (f32, u32), other: (f32, u32)) -> (f32, u32) {
    let wins = beats(other.0, best.0);
    (
        if wins { other.0 } else { best.0 },
        if wins { other.1 } else { best.1 },
    )
}

/// Strictly greater, NaN above all numbers.
#[inline(always)]
fn beats(value: f32, best: f32) -> bool {
    // "Not less or equal" is true for a NaN on either side; the second part keeps a NaN that already won.
    #[allow(clippy::neg_cmp_op_on_partial_ord)]
    let beats = !(value <= best) & !best.is_nan();
    beats
}

for_each_isa! {
    /// Lets the floor take part, after all positions; it is alone in an empty document.
    fn raise_to_floor(floor: &[f32], empty: bool, y: &mut [f32], winners: &mut [u32]) {
        for ((y, winner), &floor) in y.iter_mut().zip(winners).zip(floor) {
            if empty | beats(floor, *y) {
                *y = floor;
                *winner = NO_WINNER;
            }
        }
    }
}

for_each_isa! {
    /// The largest winner + 1 (0 without winners) and the smallest (`NO_WINNER` without) of each row.
    fn reach(channels: usize, winners: &[u32], ends: &mut [u32], starts: &mut [u32]) {
        for ((row, end), start) in winners.chunks_exact(channels).zip(ends).zip(starts) {
            // NO_WINNER is the largest number there is, and one more is 0: it moves neither.
            *end = row.iter().fold(0, |end, &winner| end.max(winner.wrapping_add(1)));
            *start = row.iter().fold(NO_WINNER, |start, &winner| start.min(winner));
        }
    }
}

for_each_isa! {
    /// `dx[c] += grad[c]` where `winners[c]` is `position`; adding 0 elsewhere changes no bit, for no sum is ever -0.
    fn add_where_winner(position: u32, winners: &[u32], grad: &[f32], dx: &mut [f32]) {
        for ((dx, &grad), &winner) in dx.iter_mut().zip(grad).zip(winners) {
            *dx += if winner == position { grad } else { 0.0 };
        }
    }
}
