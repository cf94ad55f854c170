//! TextCNN and DPCNN against PyTorch: logits, every gradient, the losses of ten training steps and the prediction after them, from
//! the same weights.
//!
//! `python crates/models-text/tests/pytorch/make.py` remakes the values, computed in f64, document by document. `cargo test -p
//! models-text --test pytorch -- --nocapture` prints the deviations.
#![cfg_attr(feature = "ndarray", allow(deprecated))]
#[path = "../../cnn-core/tests/pytorch/training.rs"]
mod training;
#[path = "../../cnn-core/tests/pytorch/values.rs"]
mod values;

use std::collections::BTreeSet;

use burn::optim::GradientsParams;
use burn::tensor::Device;
use cnn_core::layers::{CrossEntropy, DropoutConvention, PooledLength};
use cnn_core::ops::StepRule;
use cnn_core::{Documents, Noise};
use models_text::{
    DpcnnConfig, FilterGroup, Region, TextClassifier, TextCnnConfig, TextCnnVariant,
    TextModelError, Windows,
};
use values::{Case, Values};

/// Relative to the largest entry of a tensor.
const FIRST_STEP: f64 = 2e-6;
/// After ten steps, in which differences may grow.
const LAST_STEP: f64 = 1e-5;

fn check<M: TextClassifier>(
    case: &Case,
    rule: StepRule,
    untrained: Option<&str>,
    make: impl Fn(&Device) -> Result<M, TextModelError>,
) {
    let documents = Documents::new(&case.documents());
    let targets = case.labels("targets");
    let samples: Vec<u64> = (100..).take(documents.documents()).collect();
    for device in values::devices() {
        let mut loaded = BTreeSet::new();
        let model = make(&device).expect("config");
        let mut model = training::load(model, &device, |path, shape| {
            let key = format!("start {path}");
            assert_eq!(shape, case.shape(&key), "{path} has PyTorch's layout");
            loaded.insert(key.clone());
            case.floats(&key)
        });
        let there = case
            .tensors()
            .into_iter()
            .filter(|key| key.starts_with("start "))
            .count();
        assert_eq!(
            loaded.len(),
            there,
            "PyTorch's parameters and ours are the same ones"
        );

        let (mut losses, mut states) = (Vec::new(), training::States::default());
        for step in 0..10 {
            let noise = Noise::new(9, step, samples.clone());
            let logits = model.forward(&documents, Some(&noise));
            let loss = CrossEntropy.forward(logits.clone(), &targets);
            losses.push(loss.clone().into_scalar::<f32>());
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            if step == 0 {
                case.check("logits", logits, FIRST_STEP);
                training::each_gradient(
                    &model,
                    &gradients,
                    |path, shape, gradient| match gradient {
                        Some(gradient) => case.check_gradient(path, shape, &gradient, FIRST_STEP),
                        None => assert_eq!(Some(path), untrained, "{path} has no gradient"),
                    },
                );
            }
            model = training::step(model, rule, gradients, &mut states);
            model.after_step();
        }
        case.check_values("losses", &losses, LAST_STEP);
        case.check("predicted", model.forward(&documents, None), LAST_STEP);
    }
}

/// Probability and convention of the case's dropout.
fn dropout(case: &Case) -> (f32, DropoutConvention) {
    let convention = match case.setting("dropout")[1].as_str().expect("convention") {
        "halved" => DropoutConvention::Halved,
        "inverted" => DropoutConvention::Inverted,
        other => panic!("no convention {other}"),
    };
    (
        case.setting("dropout")[0].as_f64().expect("probability") as f32,
        convention,
    )
}

fn check_text_cnn(name: &str, variant: TextCnnVariant, untrained: Option<&str>) {
    let values = Values::open(env!("CARGO_MANIFEST_DIR"), "textcnn.json");
    let case = values.case(name);
    let groups = case
        .usizes("widths")
        .into_iter()
        .zip(case.usizes("filters"));
    let (probability, convention) = dropout(&case);
    let config = TextCnnConfig::new(10, 3)
        .with_dimension(5)
        .with_filters(
            groups
                .map(|(width, filters)| FilterGroup::new(width, filters))
                .collect(),
        )
        .with_variant(variant)
        .with_windows(if case.flag("independent") {
            Windows::Touching
        } else {
            Windows::Valid
        })
        .with_dropout(probability)
        .with_dropout_convention(convention)
        .with_max_norm(case.setting("max_norm").as_f64().map(|limit| limit as f32));
    let setting = |key| case.setting("adadelta")[key].as_f64().expect("number") as f32;
    let rule = StepRule::Adadelta {
        lr: 1.0,
        rho: setting("rho"),
        epsilon: setting("epsilon"),
        weight_decay: 0.0,
    };
    check(&case, rule, untrained, |device| config.init(device));
}

#[test]
fn text_cnn_rand_with_halved_dropout_and_max_norm() {
    check_text_cnn("rand", TextCnnVariant::Rand, None);
}

#[test]
fn text_cnn_with_valid_windows_and_inverted_dropout() {
    check_text_cnn("valid", TextCnnVariant::NonStatic, None);
}

#[test]
fn text_cnn_static() {
    check_text_cnn("static", TextCnnVariant::Static, Some("embedding.weight"));
}

#[test]
fn text_cnn_multichannel() {
    check_text_cnn(
        "multichannel",
        TextCnnVariant::Multichannel,
        Some("static_embedding.weight"),
    );
}

fn check_dpcnn(name: &str, region: Region) {
    let values = Values::open(env!("CARGO_MANIFEST_DIR"), "dpcnn.json");
    let case = values.case(name);
    let (probability, convention) = dropout(&case);
    let config = DpcnnConfig::new(9, 2)
        .with_region(region)
        .with_feature_maps(4)
        .with_blocks(case.usize("blocks"))
        .with_bias(case.flag("bias"))
        .with_pooled_length(if case.text("pooled_length") == "ceil" {
            PooledLength::Ceil
        } else {
            PooledLength::Floor
        })
        .with_dropout(probability)
        .with_dropout_convention(convention);
    let setting = |key| case.setting("sgd")[key].as_f64().expect("number") as f32;
    let rule = StepRule::Sgd {
        lr: setting("lr"),
        momentum: setting("momentum"),
        weight_decay: 0.0,
    };
    check(&case, rule, None, |device| config.init(device));
}

#[test]
fn dpcnn_of_the_published_runs() {
    check_dpcnn("bag_3_ceil", Region::BagOfWords { region_size: 3 });
}

#[test]
fn dpcnn_of_the_authors_pytorch_code() {
    check_dpcnn(
        "bag_1_floor_unbiased",
        Region::BagOfWords { region_size: 1 },
    );
}

#[test]
fn dpcnn_over_word_vectors() {
    check_dpcnn("vectors_floor", Region::WordVectors { dimension: 5 });
}
