//! Softmax and the losses over logits: see the test of all fused operations.
use std::sync::Arc;

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use cnn_core::ops;

use super::{Concrete, NEAR, constant};
use crate::drawn::{assert_close, leaf};

/// The gradient of `Σ y · weights`.
fn gradient<const D: usize>(y: Tensor<D>, weights: &Tensor<D>, leaf: &Tensor<2>) -> Tensor<2> {
    let grads = (y * weights.clone()).sum().backward();
    leaf.grad(&grads).expect("the leaf has a gradient")
}

pub fn softmax<B: Concrete>(device: &Device) {
    use ops::softmax::default;
    let logits = leaf("logits", [9, 10], device);
    let r = constant("r", [9, 10], device);
    let p = ops::softmax(logits.clone());
    let expected = log_softmax(logits.clone(), 1).exp();
    assert_close("p", p.clone().inner(), expected.clone().inner(), NEAR);
    let default = default::forward::<B>(B::open(logits.clone()));
    assert_close("p", p.clone().inner(), B::close(default.clone()), NEAR);

    let dlogits = gradient(p, &r, &logits);
    let default = default::backward::<B>(default, B::open(r.clone()));
    assert_close("dlogits", dlogits.clone(), B::close(default), NEAR);
    assert_close("dlogits", dlogits, gradient(expected, &r, &logits), NEAR);
}

pub fn cross_entropy<B: Concrete>(device: &Device) {
    use ops::cross_entropy::default;
    let logits = leaf("logits", [6, 4], device);
    let targets: Arc<[u32]> = [3, 0, 1, 1, 2, 0].into();
    let r = constant("r", [1], device);
    let loss = ops::cross_entropy(logits.clone(), &targets);
    let column: Vec<i32> = targets.iter().map(|t| *t as i32).collect();
    let column = Tensor::<2, Int>::from_data(TensorData::new(column, [6, 1]), &logits.device());
    let expected = log_softmax(logits.clone(), 1)
        .gather(1, column)
        .mean()
        .neg();
    assert_close("loss", loss.clone().inner(), expected.clone().inner(), NEAR);
    let (default, p) = default::forward::<B>(B::open(logits.clone()), targets.clone(), None);
    assert_close("loss", loss.clone().inner(), B::close(default), NEAR);

    let dlogits = gradient(loss, &r, &logits);
    let default = default::backward::<B>(p, B::open(r.clone()), targets, None);
    assert_close("dlogits", dlogits.clone(), B::close(default), NEAR);
    assert_close("dlogits", dlogits, gradient(expected, &r, &logits), NEAR);
}

pub fn weighted_cross_entropy<B: Concrete>(device: &Device) {
    use ops::cross_entropy::default;
    let logits = leaf("logits", [6, 4], device);
    let targets: Arc<[u32]> = [3, 0, 1, 1, 2, 0].into();
    let weights: Arc<[f32]> = [0.25, 1.0, 3.0, 10.0].into();
    let r = constant("r", [1], device);
    let loss = ops::weighted_cross_entropy(logits.clone(), &targets, &weights);
    // One weight per entry, that of its class at the target and zero elsewhere.
    let entry = |i: usize| match targets[i / 4] as usize == i % 4 {
        true => weights[i % 4],
        false => 0.0,
    };
    let at_targets = TensorData::new((0..24).map(entry).collect(), [6, 4]);
    let at_targets = Tensor::<2>::from_data(at_targets, &logits.device());
    let whole: f32 = targets.iter().map(|t| weights[*t as usize]).sum();
    let expected = (log_softmax(logits.clone(), 1) * at_targets).sum();
    let expected = expected.neg().div_scalar(whole);
    assert_close("loss", loss.clone().inner(), expected.clone().inner(), NEAR);
    let weights = Some(weights);
    let (default, p) =
        default::forward::<B>(B::open(logits.clone()), targets.clone(), weights.clone());
    assert_close("loss", loss.clone().inner(), B::close(default), NEAR);

    let dlogits = gradient(loss, &r, &logits);
    let default = default::backward::<B>(p, B::open(r.clone()), targets, weights);
    assert_close("dlogits", dlogits.clone(), B::close(default), NEAR);
    assert_close("dlogits", dlogits, gradient(expected, &r, &logits), NEAR);
}

pub fn binary_cross_entropy<B: Concrete>(device: &Device) {
    use ops::binary_cross_entropy::default;
    let logits = leaf("logits", [6, 4], device);
    let targets: Arc<[f32]> = (0..24).map(|i| (i % 3 % 2) as f32).collect();
    let r = constant("r", [1], device);
    let loss = ops::binary_cross_entropy(logits.clone(), &targets);
    let y = TensorData::new(targets.to_vec(), [6, 4]);
    let y = Tensor::<2>::from_data(y, &logits.device());
    // The definition itself; the logits here are small enough for it.
    let p = logits.clone().neg().exp().add_scalar(1.0).recip();
    let no = p.clone().neg().add_scalar(1.0).log() * y.clone().neg().add_scalar(1.0);
    let expected = (p.clone().log() * y + no).mean().neg();
    assert_close("loss", loss.clone().inner(), expected.clone().inner(), NEAR);
    let (default, sigmoid) = default::forward::<B>(B::open(logits.clone()), targets.clone());
    assert_close("loss", loss.clone().inner(), B::close(default), NEAR);
    assert_close("p", p.inner(), B::close(sigmoid.clone()), NEAR);

    let dlogits = gradient(loss, &r, &logits);
    let default = default::backward::<B>(sigmoid, B::open(r.clone()), targets);
    assert_close("dlogits", dlogits.clone(), B::close(default), NEAR);
    assert_close("dlogits", dlogits, gradient(expected, &r, &logits), NEAR);
}
