//! The rule of the scaled hyperbolic tangent.
use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::ScaledTanhBackend;

#[derive(Debug)]
struct Rule;

impl<B: ScaledTanhBackend> Backward<B, 1> for Rule {
    /// The result, the amplitude and the slope.
    type State = (FloatTensor<B>, f32, f32);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node] = ops.parents;
        let (y, amplitude, slope) = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        if let Some(node) = x_node {
            grads.register::<B>(node.id, B::scaled_tanh_backward(y, grad, amplitude, slope));
        }
    }
}

impl<B: ScaledTanhBackend, C: CheckpointStrategy> ScaledTanhBackend for Autodiff<B, C> {
    fn scaled_tanh_forward(x: FloatTensor<Self>, amplitude: f32, slope: f32) -> FloatTensor<Self> {
        let (x, x_guard) = x.into_parts();
        let y = B::scaled_tanh_forward(x, amplitude, slope);
        match Rule.prepare::<C>([x_guard]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((y.clone(), amplitude, slope), y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}
