//! The first layers of a TextCNN as one operation: filters over word vectors, ReLU, the greatest value over the document.
//!
//! # Equations
//!
//! `rows` `[distinct, dimension]` holds the vectors of the distinct words of a batch, `ids` `[tokens]` which of them stands at
//! each token; [`SKIP`] marks a token that keeps its place and adds nothing. For a filter `w` `[dimension, k]`, a document and
//! its windows `p` (see [`Windows`]; outside the document there is nothing to add):
//!
//! ```text
//! s[p] = Σ_j Σ_c rows[ids[p + j], c] · w[c, j]
//! y    = max(0, bias + max_p s[p])                 winner = the first p that reaches it
//! ```
//!
//! and backwards, with `p` the winner and `g` the gradient of `y`, which is 0 where the ReLU is shut:
//!
//! ```text
//! dw[c, j] += g · rows[ids[p + j], c]              over the documents
//! drows[ids[p + j], c] += g · w[c, j]              over the documents, filters and taps
//! dbias += g
//! ```
//!
//! Filters come in groups of one width, each with its weights as PyTorch has them, `[filters, dimension, width]`; the groups lie
//! one after another in the weights, the biases and the outputs.
//!
//! # What the simple algorithm would do, and what this one does
//!
//! Gather a vector for each token, convolve, keep a number for each position and filter, ReLU, maximum; and all of it backwards,
//! where all but one position in twenty has the gradient 0. Of 128 headlines with 2,432 tokens, 970 of them distinct, and 2,304 taps of
//! 300 numbers that is 3.5 G multiply-adds forward... each way.
//!
//! 1. **A word meets a tap once.** `table[word, tap] = rows[word] · w[.., tap]` is a product over the *distinct* words; a window is the
//!    sum of `k` entries of it. The table of a panel of filters (16 or 32 lanes, all their taps) is made and walked over by one
//!    task and lies in its second-level cache; a table of all filters is never written.
//! 2. **Bias and ReLU after the maximum**, where there are fewer numbers: both are monotone. In a window that touches no word the
//!    sum is 0.
//! 3. **The winner's number rides along** in lanes of `f32`, which hold whole numbers up to 2^24 exactly: comparing and picking
//!    takes four instructions for eight filters.
//! 4. **Backwards only winners count.** Each gradient is a sum of a few rows times a factor (`strips`): the rows of the vectors
//!    for a filter's tap, the rows of the taps for a word. The matrix that rows are taken from is cut into strips of
//!    columns narrow enough for the second-level cache, and each strip serves all sums before the next is touched; a sum stays
//!    in registers over all its terms.
//! 5. **A counting sort of winners by window** for each document says which filters won over a token, without asking all filters
//!    at each.
//! 6. **A gradient of 0 moves nothing** and is no term. After dropout that is half of them.
//!
//! # Order of the sums
//!
//! An entry of the table is one chain of the product of the module `matmul`; a window adds its entries tap after tap. The sums of a
//! filter's tap run over the documents in their order; those of a word over its tokens in their order, at each over groups, taps and
//! filters; in blocks of at most 256 terms, whose sums are added in order. None of it depends on threads, instruction set or, forward, on
//! the rest of the batch.

mod backward;
mod forward;
mod places;
pub mod reference;
mod shape;
mod strips;
mod taps;
#[cfg(test)]
mod tests;

use crate::{Isa, Offsets, SKIP};

pub(crate) use backward::{backward_rows_on, backward_weight_on};
pub(crate) use forward::forward_on;
pub(crate) use shape::Batch;
pub use shape::{FilterGroup, FilterMaxShape, Windows};

/// `y[d, o] = max(0, bias[o] + max_p s[p])`, the greatest value of each filter over each document.
///
/// Shapes: `ids` `[tokens]`, cut into documents by `offsets`; `rows` `[distinct, dimension]`; `weight`: for each group `[filters,
/// dimension, width]`, one after another; `bias` `[filters]` of all groups; `y` and `winners` `[documents, filters]`.
///
/// A winner is the number of a window within its document, counted from 0. With [`Windows::Touching`] the number behind the
/// last one stands for the window that touches no token; it wins where it is strictly greater than all others. The winner is
/// [`NO_WINNER`](crate::NO_WINNER) where the ReLU is shut or the document has no window. Ties go to the first window. NaN counts as
/// greater than everything, so that it reaches the output.
///
/// # Panics
///
/// If a length disagrees with these shapes, an id is neither a row nor [`SKIP`], `dimension` or a width is 0, or a document has
/// 2^24 windows or more.
#[allow(clippy::too_many_arguments)] // sizes, four inputs, the two outputs
pub fn filter_max_forward(
    shape: &FilterMaxShape,
    offsets: &Offsets,
    ids: &[u32],
    rows: &[f32],
    weight: &[f32],
    bias: &[f32],
    y: &mut [f32],
    winners: &mut [u32],
) {
    let name = "filter_max_forward";
    check(name, shape, offsets, ids, rows.len());
    check_weights(name, shape, weight.len());
    check_outputs(name, shape, offsets, winners.len(), y.len());
    assert_eq!(
        bias.len(),
        shape.filters(),
        "{name}: bias must be [filters]"
    );
    let batch = Batch {
        shape,
        offsets,
        ids,
    };
    forward_on(Isa::active(), batch, rows, weight, bias, y, winners);
}

