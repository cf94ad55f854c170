//! Trains a small-budget LeNet-5 to tell upright, lying and slanting bars apart, with this crate and Burn alone.
//!
//! ```text
//! cargo run --release -p models-vision --example bars
//! ```
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use models_vision::{Activation, LeNet5, LeNet5Config, LeNet5Variant, Pooling};

const NAMES: [&str; 3] = ["upright", "lying", "slanting"];
const SIDE: usize = 28;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::flex();
    let mut model = LeNet5Config::new(LeNet5Variant::Modern)
        .with_activation(Some(Activation::Relu))
        .with_pooling(Some(Pooling::Max))
        .with_classes(NAMES.len())
        .init(&device.clone().autodiff())?;
    println!("{} parameters", model.num_params());

    let mut optimizer = AdamConfig::new().init();
    for step in 0..30 {
        let (images, targets) = bars(step * 12, 12, &device.clone().autodiff())?;
        let loss = model.loss(model.forward(images), &targets);
        if step % 10 == 9 {
            println!(
                "step {:>2}: loss {:.4}",
                step + 1,
                loss.clone().into_scalar::<f32>()
            );
        }
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(1e-3, model, gradients);
    }

    // `valid` leaves differentiation out: forward passes keep no graph.
    let (images, targets) = bars(10_000, 30, &device)?;
    let predicted = model
        .valid()
        .forward(images)
        .argmax(1)
        .into_data()
        .convert::<i64>();
    let predicted = predicted.as_slice::<i64>()?;
    let right = predicted
        .iter()
        .zip(&targets)
        .filter(|(p, t)| **p == i64::from(**t))
        .count();
    println!(
        "{right} of {} bars not seen before are right",
        targets.len()
    );
    for (p, t) in predicted.iter().zip(&targets).take(3) {
        println!(
            "a bar that is {} reads as {}",
            NAMES[*t as usize], NAMES[*p as usize]
        );
    }
    Ok(())
}

/// Bars `first`, `first + 1`, ...: images and classes.
fn bars(
    first: usize,
    count: usize,
    device: &Device,
) -> Result<(Tensor<4>, Vec<u32>), models_vision::InputError> {
    let (mut grey, mut targets) = (vec![0u8; count * SIDE * SIDE], Vec::new());
    for (i, image) in grey.chunks_exact_mut(SIDE * SIDE).enumerate() {
        let number = first + i;
        let (class, shift) = (number % 3, number * 7 % 12);
        for t in 6..22 {
            for thickness in 0..3 {
                let across = 6 + shift + thickness;
                let (row, column) = match class {
                    0 => (t, across),
                    1 => (across, t),
                    _ => (t, (t + across) % SIDE),
                };
                image[row * SIDE + column] = 255;
            }
        }
        targets.push(class as u32);
    }
    Ok((LeNet5::images(&grey, [SIDE, SIDE], device)?, targets))
}
