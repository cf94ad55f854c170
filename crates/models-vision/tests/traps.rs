//! What goes wrong in re-implementations of LeNet-5, one named test for each, the counts of parameters, and promise 1.
#![cfg(feature = "flex")]
#![cfg_attr(feature = "ndarray", allow(deprecated))]

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use cnn_core::layers::{MapLossConfig, RbfOutputConfig};
use models_vision::{
    Activation, InputError, LeNet5, LeNet5Config, LeNet5Error, LeNet5Variant, Pooling, RbfCriterion,
};

fn device() -> Device {
    Device::flex().autodiff()
}

fn classic() -> LeNet5Config {
    LeNet5Config::new(LeNet5Variant::Classic1998).with_seed(1)
}

fn modern() -> LeNet5Config {
    LeNet5Config::new(LeNet5Variant::Modern).with_seed(1)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor
        .into_data()
        .try_into_vec::<f32>()
        .expect("f32 tensor")
}

fn images(seed: u64, batch: usize, device: &Device) -> Tensor<4> {
    let grey: Vec<u8> = (0..batch * 784)
        .map(|i| cnn_core::random::below(seed, 0, i as u64, 256) as u8)
        .collect();
    LeNet5::images(&grey, [28, 28], device).expect("28 x 28")
}

/// Makes F6 answer `f6` to every image: its weights zero, its biases where the squash gives `f6`.
fn with_f6(mut model: LeNet5, f6: &[f32]) -> LeNet5 {
    let device = device();
    model.f6.weight = Param::from_tensor(Tensor::zeros([84, 120], &device));
    let bias = f6.iter().map(|y| 1.5 * (y / 1.7159).atanh()).collect();
    model.f6.bias = Some(Param::from_tensor(Tensor::from_data(
        TensorData::new(bias, [84]),
        &device,
    )));
    model
}

fn loss(model: &LeNet5, targets: &[u32]) -> f32 {
    let scores = model.forward(images(3, targets.len(), &device()));
    model.loss(scores, targets).into_scalar::<f32>()
}

#[test]
fn the_classic_network_has_exactly_60_000_trainable_parameters() {
    let model = classic().init(&device()).expect("config");
    assert_eq!(model.c1.num_params(), 156);
    assert_eq!(model.s2.as_ref().expect("trainable").num_params(), 12);
    assert_eq!(
        model.c3_sparse.as_ref().expect("sparse").num_params(),
        1_516
    );
    assert_eq!(model.s4.as_ref().expect("trainable").num_params(), 32);
    assert_eq!(model.c5.num_params(), 48_120);
    assert_eq!(model.f6.num_params(), 10_164);
    assert_eq!(model.num_params(), 60_000);
}

#[test]
fn the_modern_network_has_61_706() {
    let model = modern().init(&device()).expect("config");
    assert_eq!(model.c3.as_ref().expect("dense").num_params(), 2_416);
    assert_eq!(model.out.as_ref().expect("dense").num_params(), 850);
    assert_eq!(model.num_params(), 61_706);
    let max = modern()
        .with_pooling(Some(Pooling::Max))
        .with_activation(Some(Activation::Relu));
    assert_eq!(max.init(&device()).expect("config").num_params(), 61_706);
    let colours = modern().with_channels(3).init(&device()).expect("config");
    assert_eq!(colours.num_params(), 61_706 + 2 * 150);
    let letters = modern().with_classes(26).init(&device()).expect("config");
    assert_eq!(letters.num_params(), 61_706 + 16 * 85);
}

#[test]
fn trap_dense_c3_or_counted_codes_or_plain_average_pooling() {
    // 60,900, 60,840 and 59,956: the three mistakes have counts of their own, and none is a multiple of another.
    let (classic, modern) = (
        classic().init(&device()).expect("config"),
        modern().init(&device()).expect("config"),
    );
    let dense_c3 = modern.c3.as_ref().expect("dense").num_params()
        - classic.c3_sparse.as_ref().expect("sparse").num_params();
    let pooling = classic.s2.as_ref().expect("trainable").num_params()
        + classic.s4.as_ref().expect("trainable").num_params();
    let codes: usize = RbfOutputConfig::digits().codes.iter().map(Vec::len).sum();
    let total = classic.num_params();
    assert_eq!(
        [total + dense_c3, total + codes, total - pooling],
        [60_900, 60_840, 59_956]
    );
}

