//! What a training loop and a predictor need of a text model.
use burn::module::Module;
use burn::tensor::Tensor;
use cnn_core::{Documents, Noise, layers::Embedding};

/// A network that reads documents through one table of word vectors.
///
/// The table is apart from the rest because it is large and a step touches few of its rows: a loop takes the
/// [rows](Embedding::rows) of the batch's distinct tokens out of it, makes them a leaf of the graph, calls
/// [`forward_rows`](Self::forward_rows) and updates those rows alone. [`forward`](Self::forward) does the same with the whole table as
/// the leaf, for optimisers that know nothing of rows.
pub trait TextClassifier: Module {
    /// The table that [`forward_rows`](Self::forward_rows) expects rows of.
    fn table(&self) -> &Embedding;

    /// The same table, to write updated rows back.
    fn table_mut(&mut self) -> &mut Embedding;

    /// Whether training changes the table. `false` for given vectors that stay as they are.
    fn trains_table(&self) -> bool;

    /// Rows of the table, `[distinct, dimension]` in the order of [`Documents::distinct`], and the documents they belong to ->
    /// logits `[documents, classes]`.
    ///
    /// `noise` as in training, `None` at prediction (no dropout).
    ///
    /// # Panics
    /// If `rows` does not have one row per distinct token, or the noise does not name one sample per document.
    fn forward_rows(
        &self,
        rows: Tensor<2>,
        documents: &Documents,
        noise: Option<&Noise>,
    ) -> Tensor<2>;

    /// Documents -> logits `[documents, classes]`. No gradient reaches a table that is not trained.
    ///
    /// # Panics
    /// If a token is not in the vocabulary, or the noise does not name one sample per document.
    fn forward(&self, documents: &Documents, noise: Option<&Noise>) -> Tensor<2> {
        let rows = self.table().rows(documents);
        let rows = if self.trains_table() {
            rows
        } else {
            rows.detach()
        };
        self.forward_rows(rows, documents, noise)
    }

    /// What must be done after each update of the weights, such as the max-norm constraint.
    fn after_step(&mut self) {}
}
