//! The rule of softmax.
use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::SoftmaxBackend;

#[derive(Debug)]
struct Rule;

impl<B: SoftmaxBackend> Backward<B, 1> for Rule {
    /// The probabilities.
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [logits_node] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        if let Some(node) = logits_node {
            grads.register::<B>(node.id, B::class_softmax_backward(ops.state, grad));
        }
    }
}

impl<B: SoftmaxBackend, C: CheckpointStrategy> SoftmaxBackend for Autodiff<B, C> {
    fn class_softmax_forward(logits: FloatTensor<Self>) -> FloatTensor<Self> {
        let (logits, logits_guard) = logits.into_parts();
        let p = B::class_softmax_forward(logits);
        match Rule.prepare::<C>([logits_guard]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(p.clone(), p),
            OpsKind::UnTracked(prepared) => prepared.finish(p),
        }
    }
}
