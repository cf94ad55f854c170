//! A pre-activated convolution: the one operation against its default body and against the two that it replaces.

use burn::tensor::Device;
use burn::tensor::activation::relu;
use cnn_core::ops;

use super::drawn::{assert_close, hard_offsets, leaf};
use super::{Concrete, NEAR, constant};

pub fn relu_conv1d<B: Concrete>(device: &Device) {
    use ops::conv1d::default;
    let offsets = hard_offsets();
    for (channels_in, channels_out, padding) in [(3, 5, [1, 1]), (40, 33, [1, 1]), (4, 2, [0, 2])] {
        let x = leaf("x", [offsets.total(), channels_in], device);
        let weight = leaf("weight", [channels_out, channels_in, 3], device);
        let bias = leaf("bias", [channels_out], device);
        let y = ops::relu_conv1d(
            x.clone(),
            weight.clone(),
            Some(bias.clone()),
            &offsets,
            padding,
        );
        let (positive, filters) = (relu(x.clone()), weight.clone());
        let expected = ops::conv1d(positive, filters, Some(bias.clone()), &offsets, padding);
        assert_close("y", y.clone().inner(), expected.clone().inner(), NEAR);
        let open = || (B::open(x.clone()), B::open(weight.clone()));
        let (px, pw) = open();
        let default = default::forward::<B>(
            default::input::<B>(px, true),
            pw,
            B::open(bias.clone()),
            offsets.clone(),
            padding,
        );
        assert_close("y", y.clone().inner(), B::close(default), NEAR);

        let r = constant("r", y.dims(), device);
        let grads = (y * r.clone()).sum().backward();
        let exact = (expected * r.clone()).sum().backward();
        let there = "the leaf has a gradient";
        let (px, pw) = open();
        let g = || (B::open(r.clone()), offsets.clone());
        let (grad, positions) = g();
        let default = default::backward_input::<B>(pw, grad, positions, padding);
        let default = default::backward_relu::<B>(px, default, true);
        let ours = x.grad(&grads).expect(there);
        assert_close("dx", ours.clone(), B::close(default), NEAR);
        assert_close("dx", ours, x.grad(&exact).expect(there), NEAR);
        let px = default::input::<B>(B::open(x.clone()), true);
        let (grad, positions) = g();
        let default = default::backward_weight::<B>(px, grad, positions, 3, padding);
        let ours = weight.grad(&grads).expect(there);
        assert_close("dw", ours.clone(), B::close(default), NEAR);
        assert_close("dw", ours, weight.grad(&exact).expect(there), NEAR);
        let (ours, theirs) = (bias.grad(&grads), bias.grad(&exact));
        assert_close("db", ours.expect(there), theirs.expect(there), NEAR);
    }
}
