//! Rows of a table brought to the places of a text: one row per token, or the sum of a region's distinct words.
//!
//! # Equations
//!
//! `rows` `[distinct, width]` holds the vectors of the distinct words of a batch, `local_ids` `[tokens]` which of them
//! stands at each token. [`SKIP`] marks a token that keeps its place and adds nothing.
//!
//! ```text
//! gather   forward    y[t] = rows[id[t]]                               0 for SKIP
//!          backward   drows[i] = sum of grad[t] over the tokens t with id[t] = i
//! bag      forward    y[t] = sum of rows[i] over the distinct i in region(t)
//!          backward   drows[i] = sum of grad[t] over the t whose region holds i
//! ```
//!
//! `region(t)` is the `region_size` words centred on token `t`, cut at the ends of its document: from
//! `t - (region_size - 1) / 2` to `t + region_size / 2`. The bag is *binary*: a word that stands twice in a region counts
//! once (Johnson & Zhang 2017, the "bow" region embedding, as in the authors' code). Its words are added in the order in
//! which they first stand there.
//!
//! # Order of the sums on the way back
//!
//! A row's gradient is summed by one task, over its tokens in their order, in blocks of 256 whose sums are added in
//! order: no thread count can change a bit, and a word that stands ten thousand times keeps its accuracy. The tokens of
//! each row are found by a stable counting sort, so nothing is scattered.

mod by_row;
mod kernels;
pub mod reference;
mod tuning;
mod weighted;

pub use weighted::{WEIGHTED_ROW_BLOCK, add_weighted_rows};

use crate::{Isa, Offsets};
pub(crate) use by_row::ByRow;
pub(crate) use kernels::sum_tokens;
use rayon::prelude::*;
use tuning::TUNING;

/// A token that keeps its place and adds nothing.
pub const SKIP: u32 = u32::MAX;

/// `y[t] = rows[local_ids[t]]`, and 0 for [`SKIP`]: `rows` `[distinct, width]`, `y` `[tokens, width]`.
///
/// # Panics
///
/// If a length disagrees with these shapes, or an id is neither a row nor [`SKIP`].
pub fn gather_forward(width: usize, rows: &[f32], local_ids: &[u32], y: &mut [f32]) {
    check("gather_forward", width, rows.len(), local_ids, y.len());
    if width == 0 {
        return;
    }
    y.par_chunks_mut(TUNING.tokens_of_task * width)
        .zip(local_ids.par_chunks(TUNING.tokens_of_task))
        .for_each(|(y, ids)| {
            for (y, &id) in y.chunks_exact_mut(width).zip(ids) {
                match id {
                    SKIP => y.fill(0.0),
                    id => y.copy_from_slice(&rows[id as usize * width..][..width]),
                }
            }
        });
}

/// `drows[i] = sum of grad[t]` over the tokens whose id is `i`, in token order: `grad` `[tokens, width]`, `drows`
/// `[distinct, width]`, overwritten (a row without tokens gets 0).
///
/// # Panics
///
/// If a length disagrees with these shapes, or an id is neither a row nor [`SKIP`].
pub fn gather_backward(width: usize, local_ids: &[u32], grad: &[f32], drows: &mut [f32]) {
    check("gather_backward", width, drows.len(), local_ids, grad.len());
    if width == 0 {
        return;
    }
    let isa = Isa::active();
    let by_row = ByRow::new(drows.len() / width, local_ids);
    drows
        .par_chunks_mut(width)
        .enumerate()
        .for_each(|(row, drow)| {
            kernels::sum_tokens(isa, by_row.tokens(row), grad, drow);
        });
}

