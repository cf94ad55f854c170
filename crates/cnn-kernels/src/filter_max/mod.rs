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
//! where all but one position in twenty has the gradient 0. 128 headlines have 2,432 tokens; under 256 filters each of the widths 2, 3
//! and 4 and with 300 numbers per word that is 1.7 G multiply-adds forward and 3.4 G backward. Here it is 0.67 G forward, since 970
//! words are distinct, and less than 0.1 G backward.
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
//! Measured on one core of an EPYC (Zen 3) that other programs shared, for the 128 headlines above: 18 ms forward (75 GFLOP/s of the
//! product over distinct words, all else included), 5 to 6 ms for the words and 4 to 5 ms for the weights.
//!
//! Considered, and left:
//!
//! - One operation for each width: three tables and three sorts over the same words, sums of three gradients of the words, and a last
//!   task of each that nobody shares.
//! - Words one after another through all strips: the taps, 2.8 MB, then come from the third-level cache for every word, and the
//!   gradient of the words takes 8.5 ms instead of 6.5.
//! - Terms collected filter by filter: winners and gradients are read across their rows, 5.9 instead of 4.9 ms for the weights.
//! - The dense product of the sparse matrix of gradients: 13 % of its entries are not zero, 6 % after dropout.
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
mod tuning;
mod word_table;

use crate::{Isa, Offsets, SKIP};

pub(crate) use backward::{backward_rows_on, backward_weight_on};
pub(crate) use forward::forward_on;
pub(crate) use shape::Batch;
pub use shape::{FilterGroup, FilterMaxShape, Windows};
pub use word_table::WordTable;

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
/// As [`filter_max_forward`], and if a winner that has a gradient is no window of its document.
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
/// As [`filter_max_forward`], and if a winner that has a gradient is no window of its document.
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
