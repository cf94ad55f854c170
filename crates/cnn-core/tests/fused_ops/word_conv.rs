//! Convolution of words: the one operation against its default body and against the two that it replaces.

use burn::tensor::{Device, Tensor};
use cnn_core::Documents;
use cnn_core::ops;

use super::drawn::{assert_close, hard_documents, leaf};
use super::{Concrete, NEAR, constant};

pub fn word_conv<B: Concrete>(device: &Device) {
    let nothing = Documents::new(&[vec![Documents::SKIP; 4], vec![]]);
    for documents in [hard_documents(), nothing, Documents::new::<[u32; 0]>(&[])] {
        for (kernel_size, padding) in [(1, [0, 0]), (3, [1, 1]), (2, [0, 1]), (5, [0, 0])] {
            check::<B>(&documents, kernel_size, padding, device);
        }
    }
}

fn check<B: Concrete>(
    documents: &Documents,
    kernel_size: usize,
    padding: [usize; 2],
    device: &Device,
) {
    use ops::word_conv::default;
    let (distinct, channels_in, channels_out) = (documents.distinct().len(), 6, 17);
    let rows = leaf("rows", [distinct, channels_in], device);
    let weight = leaf("weight", [channels_out, channels_in, kernel_size], device);
    let bias = leaf("bias", [channels_out], device);
    let y = ops::word_conv(
        rows.clone(),
        documents,
        weight.clone(),
        Some(bias.clone()),
        padding,
    );
    let words = ops::gather(rows.clone(), documents);
    let (filters, offsets) = (weight.clone(), documents.offsets());
    let expected = ops::conv1d(words, filters, Some(bias.clone()), offsets, padding);
    assert_close("y", y.clone().inner(), expected.clone().inner(), NEAR);
    let open = |tensor: &Tensor<2>| B::open(tensor.clone());
    let default_y = default::forward::<B>(
        open(&rows),
        B::open(weight.clone()),
        B::open(bias.clone()),
        documents.clone(),
        padding,
    );
    assert_close("y", y.clone().inner(), B::close(default_y), NEAR);
    if y.dims()[0] == 0 {
        return; // Burn's own way back from an empty batch panics
    }

    let r = constant("r", y.dims(), device);
    let grads = (y * r.clone()).sum().backward();
    let exact = (expected * r.clone()).sum().backward();
    let (drows, dweight) = default::backward::<B>(
        open(&rows),
        B::open(weight.clone()),
        B::open(r),
        documents.clone(),
        padding,
    );
    let there = "the leaf has a gradient";
    let ours = rows.grad(&grads).expect(there);
    assert_close("drows", ours.clone(), B::close(drows), NEAR);
    assert_close("drows", ours, rows.grad(&exact).expect(there), NEAR);
    let ours = weight.grad(&grads).expect(there);
    assert_close("dweight", ours.clone(), B::close(dweight), NEAR);
    assert_close("dweight", ours, weight.grad(&exact).expect(there), NEAR);
    let (ours, theirs) = (bias.grad(&grads), bias.grad(&exact));
    assert_close("dbias", ours.expect(there), theirs.expect(there), NEAR);
}
