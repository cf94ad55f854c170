//! The rule of ragged convolution.
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, TensorMetadata};
use cnn_kernels::Offsets;

use super::Conv1dBackend;

#[derive(Debug)]
struct Rule;

#[derive(Clone, Debug)]
struct Saved<F> {
    x: F,
    weight: F,
    offsets: Offsets,
    padding: [usize; 2],
    relu_input: bool,
}

impl<B: Conv1dBackend> Backward<B, 3> for Rule {
    type State = Saved<FloatTensor<B>>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, weight_node, bias_node] = ops.parents;
        let Saved {
            x,
            weight,
            offsets,
            padding,
            relu_input,
        } = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        let [_, _, kernel_size] = weight.shape().dims();
        if let Some(node) = x_node {
            let dx = B::ragged_conv1d_backward_input(
                x.clone(),
                weight,
                grad.clone(),
                offsets.clone(),
                padding,
                relu_input,
            );
            grads.register::<B>(node.id, dx);
        }
        if let Some(node) = weight_node {
            let dw = B::ragged_conv1d_backward_weight(
                x,
                grad.clone(),
                offsets,
                kernel_size,
                padding,
                relu_input,
            );
            grads.register::<B>(node.id, dw);
        }
        if let Some(node) = bias_node {
            grads.register::<B>(node.id, B::ragged_conv1d_backward_bias(grad));
        }
    }
}

impl<B: Conv1dBackend, C: CheckpointStrategy> Conv1dBackend for Autodiff<B, C> {
    fn ragged_conv1d_forward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        offsets: Offsets,
        padding: [usize; 2],
        relu_input: bool,
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
                    relu_input,
                };
                prepared.finish(
                    saved,
                    B::ragged_conv1d_forward(x, weight, bias, offsets, padding, relu_input),
                )
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::ragged_conv1d_forward(
                x, weight, bias, offsets, padding, relu_input,
            )),
        }
    }
}
