//! A classifier of documents of any length, from the layers of this crate and Burn's own optimiser.
//!
//! Class 1 are the documents in which word 1 is followed at once by word 2. Both words stand in all documents, so that the
//! words alone tell nothing; a filter over two words and a maximum over time find the pair wherever it is.
//!
//! ```text
//! cargo run -p cnn-core --example ragged_documents
//! ```
#![cfg_attr(feature = "ndarray", allow(deprecated))]

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor, activation::relu};
use cnn_core::backend::Backend;
use cnn_core::layers::{
    ConfigError, Conv1d, Conv1dConfig, CrossEntropy, Embedding, EmbeddingConfig, Linear,
    LinearConfig, MaxOverTime,
};
use cnn_core::{Documents, random};

const WORDS: usize = 50;

#[derive(Module, Debug)]
struct Classifier {
    embedding: Embedding,
    conv: Conv1d,
    out: Linear,
}

impl Classifier {
    fn new(device: &Device) -> Result<Self, ConfigError> {
        Ok(Self {
            embedding: EmbeddingConfig::new(WORDS, 16).with_seed(1).init(device)?,
            conv: Conv1dConfig::new(16, 32, 2)
                .with_padding([1, 1])
                .with_seed(2)
                .init(device)?,
            out: LinearConfig::new(32, 2).with_seed(3).init(device)?,
        })
    }

    /// `[documents, 2]`
    fn forward(&self, documents: &Documents) -> Tensor<2> {
        let words = self.embedding.forward(documents); // [tokens, 16]
        let (maps, positions) = self.conv.forward(words, documents.offsets()); // [positions, 32]
        let features = MaxOverTime.forward(relu(maps), &positions, None); // [documents, 32]
        self.out.forward(features)
    }
}

/// A document of 4 to 30 words and its class, a function of its number alone.
fn example(number: u64) -> (Vec<u32>, u32) {
    let below = |index, n| random::below(2014, number, index, n);
    let length = 4 + below(0, 27);
    let mut words: Vec<u32> = (0..length)
        .map(|i| 3 + below(1 + i, WORDS as u64 - 3) as u32)
        .collect();
    let class = below(100, 2) as u32;
    let at = below(101, length - 1) as usize;
    words[at] = 1 + (1 - class); // "1 2" in class 1, "2 1" in class 0
    words[at + 1] = 1 + class;
    (words, class)
}

fn batch(numbers: std::ops::Range<u64>) -> (Documents, Vec<u32>) {
    let (documents, classes): (Vec<_>, Vec<_>) = numbers.map(example).unzip();
    (Documents::new(&documents), classes)
}

fn accuracy(logits: Tensor<2>, classes: &[u32]) -> f64 {
    let predicted = logits.argmax(1).into_data();
    let right = predicted
        .iter::<i64>()
        .zip(classes)
        .filter(|(p, c)| *p == i64::from(**c))
        .count();
    right as f64 / classes.len() as f64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let backend = *Backend::compiled()
        .first()
        .ok_or("build with a backend, such as --features flex")?;
    let device = backend.device()?.autodiff();
    let mut model = Classifier::new(&device)?;
    let mut optimizer = AdamConfig::new().init();
    for step in 0..50 {
        let (documents, classes) = batch(step * 64..(step + 1) * 64);
        let loss = CrossEntropy.forward(model.forward(&documents), &classes);
        let grads = GradientsParams::from_grads(loss.backward(), &model);
        if step % 10 == 0 {
            println!("step {step:2}   loss {:.3}", loss.into_scalar::<f32>());
        }
        model = optimizer.step(0.01, model, grads);
    }

    let (documents, classes) = batch(1_000_000..1_001_000);
    let accuracy = accuracy(model.valid().forward(&documents), &classes);
    println!(
        "{:.1} % of 1,000 new documents on {backend}",
        100.0 * accuracy
    );
    if accuracy < 0.95 {
        return Err("the classifier has not learned the pair".into());
    }
    Ok(())
}
