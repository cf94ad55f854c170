//! The rule of taking rows.
use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, TensorMetadata};

use super::GatherBackend;

#[derive(Debug)]
struct Rule;

impl<B: GatherBackend> Backward<B, 1> for Rule {
    /// The ids, and the number of rows.
    type State = (Arc<[u32]>, usize);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [rows_node] = ops.parents;
        let (ids, count) = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        if let Some(node) = rows_node {
            grads.register::<B>(node.id, B::gather_rows_backward(grad, ids, count));
        }
    }
}

impl<B: GatherBackend, C: CheckpointStrategy> GatherBackend for Autodiff<B, C> {
    fn gather_rows_forward(rows: FloatTensor<Self>, ids: Arc<[u32]>) -> FloatTensor<Self> {
        let (rows, rows_guard) = rows.into_parts();
        let [count, _] = rows.shape().dims();
        match Rule.prepare::<C>([rows_guard]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                prepared.finish((ids.clone(), count), B::gather_rows_forward(rows, ids))
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::gather_rows_forward(rows, ids)),
        }
    }
}
