//! The same network learns the same on every backend: twenty steps from the same weights on flex, ndarray, wgpu and cuda.
//!
//! Only the CPU promises bits, and only within itself. On a GPU sums run in another order, so the backends are held to
//! limits: of the final weights, parameter by parameter, of every loss, and of what the trained networks answer, on batches
//! too that are hard for a GPU (no word at all, a single one).
//!
//! A backend that was compiled in but has no device here is skipped aloud; `CNN_REQUIRE_BACKENDS=flex,ndarray,wgpu` makes
//! that a failure.

#[path = "../../cnn-core/tests/devices/mod.rs"]
mod devices;

use std::process::Command;

use burn::tensor::{Device, Tensor, TensorData};
use cnn_core::backend::Backend;
use cnn_core::layers::Initial;
use cnn_core::ops::StepRule;
use cnn_core::{Documents, Noise, random};
use models_text::{DpcnnConfig, FilterGroup, Region, TextCnnConfig, TextCnnVariant};
use models_vision::{LeNet5Config, LeNet5Variant};
use trainer::network::Network;
use trainer::optimizer::{Optimizer, RowsGradient, Table};
use trainer::weights::{Arrays, collect, values_of};

const STEPS: u64 = 20;
const BATCH: usize = 8;
const CLASSES: u64 = 4;
const VOCABULARY: u64 = 60;
const SEED: u64 = 11;

/// How far a backend may lie from flex.
struct Limits {
    /// Distance of the final weights, as a share of the distance that flex moved them from the start.
    weights: f64,
    /// Difference of a step's loss, as a share of it.
    losses: f64,
    /// Difference of a score, relative to `1 + |score|`.
    answers: f64,
}

/// Measured: ndarray 0, and 2.9e-7, 1.2e-7, 7.6e-8 for the LeNet-5 of 1998; wgpu on Mesa's llvmpipe 2.0e-6 to 2.3e-5, 1.7e-7, 1.5e-7.
const USUAL: Limits = Limits {
    weights: 2e-4,
    losses: 2e-6,
    answers: 2e-6,
};

/// On CUDA Burn's matrix products run on tensor cores, which round their factors to TF32: 10 bits of fraction instead of 23.
/// Seen on an H200: a TextCNN's weights 3.8e-2 of the way apart, losses up to 4e-6, probabilities up to 2e-5; the limits leave room,
/// for not every network's distance was read off.
const TENSOR_CORES: Limits = Limits {
    weights: 0.3,
    losses: 1e-3,
    answers: 1e-2,
};

fn limits(backend: Backend) -> Limits {
    match backend {
        Backend::Cuda => TENSOR_CORES,
        _ => USUAL,
    }
}

/// Weights before and after, the loss of each step, and what the trained network answers.
struct Trained {
    start: Arrays,
    end: Arrays,
    losses: Vec<f64>,
    answers: Vec<Vec<f32>>,
}

/// Trains with `rule` on the batches that `batch` gives for each step, then asks for the scores of the `questions`.
fn train<N: Network>(
    mut network: N,
    rule: impl Fn(u64) -> StepRule,
    batch: impl Fn(u64) -> N::Batch,
    questions: &[N::Batch],
) -> Trained {
    if let Some(table) = network.trained_table() {
        table.weight = table.weight.clone().set_require_grad(false);
    }
    let start = collect(&network);
    let mut optimizer = Optimizer::default();
    let mut losses = Vec::new();
    for step in 0..STEPS {
        let samples: Vec<u64> = (0..BATCH as u64)
            .map(|place| step * BATCH as u64 + place)
            .collect();
        let noise = Noise::new(SEED, step, samples);
        let batch = batch(step);
        let rows = network
            .trained_rows(&batch)
            .map(|rows| rows.autodiff().require_grad());
        let scores = network.scores(&batch, rows.clone(), Some(&noise));
        let loss = network.loss(scores, &targets(step), None);
        losses.push(f64::from(loss.clone().into_scalar::<f32>()));
        let mut gradients = loss.backward();
        let rows = rows
            .and_then(|rows| rows.grad_remove(&mut gradients))
            .zip(N::row_ids(&batch));
        let rows = rows.map(|(gradient, ids)| RowsGradient { ids, gradient });
        network = optimizer.step(network, rule(step), &mut gradients, rows, Table::Touched);
    }
    let answer = |question| values_of(network.scores(question, None, None));
    Trained {
        start,
        end: collect(&network),
        losses,
        answers: questions.iter().map(answer).collect(),
    }
}

