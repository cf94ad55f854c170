//! The rule of ragged pooling.
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, TensorMetadata};
use cnn_kernels::Offsets;

use super::MaxPoolBackend;

#[derive(Debug)]
struct Rule;

impl<B: MaxPoolBackend> Backward<B, 1> for Rule {
    /// The winners, and the number of positions before pooling.
    type State = (IntTensor<B>, usize);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node] = ops.parents;
        let (winners, positions) = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        if let Some(node) = x_node {
            grads.register::<B>(
                node.id,
                B::ragged_max_pool_backward(grad, winners, positions),
            );
        }
    }
}

impl<B: MaxPoolBackend, C: CheckpointStrategy> MaxPoolBackend for Autodiff<B, C> {
    fn ragged_max_pool_forward(
        x: FloatTensor<Self>,
        input: Offsets,
        output: Offsets,
    ) -> (FloatTensor<Self>, IntTensor<Self>) {
        let (x, x_guard) = x.into_parts();
        let [positions, _] = x.shape().dims();
        let prepared = Rule.prepare::<C>([x_guard]).compute_bound().stateful();
        let (y, winners) = B::ragged_max_pool_forward(x, input, output);
        let y = match prepared {
            OpsKind::Tracked(prepared) => prepared.finish((winners.clone(), positions), y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        };
        (y, winners)
    }
}
