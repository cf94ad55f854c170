//! Image stages against the single operations that they are made of: the same bits.

use super::tests::{Case, Results, SQUASH, TANH, close, lenet, networks};
use super::{Activation, ImageStage, Pooling};
use crate::Isa;
use crate::testing::{bits, to_f64};
use crate::{
    Pool2dShape, average_pool2d_backward, average_pool2d_forward, conv2d_backward_input,
    conv2d_backward_weight, conv2d_forward, max_pool2d_backward, max_pool2d_forward,
    squash_backward, squash_forward,
};

/// The same stages by the operations of their own. The gradients of the biases, which sum in another order, are left out.
fn single_operations(case: &Case) -> Results {
    struct Step {
        input: Vec<f32>,
        active: Vec<f32>,
        winners: Vec<u32>,
    }
    let (batch, mut input, mut steps) = (case.batch, case.images.clone(), Vec::new());
    let pool_of = |stage: &ImageStage| {
        let [height, width] = stage.conv.output_size();
        Pool2dShape {
            height,
            width,
            size: [2, 2],
        }
    };
    for (s, stage) in case.stages.stages().enumerate() {
        let mut y = vec![0.0; batch * stage.conv.outputs()];
        let (weight, bias) = (&case.weights[s], Some(&case.biases[s][..]));
        conv2d_forward(&stage.conv, batch, &input, weight, bias, &mut y);
        let mut active = y.clone();
        match stage.activation {
            Activation::Identity => {}
            Activation::Relu => active.iter_mut().for_each(|y| *y = y.max(0.0)),
            Activation::Tanh { scale, slope } => squash_forward(scale, slope, &y, &mut active),
        }
        let [maps, height, width] = stage.output_size();
        let mut pooled = vec![0.0; batch * maps * height * width];
        let mut winners = vec![0; pooled.len()];
        match stage.pooling {
            Pooling::None => pooled = active.clone(),
            Pooling::Average => average_pool2d_forward(&pool_of(stage), &active, &mut pooled),
            Pooling::Max => {
                max_pool2d_forward(&pool_of(stage), &active, &mut pooled, &mut winners);
            }
        }
        steps.push(Step {
            input,
            active,
            winners,
        });
        input = pooled;
    }
    let mut grad = case.grad.clone();
    let mut weights = Vec::new();
    for (s, stage) in case.stages.stages().enumerate().rev() {
        let Step {
            input,
            active,
            winners,
        } = &steps[s];
        let mut wide = vec![0.0; active.len()];
        match stage.pooling {
            Pooling::None => wide = grad,
            Pooling::Average => average_pool2d_backward(&pool_of(stage), &grad, &mut wide),
            Pooling::Max => max_pool2d_backward(&pool_of(stage), winners, &grad, &mut wide),
        }
        let mut sums = wide.clone();
        match stage.activation {
            Activation::Identity => {}
            Activation::Relu => {
                for (sum, y) in sums.iter_mut().zip(active) {
                    *sum = if *y > 0.0 { *sum } else { 0.0 };
                }
            }
            Activation::Tanh { scale, slope } => {
                squash_backward(scale, slope, active, &wide, &mut sums);
            }
        }
        let mut dw = vec![0.0; stage.conv.weights()];
        conv2d_backward_weight(&stage.conv, batch, input, &sums, &mut dw);
        weights.insert(0, dw);
        let mut dx = vec![0.0; input.len()];
        conv2d_backward_input(&stage.conv, batch, &sums, &case.weights[s], &mut dx);
        grad = dx;
    }
    Results {
        output: input,
        images: grad,
        weights,
        biases: Vec::new(),
    }
}

/// Zeros have no sign here: a sum that skips zero terms may end with the other one.
fn numbers_equal(what: &str, left: &[f32], right: &[f32]) {
    assert_eq!(left.len(), right.len(), "{what}");
    for (i, (left, right)) in left.iter().zip(right).enumerate() {
        assert!(
            left == right,
            "{what}: number {i} is {left:e} and {right:e}"
        );
    }
}

#[test]
fn the_bits_are_those_of_the_single_operations() {
    for activation in [Activation::Identity, Activation::Relu, TANH, SQUASH] {
        let mut all = networks(activation);
        all.push(lenet(activation, Pooling::Average));
        all.push(lenet(activation, Pooling::Max));
        for stages in all {
            for batch in [1, 19] {
                let case = Case::normal(&stages, batch);
                let (found, single) = (case.run(Isa::active()), single_operations(&case));
                let what = format!("{stages:?} {batch}");
                assert_eq!(bits(&found.output), bits(&single.output), "{what}");
                if activation == SQUASH {
                    // The way back knows the tanh itself; the squash alone divides its output by the scale.
                    close(&what, &found.images, &to_f64(&single.images), 1e-5);
                    for (found, single) in found.weights.iter().zip(&single.weights) {
                        close(&what, found, &to_f64(single), 1e-5);
                    }
                } else {
                    numbers_equal(&what, &found.images, &single.images);
                    for (found, single) in found.weights.iter().zip(&single.weights) {
                        numbers_equal(&what, found, single);
                    }
                }
            }
        }
    }
}
