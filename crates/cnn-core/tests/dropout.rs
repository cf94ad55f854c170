//! Dropout: what masks depend on, and what the two conventions do.
#![cfg(feature = "flex")]
#![cfg_attr(feature = "ndarray", allow(deprecated))]

mod drawn;

use burn::tensor::{Device, Tensor};
use cnn_core::Noise;
use cnn_core::layers::{DropoutConfig, DropoutConvention};
use drawn::{bits, drawn, values};

const UNITS: usize = 4000;

fn ones(rows: usize) -> Tensor<2> {
    Tensor::ones([rows, UNITS], &Device::flex())
}

#[test]
fn a_mask_depends_on_seed_step_sample_and_layer_and_on_nothing_else() {
    let layer = DropoutConfig::new(0.5).init().expect("valid");
    let other_layer = DropoutConfig::new(0.5).with_seed(1).init().expect("valid");
    let mask =
        |seed, step, sample| bits(layer.forward(ones(1), Some(&Noise::new(seed, step, [sample]))));
    let base = mask(1, 2, 3);
    assert_eq!(base, mask(1, 2, 3));
    for other in [mask(2, 2, 3), mask(1, 3, 3), mask(1, 2, 4)] {
        assert_ne!(base, other);
    }
    assert_ne!(
        base,
        bits(other_layer.forward(ones(1), Some(&Noise::new(1, 2, [3]))))
    );
    // Layers of other shapes and samples of other places draw the same for the same unit.
    let batch = layer
        .forward(ones(3), Some(&Noise::new(1, 2, [9, 3, 3])))
        .slice([1..2, 0..UNITS]);
    assert_eq!(base, bits(batch));
}

#[test]
fn the_conventions_differ_by_where_the_scale_is() {
    let probability = 0.3;
    let noise = Noise::new(5, 0, (0..50).collect::<Vec<u64>>());
    for (convention, kept, at_prediction) in [
        (DropoutConvention::Inverted, 1.0 / 0.7, 1.0),
        (DropoutConvention::Halved, 1.0, 0.7),
    ] {
        let config = DropoutConfig::new(probability).with_convention(convention);
        let layer = config.init().expect("valid");
        let y = values(layer.forward(ones(50), Some(&noise)));
        assert!(y.iter().all(|y| *y == 0.0 || (y - kept).abs() < 1e-6));
        let share = y.iter().filter(|y| **y == 0.0).count() as f64 / y.len() as f64;
        // 200,000 draws: five standard deviations are 0.005.
        assert!((share - 0.3).abs() < 0.005, "{share} were dropped");
        assert!(
            values(layer.forward(ones(2), None))
                .iter()
                .all(|y| (y - at_prediction).abs() < 1e-6)
        );
    }
}

#[test]
fn the_gradient_passes_through_the_mask() {
    let device = Device::flex().autodiff();
    let layer = DropoutConfig::new(0.5).init().expect("valid");
    let x = drawn("x", [4, 9], &device).require_grad();
    let noise = Noise::new(1, 1, [0, 1, 2, 3]);
    let grads = layer.forward(x.clone(), Some(&noise)).sum().backward();
    let mask = layer.forward(Tensor::<2>::ones([4, 9], &Device::flex()), Some(&noise));
    assert_eq!(bits(x.grad(&grads).expect("a gradient")), bits(mask));
}

#[test]
fn probability_zero_changes_nothing() {
    let layer = DropoutConfig::new(0.0).init().expect("valid");
    let x = drawn("x", [2, 5], &Device::flex());
    assert_eq!(
        bits(layer.forward(x.clone(), Some(&Noise::new(0, 0, [0, 1])))),
        bits(x)
    );
}

#[test]
#[should_panic(expected = "noise names 2 samples for 3 rows")]
fn noise_of_another_batch_is_refused() {
    let layer = DropoutConfig::new(0.5).init().expect("valid");
    layer.forward(ones(3), Some(&Noise::new(0, 0, [0, 1])));
}
