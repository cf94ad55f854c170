//! What the training loop asks of a network, and the three networks' answers.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::Tensor;
use cnn_core::{Documents, Noise, layers::Embedding, ops};
use models_text::{Dpcnn, TextClassifier, TextCnn};
use models_vision::LeNet5;

/// A classifier that the loop can train: scores, a loss over them, and (text) a table touched by rows.
pub trait Network: Module + 'static {
    /// What one forward pass reads.
    type Batch;

    /// The distinct rows that `batch` needs of the trained table, `[distinct, dimension]`; `None` where the network
    /// has no such table or does not train it.
    fn trained_rows(&self, batch: &Self::Batch) -> Option<Tensor<2>>;

    /// The scores `[examples, classes]`; the largest is the prediction. `rows` replaces the trained table's rows, so
    /// that their gradient is that of the batch's rows alone. `noise` is `None` outside training.
    fn scores(
        &self,
        batch: &Self::Batch,
        rows: Option<Tensor<2>>,
        noise: Option<&Noise>,
    ) -> Tensor<2>;

    /// The mean loss of a batch, `[1]`; with `weights`, one per class, each row counts as much as its class.
    fn loss(&self, scores: Tensor<2>, targets: &[u32], weights: Option<&Arc<[f32]>>) -> Tensor<1>;

    /// The ids of the rows that [`Network::trained_rows`] returns, in the same order.
    fn row_ids(batch: &Self::Batch) -> Option<Arc<[u32]>>;

    /// The table to be updated by rows, if there is one.
    fn trained_table(&mut self) -> Option<&mut Embedding>;

    /// What follows an optimiser step, such as a limit on weight norms.
    fn after_step(&mut self);

    /// Probabilities `[examples, classes]` of scores.
    fn probabilities(&self, scores: Tensor<2>) -> Tensor<2> {
        ops::softmax(scores)
    }
}

impl Network for LeNet5 {
    type Batch = Tensor<4>;

    fn trained_rows(&self, _: &Tensor<4>) -> Option<Tensor<2>> {
        None
    }

    fn scores(&self, images: &Tensor<4>, _: Option<Tensor<2>>, _: Option<&Noise>) -> Tensor<2> {
        self.forward(images.clone())
    }

    fn loss(&self, scores: Tensor<2>, targets: &[u32], weights: Option<&Arc<[f32]>>) -> Tensor<1> {
        match weights {
            None => LeNet5::loss(self, scores, targets),
            Some(weights) => self.weighted_loss(scores, targets, weights),
        }
    }

    fn row_ids(_: &Tensor<4>) -> Option<Arc<[u32]>> {
        None
    }

    fn trained_table(&mut self) -> Option<&mut Embedding> {
        None
    }

    fn after_step(&mut self) {}
}

macro_rules! text_network {
    ($network:ty) => {
        impl Network for $network {
            type Batch = Documents;

            fn trained_rows(&self, documents: &Documents) -> Option<Tensor<2>> {
                self.trains_table().then(|| self.table().rows(documents))
            }

            fn scores(
                &self,
                documents: &Documents,
                rows: Option<Tensor<2>>,
                noise: Option<&Noise>,
            ) -> Tensor<2> {
                let rows = rows.unwrap_or_else(|| self.table().rows(documents));
                self.forward_rows(rows, documents, noise)
            }

            fn loss(
                &self,
                scores: Tensor<2>,
                targets: &[u32],
                weights: Option<&Arc<[f32]>>,
            ) -> Tensor<1> {
                match weights {
                    None => ops::cross_entropy(scores, targets),
                    Some(weights) => ops::weighted_cross_entropy(scores, targets, weights),
                }
            }

            fn row_ids(documents: &Documents) -> Option<Arc<[u32]>> {
                Some(documents.distinct().clone())
            }

            fn trained_table(&mut self) -> Option<&mut Embedding> {
                if self.trains_table() {
                    Some(self.table_mut())
                } else {
                    None
                }
            }

            fn after_step(&mut self) {
                TextClassifier::after_step(self);
            }
        }
    };
}

text_network!(TextCnn);
text_network!(Dpcnn);