#[test]
fn trap_arg_max_over_rbf_outputs() {
    // Penalties are distances: the least one wins, so scores are their negatives.
    for (digit, code) in RbfOutputConfig::digits().codes.iter().enumerate() {
        let model = with_f6(classic().init(&device()).expect("config"), code);
        let scores = values(model.forward(images(5, 1, &device())));
        let best = (0..10)
            .max_by(|a, b| scores[*a].total_cmp(&scores[*b]))
            .expect("ten");
        assert_eq!(best, digit);
        assert!(
            scores[digit].abs() < 1e-6,
            "on its code the penalty of {digit} is {}",
            scores[digit]
        );
        let others = scores.iter().enumerate().filter(|(i, _)| *i != digit);
        assert!(
            others.map(|(_, s)| *s).fold(f32::MIN, f32::max) <= -43.99,
            "the closest other code is 44 away"
        );
    }
}

#[test]
fn trap_wrong_start() {
    // F6 = 0 makes every penalty 84.
    let start = |criterion| {
        with_f6(
            classic()
                .with_criterion(criterion)
                .init(&device())
                .expect("config"),
            &[0.0; 84],
        )
    };
    assert!((loss(&start(RbfCriterion::MeanSquared), &[3, 1]) - 84.0).abs() < 1e-4);
    let map = |rubbish_penalty| loss(&start(RbfCriterion::Map { rubbish_penalty }), &[3, 1]);
    assert!((map(1.0) - 83.0).abs() < 1e-4, "84 - j for a small j");
    assert!(
        (map(1000.0) - std::f32::consts::LN_10).abs() < 1e-4,
        "ln 10 for j far above 84"
    );
}

#[test]
fn a_fresh_network_starts_near_84_as_well() {
    let found = loss(
        &classic().init(&device()).expect("config"),
        &[0, 1, 2, 3, 4, 5, 6, 7],
    );
    assert!((70.0..105.0).contains(&found), "Eq. 8 starts at {found}");
}

#[test]
fn trap_centres_that_are_trained_collapse() {
    // They are no parameters here, and stay what they are through a step. Collapsed, Eq. 9 would read ln(10 + e^-j).
    let model = classic().init(&device()).expect("config");
    let codes = || RbfOutputConfig::digits().codes.concat();
    let gradients = model
        .loss(model.forward(images(3, 2, &device())), &[4, 7])
        .backward();
    let rbf = model.rbf.as_ref().expect("classic");
    assert!(rbf.codes.grad(&gradients).is_none());
    assert_eq!(values(rbf.codes.clone()), codes());
    let collapsed = MapLossConfig::new()
        .with_rubbish_penalty(1.0)
        .init()
        .expect("config");
    let collapsed = collapsed.forward(Tensor::zeros([2, 10], &device()), &[4, 7]);
    assert!((collapsed.into_scalar::<f32>() - 2.339).abs() < 1e-3);
}

#[test]
fn trap_zero_padding_is_a_grey_frame() {
    let blank = values(LeNet5::images(&[0; 784], [28, 28], &device()).expect("28 x 28"));
    assert_eq!(blank, [-0.1; 1024]);
    let ink = values(LeNet5::images(&[255; 784], [28, 28], &device()).expect("28 x 28"));
    for (i, value) in ink.iter().enumerate() {
        let inside = (2..30).contains(&(i / 32)) && (2..30).contains(&(i % 32));
        let expected = if inside { 1.175 } else { -0.1 };
        assert!((value - expected).abs() < 1e-6, "pixel {i} is {value}");
    }
}

