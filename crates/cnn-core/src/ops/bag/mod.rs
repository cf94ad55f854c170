//! Bags of words of small regions as one operation.
//!
//! `y[t] = Σ rows[u]` over the *distinct* words `u` among the `region_size` tokens centred on token `t`, cut at the edges of
//! the document; a token to [skip](crate::Documents::SKIP) is no word. The bag is binary: a word that stands twice in a
//! region counts once.
//!
//! Backwards `drows[u] = Σ g[t]` over the regions that contain `u`. The rule keeps the documents, two pointers.
mod autodiff;
mod cpu;
pub mod default;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

use super::cpu_tensor::default_on_gpu;
use super::gather::check_distinct;
use crate::Documents;

/// Backends that compute [`bag`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub trait BagBackend: Backend {
    /// `rows` `[distinct, width]` -> `[tokens, width]`.
    fn bag_of_words_forward(
        rows: FloatTensor<Self>,
        documents: Documents,
        region_size: usize,
    ) -> FloatTensor<Self> {
        default::forward::<Self>(rows, documents, region_size)
    }

    /// The gradient of `rows`.
    fn bag_of_words_backward(
        grad: FloatTensor<Self>,
        documents: Documents,
        region_size: usize,
    ) -> FloatTensor<Self> {
        default::backward::<Self>(grad, documents, region_size)
    }
}

default_on_gpu!(BagBackend);

/// The sum of the vectors of the distinct words around each token.
///
/// Shapes: `rows` `[distinct, width]`, one row for each of `documents.distinct()`; result `[tokens, width]`. A region of size
/// 1 is the word itself, and the result then that of [`gather`](super::gather()).
///
/// # Panics
/// If `rows` does not have one row per distinct token, or `region_size` is even: it then has no centre.
pub fn bag(rows: Tensor<2>, documents: &Documents, region_size: usize) -> Tensor<2> {
    check_distinct("bag", &rows, documents);
    assert!(
        region_size % 2 == 1,
        "bag: a region of {region_size} tokens has no centre"
    );
    Tensor::from_dispatch(<Dispatch as BagBackend>::bag_of_words_forward(
        rows.into_dispatch(),
        documents.clone(),
        region_size,
    ))
}
