//! The randomness of one training step, as numbers that name it.
use std::sync::Arc;

/// What random draws of one training step depend on: nothing but these numbers, the layer's seed and the unit.
///
/// No generator is advanced, so a run that is resumed at step `n` draws what the uninterrupted run drew there, and a sample
/// draws the same wherever it stands in the batch. Layers take `Option<&Noise>`: `None` means evaluation, where nothing is
/// random.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noise {
    /// Seed of the run.
    pub seed: u64,
    /// Number of the training step, counted from the start of the run.
    pub step: u64,
    /// For each row of the batch, the number of its sample in the data set.
    pub samples: Arc<[u64]>,
}

impl Noise {
    /// The noise of step `step` of the run seeded with `seed`, for the samples of these numbers.
    pub fn new(seed: u64, step: u64, samples: impl Into<Arc<[u64]>>) -> Self {
        Self {
            seed,
            step,
            samples: samples.into(),
        }
    }
}
