//! Every layer against PyTorch: outputs and all gradients, on every backend that was compiled in.
//!
//! `python crates/cnn-core/tests/pytorch/make.py` remakes the values; they were computed in f64 from the same f32 inputs, so what
//! differs is our rounding. `cargo test -p cnn-core --test pytorch -- --nocapture` prints the deviations.
#![cfg_attr(feature = "ndarray", allow(deprecated))]
#[path = "pytorch/values.rs"]
mod values;

use burn::module::Param;
use burn::tensor::{Device, Gradients, Tensor};
use cnn_core::layers::{
    AveragePool2dConfig, BagOfWordsRegion, Conv1d, Conv2d, CrossEntropy, DropoutConfig,
    DropoutConvention, Embedding, Linear, MapLossConfig, MaxOverTime, MaxPool2dConfig,
    MaxPoolConfig, PooledLength, RbfLoss, RbfOutputConfig, SparseConv2dConfig, SquashConfig,
    TrainablePool2dConfig,
};
use cnn_core::ops::{self, StepRule};
use cnn_core::{Documents, Noise, Offsets};
use values::{Case, Values, devices};

/// Deviations are relative to the largest entry of the tensor. 2^-24 is half a unit in the last place; the longest sum here has 150
/// products, the RBF gradients 1,000 times cancelled ones.
const TOLERANCE: f64 = 1e-6;

/// Runs a test of one case of the file on every device.
fn on_every_device(name: &str, test: impl Fn(&Case, &Device)) {
    let values = Values::open(env!("CARGO_MANIFEST_DIR"), "layers.json");
    let devices = devices();
    assert!(!devices.is_empty(), "compile a backend in: --features flex");
    for device in devices {
        test(&values.case(name), &device);
    }
}

fn backward<const D: usize>(case: &Case, y: Tensor<D>, device: &Device) -> Gradients {
    case.check("y", y.clone(), TOLERANCE);
    (y * case.tensor("upstream", device)).sum().backward()
}

fn check<const D: usize>(case: &Case, key: &str, leaf: &Tensor<D>, gradients: &Gradients) {
    let gradient = leaf
        .grad(gradients)
        .unwrap_or_else(|| panic!("{}: no gradient for {key}", case.name));
    case.check(key, gradient, TOLERANCE);
}

fn leaf<const D: usize>(case: &Case, key: &str, device: &Device) -> Tensor<D> {
    case.tensor(key, device).require_grad()
}

fn param<const D: usize>(case: &Case, key: &str, device: &Device) -> Param<Tensor<D>> {
    Param::from_tensor(case.tensor(key, device))
}

#[test]
fn linear() {
    on_every_device("linear", |case, device| {
        let layer = Linear {
            weight: param(case, "weight", device),
            bias: Some(param(case, "bias", device)),
        };
        let x = leaf(case, "x", device);
        let gradients = backward(case, layer.forward(x.clone()), device);
        check(case, "dx", &x, &gradients);
        check(case, "dweight", &layer.weight.val(), &gradients);
        check(
            case,
            "dbias",
            &layer.bias.expect("made with one").val(),
            &gradients,
        );
    });
}

#[test]
fn conv2d() {
    for name in ["conv2d_plain", "conv2d_padded", "conv2d_unbiased"] {
        on_every_device(name, |case, device| {
            let padding = case.usizes("padding").try_into().expect("two numbers");
            let bias = case.flag("bias").then(|| param(case, "bias", device));
            let layer = Conv2d {
                weight: param(case, "weight", device),
                bias,
                padding,
            };
            let x = leaf(case, "x", device);
            let gradients = backward(case, layer.forward(x.clone()), device);
            check(case, "dx", &x, &gradients);
            check(case, "dweight", &layer.weight.val(), &gradients);
            if let Some(bias) = layer.bias {
                check(case, "dbias", &bias.val(), &gradients);
            }
        });
    }
}

#[test]
fn ragged_conv1d() {
    for name in [
        "conv1d_same",
        "conv1d_wide",
        "conv1d_valid",
        "conv1d_uneven",
        "conv1d_pointwise",
    ] {
        on_every_device(name, |case, device| {
            let padding = case.usizes("padding").try_into().expect("two numbers");
            let bias = case.flag("bias").then(|| param(case, "bias", device));
            let layer = Conv1d {
                weight: param(case, "weight", device),
                bias,
                padding,
            };
            let x = leaf(case, "x", device);
            let (y, positions) =
                layer.forward(x.clone(), &Offsets::from_lengths(case.usizes("lengths")));
            assert_eq!(
                positions,
                Offsets::from_lengths(case.usizes("output_lengths"))
            );
            let gradients = backward(case, y, device);
            check(case, "dx", &x, &gradients);
            check(case, "dweight", &layer.weight.val(), &gradients);
            if let Some(bias) = layer.bias {
                check(case, "dbias", &bias.val(), &gradients);
            }
        });
    }
}