#[test]
fn trap_inputs_have_mean_0_028_and_deviation_0_351_where_pixels_are_as_in_mnist() {
    // MNIST's training pixels have mean 0.1307 and deviation 0.3081 of white. So have these, of two values: 15.2 % of them 0.859.
    let grey: Vec<u8> = (0..784_000)
        .map(|i| {
            if cnn_core::random::uniform(1, 2, i) < 0.1522 {
                219
            } else {
                0
            }
        })
        .collect();
    let input = values(LeNet5::images(&grey, [28, 28], &device()).expect("28 x 28"));
    let count = input.len() as f64;
    let mean = input.iter().map(|v| *v as f64).sum::<f64>() / count;
    let deviation = (input
        .iter()
        .map(|v| (*v as f64 - mean).powi(2))
        .sum::<f64>()
        / count)
        .sqrt();
    assert!(
        (mean - 0.028).abs() < 0.002 && (deviation - 0.351).abs() < 0.002,
        "mean {mean}, deviation {deviation}"
    );
}

#[test]
fn trap_a_logistic_sigmoid_cannot_reach_a_code() {
    // A logistic unit stays above 0; F6 must come to -1 as well as to +1.
    let code = &RbfOutputConfig::digits().codes[4];
    let model = with_f6(classic().init(&device()).expect("config"), code);
    let f6 = values(model.f6_outputs(images(9, 1, &device())));
    for (unit, wanted) in f6.iter().zip(code) {
        assert!((unit - wanted).abs() < 1e-6, "{unit} should be {wanted}");
    }
    let fresh = classic().init(&device()).expect("config");
    let f6 = values(fresh.f6_outputs(images(9, 16, &device())));
    assert!(f6.iter().any(|v| *v < 0.0) && f6.iter().any(|v| *v > 0.0));
}

#[test]
fn trap_mini_batch_means_make_one_batchth_of_the_progress() {
    // The loss is a mean: at the paper's rates, made for one update per example, a batch of B gives 1/B of it. The
    // gradient of a batch is the mean of its examples'.
    let model = classic().init(&device()).expect("config");
    let batch = images(11, 4, &device());
    let targets = [1, 5, 5, 0];
    let gradient = |images: Tensor<4>, targets: &[u32]| {
        let gradients = model.loss(model.forward(images), targets).backward();
        values(
            model
                .f6
                .bias
                .as_ref()
                .expect("bias")
                .val()
                .grad(&gradients)
                .expect("trained"),
        )
    };
    let together = gradient(batch.clone(), &targets);
    let mut mean = vec![0.0; 84];
    for (i, target) in targets.iter().enumerate() {
        let one = batch.clone().slice([i..i + 1, 0..1, 0..32, 0..32]);
        for (mean, g) in mean.iter_mut().zip(gradient(one, &[*target])) {
            *mean += g / 4.0;
        }
    }
    for (a, b) in together.iter().zip(&mean) {
        assert!((a - b).abs() < 1e-5, "{a} is not {b}");
    }
}

#[test]
fn weights_of_1998_start_within_2_4_by_fan_in() {
    let model = classic().init(&device()).expect("config");
    let range = |values: Vec<f32>, bound: f32| {
        let greatest = values.iter().fold(0.0, |m: f32, v| m.max(v.abs()));
        assert!(
            greatest <= bound && greatest > 0.8 * bound,
            "greatest magnitude {greatest} of ±{bound}"
        );
    };
    range(values(model.c1.weight.val()), 2.4 / 25.0);
    let c3 = values(model.c3_sparse.as_ref().expect("sparse").weight.val());
    range(c3[..3 * 25].to_vec(), 2.4 / 75.0); // the first map reads three
    range(c3[57 * 25..].to_vec(), 2.4 / 150.0); // the last one six, of which these are three
    range(values(model.c5.weight.val()), 2.4 / 400.0);
    range(values(model.f6.weight.val()), 2.4 / 120.0);
}

