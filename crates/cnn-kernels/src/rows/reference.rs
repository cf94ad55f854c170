//! Gather and bag of words in plain loops: the judge of the fast kernels.

use super::SKIP;
use crate::{Offsets, Real};

/// `y[t] = rows[id[t]]`.
pub fn gather_forward<T: Real>(width: usize, rows: &[T], local_ids: &[u32], y: &mut [T]) {
    for (t, &id) in local_ids.iter().enumerate() {
        for j in 0..width {
            y[t * width + j] = if id == SKIP {
                T::ZERO
            } else {
                rows[id as usize * width + j]
            };
        }
    }
}

/// `drows[id[t]] += grad[t]`, token after token.
pub fn gather_backward<T: Real>(width: usize, local_ids: &[u32], grad: &[T], drows: &mut [T]) {
    drows.fill(T::ZERO);
    for (t, &id) in local_ids.iter().enumerate() {
        if id != SKIP {
            for j in 0..width {
                drows[id as usize * width + j] += grad[t * width + j];
            }
        }
    }
}

/// The distinct words of `region(t)`, in the order in which they first stand there.
fn words_of_region(
    region_size: usize,
    offsets: &Offsets,
    local_ids: &[u32],
    d: usize,
    t: usize,
) -> Vec<u32> {
    let (left, right) = ((region_size as isize - 1) / 2, region_size as isize / 2);
    let mut words = Vec::new();
    for place in t as isize - left..=t as isize + right {
        if place < offsets.range(d).start as isize || place >= offsets.range(d).end as isize {
            continue;
        }
        let id = local_ids[place as usize];
        if id != SKIP && !words.contains(&id) {
            words.push(id);
        }
    }
    words
}

/// `y[t] = sum of rows[i]` over the distinct words of `region(t)`.
pub fn bag_forward<T: Real>(
    width: usize,
    region_size: usize,
    offsets: &Offsets,
    rows: &[T],
    local_ids: &[u32],
    y: &mut [T],
) {
    for d in 0..offsets.documents() {
        for t in offsets.range(d) {
            let words = words_of_region(region_size, offsets, local_ids, d, t);
            for j in 0..width {
                let mut sum = T::ZERO;
                for &id in &words {
                    sum += rows[id as usize * width + j];
                }
                y[t * width + j] = sum;
            }
        }
    }
}

/// `drows[i] += grad[t]` for the distinct words of `region(t)`, token after token.
pub fn bag_backward<T: Real>(
    width: usize,
    region_size: usize,
    offsets: &Offsets,
    local_ids: &[u32],
    grad: &[T],
    drows: &mut [T],
) {
    drows.fill(T::ZERO);
    for d in 0..offsets.documents() {
        for t in offsets.range(d) {
            for id in words_of_region(region_size, offsets, local_ids, d, t) {
                for j in 0..width {
                    drows[id as usize * width + j] += grad[t * width + j];
                }
            }
        }
    }
}