#[test]
fn max_over_time() {
    on_every_device("max_over_time", |case, device| {
        let x = leaf(case, "x", device);
        let y = MaxOverTime.forward(
            x.clone(),
            &Offsets::from_lengths(case.usizes("lengths")),
            None,
        );
        check(case, "dx", &x, &backward(case, y, device));
    });
    on_every_device("max_over_time_floor", |case, device| {
        let (x, floor) = (leaf(case, "x", device), leaf(case, "floor", device));
        let offsets = Offsets::from_lengths(case.usizes("lengths"));
        let gradients = backward(
            case,
            MaxOverTime.forward(x.clone(), &offsets, Some(floor.clone())),
            device,
        );
        check(case, "dx", &x, &gradients);
        check(case, "dfloor", &floor, &gradients);
    });
}

#[test]
fn ragged_pooling_of_three_by_two() {
    for (name, length) in [
        ("max_pool_floor", PooledLength::Floor),
        ("max_pool_ceil", PooledLength::Ceil),
    ] {
        on_every_device(name, |case, device| {
            let x = leaf(case, "x", device);
            let pool = MaxPoolConfig::new().with_length(length).init();
            let (y, positions) =
                pool.forward(x.clone(), &Offsets::from_lengths(case.usizes("lengths")));
            assert_eq!(
                positions,
                Offsets::from_lengths(case.usizes("output_lengths"))
            );
            check(case, "dx", &x, &backward(case, y, device));
        });
    }
}

#[test]
fn embedding() {
    on_every_device("embedding", |case, device| {
        let layer = Embedding {
            weight: param(case, "table", device),
        };
        let gradients = backward(
            case,
            layer.forward(&Documents::new(&case.documents())),
            device,
        );
        check(case, "dtable", &layer.weight.val(), &gradients);
    });
}

#[test]
fn bag_of_words_region() {
    for name in ["bag_of_words_1", "bag_of_words_3", "bag_of_words_5"] {
        on_every_device(name, |case, device| {
            let table = Embedding {
                weight: param(case, "table", device),
            };
            let bias = Some(param(case, "bias", device));
            let region = BagOfWordsRegion {
                bias,
                region_size: case.usize("region_size"),
            };
            let documents = Documents::new(&case.documents());
            let gradients = backward(
                case,
                region.forward(table.rows(&documents), &documents),
                device,
            );
            check(case, "dtable", &table.weight.val(), &gradients);
            check(
                case,
                "dbias",
                &region.bias.expect("made with one").val(),
                &gradients,
            );
        });
    }
}

#[test]
fn average_and_max_pooling_of_images() {
    on_every_device("average_pool2d", |case, device| {
        let x = leaf(case, "x", device);
        let y = AveragePool2dConfig::new([2, 2])
            .init()
            .expect("config")
            .forward(x.clone());
        check(case, "dx", &x, &backward(case, y, device));
    });
    on_every_device("max_pool2d", |case, device| {
        let x = leaf(case, "x", device);
        let y = MaxPool2dConfig::new([2, 2])
            .init()
            .expect("config")
            .forward(x.clone());
        check(case, "dx", &x, &backward(case, y, device));
    });
}

#[test]
fn trainable_pooling() {
    on_every_device("trainable_pool2d", |case, device| {
        let mut layer = TrainablePool2dConfig::new(3).init(device).expect("config");
        (layer.weight, layer.bias) = (param(case, "weight", device), param(case, "bias", device));
        let x = leaf(case, "x", device);
        let gradients = backward(case, layer.forward(x.clone()), device);
        check(case, "dx", &x, &gradients);
        check(case, "dweight", &layer.weight.val(), &gradients);
        check(case, "dbias", &layer.bias.val(), &gradients);
    });
}

#[test]
fn squash() {
    on_every_device("squash", |case, device| {
        let x: Tensor<1> = leaf(case, "x", device);
        let y = SquashConfig::new()
            .init()
            .expect("config")
            .forward(x.clone());
        check(case, "dx", &x, &backward(case, y, device));
    });
}

#[test]
fn sparse_c3() {
    on_every_device("sparse_c3", |case, device| {
        let mut layer = SparseConv2dConfig::lenet5_c3()
            .init(device)
            .expect("config");
        (layer.weight, layer.bias) = (param(case, "weight", device), param(case, "bias", device));
        let x = leaf(case, "x", device);
        let gradients = backward(case, layer.forward(x.clone()), device);
        check(case, "dx", &x, &gradients);
        check(case, "dweight", &layer.weight.val(), &gradients);
        check(case, "dbias", &layer.bias.val(), &gradients);
    });
}

#[test]
fn rbf_output_with_the_codes_of_the_digits() {
    on_every_device("rbf", |case, device| {
        let x = leaf(case, "x", device);
        let y = RbfOutputConfig::digits()
            .init(device)
            .expect("config")
            .forward(x.clone());
        check(case, "dx", &x, &backward(case, y, device));
    });
}

#[test]
fn cross_entropy() {
    on_every_device("cross_entropy", |case, device| {
        let logits = leaf(case, "logits", device);
        let loss = CrossEntropy.forward(logits.clone(), &case.labels("targets"));
        case.check("loss", loss.clone(), TOLERANCE);
        case.check("probabilities", ops::softmax(logits.clone()), TOLERANCE);
        check(case, "dlogits", &logits, &loss.backward());
    });
}

