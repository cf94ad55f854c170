//! Rows of a table made of Burn's selection: runs on every backend.
use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};

use crate::Documents;
use crate::ops::tables::{add_rows, rows_of, with_rows, zeros};

/// See [`gather_rows_forward`](super::GatherBackend::gather_rows_forward).
pub fn forward<B: Backend>(rows: FloatTensor<B>, ids: Arc<[u32]>) -> FloatTensor<B> {
    let [count, width] = rows.shape().dims();
    if ids.is_empty() {
        return zeros::<B>(&rows, [0, width]);
    }
    // A table of a whole vocabulary is large: it gets the row of zeros only if some token reads it.
    let rows = match ids.contains(&Documents::SKIP) {
        true => with_rows::<B>(rows, &[0.0]),
        false => rows,
    };
    rows_of::<B>(rows, table(&ids, count))
}

/// See [`gather_rows_backward`](super::GatherBackend::gather_rows_backward).
pub fn backward<B: Backend>(grad: FloatTensor<B>, ids: Arc<[u32]>, count: usize) -> FloatTensor<B> {
    add_rows::<B>(grad, table(&ids, count), count)
}

fn table(ids: &[u32], skip: usize) -> Vec<i32> {
    let row = |id: &u32| {
        if *id == Documents::SKIP {
            skip as i32
        } else {
            *id as i32
        }
    };
    ids.iter().map(row).collect()
}