/// `y[t] = sum of the rows of the distinct words of region(t)`: `rows` `[distinct, width]`, `y` `[tokens, width]`, the
/// documents cut by `offsets`. A region of [`SKIP`]s alone gives 0.
///
/// # Panics
///
/// If a length disagrees with these shapes, an id is neither a row nor [`SKIP`], or `region_size` is 0.
pub fn bag_forward(
    width: usize,
    region_size: usize,
    offsets: &Offsets,
    rows: &[f32],
    local_ids: &[u32],
    y: &mut [f32],
) {
    check("bag_forward", width, rows.len(), local_ids, y.len());
    let region = Region::new("bag_forward", region_size, offsets, local_ids);
    if width == 0 {
        return;
    }
    let isa = Isa::active();
    y.par_chunks_mut(TUNING.tokens_of_task * width)
        .enumerate()
        .for_each(|(chunk, y)| {
            let first = chunk * TUNING.tokens_of_task;
            let mut document = region.document_of(first);
            let mut words: Vec<u32> = Vec::with_capacity(region_size.min(local_ids.len()));
            for (token, y) in (first..).zip(y.chunks_exact_mut(width)) {
                while offsets.as_slice()[document + 1] <= token {
                    document += 1;
                }
                let start = token
                    .saturating_sub(region.left)
                    .max(offsets.as_slice()[document]);
                let end = token
                    .saturating_add(region.right + 1)
                    .min(offsets.as_slice()[document + 1]);
                words.clear();
                for &id in &local_ids[start..end] {
                    // Regions are of a few words; a search among those already found is the cheapest set.
                    if id != SKIP && !words.contains(&id) {
                        words.push(id);
                    }
                }
                kernels::sum_rows(isa, &words, rows, y);
            }
        });
}

/// `drows[i] = sum of grad[t]` over the tokens whose region holds word `i`, each once, in token order: `grad`
/// `[tokens, width]`, `drows` `[distinct, width]`, overwritten (a row without tokens gets 0).
///
/// # Panics
///
/// If a length disagrees with these shapes, an id is neither a row nor [`SKIP`], or `region_size` is 0.
pub fn bag_backward(
    width: usize,
    region_size: usize,
    offsets: &Offsets,
    local_ids: &[u32],
    grad: &[f32],
    drows: &mut [f32],
) {
    check("bag_backward", width, drows.len(), local_ids, grad.len());
    let region = Region::new("bag_backward", region_size, offsets, local_ids);
    if width == 0 {
        return;
    }
    let isa = Isa::active();
    let by_row = ByRow::new(drows.len() / width, local_ids);
    drows
        .par_chunks_mut(width)
        .enumerate()
        .for_each_init(Vec::new, |reached, (row, drow)| {
            region.reached_from(by_row.tokens(row), reached);
            kernels::sum_tokens(isa, reached, grad, drow);
        });
}

/// How far a region reaches to both sides of its token, and the documents that cut it.
struct Region<'a> {
    left: usize,
    right: usize,
    offsets: &'a Offsets,
}

impl<'a> Region<'a> {
    fn new(name: &str, region_size: usize, offsets: &'a Offsets, local_ids: &[u32]) -> Self {
        assert!(region_size > 0, "{name}: region_size must not be 0");
        assert_eq!(
            offsets.total(),
            local_ids.len(),
            "{name}: the offsets must cut exactly the tokens of local_ids"
        );
        Self {
            left: (region_size - 1) / 2,
            right: region_size / 2,
            offsets,
        }
    }

    /// The document that holds `token`.
    fn document_of(&self, token: usize) -> usize {
        self.offsets
            .as_slice()
            .partition_point(|&start| start <= token)
            - 1
    }

    /// The tokens whose region holds one of `occurrences` (ascending), ascending, each once.
    fn reached_from(&self, occurrences: &[u32], reached: &mut Vec<u32>) {
        reached.clear();
        let mut next = 0; // all tokens before it have been decided
        for &occurrence in occurrences {
            let occurrence = occurrence as usize;
            let document = self.offsets.range(self.document_of(occurrence));
            // Token t sees `occurrence` if t - left <= occurrence <= t + right.
            let start = occurrence
                .saturating_sub(self.right)
                .max(document.start)
                .max(next);
            let end = occurrence.saturating_add(self.left + 1).min(document.end);
            reached.extend(start as u32..end.max(start) as u32);
            next = next.max(end);
        }
    }
}

fn check(name: &str, width: usize, rows: usize, local_ids: &[u32], tokens: usize) {
    assert_eq!(
        tokens,
        local_ids.len() * width,
        "{name}: the token side must be [tokens, width] = [{}, {width}]",
        local_ids.len()
    );
    assert!(
        local_ids.len() < SKIP as usize,
        "{name}: tokens must fit 32 bits"
    );
    if width == 0 {
        return;
    }
    assert_eq!(
        rows % width,
        0,
        "{name}: the rows must be [distinct, width = {width}]"
    );
    let distinct = rows / width;
    for (token, &id) in local_ids.iter().enumerate() {
        assert!(
            id == SKIP || (id as usize) < distinct,
            "{name}: token {token} has id {id}, but there are {distinct} rows"
        );
    }
}

#[cfg(test)]
mod tests;
