//! Rows of a table as one operation: the words of a batch from the table of all words, or its tokens from its words.
//!
//! `y[t] = rows[ids[t]]`, and zeros where `ids[t]` is [`Documents::SKIP`].
//!
//! Backwards `drows[r] = Σ g[t]` over the tokens `t` with `ids[t] = r`, in the order of the tokens. The rule keeps the ids.
mod autodiff;
mod cpu;
pub mod default;

use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

use super::cpu_tensor::default_on_gpu;
use crate::Documents;

/// Backends that compute [`gather`] and [`take_rows`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub trait GatherBackend: Backend {
    /// `rows` `[rows, width]` -> `[ids, width]`.
    fn gather_rows_forward(rows: FloatTensor<Self>, ids: Arc<[u32]>) -> FloatTensor<Self> {
        default::forward::<Self>(rows, ids)
    }

    /// The gradient of `rows`, of which there are `count`.
    fn gather_rows_backward(
        grad: FloatTensor<Self>,
        ids: Arc<[u32]>,
        count: usize,
    ) -> FloatTensor<Self> {
        default::backward::<Self>(grad, ids, count)
    }
}

default_on_gpu!(GatherBackend);

/// The vector of each token: `y[t] = rows[local[t]]`, zeros for a token to [skip](Documents::SKIP).
///
/// Shapes: `rows` `[distinct, width]`, one row for each of `documents.distinct()`; result `[tokens, width]`.
///
/// # Panics
/// If `rows` does not have one row per distinct token.
pub fn gather(rows: Tensor<2>, documents: &Documents) -> Tensor<2> {
    check_distinct("gather", &rows, documents);
    select(rows, documents.local().clone())
}

/// Rows of a table: `y[i] = table[ids[i]]`, zeros where an id is [`Documents::SKIP`].
///
/// Shapes: `table` `[rows, width]`; result `[ids, width]`. Its gradient is a whole table, zero almost everywhere. To train
/// a large one, take the rows of a batch outside of automatic differentiation, let them be the leaf (`require_grad`) and
/// hand their gradient to [`optimizer_step`](super::optimizer_step()) with the same ids.
///
/// # Panics
/// If an id is not below the number of rows.
pub fn take_rows(table: Tensor<2>, ids: &Arc<[u32]>) -> Tensor<2> {
    let [rows, _] = table.dims();
    let known = |id: u32| id == Documents::SKIP || (id as usize) < rows;
    if let Some(id) = ids.iter().find(|id| !known(**id)) {
        panic!("take_rows: id {id} in a table of {rows} rows");
    }
    select(table, ids.clone())
}

fn select(rows: Tensor<2>, ids: Arc<[u32]>) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as GatherBackend>::gather_rows_forward(
        rows.into_dispatch(),
        ids,
    ))
}

/// Asserts that `rows` holds one row per distinct token.
pub(super) fn check_distinct(operation: &str, rows: &Tensor<2>, documents: &Documents) {
    let ([rows, _], distinct) = (rows.dims(), documents.distinct().len());
    assert_eq!(
        rows, distinct,
        "{operation}: {rows} rows for documents of {distinct} distinct tokens"
    );
}
