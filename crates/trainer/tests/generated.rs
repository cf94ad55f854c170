//! What the generated sets are made to show: which model learns each of them, and which cannot.
//!
//! Settings are the defaults but for what shortens a run; every figure is on examples by which nothing was chosen.

use std::sync::atomic::AtomicBool;

use burn::tensor::Device;
use cnn_core::backend::Backend;
use datasets::{DATA_VARIABLE, OpenOptions, TextExample, open_image};
use trainer::assembly::{self, ImageTask, TextTask, images_of};
use trainer::baseline::{TextBaseline, TextBaselineOptions, Units};
use trainer::config::{ModelKind, RunConfig};
use trainer::examples::Examples;
use trainer::learning::{
    self, Ending, Objective, Reporter, StepReport, Surroundings, Trainer, WallClock, evaluate,
};
use trainer::network::Network;

/// Prints what it is told; `cargo test` shows it when the test fails.
struct Printed;

impl Reporter for Printed {
    fn step(&mut self, _: StepReport) {}

    fn say(&mut self, line: &str) {
        println!("{line}");
    }
}

fn device() -> Device {
    let backend = *Backend::compiled()
        .first()
        .expect("tests are built with a backend");
    backend.device().expect("the first backend has a device")
}

/// Trains `network` on the set and returns it as a run would keep it.
fn trained<N, E>(network: N, config: &RunConfig, train: &E, dev: &E) -> N
where
    N: Network,
    E: Examples<Batch = N::Batch>,
{
    let mut trainer = Trainer::new(network);
    let around = Surroundings {
        config,
        objective: &Objective::default(),
        train,
        dev,
        device: &device(),
        checkpoints: None,
        metrics: None,
        stop: &AtomicBool::new(false),
        clock: &WallClock::start(),
        identity: &serde_json::Value::Null,
    };
    let ending = learning::train(&mut trainer, around, &mut Printed).expect("training succeeds");
    assert_eq!(ending, Ending::Complete);
    trainer.into_kept()
}

fn settings(model: ModelKind, data: &str, pairs: &[&str]) -> RunConfig {
    pairs
        .iter()
        .fold(RunConfig::defaults(model, data), |config, pair| {
            config.with_pair(pair).expect("a setting that exists")
        })
}

fn texts(config: &RunConfig, rows: usize) -> TextTask {
    let options = OpenOptions {
        generated_rows: Some(rows),
        ..OpenOptions::default()
    };
    TextTask::open(config, &options, None).expect("a generated set opens")
}

/// Test accuracy of the configured text network.
fn network_on(task: &TextTask, config: &RunConfig) -> f64 {
    let (words, classes) = (task.tokenizer.vocabulary_size(), task.labels.len());
    let autodiff = device().autodiff();
    let evaluation = match config.model {
        ModelKind::Textcnn => {
            let network = assembly::textcnn(config, words, None, classes, &autodiff).unwrap();
            let network = trained(network, config, &task.train, &task.dev);
            evaluate(&network, &task.test, &device())
        }
        ModelKind::Dpcnn => {
            let network = assembly::dpcnn(config, words, None, classes, &autodiff).unwrap();
            let network = trained(network, config, &task.train, &task.dev);
            evaluate(&network, &task.test, &device())
        }
        ModelKind::Lenet5 => unreachable!("it reads images"),
    };
    println!(
        "{} on {}: {:.4}",
        config.model.name(),
        task.name,
        evaluation.accuracy()
    );
    evaluation.accuracy()
}

/// Test accuracy of the linear baseline over n-grams of up to so many words.
fn ngrams_on(task: &TextTask, longest_ngram: usize) -> f64 {
    let both = |part: &[TextExample]| -> (Vec<String>, Vec<u32>) {
        part.iter().map(|row| (row.text.clone(), row.label)).unzip()
    };
    let ((train, labels), (test, expected)) = (both(&task.split.train), both(&task.split.test));
    let options = TextBaselineOptions {
        longest_ngram,
        ..TextBaselineOptions::default()
    };
    let baseline = TextBaseline::fit_texts(&train, &labels, 2, Units::Words, &options).unwrap();
    let answers = baseline.predict_texts(&test);
    let right = answers.iter().zip(&expected).filter(|(a, e)| a == e);
    let accuracy = right.count() as f64 / expected.len() as f64;
    println!("1-{longest_ngram}-grams on {}: {accuracy:.4}", task.name);
    accuracy
}

