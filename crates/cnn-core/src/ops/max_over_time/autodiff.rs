//! The rule of the maximum over time.
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, TensorMetadata};
use cnn_kernels::Offsets;

use super::MaxOverTimeBackend;

#[derive(Debug)]
struct Rule;

impl<B: MaxOverTimeBackend> Backward<B, 2> for Rule {
    /// The winners, and the number of positions.
    type State = (IntTensor<B>, usize);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, floor_node] = ops.parents;
        let (winners, positions) = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        let (dx, dfloor) = B::max_over_time_backward(grad, winners, positions);
        if let Some(node) = x_node {
            grads.register::<B>(node.id, dx);
        }
        if let Some(node) = floor_node {
            grads.register::<B>(node.id, dfloor);
        }
    }
}

impl<B: MaxOverTimeBackend, C: CheckpointStrategy> MaxOverTimeBackend for Autodiff<B, C> {
    fn max_over_time_forward(
        x: FloatTensor<Self>,
        floor: FloatTensor<Self>,
        offsets: Offsets,
        has_floor: bool,
    ) -> (FloatTensor<Self>, IntTensor<Self>) {
        let (x, x_guard) = x.into_parts();
        let (floor, floor_guard) = floor.into_parts();
        let [positions, _] = x.shape().dims();
        let prepared = Rule
            .prepare::<C>([x_guard, floor_guard])
            .compute_bound()
            .stateful();
        let (y, winners) = B::max_over_time_forward(x, floor, offsets, has_floor);
        let y = match prepared {
            OpsKind::Tracked(prepared) => prepared.finish((winners.clone(), positions), y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        };
        (y, winners)
    }
}