#[test]
fn weighted_cross_entropy() {
    on_every_device("weighted_cross_entropy", |case, device| {
        let logits = leaf(case, "logits", device);
        let weights = case.floats("weights");
        let targets = case.labels("targets");
        let loss = ops::weighted_cross_entropy(logits.clone(), &targets, &weights.into());
        case.check("loss", loss.clone(), TOLERANCE);
        check(case, "dlogits", &logits, &loss.backward());
    });
}

#[test]
fn binary_cross_entropy() {
    on_every_device("binary_cross_entropy", |case, device| {
        let logits = leaf(case, "logits", device);
        let targets = case.floats("targets");
        let loss = ops::binary_cross_entropy(logits.clone(), &targets);
        case.check("loss", loss.clone(), TOLERANCE);
        check(case, "dlogits", &logits, &loss.backward());
    });
}

#[test]
fn mean_squared_loss_of_equation_8() {
    on_every_device("rbf_mean_squared", |case, device| {
        let penalties = leaf(case, "penalties", device);
        let loss = RbfLoss.forward(penalties.clone(), &case.labels("targets"));
        case.check("loss", loss.clone(), TOLERANCE);
        check(case, "dpenalties", &penalties, &loss.backward());
    });
}

#[test]
fn map_loss_of_equation_9_with_its_rubbish_class() {
    for name in ["rbf_map_small", "rbf_map_large"] {
        on_every_device(name, |case, device| {
            let penalties = leaf(case, "penalties", device);
            let loss = MapLossConfig::new()
                .with_rubbish_penalty(case.number("j") as f32)
                .init()
                .expect("config");
            let loss = loss.forward(penalties.clone(), &case.labels("targets"));
            case.check("loss", loss.clone(), TOLERANCE);
            check(case, "dpenalties", &penalties, &loss.backward());
        });
    }
}

#[test]
fn dropout_of_a_given_mask() {
    let conventions = [
        ("dropout_inverted", DropoutConvention::Inverted),
        ("dropout_halved", DropoutConvention::Halved),
    ];
    for (name, convention) in conventions {
        on_every_device(name, |case, device| {
            let layer = DropoutConfig::new(case.number("probability") as f32)
                .with_convention(convention)
                .with_seed(case.usize("layer_seed") as u64);
            let layer = layer.init().expect("config");
            let samples: Vec<u64> = case
                .usizes("samples")
                .into_iter()
                .map(|s| s as u64)
                .collect();
            let noise = Noise::new(
                case.usize("seed") as u64,
                case.usize("step") as u64,
                samples,
            );
            let x: Tensor<2> = leaf(case, "x", device);
            case.check("predicted", layer.forward(x.clone(), None), TOLERANCE);
            let gradients = backward(case, layer.forward(x.clone(), Some(&noise)), device);
            check(case, "dx", &x, &gradients);
        });
    }
}

#[test]
fn max_norm() {
    on_every_device("max_norm", |case, device| {
        let limited = ops::max_norm(case.tensor("weight", device), case.number("limit") as f32);
        case.check("y", limited, TOLERANCE);
    });
}

#[test]
fn optimiser_steps() {
    for name in [
        "optimiser_sgd",
        "optimiser_adam",
        "optimiser_adadelta",
        "optimiser_adagrad",
    ] {
        on_every_device(name, |case, device| {
            let device = device.clone().inner();
            let n = |key| case.number(key) as f32;
            let rule = |step| match name {
                "optimiser_sgd" => StepRule::Sgd {
                    lr: n("lr"),
                    momentum: n("momentum"),
                    weight_decay: n("weight_decay"),
                },
                "optimiser_adam" => StepRule::Adam {
                    lr: n("lr"),
                    beta1: n("beta1"),
                    beta2: n("beta2"),
                    epsilon: n("epsilon"),
                    weight_decay: n("weight_decay"),
                    step,
                },
                "optimiser_adadelta" => StepRule::Adadelta {
                    lr: n("lr"),
                    rho: n("rho"),
                    epsilon: n("epsilon"),
                    weight_decay: n("weight_decay"),
                },
                _ => StepRule::Adagrad {
                    lr: n("lr"),
                    epsilon: n("epsilon"),
                    weight_decay: n("weight_decay"),
                },
            };
            let steps: Tensor<3> = case.tensor("gradients", &device);
            let mut param: Tensor<2> = case.tensor("start", &device);
            let mut state = [(); 2].map(|()| Tensor::zeros([3, 4], &device));
            let mut after = Vec::new();
            for step in 0..4 {
                let gradient = steps
                    .clone()
                    .slice([step..step + 1, 0..3, 0..4])
                    .squeeze_dim(0);
                (param, state) =
                    ops::optimizer_step(&rule(step as u64 + 1), param, gradient, state, None);
                after.push(param.clone());
            }
            case.check("after", Tensor::stack::<3>(after, 0), TOLERANCE);
        });
    }
}
