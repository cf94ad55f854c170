//! Two hundred training steps of each network at its full width, beside PyTorch's in f64 from the same weights: the curves of the loss.
//!
//! `python crates/trainer/tests/fixtures/two_hundred_steps.py` remakes the values; `-- --nocapture` prints the distances.
#![cfg_attr(feature = "ndarray", allow(deprecated))]

use burn::tensor::Device;
use cnn_core::backend::Backend;
use models_vision::LeNet5;
use serde_json::Value;
use trainer::assembly;
use trainer::config::{ModelKind, Rule, RunConfig, Schedule};
use trainer::examples::{Examples, Images, Texts};
use trainer::learning::{Objective, Trainer};
use trainer::network::Network;
use trainer::weights::{apply, collect};

const STEPS: usize = 200;
const BATCH: usize = 16;
const EXAMPLES: usize = 160;
const WORDS: usize = 400;
const CLASSES: usize = 4;

/// The distance that is allowed at any step.
const LIMIT: f64 = 1e-3;

/// Numbers of 16 bits, as the maker of the values draws them.
fn draws(seed: u64, count: usize) -> Vec<u32> {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 48) as u32
    };
    (0..count).map(|_| next()).collect()
}

/// The network with the weights that the maker draws, in the order of their paths.
fn drawn<N: Network>(network: N) -> N {
    let mut arrays = collect(&network);
    for ((path, array), seed) in arrays.iter_mut().zip(1..) {
        let scale = match path.as_str() {
            "embedding.weight" => 1.0,
            path if path.ends_with("bias") => 1.0 / 64.0,
            path if ["f6", "c1", "c3", "ou"].contains(&&path[..2]) => 1.0 / 16.0,
            _ => 1.0 / 32.0,
        };
        let values = draws(seed, array.values.len());
        array.values = values
            .into_iter()
            .map(|draw| (draw as f32 - 32_768.0) / 32_768.0 * scale)
            .collect();
    }
    apply(network, &arrays).expect("the network's own arrays")
}

fn labels() -> Vec<u32> {
    draws(1004, EXAMPLES)
        .into_iter()
        .map(|draw| draw % CLASSES as u32)
        .collect()
}

fn texts() -> Texts {
    let lengths = draws(1001, EXAMPLES)
        .into_iter()
        .map(|draw| 3 + draw as usize % 38);
    let lengths: Vec<usize> = lengths.collect();
    let tokens = draws(1002, lengths.iter().sum());
    let mut tokens = tokens.into_iter().map(|draw| draw % WORDS as u32);
    let documents = lengths
        .into_iter()
        .map(|length| tokens.by_ref().take(length).collect());
    Texts {
        documents: documents.collect(),
        labels: labels(),
    }
}

fn images() -> Images {
    let pixels = draws(1003, EXAMPLES * 28 * 28);
    Images {
        pixels: pixels.into_iter().map(|draw| draw as u8).collect(),
        channels: 1,
        height: 28,
        width: 28,
        labels: labels(),
    }
}

fn config(model: ModelKind) -> RunConfig {
    let mut config = RunConfig::defaults(model, "two hundred steps");
    config.optimizer.schedule = Schedule::Constant;
    config.optimizer.weight_decay = 0.0;
    match model {
        ModelKind::Dpcnn => {
            // Rows that wait are caught up with.
            config.optimizer.rule = Rule::Sgd;
            config.optimizer.learning_rate = 1.0 / 512.0;
        }
        _ => {
            config.optimizer.learning_rate = 1e-3;
            config.optimizer.dense = true;
        }
    }
    if let Some(settings) = &mut config.lenet5 {
        settings.activation = "tanh".into();
        settings.pooling = "average".into();
    }
    if let Some(settings) = &mut config.textcnn {
        settings.dropout = 0.0;
        settings.max_norm = 0.0;
    }
    if let Some(settings) = &mut config.dpcnn {
        settings.blocks = 3;
        settings.dropout = 0.0;
    }
    config
}

/// Trains and holds every loss beside PyTorch's.
fn beside<N, E>(name: &str, config: &RunConfig, network: N, examples: &E, device: &Device)
where
    N: Network,
    E: Examples<Batch = N::Batch>,
{
    let values: Value =
        serde_json::from_str(include_str!("fixtures/two_hundred_steps.json")).expect("JSON");
    let theirs: Vec<f64> = serde_json::from_value(values["losses"][name].clone()).expect("losses");
    assert_eq!(theirs.len(), STEPS);
    let mut trainer = Trainer::new(drawn(network));
    let mut farthest: f64 = 0.0;
    for (step, theirs) in theirs.iter().enumerate() {
        let first = (step * BATCH % EXAMPLES) as u32;
        let indices: Vec<u32> = (first..first + BATCH as u32).collect();
        let ours = trainer
            .step(
                config,
                &Objective::default(),
                STEPS as u64,
                examples,
                &indices,
                device,
            )
            .expect("a step");
        let distance = (ours - theirs).abs();
        assert!(distance < LIMIT, "{name}, step {step}: {ours} and {theirs}");
        farthest = farthest.max(distance);
    }
    let (first, last) = (theirs[0], theirs[STEPS - 1]);
    assert!(
        last < 0.7 * first,
        "{name} learns nothing: {first} to {last}"
    );
    println!("{name}: losses from {first:.4} to {last:.4}, at most {farthest:.1e} apart");
}

fn device() -> Device {
    Backend::compiled()[0].device().expect("a CPU")
}

#[test]
fn lenet5_learns_beside_pytorch() {
    let (device, config) = (device(), config(ModelKind::Lenet5));
    let network: LeNet5 =
        assembly::lenet5(&config, 1, CLASSES, &device.clone().autodiff()).expect("settings");
    beside("lenet5", &config, network, &images(), &device);
}

#[test]
fn textcnn_learns_beside_pytorch() {
    let (device, config) = (device(), config(ModelKind::Textcnn));
    let network = assembly::textcnn(&config, WORDS, None, CLASSES, &device.clone().autodiff());
    beside(
        "textcnn",
        &config,
        network.expect("settings"),
        &texts(),
        &device,
    );
}

#[test]
fn dpcnn_learns_beside_pytorch() {
    let (device, config) = (device(), config(ModelKind::Dpcnn));
    let network = assembly::dpcnn(&config, WORDS, None, CLASSES, &device.clone().autodiff());
    beside(
        "dpcnn",
        &config,
        network.expect("settings"),
        &texts(),
        &device,
    );
}
