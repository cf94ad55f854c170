//! A network's answers on a set: predictions, probabilities, mean loss.

use burn::tensor::Device;

use crate::examples::Examples;
use crate::network::Network;
use crate::statistics::ConfusionMatrix;
use crate::weights::values_of;

/// Examples per forward pass. It does not change the answers.
pub(super) const BATCH: usize = 256;

/// What a network answered on a set.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The predicted class of each example.
    pub predictions: Vec<u32>,
    /// The label of each example.
    pub labels: Vec<u32>,
    /// The classes' probabilities, `[examples, classes]` in row-major order.
    pub probabilities: Vec<f32>,
    /// Mean loss, every row with the same weight; 0 for an empty set.
    pub loss: f64,
}

impl Evaluation {
    /// Before the first answer to examples with these labels.
    pub(crate) fn begin(labels: &[u32]) -> Self {
        Self {
            predictions: Vec::with_capacity(labels.len()),
            labels: labels.to_vec(),
            probabilities: Vec::new(),
            loss: 0.0,
        }
    }

    /// The answers to the next examples: `scores` and `probabilities` `[examples, classes]`, and the mean loss of these examples.
    pub(crate) fn add(
        &mut self,
        classes: usize,
        scores: &[f32],
        probabilities: Vec<f32>,
        loss: f64,
    ) {
        let rows = scores.chunks_exact(classes.max(1));
        self.loss += loss * rows.len() as f64;
        self.predictions.extend(rows.map(arg_max));
        self.probabilities.extend(probabilities);
    }

    /// The same for the scores of a softmax.
    pub(crate) fn add_logits(&mut self, classes: usize, logits: &[f32], labels: &[u32]) {
        let mut probabilities = vec![0.0; logits.len()];
        let loss = predictor::cross_entropy_forward(classes, logits, labels, &mut probabilities);
        self.add(classes, logits, probabilities, f64::from(loss));
    }

    /// After the last answer.
    pub(crate) fn finish(mut self) -> Self {
        self.loss /= self.labels.len().max(1) as f64;
        self
    }

    /// The mean of the classes' F1, a class without rows and predictions counting as 0.
    pub fn macro_f1(&self) -> f64 {
        let classes = self.probabilities.len() / self.labels.len().max(1);
        ConfusionMatrix::from_predictions(classes, &self.labels, &self.predictions)
            .map_or(0.0, |matrix| matrix.macro_f1())
    }

    /// How many predictions are right.
    pub fn correct(&self) -> u64 {
        self.predictions
            .iter()
            .zip(&self.labels)
            .filter(|(p, l)| p == l)
            .count() as u64
    }

    /// The share that is right; 0 for an empty set.
    pub fn accuracy(&self) -> f64 {
        self.correct() as f64 / self.labels.len().max(1) as f64
    }
}

/// Runs `network` over all of `examples` without autodiff, in their order.
pub fn evaluate<N, E>(network: &N, examples: &E, device: &Device) -> Evaluation
where
    N: Network,
    E: Examples<Batch = N::Batch>,
{
    // Without autodiff: a tracked forward pass would keep its graph until the next backward.
    let network = network.valid();
    let indices: Vec<u32> = (0..examples.count() as u32).collect();
    let mut evaluation = Evaluation::begin(examples.labels());
    for chunk in indices.chunks(BATCH) {
        let scores = network.scores(&examples.batch(chunk, device), None, None);
        let classes = scores.dims()[1];
        let loss: f32 = network
            .loss(scores.clone(), &examples.targets(chunk), None)
            .into_scalar();
        let probabilities = values_of(network.probabilities(scores.clone()));
        evaluation.add(classes, &values_of(scores), probabilities, f64::from(loss));
    }
    evaluation.finish()
}

/// The place of the largest value, the first on a tie; NaN never wins.
fn arg_max(values: &[f32]) -> u32 {
    let mut best = 0;
    for (i, value) in values.iter().enumerate() {
        if *value > values[best] || values[best].is_nan() && !value.is_nan() {
            best = i;
        }
    }
    best as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_scores_wins() {
        assert_eq!(arg_max(&[1.0, 3.0, 3.0]), 1);
        assert_eq!(arg_max(&[f32::NAN, -1.0, -2.0]), 1);
        assert_eq!(arg_max(&[-5.0]), 0);
    }

    #[test]
    fn a_class_that_is_never_found_halves_the_macro_f1() {
        let mut look = Evaluation::begin(&[0, 0, 0, 1]);
        look.add(2, &[1.0, 0.0].repeat(4), vec![0.5; 8], 0.25);
        let look = look.finish();
        assert_eq!((look.accuracy(), look.loss), (0.75, 0.25));
        // F1 of the first class is 6 / 7, the second is never predicted.
        assert!((look.macro_f1() - 3.0 / 7.0).abs() < 1e-15);
    }
}