fn targets(step: u64) -> Vec<u32> {
    let target = |place| {
        random::below(
            SEED,
            random::stream("targets"),
            step * BATCH as u64 + place,
            CLASSES,
        )
    };
    (0..BATCH as u64)
        .map(|place| target(place) as u32)
        .collect()
}

/// Documents of 0 to 29 tokens; every batch has an empty one and one of a single token.
fn documents(step: u64) -> Documents {
    let stream = random::stream("documents");
    let document = |place: u64| -> Vec<u32> {
        let number = step * BATCH as u64 + place;
        let length = if place < 2 {
            place
        } else {
            random::below(SEED, stream, number, 30)
        };
        let token = |i| random::below(SEED, random::mix(stream, number), i, VOCABULARY) as u32;
        (0..length).map(token).collect()
    };
    Documents::new(&(0..BATCH as u64).map(document).collect::<Vec<_>>())
}

/// Batches that leave axes of size 0 and 1: no document, documents without words, one word.
fn hard_documents() -> Vec<Documents> {
    let batches: [&[&[u32]]; 6] = [
        &[],
        &[&[]],
        &[&[], &[]],
        &[&[7]],
        &[&[], &[7, 8, 9], &[]],
        &[&[1, 2, 3, 4, 5, 6]],
    ];
    batches.into_iter().map(Documents::new).collect()
}

/// Images of noise, `[batch, 1, 32, 32]`.
fn images(step: u64, device: &Device) -> Tensor<4> {
    let count = BATCH * 32 * 32;
    let pixel = |i| random::uniform(SEED, random::stream("images"), step * count as u64 + i);
    let pixels: Vec<f32> = (0..count as u64).map(pixel).collect();
    Tensor::from_data(TensorData::new(pixels, [BATCH, 1, 32, 32]), device)
}

/// Trains on every backend and holds each to the first, which is flex.
fn all_agree(name: &str, train_on: impl Fn(&Device) -> Trained) {
    let mut devices = devices::devices().into_iter();
    let (_, flex) = devices.next().expect("flex is always there");
    if devices.len() == 0 {
        eprintln!("SKIPPED: flex alone is here, and there is nothing to compare it with");
    }
    let judge = train_on(&flex.autodiff());
    assert!(
        judge.losses.iter().all(|loss| loss.is_finite()),
        "{name}: {:?}",
        judge.losses
    );
    for (backend, device) in devices {
        let other = train_on(&device.autodiff());
        assert_eq!(
            other.start, judge.start,
            "{name} on {backend}: a seed gives the same weights on every backend"
        );
        let pairs = judge.losses.iter().zip(&other.losses);
        let losses = pairs.map(|(a, b)| (a - b).abs() / a.abs());
        let losses = losses.fold(0.0, greatest);
        let numbers = |answers: &[Vec<f32>]| answers.iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(
            numbers(&judge.answers),
            numbers(&other.answers),
            "{name} on {backend}"
        );
        let pairs = judge.answers.iter().flatten();
        let pairs = pairs.zip(other.answers.iter().flatten());
        let answers = pairs.map(|(a, b)| f64::from((a - b).abs() / (1.0 + a.abs())));
        let answers = answers.fold(0.0, greatest);
        let mut worst = (0.0, "");
        for (parameter, end) in &judge.end {
            let (start, theirs) = (&judge.start[parameter], &other.end[parameter]);
            let moved = distance(&start.values, &end.values);
            let between = distance(&theirs.values, &end.values);
            if moved == 0.0 {
                assert_eq!(
                    between, 0.0,
                    "{name} on {backend}: {parameter} stays on flex and moves here"
                );
                continue;
            }
            if between / moved > worst.0 {
                worst = (between / moved, parameter);
            }
        }
        let said = format!(
            "{name}: {backend} lies {:.1e} of the way from flex, worst in {}; losses {losses:.1e}, answers {answers:.1e} apart",
            worst.0, worst.1
        );
        eprintln!("{said}");
        let limits = limits(backend);
        assert!(
            worst.0 <= limits.weights && losses <= limits.losses && answers <= limits.answers,
            "{said}; losses on flex {:?}, here {:?}; answers {:?} and {:?}",
            judge.losses,
            other.losses,
            judge.answers,
            other.answers
        );
    }
    let moved = judge
        .end
        .iter()
        .filter(|(name, end)| **end != judge.start[*name])
        .count();
    assert!(
        moved * 2 > judge.end.len(),
        "{name}: only {moved} of {} parameters moved",
        judge.end.len()
    );
}

