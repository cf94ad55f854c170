//! The rules of pooling images.
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, TensorMetadata};

use super::Pool2dBackend;

#[derive(Debug)]
struct AverageRule;

impl<B: Pool2dBackend> Backward<B, 1> for AverageRule {
    /// Height and width of the image, and the size of a block.
    type State = ([usize; 2], [usize; 2]);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node] = ops.parents;
        let (image, size) = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        if let Some(node) = x_node {
            grads.register::<B>(node.id, B::block_average_backward(grad, image, size));
        }
    }
}

#[derive(Debug)]
struct MaximumRule;

impl<B: Pool2dBackend> Backward<B, 1> for MaximumRule {
    /// The winners, height and width of the image, and the size of a block.
    type State = (IntTensor<B>, [usize; 2], [usize; 2]);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node] = ops.parents;
        let (winners, image, size) = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        if let Some(node) = x_node {
            grads.register::<B>(
                node.id,
                B::block_maximum_backward(grad, winners, image, size),
            );
        }
    }
}

impl<B: Pool2dBackend, C: CheckpointStrategy> Pool2dBackend for Autodiff<B, C> {
    fn block_average_forward(x: FloatTensor<Self>, size: [usize; 2]) -> FloatTensor<Self> {
        let (x, x_guard) = x.into_parts();
        let [_, _, height, width] = x.shape().dims();
        match AverageRule
            .prepare::<C>([x_guard])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => {
                prepared.finish(([height, width], size), B::block_average_forward(x, size))
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::block_average_forward(x, size)),
        }
    }

    fn block_maximum_forward(
        x: FloatTensor<Self>,
        size: [usize; 2],
    ) -> (FloatTensor<Self>, IntTensor<Self>) {
        let (x, x_guard) = x.into_parts();
        let [_, _, height, width] = x.shape().dims();
        let prepared = MaximumRule
            .prepare::<C>([x_guard])
            .compute_bound()
            .stateful();
        let (y, winners) = B::block_maximum_forward(x, size);
        let y = match prepared {
            OpsKind::Tracked(prepared) => {
                prepared.finish((winners.clone(), [height, width], size), y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        };
        (y, winners)
    }
}
