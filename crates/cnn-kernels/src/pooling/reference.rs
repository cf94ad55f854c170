//! Pooling over ragged documents in plain loops: the judge of the fast kernels.

use super::NO_WINNER;
use crate::{Offsets, Real};
use std::ops::Range;

/// The first position of the greatest number of one channel, NaN above all; `None` without positions.
fn first_greatest<T: Real>(
    channels: usize,
    c: usize,
    x: &[T],
    positions: Range<usize>,
) -> Option<usize> {
    let mut best: Option<usize> = None;
    for position in positions {
        let value = x[position * channels + c];
        let better = match best {
            None => true,
            Some(best) => beats(value, x[best * channels + c]),
        };
        if better {
            best = Some(position);
        }
    }
    best
}

/// Strictly greater, NaN above all numbers.
fn beats<T: Real>(value: T, best: T) -> bool {
    let is_nan = |v: T| v.partial_cmp(&v).is_none();
    value > best || (is_nan(value) && !is_nan(best))
}

/// `y[d, c] = max_p x[p, c]` over document `d`, and the floor.
pub fn max_over_time_forward<T: Real>(
    channels: usize,
    offsets: &Offsets,
    x: &[T],
    floor: Option<&[T]>,
    y: &mut [T],
    winners: &mut [u32],
) {
    for d in 0..offsets.documents() {
        for c in 0..channels {
            let mut value = T::ZERO;
            let mut winner = NO_WINNER;
            let best = first_greatest(channels, c, x, offsets.range(d));
            if let Some(position) = best {
                value = x[position * channels + c];
                winner = position as u32;
            }
            if let Some(floor) = floor
                && (best.is_none() || beats(floor[c], value))
            {
                value = floor[c];
                winner = NO_WINNER;
            }
            y[d * channels + c] = value;
            winners[d * channels + c] = winner;
        }
    }
}

/// `dx[winner, c] += grad[d, c]`; `dfloor[c] += grad[d, c]` where no position won.
pub fn max_over_time_backward<T: Real>(
    channels: usize,
    winners: &[u32],
    grad: &[T],
    dx: &mut [T],
    dfloor: Option<&mut [T]>,
) {
    if let Some(dfloor) = dfloor {
        dfloor.fill(T::ZERO);
        for (i, &winner) in winners.iter().enumerate() {
            if winner == NO_WINNER {
                dfloor[i % channels] += grad[i];
            }
        }
    }
    max_pool_backward(channels, winners, grad, dx);
}

/// `y[o, c] = max_p x[p, c]` over window `o`, clipped to its document.
#[allow(clippy::too_many_arguments)] // as the operation's
pub fn max_pool_forward<T: Real>(
    channels: usize,
    input: &Offsets,
    output: &Offsets,
    size: usize,
    stride: usize,
    padding: usize,
    x: &[T],
    y: &mut [T],
    winners: &mut [u32],
) {
    for d in 0..input.documents() {
        let document = input.range(d);
        for (window, o) in output.range(d).enumerate() {
            let start = (document.start + window * stride) as isize - padding as isize;
            let from = start.clamp(document.start as isize, document.end as isize) as usize;
            let to = (start + size as isize).clamp(document.start as isize, document.end as isize)
                as usize;
            for c in 0..channels {
                let best = first_greatest(channels, c, x, from..to);
                y[o * channels + c] = best.map_or(T::ZERO, |position| x[position * channels + c]);
                winners[o * channels + c] = best.map_or(NO_WINNER, |position| position as u32);
            }
        }
    }
}

/// `dx[winner, c] += grad[o, c]`, in the order of the outputs.
pub fn max_pool_backward<T: Real>(channels: usize, winners: &[u32], grad: &[T], dx: &mut [T]) {
    dx.fill(T::ZERO);
    for (i, &winner) in winners.iter().enumerate() {
        if winner != NO_WINNER {
            dx[winner as usize * channels + i % channels] += grad[i];
        }
    }
}
