//! What training makes small: the loss over a network's scores, as the settings and the data ask for it.

use std::sync::Arc;

use burn::tensor::Tensor;
use cnn_core::ops;

use crate::network::Network;
use datasets::LabelSets;

/// The loss of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objective {
    /// How much each class counts, `[classes]`; `None`: every row counts the same.
    pub class_weights: Option<Arc<[f32]>>,
    /// The labels behind each row's label, where rows have any number of them: then every class is a question of its own, with
    /// a sigmoid in place of the softmax.
    pub sets: Option<Arc<LabelSets>>,
}

impl Objective {
    /// The mean loss `[1]` of `scores` `[examples, classes]`, one label per example.
    pub(super) fn loss<N: Network>(
        &self,
        network: &N,
        scores: Tensor<2>,
        labels: &[u32],
    ) -> Tensor<1> {
        match &self.sets {
            None => network.loss(scores, labels, self.class_weights.as_ref()),
            Some(sets) => ops::binary_cross_entropy(scores, &sets.targets(labels)),
        }
    }
}