/// NaN is greater than everything.
fn greatest(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}

/// Euclidean distance.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let squares = a
        .iter()
        .zip(b)
        .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2));
    squares.sum::<f64>().sqrt()
}

fn momentum(lr: f32) -> impl Fn(u64) -> StepRule {
    move |_| StepRule::Sgd {
        lr,
        momentum: 0.9,
        weight_decay: 1e-4,
    }
}

fn adam(step: u64) -> StepRule {
    StepRule::Adam {
        lr: 1e-3,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weight_decay: 0.0,
        step: step + 1,
    }
}

fn adadelta(_: u64) -> StepRule {
    StepRule::Adadelta {
        lr: 1.0,
        rho: 0.95,
        epsilon: 1e-6,
        weight_decay: 0.0,
    }
}

fn lenet5(variant: LeNet5Variant, rule: impl Fn(u64) -> StepRule) {
    all_agree(&format!("lenet5 {variant:?}"), |device| {
        let config = LeNet5Config::new(variant).with_seed(SEED);
        let network = config.init(device).expect("the defaults are sound");
        let one = images(STEPS, device).slice([0..1, 0..1, 0..32, 0..32]);
        train(network, &rule, |step| images(step, device), &[one])
    });
}

#[test]
fn lenet5_of_1998_learns_the_same_everywhere() {
    lenet5(LeNet5Variant::Classic1998, momentum(1e-3));
}

#[test]
fn modern_lenet5_learns_the_same_everywhere() {
    lenet5(LeNet5Variant::Modern, adam);
}

#[test]
fn textcnn_learns_the_same_everywhere() {
    for variant in [TextCnnVariant::NonStatic, TextCnnVariant::Multichannel] {
        all_agree(&format!("textcnn {variant:?}"), |device| {
            let config = TextCnnConfig::kim(VOCABULARY as usize, CLASSES as usize)
                .with_dimension(16)
                .with_filters(FilterGroup::each(&[3, 4, 5], 8))
                .with_variant(variant)
                .with_seed(SEED);
            let network = config.init(device).expect("a small network");
            train(network, adadelta, documents, &hard_documents())
        });
    }
}

#[test]
fn dpcnn_learns_the_same_everywhere() {
    for region in [
        Region::BagOfWords { region_size: 3 },
        Region::WordVectors { dimension: 16 },
    ] {
        all_agree(&format!("dpcnn {region:?}"), |device| {
            let config = DpcnnConfig::new(VOCABULARY as usize, CLASSES as usize)
                .with_region(region)
                .with_feature_maps(16)
                .with_blocks(2)
                // Larger than the published start, so that twenty steps move every layer.
                .with_initial(Initial::PyTorch)
                .with_initial_words(Initial::Normal { std: 0.1 })
                .with_seed(SEED);
            let network = config.init(device).expect("a small network");
            train(network, momentum(1e-2), documents, &hard_documents())
        });
    }
}

