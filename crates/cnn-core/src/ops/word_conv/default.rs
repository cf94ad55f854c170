//! Convolution of words made of the default bodies of gather and convolution. Runs on every backend.
use burn::backend::Backend;
use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;

use crate::Documents;
use crate::ops::{conv1d::default as conv1d, gather::default as gather};

/// See [`word_conv_forward`](super::WordConvBackend::word_conv_forward).
pub fn forward<B: Backend>(
    rows: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    documents: Documents,
    padding: [usize; 2],
) -> FloatTensor<B> {
    let words = gather::forward::<B>(rows, documents.local().clone()); // [tokens, channels_in]
    conv1d::forward::<B>(words, weight, bias, documents.offsets().clone(), padding)
}

/// See [`word_conv_backward`](super::WordConvBackend::word_conv_backward).
pub fn backward<B: Backend>(
    rows: FloatTensor<B>,
    weight: FloatTensor<B>,
    grad: FloatTensor<B>,
    documents: Documents,
    padding: [usize; 2],
) -> (FloatTensor<B>, FloatTensor<B>) {
    let (local, offsets) = (documents.local(), documents.offsets());
    let [_, _, kernel_size] = weight.shape().dims();
    let words = gather::forward::<B>(rows, local.clone());
    let (grad_of_words, offsets_of_words) = (grad.clone(), offsets.clone());
    let dwords = conv1d::backward_input::<B>(weight, grad_of_words, offsets_of_words, padding);
    let dweight = conv1d::backward_weight::<B>(words, grad, offsets.clone(), kernel_size, padding);
    let distinct = documents.distinct().len();
    (
        gather::backward::<B>(dwords, local.clone(), distinct),
        dweight,
    )
}
