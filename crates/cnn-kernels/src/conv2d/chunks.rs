//! Sums over a batch: constant chunks of samples, then a pairwise tree over the chunks, the same for any number of threads.

use crate::scratch::Scratch;

/// Samples of a chunk; a constant, for it fixes the bits of the sum.
pub(super) const CHUNK: usize = 16;

/// `sum[i] = Σ_chunk partial(chunk)[i]`, where `partial` writes the numbers of one chunk.
pub(super) fn sum_chunks(
    count: usize,
    sum: &mut [f32],
    partial: impl Fn(usize, &mut [f32]) + Sync,
) {
    match count {
        0 => sum.fill(0.0),
        _ => node(0, count, sum, &partial),
    }
}

/// Sums the chunks `first .. first + count`: the first half is the largest power of two below the count.
fn node(
    first: usize,
    count: usize,
    sum: &mut [f32],
    partial: &(impl Fn(usize, &mut [f32]) + Sync),
) {
    if count == 1 {
        return partial(first, sum);
    }
    let half = count.next_power_of_two() / 2;
    let len = sum.len();
    let ((), other) = rayon::join(
        || node(first, half, sum, partial),
        || {
            let mut other = Scratch::take(len);
            node(first + half, count - half, &mut other, partial);
            other
        },
    );
    for (sum, other) in sum.iter_mut().zip(&*other) {
        *sum += other;
    }
}
