//! The rule of a pre-activated convolution.
use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use cnn_kernels::Offsets;

use super::ReluConv1dBackend;

#[derive(Debug)]
struct Rule;

#[derive(Clone, Debug)]
struct Saved<F> {
    x: F,
    weight: F,
    offsets: Offsets,
    padding: [usize; 2],
}

impl<B: ReluConv1dBackend> Backward<B, 3> for Rule {
    type State = Saved<FloatTensor<B>>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, weight_node, bias_node] = ops.parents;
        let Saved {
            x,
            weight,
            offsets,
            padding,
        } = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        let parts = || (x.clone(), weight.clone(), grad.clone(), offsets.clone());
        if let Some(node) = x_node {
            let (x, weight, grad, offsets) = parts();
            let dx = B::relu_conv1d_backward_input(x, weight, grad, offsets, padding);
            grads.register::<B>(node.id, dx);
        }
        if let Some(node) = weight_node {
            let (x, weight, grad, offsets) = parts();
            let dw = B::relu_conv1d_backward_weight(x, weight, grad, offsets, padding);
            grads.register::<B>(node.id, dw);
        }
        if let Some(node) = bias_node {
            grads.register::<B>(node.id, B::relu_conv1d_backward_bias(grad));
        }
    }
}

impl<B: ReluConv1dBackend, C: CheckpointStrategy> ReluConv1dBackend for Autodiff<B, C> {
    fn relu_conv1d_forward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        offsets: Offsets,
        padding: [usize; 2],
    ) -> FloatTensor<Self> {
        let (x, x_guard) = x.into_parts();
        let (weight, weight_guard) = weight.into_parts();
        let (bias, bias_guard) = bias.into_parts();
        let prepared = Rule.prepare::<C>([x_guard, weight_guard, bias_guard]);
        match prepared.compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let saved = Saved {
                    x: x.clone(),
                    weight: weight.clone(),
                    offsets: offsets.clone(),
                    padding,
                };
                prepared.finish(
                    saved,
                    B::relu_conv1d_forward(x, weight, bias, offsets, padding),
                )
            }
            OpsKind::UnTracked(prepared) => {
                prepared.finish(B::relu_conv1d_forward(x, weight, bias, offsets, padding))
            }
        }
    }
}
