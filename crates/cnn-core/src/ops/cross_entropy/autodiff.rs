//! The rule of softmax and cross-entropy.
use std::sync::Arc;

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::CrossEntropyBackend;

#[derive(Debug)]
struct Rule;

impl<B: CrossEntropyBackend> Backward<B, 1> for Rule {
    /// The probabilities, the targets and the weights of the classes.
    type State = (FloatTensor<B>, Arc<[u32]>, Option<Arc<[f32]>>);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [logits_node] = ops.parents;
        let (p, targets, weights) = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        if let Some(node) = logits_node {
            let dlogits = B::class_cross_entropy_backward(p, grad, targets, weights);
            grads.register::<B>(node.id, dlogits);
        }
    }
}

impl<B: CrossEntropyBackend, C: CheckpointStrategy> CrossEntropyBackend for Autodiff<B, C> {
    fn class_cross_entropy_forward(
        logits: FloatTensor<Self>,
        targets: Arc<[u32]>,
        weights: Option<Arc<[f32]>>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (logits, logits_guard) = logits.into_parts();
        let (loss, p) = B::class_cross_entropy_forward(logits, targets.clone(), weights.clone());
        let loss = match Rule.prepare::<C>([logits_guard]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((p.clone(), targets, weights), loss),
            OpsKind::UnTracked(prepared) => prepared.finish(loss),
        };
        (loss, FloatTensor::<Self>::new(p)) // a constant: no gradient comes through it
    }
}