#[test]
fn promise_1_scores_have_the_same_bits_alone_and_in_every_batch() {
    let device = Device::flex();
    for config in [
        classic(),
        modern(),
        modern()
            .with_activation(Some(Activation::Relu))
            .with_pooling(Some(Pooling::Max)),
        modern().with_pooling(Some(Pooling::Trainable)),
        modern().with_channels(3),
    ] {
        let model = config.init(&device).expect("config");
        let planes = config.channels;
        let batch = images(13, 35 * planes, &device).reshape([35, planes, 32, 32]);
        let of = |from: usize, to: usize| {
            let part = batch.clone().slice([from..to, 0..planes, 0..32, 0..32]);
            let scores = values(model.forward(part));
            scores.iter().map(|v| v.to_bits()).collect::<Vec<_>>()
        };
        let whole = of(0, 35);
        for (from, to) in [(0, 1), (34, 35), (17, 18), (0, 16), (16, 35), (1, 8)] {
            assert_eq!(
                of(from, to),
                whole[from * 10..to * 10],
                "images {from}..{to} of {config}"
            );
        }
        assert_eq!(
            values(model.forward(batch.slice([0..0, 0..planes, 0..32, 0..32]))),
            [0.0f32; 0],
            "an empty batch"
        );
    }
}

#[test]
fn what_cannot_be_made_says_why() {
    let error = |config: LeNet5Config| config.init(&device()).expect_err("no such network");
    assert_eq!(
        error(classic().with_classes(26)),
        LeNet5Error::ClassicClasses { classes: 26 }
    );
    let relu = classic().with_activation(Some(Activation::Relu));
    assert_eq!(
        error(relu),
        LeNet5Error::ClassicActivation {
            activation: Activation::Relu
        }
    );
    assert_eq!(
        error(classic().with_channels(3)),
        LeNet5Error::ClassicChannels { channels: 3 }
    );
    let max = classic().with_pooling(Some(Pooling::Max));
    assert_eq!(
        error(max),
        LeNet5Error::ClassicPooling {
            pooling: Pooling::Max
        }
    );
    assert!(matches!(
        error(modern().with_classes(0)),
        LeNet5Error::Layer(_)
    ));
    let rubbish = classic().with_criterion(RbfCriterion::Map {
        rubbish_penalty: -1.0,
    });
    assert!(matches!(error(rubbish), LeNet5Error::Layer(_)));
}

#[test]
fn images_that_do_not_fit_say_why() {
    let device = device();
    let error = |grey: &[u8], size| LeNet5::images(grey, size, &device).expect_err("no such image");
    assert_eq!(
        error(&[0; 33 * 32], [33, 32]),
        InputError::TooLarge {
            height: 33,
            width: 32
        }
    );
    assert_eq!(
        error(&[0; 785], [28, 28]),
        InputError::Incomplete {
            channels: 1,
            pixels: 785,
            height: 28,
            width: 28
        }
    );
    assert_eq!(
        error(&[], [0, 28]),
        InputError::Incomplete {
            channels: 1,
            pixels: 0,
            height: 0,
            width: 28
        }
    );
    assert_eq!(
        LeNet5::images(&[], [28, 28], &device).expect("none").dims(),
        [0, 1, 32, 32]
    );
    assert_eq!(
        LeNet5::images(&[7; 1024], [32, 32], &device)
            .expect("no border")
            .dims(),
        [1, 1, 32, 32]
    );
}

#[test]
fn planes_of_colours_keep_their_places() {
    let device = device();
    let pixels: Vec<u8> = (0..2 * 3 * 4).map(|i| i as u8 * 10).collect();
    let input = values(LeNet5::planes(&pixels, [3, 2, 2], &device).expect("two images of 2 x 2"));
    assert_eq!(input.len(), 2 * 3 * 1024);
    for (plane, pixels) in pixels.chunks(4).enumerate() {
        for (place, pixel) in [(15, 15), (15, 16), (16, 15), (16, 16)].iter().zip(pixels) {
            let value = input[plane * 1024 + place.0 * 32 + place.1];
            assert!((value - (f32::from(*pixel) / 255.0 * 1.275 - 0.1)).abs() < 1e-6);
        }
    }
    assert_eq!(
        LeNet5::planes(&[0; 2048], [3, 32, 32], &device).expect_err("two planes"),
        InputError::Incomplete {
            pixels: 2048,
            channels: 3,
            height: 32,
            width: 32
        }
    );
}
