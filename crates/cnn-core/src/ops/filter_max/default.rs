//! Filters and their greatest values made of the default bodies of gather, convolution and maximum. Runs on every backend.
//!
//! Winners are positions of the convolution; one past the last where no position won, and one more where the ReLU is shut.
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, TensorMetadata, get_device_settings};
use burn::tensor::{Shape, Slice};

use super::{FilterMaxShape, Windows};
use crate::Documents;
use crate::ops::{conv1d::default as conv1d, gather::default as gather};
use crate::ops::{linear::default as linear, max_over_time::default as max_over_time};

/// See [`filter_max_forward`](super::FilterMaxBackend::filter_max_forward).
pub fn forward<B: Backend>(
    rows: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    documents: Documents,
    shape: FilterMaxShape,
) -> (FloatTensor<B>, IntTensor<B>) {
    let settings = get_device_settings::<B>(&rows.device());
    let words = gather::forward::<B>(rows, documents.local().clone()); // [tokens, dimension]
    let parts = Group::all(&shape, &documents).map(|group| {
        let (weight, bias) = (group.weight::<B>(&weight), group.bias::<B>(&bias));
        let maps = conv1d::forward::<B>(
            words.clone(),
            weight,
            bias.clone(),
            documents.offsets().clone(),
            group.padding,
        );
        let (top, winners) =
            max_over_time::forward::<B>(maps, bias, group.positions.clone(), group.has_floor);
        let y = B::relu(top);
        let shut = B::float_lower_equal_elem(y.clone(), 0.0.into(), settings.bool_dtype);
        let beyond = group.positions.total() as i64 + 1;
        (y, B::int_mask_fill(winners, shut, beyond.into()))
    });
    let (y, winners): (Vec<_>, Vec<_>) = parts.unzip();
    (B::float_cat(y, 1), B::int_cat(winners, 1))
}

/// See [`filter_max_backward_rows`](super::FilterMaxBackend::filter_max_backward_rows).
pub fn backward_rows<B: Backend>(
    weight: FloatTensor<B>,
    grad: FloatTensor<B>,
    winners: IntTensor<B>,
    documents: Documents,
    shape: FilterMaxShape,
) -> FloatTensor<B> {
    let parts = Group::all(&shape, &documents).map(|group| {
        let (dmaps, _) = group.maps::<B>(&grad, &winners);
        let offsets = documents.offsets().clone();
        conv1d::backward_input::<B>(group.weight::<B>(&weight), dmaps, offsets, group.padding)
    });
    let dwords = parts.reduce(B::float_add).expect("there is a filter");
    let distinct = documents.distinct().len();
    gather::backward::<B>(dwords, documents.local().clone(), distinct)
}

/// See [`filter_max_backward_weight`](super::FilterMaxBackend::filter_max_backward_weight).
pub fn backward_weight<B: Backend>(
    rows: FloatTensor<B>,
    grad: FloatTensor<B>,
    winners: IntTensor<B>,
    documents: Documents,
    shape: FilterMaxShape,
) -> FloatTensor<B> {
    let words = gather::forward::<B>(rows, documents.local().clone());
    let parts = Group::all(&shape, &documents).map(|group| {
        let (dmaps, _) = group.maps::<B>(&grad, &winners);
        let offsets = documents.offsets().clone();
        let (words, width) = (words.clone(), group.size[2]);
        let dweight = conv1d::backward_weight::<B>(words, dmaps, offsets, width, group.padding);
        B::float_reshape(dweight, Shape::new([group.size.iter().product()]))
    });
    B::float_cat(parts.collect(), 0)
}

/// See [`filter_max_backward_bias`](super::FilterMaxBackend::filter_max_backward_bias).
pub fn backward_bias<B: Backend>(
    grad: FloatTensor<B>,
    winners: IntTensor<B>,
    documents: Documents,
    shape: FilterMaxShape,
) -> FloatTensor<B> {
    let parts = Group::all(&shape, &documents).map(|group| {
        let (dmaps, dfloor) = group.maps::<B>(&grad, &winners);
        B::float_add(linear::backward_bias::<B>(dmaps), dfloor)
    });
    B::float_cat(parts.collect(), 0)
}

/// One group of filters, as a convolution and a maximum.
struct Group {
    /// `[filters, dimension, width]`.
    size: [usize; 3],
    /// The first filter among all.
    first: usize,
    /// Where its weights begin.
    weights: usize,
    padding: [usize; 2],
    has_floor: bool,
    positions: cnn_kernels::Offsets,
}

impl Group {
    /// The groups that have filters.
    fn all(shape: &FilterMaxShape, documents: &Documents) -> impl Iterator<Item = Self> {
        let (dimension, windows) = (shape.dimension, shape.windows);
        let (mut first, mut weights) = (0, 0);
        shape
            .groups
            .iter()
            .filter(|group| group.filters > 0)
            .map(move |group| {
                let size = [group.filters, dimension, group.width];
                let around = match windows {
                    Windows::Touching => group.width - 1,
                    Windows::Valid => 0,
                };
                let positions = documents
                    .offsets()
                    .map_lengths(|len| windows.count(len, group.width));
                let this = Self {
                    size,
                    first,
                    weights,
                    padding: [around; 2],
                    has_floor: windows == Windows::Touching,
                    positions,
                };
                first += group.filters;
                weights += size.iter().product::<usize>();
                this
            })
    }

    fn weight<B: Backend>(&self, weight: &FloatTensor<B>) -> FloatTensor<B> {
        let end = self.weights + self.size.iter().product::<usize>();
        let weight = B::float_slice(weight.clone(), &[slice(self.weights, end)]);
        B::float_reshape(weight, Shape::new(self.size))
    }

    fn bias<B: Backend>(&self, bias: &FloatTensor<B>) -> FloatTensor<B> {
        B::float_slice(
            bias.clone(),
            &[slice(self.first, self.first + self.size[0])],
        )
    }

    /// The gradients of the convolution's output and of the floor.
    fn maps<B: Backend>(
        &self,
        grad: &FloatTensor<B>,
        winners: &IntTensor<B>,
    ) -> (FloatTensor<B>, FloatTensor<B>) {
        let [documents, _] = grad.shape().dims();
        let filters = self.size[0];
        if documents == 0 {
            let none = |shape: Shape| crate::ops::tables::zeros::<B>(grad, shape);
            return (none(Shape::new([0, filters])), none(Shape::new([filters])));
        }
        let here = [slice(0, documents), slice(self.first, self.first + filters)];
        let grad = B::float_slice(grad.clone(), &here);
        let winners = B::int_slice(winners.clone(), &here);
        let settings = get_device_settings::<B>(&grad.device());
        let positions = self.positions.total();
        let none = positions as i64;
        let shut = B::int_greater_elem(winners.clone(), none.into(), settings.bool_dtype);
        let grad = B::float_mask_fill(grad, shut, 0.0.into());
        let winners = B::int_clamp_max(winners, none.into());
        max_over_time::backward::<B>(grad, winners, positions)
    }
}

fn slice(start: usize, end: usize) -> Slice {
    Slice::new(start as isize, Some(end as isize), 1)
}
