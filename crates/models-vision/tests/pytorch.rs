//! LeNet-5 against PyTorch: scores, every gradient and the losses of ten training steps, from the same weights.
//!
//! `python crates/models-vision/tests/pytorch/make.py` remakes the values, computed in f64. `cargo test -p models-vision --test pytorch
//! -- --nocapture` prints the deviations.
#![cfg_attr(feature = "ndarray", allow(deprecated))]
#[path = "../../cnn-core/tests/pytorch/training.rs"]
mod training;
#[path = "../../cnn-core/tests/pytorch/values.rs"]
mod values;

use std::collections::BTreeSet;

use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};
use cnn_core::ops::StepRule;
use models_vision::{Activation, LeNet5Config, LeNet5Variant, Pooling, RbfCriterion};
use values::{Case, Values, lattice};

/// Relative to the largest entry of a tensor; sums of up to 400 products, five layers of them.
const FIRST_STEP: f64 = 5e-6;
/// After ten steps, in which differences may grow.
const LOSSES: f64 = 2e-5;

fn check(name: &str, config: LeNet5Config, rule: impl Fn(&Case, u64) -> StepRule) {
    let values = Values::open(env!("CARGO_MANIFEST_DIR"), "lenet5.json");
    let case = values.case(name);
    let described = case.setting("parameters").as_array().expect("list").clone();
    for device in values::devices() {
        let mut loaded = BTreeSet::new();
        let model = config.init(&device).expect("config");
        let mut model = training::load(model, &device, |path, shape| {
            let of = described
                .iter()
                .find(|p| p["path"] == path)
                .unwrap_or_else(|| panic!("PyTorch has no {path}"));
            let expected: Vec<_> = of["shape"]
                .as_array()
                .expect("shape")
                .iter()
                .map(|d| d.as_u64().expect("size") as usize)
                .collect();
            assert_eq!(shape, expected, "{path} has PyTorch's layout");
            loaded.insert(path.to_owned());
            lattice(
                of["seed"].as_u64().expect("seed"),
                shape.iter().product(),
                of["scale"].as_f64().expect("scale"),
            )
        });
        assert_eq!(
            loaded.len(),
            described.len(),
            "PyTorch's parameters and ours are the same ones"
        );

        let images = TensorData::new(lattice(1000, 3 * 1024, 1.0), [3, 1, 32, 32]);
        let images: Tensor<4> = Tensor::from_data(images, &device);
        let targets = case.labels("targets");
        let (mut losses, mut states) = (Vec::new(), training::States::default());
        for step in 0..10 {
            let scores = model.forward(images.clone());
            let loss = model.loss(scores.clone(), &targets);
            losses.push(loss.clone().into_scalar::<f32>());
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            if step == 0 {
                case.check("scores", scores, FIRST_STEP);
                training::each_gradient(&model, &gradients, |path, shape, gradient| {
                    let gradient = gradient.unwrap_or_else(|| panic!("{path} has no gradient"));
                    case.check_gradient(path, shape, &gradient, FIRST_STEP);
                });
            }
            model = training::step(model, rule(&case, step + 1), gradients, &mut states);
        }
        case.check_values("losses", &losses, LOSSES);
    }
}

fn sgd(case: &Case, _step: u64) -> StepRule {
    StepRule::Sgd {
        lr: case.number("sgd") as f32,
        momentum: 0.0,
        weight_decay: 0.0,
    }
}

fn adam(case: &Case, step: u64) -> StepRule {
    let (lr, epsilon) = (case.number("adam") as f32, case.number("epsilon") as f32);
    StepRule::Adam {
        lr,
        beta1: 0.9,
        beta2: 0.999,
        epsilon,
        weight_decay: 0.0,
        step,
    }
}

#[test]
fn the_network_of_1998_with_equation_8() {
    check(
        "classic_mean_squared",
        LeNet5Config::new(LeNet5Variant::Classic1998),
        sgd,
    );
}

#[test]
fn the_network_of_1998_with_equation_9() {
    let criterion = RbfCriterion::Map {
        rubbish_penalty: 100.0,
    };
    check(
        "classic_map",
        LeNet5Config::new(LeNet5Variant::Classic1998).with_criterion(criterion),
        sgd,
    );
}

#[test]
fn the_modern_network_with_tanh_and_average_pooling() {
    check(
        "modern_tanh_average",
        LeNet5Config::new(LeNet5Variant::Modern),
        adam,
    );
}

#[test]
fn the_modern_network_with_relu_and_max_pooling() {
    let config = LeNet5Config::new(LeNet5Variant::Modern)
        .with_activation(Some(Activation::Relu))
        .with_pooling(Some(Pooling::Max));
    check("modern_relu_max", config, adam);
}
