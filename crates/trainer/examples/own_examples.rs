//! Trains a TextCNN on examples that the program makes itself, with the trainer's loop: no data set, no files, no command line.
//!
//! A document is of class 1 when token 7 comes directly after token 3 somewhere in it; every document holds both.
//!
//! ```text
//! cargo run --release -p trainer --example own_examples
//! ```

use std::error::Error;
use std::sync::atomic::AtomicBool;

use cnn_core::backend::Backend;
use cnn_core::random::{below, stream};
use serde_json::Value;
use trainer::assembly;
use trainer::config::{ModelKind, RunConfig};
use trainer::examples::Texts;
use trainer::learning::{
    self, Objective, Reporter, StepReport, Surroundings, Trainer, WallClock, evaluate,
};

const VOCABULARY: usize = 50;
const CLASSES: usize = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let mut config = RunConfig::defaults(ModelKind::Textcnn, "own");
    config.training.epochs = 6;
    let settings = config.textcnn.as_mut().expect("a textcnn run has them");
    settings.dimension = 32;
    settings.filters = 16;

    let (train, dev, test) = (made(0, 2_000), made(1, 200), made(2, 1_000));
    let device = Backend::compiled()[0].device()?;
    let network = assembly::textcnn(
        &config,
        VOCABULARY,
        None,
        CLASSES,
        &device.clone().autodiff(),
    )?;
    let mut trainer = Trainer::new(network);
    let around = Surroundings {
        config: &config,
        objective: &Objective::default(),
        train: &train,
        dev: &dev,
        device: &device,
        checkpoints: None,
        metrics: None,
        stop: &AtomicBool::new(false),
        clock: &WallClock::start(),
        identity: &Value::Null,
    };
    learning::train(&mut trainer, around, &mut Lines)?;

    let network = trainer.into_kept();
    let accuracy = evaluate(&network, &test, &device).accuracy();
    println!("test accuracy {:.2} %", 100.0 * accuracy);
    Ok(())
}

/// Prints what the loop says, and nothing after every step.
struct Lines;

impl Reporter for Lines {
    fn step(&mut self, _: StepReport) {}

    fn say(&mut self, line: &str) {
        println!("{line}");
    }
}

/// `count` documents of 12 to 30 tokens; `part` parts the sets.
fn made(part: u64, count: usize) -> Texts {
    let mut texts = Texts {
        documents: Vec::new(),
        labels: Vec::new(),
    };
    for index in 0..count as u64 {
        let mut drawn = 0;
        let mut draw = |limit: u64| {
            drawn += 1;
            below(part, stream("own examples"), index * 100 + drawn, limit)
        };
        let length = 12 + draw(19);
        // Any token but 3 and 7, which come in by hand.
        let mut document: Vec<u32> = (0..length).map(|_| 8 + draw(42) as u32).collect();
        let label = draw(2) as u32;
        let place = draw(length / 2 - 1) as usize;
        let behind = if label == 1 {
            1
        } else {
            2 + draw(length / 2 - 2) as usize
        };
        document[place] = 3;
        document[place + behind] = 7;
        texts.documents.push(document);
        texts.labels.push(label);
    }
    texts
}