/// The gradient of the words' vectors: `drows[ids[p + j], c] = Σ grad · weight[.., c, j]` under the winning windows.
///
/// Shapes as in [`filter_max_forward`], whose `winners` these are; `drows` `[distinct, dimension]` is overwritten.
///
/// # Panics
///
/// As [`filter_max_forward`], and if a winner is no window of its document.
pub fn filter_max_backward_rows(
    shape: &FilterMaxShape,
    offsets: &Offsets,
    ids: &[u32],
    winners: &[u32],
    grad: &[f32],
    weight: &[f32],
    drows: &mut [f32],
) {
    let name = "filter_max_backward_rows";
    check(name, shape, offsets, ids, drows.len());
    check_weights(name, shape, weight.len());
    check_outputs(name, shape, offsets, winners.len(), grad.len());
    check_winners(name, shape, offsets, winners);
    let batch = Batch {
        shape,
        offsets,
        ids,
    };
    backward_rows_on(Isa::active(), batch, winners, grad, weight, drows);
}

/// The gradient of the weights: `dweight[.., c, j] = Σ grad · rows[ids[p + j], c]` under the winning windows.
///
/// Shapes as in [`filter_max_forward`], whose `winners` these are; `dweight`, shaped as the weights, is overwritten.
///
/// # Panics
///
/// As [`filter_max_forward`], and if a winner is no window of its document.
pub fn filter_max_backward_weight(
    shape: &FilterMaxShape,
    offsets: &Offsets,
    ids: &[u32],
    winners: &[u32],
    grad: &[f32],
    rows: &[f32],
    dweight: &mut [f32],
) {
    let name = "filter_max_backward_weight";
    check(name, shape, offsets, ids, rows.len());
    check_weights(name, shape, dweight.len());
    check_outputs(name, shape, offsets, winners.len(), grad.len());
    check_winners(name, shape, offsets, winners);
    let batch = Batch {
        shape,
        offsets,
        ids,
    };
    backward_weight_on(Isa::active(), batch, winners, grad, rows, dweight);
}

/// The gradient of the biases: `dbias[o] = Σ_d grad[d, o]` over the documents where the ReLU is open.
///
/// `winners` and `grad` `[documents, filters]`; `dbias` `[filters]` is overwritten.
///
/// # Panics
///
/// If a length disagrees with these shapes.
pub fn filter_max_backward_bias(
    shape: &FilterMaxShape,
    winners: &[u32],
    grad: &[f32],
    dbias: &mut [f32],
) {
    let name = "filter_max_backward_bias";
    assert_eq!(
        dbias.len(),
        shape.filters(),
        "{name}: dbias must be [filters]"
    );
    assert_eq!(
        winners.len(),
        grad.len(),
        "{name}: winners and grad must have one shape"
    );
    assert!(
        winners.len().is_multiple_of(dbias.len().max(1)),
        "{name}: winners must be [documents, filters]"
    );
    backward::backward_bias(winners, grad, dbias);
}

fn check(name: &str, shape: &FilterMaxShape, offsets: &Offsets, ids: &[u32], rows: usize) {
    assert!(shape.dimension >= 1, "{name}: dimension must be at least 1");
    assert!(
        shape.groups.iter().all(|group| group.width >= 1),
        "{name}: a filter's width must be at least 1"
    );
    assert_eq!(
        ids.len(),
        offsets.total(),
        "{name}: ids must be [tokens], as the offsets say"
    );
    assert!(
        rows.is_multiple_of(shape.dimension),
        "{name}: rows must be [distinct, dimension]"
    );
    let distinct = rows / shape.dimension;
    if let Some(id) = ids
        .iter()
        .find(|&&id| id != SKIP && id as usize >= distinct)
    {
        panic!("{name}: id {id} is neither a row nor SKIP; there are {distinct} rows");
    }
    let widest = shape.widest();
    assert!(
        offsets.lengths().all(|len| len + widest < 1 << 24),
        "{name}: a document must have fewer than 2^24 windows"
    );
}

fn check_weights(name: &str, shape: &FilterMaxShape, weights: usize) {
    assert_eq!(
        weights,
        shape.weights(),
        "{name}: the weights must be [filters, dimension, width] for each group"
    );
}

fn check_outputs(
    name: &str,
    shape: &FilterMaxShape,
    offsets: &Offsets,
    winners: usize,
    numbers: usize,
) {
    let outputs = offsets.documents() * shape.filters();
    assert_eq!(
        [winners, numbers],
        [outputs; 2],
        "{name}: winners and numbers must be [documents, filters]"
    );
}

/// What lies behind a document's places belongs to the next one: a wrong number would be read as another's words.
fn check_winners(name: &str, shape: &FilterMaxShape, offsets: &Offsets, winners: &[u32]) {
    let mut rest = winners;
    for (d, len) in offsets.lengths().enumerate() {
        for group in &shape.groups {
            let (own, others) = rest.split_at(group.filters);
            rest = others;
            let windows = match shape.windows {
                Windows::Touching => shape.windows.count(len, group.width) + 1,
                Windows::Valid => shape.windows.count(len, group.width),
            };
            let largest = own
                .iter()
                .fold(0, |largest, &w| largest.max(w.wrapping_add(1)));
            assert!(
                largest as usize <= windows,
                "{name}: window {} of document {d}, which has {windows}",
                largest - 1
            );
        }
    }
}
