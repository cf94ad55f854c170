//! Explanations are of the network that was trained: LeNet-5 layer by layer, in every form that it has.

use burn::tensor::{Tensor, TensorData};
use cnn_core::backend::Backend;
use cnn_core::random;
use predictor::LeNet5Layers;
use trainer::assembly;
use trainer::config::{ModelKind, RunConfig};
use trainer::explain::lenet5_form;
use trainer::weights::{collect, values_of};

fn close(name: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (found, expected) in found.iter().zip(expected) {
        let near = (found - expected).abs() < 2e-5 * (1.0 + expected.abs());
        assert!(near, "{name}: {found} {expected}");
    }
}

#[test]
fn every_form_of_lenet5_is_followed_to_its_scores() {
    let device = Backend::compiled()[0].device().expect("a device");
    let pixel = |i: usize| random::below(7, random::stream("pixels"), i as u64, 256) as f32;
    let image: Vec<f32> = (0..32 * 32).map(|i| pixel(i) / 200.0 - 0.1).collect();
    let forms = [
        ("1998", "tanh", "max"),
        ("modern", "relu", "max"),
        ("modern", "tanh", "average"),
        ("modern", "squash", "trainable"),
    ];
    for (variant, activation, pooling) in forms {
        let mut config = RunConfig::defaults(ModelKind::Lenet5, "digits");
        let settings = config.lenet5.as_mut().expect("a lenet5 has settings");
        settings.variant = variant.into();
        settings.activation = activation.into();
        settings.pooling = pooling.into();
        let network = assembly::lenet5(&config, 1, 10, &device).expect("a network");
        let form = lenet5_form(&config).expect("a lenet5 has a form");
        let layers = LeNet5Layers::new(collect(&network), &form).expect("its weights");
        let values = layers.run(&image);
        let input = TensorData::new(image.clone(), [1, 1, 32, 32]);
        let input = Tensor::<4>::from_data(input, &device);
        let name = format!("{variant} {activation} {pooling}");
        let f6 = values_of(network.f6_outputs(input.clone()));
        close(&format!("{name}: F6"), &values[5].values, &f6);
        let scores = values_of(network.forward(input));
        close(&format!("{name}: scores"), &values[6].values, &scores);
    }
    let text = RunConfig::defaults(ModelKind::Textcnn, "mr");
    assert_eq!(lenet5_form(&text), None);
}
