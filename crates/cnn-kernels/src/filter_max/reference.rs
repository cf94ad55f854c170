//! The greatest value of each filter over a document in plain loops: the judge of the fast kernels.

use super::{FilterMaxShape, Windows};
use crate::{NO_WINNER, Offsets, Real, SKIP};

/// Calls `visit(tap, word)` for each tap of window `window` of document `d` that lies on a token with a word.
fn for_each_tap(
    shape: &FilterMaxShape,
    [d, width, window]: [usize; 3],
    offsets: &Offsets,
    ids: &[u32],
    mut visit: impl FnMut(usize, usize),
) {
    let before = match shape.windows {
        Windows::Touching => width - 1,
        Windows::Valid => 0,
    };
    let document = &ids[offsets.range(d)];
    for tap in 0..width {
        if let Some(place) = (window + tap).checked_sub(before)
            && let Some(&id) = document.get(place)
            && id != SKIP
        {
            visit(tap, id as usize);
        }
    }
}

/// Strictly greater, NaN above all numbers.
fn beats<T: Real>(value: T, best: T) -> bool {
    let is_nan = |v: T| v.partial_cmp(&v).is_none();
    value > best || (is_nan(value) && !is_nan(best))
}

/// `y[d, o] = ReLU(bias[o] + max over the windows of Σ rows · weight)`
#[allow(clippy::too_many_arguments)] // as the operation's
pub fn filter_max_forward<T: Real>(
    shape: &FilterMaxShape,
    offsets: &Offsets,
    ids: &[u32],
    rows: &[T],
    weight: &[T],
    bias: &[T],
    y: &mut [T],
    winners: &mut [u32],
) {
    let (dimension, filters) = (shape.dimension, shape.filters());
    for d in 0..offsets.documents() {
        for (group, o, taps) in shape.each_filter(weight) {
            let windows = shape.windows.count(offsets.len_of(d), group.width);
            let mut best: Option<(T, usize)> = None;
            for window in 0..windows {
                let mut sum = T::ZERO;
                for_each_tap(shape, [d, group.width, window], offsets, ids, |tap, id| {
                    for c in 0..dimension {
                        sum += rows[id * dimension + c] * taps[c * group.width + tap];
                    }
                });
                if best.is_none_or(|(best, _)| beats(sum, best)) {
                    best = Some((sum, window));
                }
            }
            // The window that touches no token.
            if shape.windows == Windows::Touching
                && best.is_none_or(|(best, _)| beats(T::ZERO, best))
            {
                best = Some((T::ZERO, windows));
            }
            let (value, winner) = match best {
                Some((sum, window)) if !is_shut(bias[o] + sum) => (bias[o] + sum, window as u32),
                _ => (T::ZERO, NO_WINNER),
            };
            y[d * filters + o] = value;
            winners[d * filters + o] = winner;
        }
    }
}

fn is_shut<T: Real>(value: T) -> bool {
    value <= T::ZERO
}

/// Calls `visit(group's width, d, o, winner, gradient)` wherever a gradient flows.
fn for_each_winner<T: Real>(
    shape: &FilterMaxShape,
    winners: &[u32],
    grad: &[T],
    mut visit: impl FnMut(usize, usize, usize, usize, T),
) {
    let filters = shape.filters();
    let widths: Vec<usize> = shape
        .groups
        .iter()
        .flat_map(|group| vec![group.width; group.filters])
        .collect();
    for (i, (&winner, &grad)) in winners.iter().zip(grad).enumerate() {
        if winner != NO_WINNER {
            let (d, o) = (i / filters, i % filters);
            visit(widths[o], d, o, winner as usize, grad);
        }
    }
}

/// `drows[word of tap j] += grad[d, o] · weight[o, .., j]` under the winning windows.
#[allow(clippy::too_many_arguments)] // as the operation's
pub fn filter_max_backward_rows<T: Real>(
    shape: &FilterMaxShape,
    offsets: &Offsets,
    ids: &[u32],
    winners: &[u32],
    grad: &[T],
    weight: &[T],
    drows: &mut [T],
) {
    let dimension = shape.dimension;
    drows.fill(T::ZERO);
    let taps: Vec<&[T]> = shape.each_filter(weight).map(|(_, _, taps)| taps).collect();
    for_each_winner(shape, winners, grad, |width, d, o, winner, grad| {
        for_each_tap(shape, [d, width, winner], offsets, ids, |tap, id| {
            for c in 0..dimension {
                drows[id * dimension + c] += grad * taps[o][c * width + tap];
            }
        });
    });
}

/// `dweight[o, .., j] += grad[d, o] · rows[word of tap j]` under the winning windows.
#[allow(clippy::too_many_arguments)] // as the operation's
pub fn filter_max_backward_weight<T: Real>(
    shape: &FilterMaxShape,
    offsets: &Offsets,
    ids: &[u32],
    winners: &[u32],
    grad: &[T],
    rows: &[T],
    dweight: &mut [T],
) {
    let dimension = shape.dimension;
    dweight.fill(T::ZERO);
    let mut starts = vec![0];
    for group in &shape.groups {
        for _ in 0..group.filters {
            starts.push(starts[starts.len() - 1] + dimension * group.width);
        }
    }
    for_each_winner(shape, winners, grad, |width, d, o, winner, grad| {
        for_each_tap(shape, [d, width, winner], offsets, ids, |tap, id| {
            for c in 0..dimension {
                dweight[starts[o] + c * width + tap] += grad * rows[id * dimension + c];
            }
        });
    });
}

/// `dbias[o] += grad[d, o]` wherever a window won.
pub fn filter_max_backward_bias<T: Real>(
    shape: &FilterMaxShape,
    winners: &[u32],
    grad: &[T],
    dbias: &mut [T],
) {
    dbias.fill(T::ZERO);
    for_each_winner(shape, winners, grad, |_, _, o, _, grad| dbias[o] += grad);
}
