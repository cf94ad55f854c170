//! The rule of filters and their greatest values.
use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::{FloatTensor, IntTensor};

use super::{FilterMaxBackend, FilterMaxShape};
use crate::Documents;

#[derive(Debug)]
struct Rule;

#[derive(Clone, Debug)]
struct Saved<F, I> {
    rows: F,
    weight: F,
    winners: I,
    documents: Documents,
    shape: FilterMaxShape,
}

impl<B: FilterMaxBackend> Backward<B, 3> for Rule {
    type State = Saved<FloatTensor<B>, IntTensor<B>>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [rows_node, weight_node, bias_node] = ops.parents;
        let Saved {
            rows,
            weight,
            winners,
            documents,
            shape,
        } = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        let parts = || {
            (
                grad.clone(),
                winners.clone(),
                documents.clone(),
                shape.clone(),
            )
        };
        if let Some(node) = rows_node {
            let (grad, winners, documents, shape) = parts();
            let drows = B::filter_max_backward_rows(weight, grad, winners, documents, shape);
            grads.register::<B>(node.id, drows);
        }
        if let Some(node) = weight_node {
            let (grad, winners, documents, shape) = parts();
            let dweight = B::filter_max_backward_weight(rows, grad, winners, documents, shape);
            grads.register::<B>(node.id, dweight);
        }
        if let Some(node) = bias_node {
            let (grad, winners, documents, shape) = parts();
            let dbias = B::filter_max_backward_bias(grad, winners, documents, shape);
            grads.register::<B>(node.id, dbias);
        }
    }
}

impl<B: FilterMaxBackend, C: CheckpointStrategy> FilterMaxBackend for Autodiff<B, C> {
    fn filter_max_forward(
        rows: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        documents: Documents,
        shape: FilterMaxShape,
    ) -> (FloatTensor<Self>, IntTensor<Self>) {
        let (rows, rows_guard) = rows.into_parts();
        let (weight, weight_guard) = weight.into_parts();
        let (bias, bias_guard) = bias.into_parts();
        let prepared = Rule
            .prepare::<C>([rows_guard, weight_guard, bias_guard])
            .compute_bound()
            .stateful();
        let (y, winners) = B::filter_max_forward(
            rows.clone(),
            weight.clone(),
            bias,
            documents.clone(),
            shape.clone(),
        );
        let y = match prepared {
            OpsKind::Tracked(prepared) => {
                let saved = Saved {
                    rows,
                    weight,
                    winners: winners.clone(),
                    documents,
                    shape,
                };
                prepared.finish(saved, y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        };
        (y, winners)
    }
}
