//! Trains a TextCNN and a DPCNN to tell "not good" from "not bad", with this crate, its layers and Burn alone.
//!
//! Every sentence of both classes may hold "good", "bad" and "not": only their order tells the class.
//!
//! ```text
//! cargo run --release -p models-text --example word_order
//! ```
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::Device;
use models_text::cnn_core::layers::{CrossEntropy, Initial};
use models_text::cnn_core::{Documents, Noise, random};
use models_text::{DpcnnConfig, FilterGroup, Region, TextClassifier, TextCnnConfig};

const WORDS: [&str; 8] = ["good", "bad", "not", "the", "film", "is", "really", "and"];

fn main() -> Result<(), models_text::TextModelError> {
    let device = Device::flex().autodiff();
    let text_cnn = TextCnnConfig::new(WORDS.len(), 2)
        .with_dimension(16)
        .with_filters(FilterGroup::each(&[2, 3], 16))
        .init(&device)?;
    learn("TextCNN", text_cnn);
    let dpcnn = DpcnnConfig::new(WORDS.len(), 2)
        .with_region(Region::WordVectors { dimension: 16 })
        .with_feature_maps(16)
        .with_blocks(3)
        .with_initial(Initial::PyTorch)
        .with_initial_words(Initial::Normal { std: 0.1 })
        .init(&device)?;
    learn("DPCNN", dpcnn);
    Ok(())
}

fn learn<M: TextClassifier>(name: &str, mut model: M) {
    println!("{name}: {} parameters", model.num_params());
    let mut optimizer = AdamConfig::new().init();
    for step in 0..150 {
        let samples: Vec<u64> = (step * 32..(step + 1) * 32).collect();
        let (documents, targets) = sentences(&samples);
        let logits = model.forward(&documents, Some(&Noise::new(1, step, samples)));
        let loss = CrossEntropy.forward(logits, &targets);
        if step % 50 == 49 {
            println!(
                "step {:>3}: loss {:.4}",
                step + 1,
                loss.clone().into_scalar::<f32>()
            );
        }
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(3e-3, model, gradients);
        model.after_step();
    }

    let samples: Vec<u64> = (1_000_000..1_000_200).collect();
    let (documents, targets) = sentences(&samples);
    let logits = model.valid().forward(&documents, None).into_data();
    let logits = logits.as_slice::<f32>().expect("f32 tensor");
    let predicted = logits.chunks(2).map(|row| u32::from(row[1] > row[0]));
    let right = predicted.zip(&targets).filter(|(p, t)| p == *t).count();
    println!(
        "{right} of {} sentences not seen before are right",
        targets.len()
    );
}

/// Sentences such as "the film is not good and really bad and": class 1 if "not" stands before "bad".
fn sentences(samples: &[u64]) -> (Documents, Vec<u32>) {
    let (mut documents, mut targets) = (Vec::new(), Vec::new());
    for sample in samples {
        let draw = |index: u64, n: u64| random::below(7, *sample, index, n) as u32;
        let class = draw(0, 2);
        let filler =
            |from: u64| (0..draw(from, 5)).map(move |i| 3 + draw(from + 1 + u64::from(i), 5));
        let (praise, blame) = (0, 1);
        let (negated, plain) = if class == 1 {
            (blame, praise)
        } else {
            (praise, blame)
        };
        let mut parts = [vec![2, negated], vec![plain]];
        if draw(1, 2) == 1 {
            parts.reverse();
        }
        let mut document: Vec<u32> = filler(10).collect();
        document.extend(&parts[0]);
        document.extend(3 + draw(30, 5)..4 + draw(30, 5)); // at least one word between the two
        document.extend(filler(20));
        document.extend(&parts[1]);
        documents.push(document);
        targets.push(class);
    }
    (Documents::new(&documents), targets)
}
