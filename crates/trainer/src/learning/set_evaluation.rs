//! A network's answers where a row may have any number of labels: one probability per row and class.

use burn::tensor::Device;

use crate::examples::Examples;
use crate::network::Network;
use crate::statistics::{LabelSetScores, best_thresholds, given};
use crate::weights::values_of;
use datasets::LabelSets;

/// Examples per forward pass. It does not change the answers.
const BATCH: usize = 256;

/// What a network answered on a set.
#[derive(Clone, Debug, PartialEq)]
pub struct SetEvaluation {
    /// Number of classes.
    pub classes: usize,
    /// Whether each row has each class, `[rows, classes]`, row by row.
    pub truths: Vec<bool>,
    /// The sigmoid of each score, `[rows, classes]`, row by row.
    pub probabilities: Vec<f32>,
    /// Mean binary cross-entropy over rows and classes; 0 for an empty set.
    pub loss: f64,
}

impl SetEvaluation {
    /// From logits `[rows, classes]`, row by row; `cells` are the rows' cells.
    pub fn of_logits(logits: &[f32], cells: &[u32], sets: &LabelSets) -> Self {
        let targets = sets.targets(cells);
        let mut probabilities = vec![0.0; logits.len()];
        let loss = predictor::binary_cross_entropy_forward(logits, &targets, &mut probabilities);
        Self {
            classes: sets.classes().len(),
            truths: sets.truths(cells),
            probabilities,
            loss: f64::from(loss),
        }
    }

    /// For each class the threshold with the best F1 on these rows.
    pub fn best_thresholds(&self) -> Vec<f32> {
        best_thresholds(self.classes, &self.probabilities, &self.truths)
    }

    /// Which classes each row is given, `[rows, classes]`: those whose probability reaches the threshold of the class.
    pub fn predictions(&self, thresholds: &[f32]) -> Vec<bool> {
        given(&self.probabilities, thresholds)
    }

    /// How good these predictions are.
    pub fn scores(&self, thresholds: &[f32]) -> LabelSetScores {
        LabelSetScores::of(self.classes, &self.truths, &self.predictions(thresholds))
    }
}

/// Runs `network` over all of `examples` without autodiff, in their order: the logits `[examples, classes]`, row by row.
pub fn logits<N, E>(network: &N, examples: &E, device: &Device) -> Vec<f32>
where
    N: Network,
    E: Examples<Batch = N::Batch>,
{
    let network = network.valid();
    let indices: Vec<u32> = (0..examples.count() as u32).collect();
    let chunks = indices.chunks(BATCH);
    chunks
        .flat_map(|chunk| values_of(network.scores(&examples.batch(chunk, device), None, None)))
        .collect()
}