/// Whether an accuracy on `count` examples of two classes is what guessing gives, to four standard deviations.
fn is_chance(accuracy: f64, count: usize) -> bool {
    (accuracy - 0.5).abs() < 4.0 * 0.5 / (count as f64).sqrt()
}

/// The order of words decides, further apart than three words reach.
#[test]
fn phrases_need_windows_wider_than_three_words() {
    let config = settings(
        ModelKind::Textcnn,
        "phrases",
        &["training.epochs=3", "optimizer.learning_rate=2e-3"],
    );
    let task = texts(&config, 10_000);
    let count = task.test.count();
    for longest in [1, 3] {
        let accuracy = ngrams_on(&task, longest);
        assert!(is_chance(accuracy, count), "1-{longest}-grams: {accuracy}");
    }
    let narrow = config.clone().with_pair("textcnn.widths=[3]").unwrap();
    let accuracy = network_on(&task, &narrow);
    assert!(is_chance(accuracy, count), "TextCNN, width 3: {accuracy}");
    let accuracy = network_on(&task, &config);
    assert!(accuracy >= 0.97, "TextCNN, widths 3, 4, 5: {accuracy}");
}

/// The order of distant passages decides, further apart than a TextCNN's filters reach.
#[test]
fn long_documents_need_depth() {
    // More, smaller steps than the default, so that few documents suffice; both networks take as many.
    let steps = ["training.epochs=3", "training.batch_size=32"];
    let deep = settings(ModelKind::Dpcnn, "long_documents", &steps);
    let mut shallow = settings(ModelKind::Textcnn, "long_documents", &steps);
    for pair in ["textcnn.dimension=32", "textcnn.filters=32"] {
        shallow = shallow.with_pair(pair).unwrap();
    }
    let task = texts(&deep, 3_000);
    let count = task.test.count();
    let accuracy = ngrams_on(&task, 3);
    assert!(is_chance(accuracy, count), "1-3-grams: {accuracy}");
    let accuracy = network_on(&task, &shallow);
    assert!(is_chance(accuracy, count), "TextCNN: {accuracy}");
    let accuracy = network_on(&task, &deep);
    assert!(accuracy >= 0.95, "DPCNN: {accuracy}");
}

/// A network that has seen nothing but generated digits reads those that people wrote.
#[test]
fn generated_digits_teach_to_read_real_ones() {
    if std::env::var_os(DATA_VARIABLE).is_none() {
        eprintln!("SKIPPED: {DATA_VARIABLE} names no folder with the real MNIST digits");
        return;
    }
    let config = settings(ModelKind::Lenet5, "digits", &["training.epochs=3"]);
    let options = OpenOptions {
        generated_rows: Some(12_000),
        ..OpenOptions::default()
    };
    let task = ImageTask::open(&config, &options).unwrap();
    let network = assembly::lenet5(&config, 1, task.labels.len(), &device().autodiff()).unwrap();
    let network = trained(network, &config, &task.train, &task.dev);
    let mnist = open_image("mnist", &OpenOptions::default()).unwrap();
    assert_eq!(mnist.labels, task.labels);
    let real = images_of(
        &mnist.split.test,
        [mnist.channels, mnist.height, mnist.width],
    );
    assert_eq!(real.count(), 10_000);
    let accuracy = evaluate(&network, &real, &device()).accuracy();
    println!("LeNet-5 trained on generated digits, on MNIST's test part: {accuracy:.4}");
    assert!(accuracy >= 0.85, "{accuracy}");
}
