//! The rule of the dense layer.
use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::LinearBackend;

#[derive(Debug)]
struct Rule;

impl<B: LinearBackend> Backward<B, 3> for Rule {
    /// `x` and `weight`.
    type State = (FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, weight_node, bias_node] = ops.parents;
        let (x, weight) = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        if let Some(node) = x_node {
            grads.register::<B>(node.id, B::linear_backward_input(weight, grad.clone()));
        }
        if let Some(node) = weight_node {
            grads.register::<B>(node.id, B::linear_backward_weight(x, grad.clone()));
        }
        if let Some(node) = bias_node {
            grads.register::<B>(node.id, B::linear_backward_bias(grad));
        }
    }
}

impl<B: LinearBackend, C: CheckpointStrategy> LinearBackend for Autodiff<B, C> {
    fn linear_forward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let (x, x_guard) = x.into_parts();
        let (weight, weight_guard) = weight.into_parts();
        let (bias, bias_guard) = bias.into_parts();
        let prepared = Rule.prepare::<C>([x_guard, weight_guard, bias_guard]);
        match prepared.compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(
                (x.clone(), weight.clone()),
                B::linear_forward(x, weight, bias),
            ),
            OpsKind::UnTracked(prepared) => prepared.finish(B::linear_forward(x, weight, bias)),
        }
    }
}
