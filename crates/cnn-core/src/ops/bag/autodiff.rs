//! The rule of bags of words.
use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::BagBackend;
use crate::Documents;

#[derive(Debug)]
struct Rule;

impl<B: BagBackend> Backward<B, 1> for Rule {
    /// The documents and the size of a region.
    type State = (Documents, usize);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [rows_node] = ops.parents;
        let (documents, region_size) = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        if let Some(node) = rows_node {
            grads.register::<B>(
                node.id,
                B::bag_of_words_backward(grad, documents, region_size),
            );
        }
    }
}

impl<B: BagBackend, C: CheckpointStrategy> BagBackend for Autodiff<B, C> {
    fn bag_of_words_forward(
        rows: FloatTensor<Self>,
        documents: Documents,
        region_size: usize,
    ) -> FloatTensor<Self> {
        let (rows, rows_guard) = rows.into_parts();
        match Rule.prepare::<C>([rows_guard]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(
                (documents.clone(), region_size),
                B::bag_of_words_forward(rows, documents, region_size),
            ),
            OpsKind::UnTracked(prepared) => {
                prepared.finish(B::bag_of_words_forward(rows, documents, region_size))
            }
        }
    }
}
