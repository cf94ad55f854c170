//! The rule of sigmoid and binary cross-entropy.
use std::sync::Arc;

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::BinaryCrossEntropyBackend;

#[derive(Debug)]
struct Rule;

impl<B: BinaryCrossEntropyBackend> Backward<B, 1> for Rule {
    /// The probabilities and the targets.
    type State = (FloatTensor<B>, Arc<[f32]>);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [logits_node] = ops.parents;
        let (p, targets) = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        if let Some(node) = logits_node {
            grads.register::<B>(node.id, B::sigmoid_cross_entropy_backward(p, grad, targets));
        }
    }
}

impl<B: BinaryCrossEntropyBackend, C: CheckpointStrategy> BinaryCrossEntropyBackend
    for Autodiff<B, C>
{
    fn sigmoid_cross_entropy_forward(
        logits: FloatTensor<Self>,
        targets: Arc<[f32]>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (logits, logits_guard) = logits.into_parts();
        let (loss, p) = B::sigmoid_cross_entropy_forward(logits, targets.clone());
        let loss = match Rule.prepare::<C>([logits_guard]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((p.clone(), targets), loss),
            OpsKind::UnTracked(prepared) => prepared.finish(loss),
        };
        (loss, FloatTensor::<Self>::new(p)) // a constant: no gradient comes through it
    }
}
