//! What training makes small: the loss over a network's scores, as the settings and the data ask for it.

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::network::Network;

/// The loss of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objective {
    /// How much each class counts, `[classes]`; `None`: every row counts the same.
    pub class_weights: Option<Arc<[f32]>>,
}

impl Objective {
    /// The mean loss `[1]` of `scores` `[examples, classes]`, one label per example.
    pub(super) fn loss<N: Network>(
        &self,
        network: &N,
        scores: Tensor<2>,
        labels: &[u32],
    ) -> Tensor<1> {
        network.loss(scores, labels, self.class_weights.as_ref())
    }
}