fn cnn(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cnn"));
    command.args(arguments).env_remove("CNN_DATA");
    command
}

/// What the command prints when it ends well.
fn printed(arguments: &[&str]) -> String {
    let output = cnn(arguments)
        .output()
        .expect("cnn was built for this test");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("cnn prints UTF-8")
}

/// The run folder holds nothing of the backend: each of them answers from the run of each.
#[test]
fn a_run_of_one_backend_predicts_on_every_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let names = devices::devices()
        .into_iter()
        .map(|(backend, _)| backend.name());
    let names: Vec<&str> = names.collect();
    let mut all = Vec::new();
    for trained in &names {
        let run = folder.path().join(trained);
        let run = run.to_str().expect("a UTF-8 path");
        let train = [
            "train", "textcnn", "--limit", "100", "--epochs", "1", "--quiet",
        ];
        printed(&[&train[..], &["--backend", trained, "--out", run]].concat());
        for asked in &names {
            // A text without words leaves tensors without elements.
            let predict = [
                "predict",
                "--run",
                run,
                "--backend",
                asked,
                "--quiet",
                "",
                "not bad at all",
            ];
            let lines = printed(&predict);
            let probabilities = lines.lines().map(|line| {
                let answer: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
                answer["probabilities"]["positive"]
                    .as_f64()
                    .expect("a probability")
            });
            all.push((trained, asked, probabilities.collect::<Vec<_>>()));
        }
    }
    let (_, _, first) = &all[0];
    assert_eq!(first.len(), 2);
    for (trained, asked, probabilities) in &all {
        let limit = |name: &str| limits(name.parse().expect("a backend's name")).answers;
        let limit = limit(trained).max(limit(asked));
        let near = |(a, b): (&f64, &f64)| (a - b).abs() <= limit;
        assert!(
            probabilities.len() == 2 && probabilities.iter().zip(first).all(near),
            "trained on {trained}, asked on {asked}: {probabilities:?}, not {first:?}"
        );
    }
}

/// A run goes on with the backend that began it: another one's sums run in another order.
#[test]
fn a_run_is_not_resumed_on_another_backend() {
    let names = devices::devices()
        .into_iter()
        .map(|(backend, _)| backend.name());
    let names: Vec<&str> = names.collect();
    let [first, second, ..] = names[..] else {
        eprintln!("SKIPPED: flex alone is here, and there is no other backend to resume on");
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let run = folder.path().join("run");
    let run = run.to_str().expect("a UTF-8 path");
    let train = [
        "train", "textcnn", "--limit", "100", "--epochs", "2", "--quiet",
    ];
    printed(&[&train[..], &["--backend", first, "--out", run]].concat());
    // As if it had been killed before its end.
    std::fs::remove_file(folder.path().join("run/result.json")).expect("a finished run");
    let again = ["--backend", second, "--out", run, "--resume"];
    let refused = cnn(&[&train[..], &again].concat())
        .output()
        .expect("cnn was built for this test");
    let errors = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{errors}");
    let expected = format!("`--backend` was {first}, now {second}");
    assert!(errors.contains(&expected), "{errors}");
}

/// Where no driver is, the message says what to install and what to take instead.
#[test]
#[cfg(all(feature = "wgpu", target_os = "linux"))]
fn without_an_adapter_wgpu_says_what_it_needs() {
    let mut command = cnn(&["train", "lenet5", "--backend", "wgpu"]);
    for drivers in [
        "VK_DRIVER_FILES",
        "VK_ICD_FILENAMES",
        "__EGL_VENDOR_LIBRARY_FILENAMES",
    ] {
        command.env(drivers, "/nonexistent");
    }
    let output = command.output().expect("cnn was built for this test");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    for part in ["`wgpu` found no device", "mesa-vulkan-drivers", "`flex`"] {
        assert!(errors.contains(part), "{errors}");
    }
    assert!(!errors.contains("panicked"), "{errors}");
}
