//! How fast LeNet-5 runs as one operation, beside the single operations that it is made of: `cargo run --release -p
//! cnn-kernels --example lenet [predict] [BATCH...]`. `CNN_ISA` picks the instruction set and `RAYON_NUM_THREADS` the threads.

use std::time::Instant;

use cnn_kernels::{
    Activation, Conv2dShape, ImageStage, ImageStages, ImageStagesPacked, Isa, Pooling,
    image_stages_backward, image_stages_forward,
};

fn lenet(activation: Activation, pooling: Pooling) -> ImageStages {
    let conv = |channels_in, size, channels_out| Conv2dShape {
        channels_in,
        channels_out,
        height: size,
        width: size,
        kernel: [5, 5],
        padding: [0, 0],
    };
    let stage = |conv, pooling| ImageStage {
        conv,
        activation,
        pooling,
    };
    ImageStages::new(&[
        stage(conv(1, 32, 6), pooling),
        stage(conv(6, 14, 16), pooling),
        stage(conv(16, 5, 120), Pooling::None),
        ImageStage::linear(120, 84, activation),
        ImageStage::linear(84, 10, Activation::Identity),
    ])
    .expect("the stages of LeNet-5 fit")
}

fn numbers(len: usize) -> Vec<f32> {
    (0..len)
        .map(|i| (i * 7919 % 1009) as f32 / 1009.0 - 0.5)
        .collect()
}

fn main() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the number of threads is printed, and nothing is cut by it"
    )]
    let threads = rayon_threads();
    println!("{}, {threads} threads", Isa::active());
    let mut batches: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse().ok())
        .collect();
    if batches.is_empty() {
        batches = vec![1, 2, 5, 15, 16, 64, 256];
    }
    let tanh = Activation::Tanh {
        scale: 1.0,
        slope: 1.0,
    };
    for (name, stages) in [
        ("tanh, average", lenet(tanh, Pooling::Average)),
        ("relu, max", lenet(Activation::Relu, Pooling::Max)),
    ] {
        for &batch in &batches {
            run(name, &stages, batch);
        }
    }
}

fn rayon_threads() -> String {
    std::env::var("RAYON_NUM_THREADS").unwrap_or_else(|_| "all".into())
}

fn run(name: &str, stages: &ImageStages, batch: usize) {
    let images = numbers(batch * stages.inputs());
    let weights: Vec<Vec<f32>> = stages
        .stages()
        .map(|stage| {
            let terms = stage.conv.weights() / stage.conv.channels_out;
            let scale = 3.0 / (terms as f32).sqrt();
            let weights = numbers(stage.conv.weights());
            weights.iter().map(|weight| weight * scale).collect()
        })
        .collect();
    let biases: Vec<Vec<f32>> = stages
        .stages()
        .map(|stage| numbers(stage.conv.channels_out))
        .collect();
    let (mut d_weights, mut d_biases) = (weights.clone(), biases.clone());
    let slices = |numbers: &'static [Vec<f32>]| numbers.iter().map(Vec::as_slice).collect();
    let (weights, biases): (Vec<&[f32]>, Vec<&[f32]>) =
        (slices(weights.leak()), slices(biases.leak()));
    let mut saved = vec![0.0; stages.saved(batch)];
    let mut output = vec![0.0; batch * stages.outputs()];
    let grad = numbers(output.len());
    let packed = ImageStagesPacked::new(stages, &weights, &biases);

    let predict = best(|| packed.forward(batch, &images, &mut output));
    if std::env::args().any(|argument| argument == "predict") {
        let (time, rate) = (predict * 1e6, batch as f64 / predict);
        return println!("{name:14} {batch:4} images: predict {time:9.2} us {rate:8.0}/s");
    }
    let forward = best(|| {
        image_stages_forward(
            stages,
            batch,
            &images,
            &weights,
            &biases,
            &mut saved,
            &mut output,
        );
    });
    let mut d_weights: Vec<&mut [f32]> = d_weights.iter_mut().map(Vec::as_mut_slice).collect();
    let mut d_biases: Vec<&mut [f32]> = d_biases.iter_mut().map(Vec::as_mut_slice).collect();
    let backward = best(|| {
        image_stages_backward(
            stages,
            batch,
            &weights,
            &saved,
            &grad,
            None,
            &mut d_weights,
            &mut d_biases,
        );
    });
    let rate = |seconds: f64| batch as f64 / seconds;
    println!(
        "{name:14} {batch:4} images: predict {:9.2} us {:8.0}/s | forward {:9.2} us {:8.0}/s | backward {:9.2} us {:8.0}/s | both {:8.0}/s",
        predict * 1e6,
        rate(predict),
        forward * 1e6,
        rate(forward),
        backward * 1e6,
        rate(backward),
        rate(forward + backward),
    );
}

/// The shortest time of half a second of runs.
fn best(mut run: impl FnMut()) -> f64 {
    run();
    let begin = Instant::now();
    let mut best = f64::INFINITY;
    while begin.elapsed().as_secs_f64() < 0.5 {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}
