//! The first layers of a TextCNN as one operation: filters over the words of documents, ReLU, and the greatest value of each.
//!
//! For a filter `w` `[dimension, width]` with bias `b` and the windows `p` of one document:
//!
//! `y = max(0, b + max_p Σ_j Σ_c rows[word(p + j), c] · w[c, j])`, terms outside the document being zero.
//!
//! It is [`gather`](super::gather()), [`conv1d`](super::conv1d()), [`max_over_time`](super::max_over_time()) and ReLU, to the bit of the
//! words' meaning though not of the sums' order. As one operation it multiplies each *distinct* word with each tap once and adds the
//! products up under the windows; and backwards it follows the one window per document and filter that won, where the four
//! would carry a gradient, mostly zeros, for every window.
//!
//! Backwards, with `g` the gradient of `y` where the ReLU is open and `p` the winning window:
//!
//! - `drows[word(p + j), c] = Σ g · w[c, j]` over documents, filters and taps;
//! - `dw[c, j] = Σ g · rows[word(p + j), c]` over documents;
//! - `db = Σ g`.
//!
//! The rule keeps handles of `rows` and the weights, and the winners, one number per entry of `y`.
mod autodiff;
mod cpu;
pub mod default;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::{Tensor, TensorData};
pub use cnn_kernels::{FilterGroup, FilterMaxShape, Windows};

use super::cpu_tensor::default_on_gpu;
use crate::Documents;

/// Backends that compute [`filter_max`].
///
/// `weight` is flat: for each group `[filters, dimension, width]`, one after another; `bias` `[filters]` of all groups.
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub trait FilterMaxBackend: Backend {
    /// `rows` `[distinct, dimension]` -> `[documents, filters]` and the winners, in whatever encoding the backward pass of this
    /// backend reads.
    fn filter_max_forward(
        rows: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        documents: Documents,
        shape: FilterMaxShape,
    ) -> (FloatTensor<Self>, IntTensor<Self>) {
        default::forward::<Self>(rows, weight, bias, documents, shape)
    }

    /// The gradient of `rows`.
    fn filter_max_backward_rows(
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        winners: IntTensor<Self>,
        documents: Documents,
        shape: FilterMaxShape,
    ) -> FloatTensor<Self> {
        default::backward_rows::<Self>(weight, grad, winners, documents, shape)
    }

    /// The gradient of `weight`, flat as it is.
    fn filter_max_backward_weight(
        rows: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        winners: IntTensor<Self>,
        documents: Documents,
        shape: FilterMaxShape,
    ) -> FloatTensor<Self> {
        default::backward_weight::<Self>(rows, grad, winners, documents, shape)
    }

    /// The gradient of `bias`.
    fn filter_max_backward_bias(
        grad: FloatTensor<Self>,
        winners: IntTensor<Self>,
        documents: Documents,
        shape: FilterMaxShape,
    ) -> FloatTensor<Self> {
        default::backward_bias::<Self>(grad, winners, documents, shape)
    }
}

default_on_gpu!(FilterMaxBackend);

/// The greatest value of each filter over each document, after ReLU.
///
/// Shapes: `rows` `[distinct, dimension]`, one row for each of `documents.distinct()`; each of `filters` a weight `[filters, dimension,
/// width]` and a bias `[filters]`; result `[documents, sum of filters]`, in the order given. `windows` says which windows a
/// filter sees and what a document has that is shorter than it. A token to [skip](Documents::SKIP) keeps its place and adds nothing.
///
/// # Panics
/// If the shapes do not fit together.
///
/// ```
/// # #[cfg(feature = "flex")] {
/// use burn::tensor::{Device, Tensor};
/// use cnn_core::Documents;
/// use cnn_core::ops::{filter_max, filter_max::Windows};
///
/// let device = Device::flex();
/// let documents = Documents::new(&[vec![7, 3, 7], vec![]]);
/// let rows = Tensor::<2>::from_data([[1.0], [10.0]], &device); // words 3 and 7
/// let pairs = Tensor::<3>::from_data([[[1.0, 2.0]]], &device); // one filter, two words wide
/// let y = filter_max(rows, &documents, &[(pairs, None)], Windows::Valid);
/// assert_eq!(y.into_data().try_to_vec::<f32>().unwrap(), [21.0, 0.0]); // 3 then 7; no window
/// # }
/// ```
pub fn filter_max(
    rows: Tensor<2>,
    documents: &Documents,
    filters: &[(Tensor<3>, Option<Tensor<1>>)],
    windows: Windows,
) -> Tensor<2> {
    super::gather::check_distinct("filter_max", &rows, documents);
    let ([_, dimension], device) = (rows.dims(), rows.device());
    let mut groups = Vec::with_capacity(filters.len());
    let (mut weights, mut biases) = (Vec::new(), Vec::new());
    for (weight, bias) in filters {
        let [filters, channels, width] = weight.dims();
        assert_eq!(
            channels, dimension,
            "filter_max: weight reads {channels} numbers per word, rows have {dimension}"
        );
        groups.push(FilterGroup { width, filters });
        weights.push(weight.clone().reshape([filters * dimension * width]));
        biases.push(super::bias_or_zeros(
            "filter_max",
            bias.clone(),
            filters,
            &device,
        ));
    }
    let shape = FilterMaxShape {
        dimension,
        groups,
        windows,
    };
    if shape.filters() == 0 {
        let nothing = TensorData::new(Vec::<f32>::new(), [documents.documents(), 0]);
        return Tensor::from_data(nothing, &device);
    }
    let (y, _) = <Dispatch as FilterMaxBackend>::filter_max_forward(
        rows.into_dispatch(),
        side_by_side(weights).into_dispatch(),
        side_by_side(biases).into_dispatch(),
        documents.clone(),
        shape,
    );
    Tensor::from_dispatch(y)
}

/// One tensor after another; a single one is not copied.
fn side_by_side(mut tensors: Vec<Tensor<1>>) -> Tensor<1> {
    match tensors.len() {
        1 => tensors.remove(0),
        _ => Tensor::cat(tensors, 0),
    }
}
