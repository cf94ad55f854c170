//! The rule of a convolution of words.
use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::WordConvBackend;
use crate::Documents;

#[derive(Debug)]
struct Rule;

#[derive(Clone, Debug)]
struct Saved<F> {
    rows: F,
    weight: F,
    documents: Documents,
    padding: [usize; 2],
}

impl<B: WordConvBackend> Backward<B, 3> for Rule {
    type State = Saved<FloatTensor<B>>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [rows_node, weight_node, bias_node] = ops.parents;
        let Saved {
            rows,
            weight,
            documents,
            padding,
        } = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        if rows_node.is_some() || weight_node.is_some() {
            // Both come from one sum of gradients for each word and tap.
            let (drows, dweight) =
                B::word_conv_backward(rows, weight, grad.clone(), documents, padding);
            if let Some(node) = rows_node {
                grads.register::<B>(node.id, drows);
            }
            if let Some(node) = weight_node {
                grads.register::<B>(node.id, dweight);
            }
        }
        if let Some(node) = bias_node {
            grads.register::<B>(node.id, B::word_conv_backward_bias(grad));
        }
    }
}

impl<B: WordConvBackend, C: CheckpointStrategy> WordConvBackend for Autodiff<B, C> {
    fn word_conv_forward(
        rows: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        documents: Documents,
        padding: [usize; 2],
    ) -> FloatTensor<Self> {
        let (rows, rows_guard) = rows.into_parts();
        let (weight, weight_guard) = weight.into_parts();
        let (bias, bias_guard) = bias.into_parts();
        let prepared = Rule.prepare::<C>([rows_guard, weight_guard, bias_guard]);
        match prepared.compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let saved = Saved {
                    rows: rows.clone(),
                    weight: weight.clone(),
                    documents: documents.clone(),
                    padding,
                };
                let y = B::word_conv_forward(rows, weight, bias, documents, padding);
                prepared.finish(saved, y)
            }
            OpsKind::UnTracked(prepared) => {
                prepared.finish(B::word_conv_forward(rows, weight, bias, documents, padding))
            }
        }
    }
}
