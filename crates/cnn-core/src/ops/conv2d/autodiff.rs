//! The rule of image convolution.
use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::Conv2dBackend;

#[derive(Debug)]
struct Rule;

impl<B: Conv2dBackend> Backward<B, 3> for Rule {
    /// `x`, `weight` and the padding.
    type State = (FloatTensor<B>, FloatTensor<B>, [usize; 2]);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, weight_node, bias_node] = ops.parents;
        let (x, weight, padding) = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        if let Some(node) = x_node {
            let dx =
                B::image_conv2d_backward_input(x.clone(), weight.clone(), grad.clone(), padding);
            grads.register::<B>(node.id, dx);
        }
        if let Some(node) = weight_node {
            let dw = B::image_conv2d_backward_weight(x, weight, grad.clone(), padding);
            grads.register::<B>(node.id, dw);
        }
        if let Some(node) = bias_node {
            grads.register::<B>(node.id, B::image_conv2d_backward_bias(grad));
        }
    }
}

impl<B: Conv2dBackend, C: CheckpointStrategy> Conv2dBackend for Autodiff<B, C> {
    fn image_conv2d_forward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        padding: [usize; 2],
    ) -> FloatTensor<Self> {
        let (x, x_guard) = x.into_parts();
        let (weight, weight_guard) = weight.into_parts();
        let (bias, bias_guard) = bias.into_parts();
        let prepared = Rule.prepare::<C>([x_guard, weight_guard, bias_guard]);
        match prepared.compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(
                (x.clone(), weight.clone(), padding),
                B::image_conv2d_forward(x, weight, bias, padding),
            ),
            OpsKind::UnTracked(prepared) => {
                prepared.finish(B::image_conv2d_forward(x, weight, bias, padding))
            }
        }
    }
}
