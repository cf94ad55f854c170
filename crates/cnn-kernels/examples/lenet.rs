//! How fast LeNet-5 runs as one operation, beside the single operations that it is made of: `cargo run --release -p
//! cnn-kernels --example lenet [predict] [BATCH...]`. `CNN_ISA` picks the instruction set and `RAYON_NUM_THREADS` the threads.

use std::time::Instant;

use cnn_kernels::{
    Activation, Conv2dShape, ImageStage, ImageStages, ImageStagesPacked, Isa, Pool2dShape, Pooling,
    average_pool2d_backward, average_pool2d_forward, conv2d_backward_bias, conv2d_backward_input,
    conv2d_backward_weight, conv2d_forward, image_stages_backward, image_stages_forward,
    squash_backward, squash_forward,
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
    if name.starts_with("tanh") {
        let mut single = Single::new(stages, batch);
        let forward = best(|| single.forward(&images, &weights, &biases));
        let backward = best(|| single.backward(&images, &weights, &grad));
        println!(
            "single         {batch:4} images: forward {:9.2} us {:8.0}/s | backward {:9.2} us {:8.0}/s | both {:8.0}/s",
            forward * 1e6,
            rate(forward),
            backward * 1e6,
            rate(backward),
            rate(forward + backward),
        );
    }
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

/// The same network, tanh and average, by the operations of their own.
struct Single {
    batch: usize,
    stages: Vec<ImageStage>,
    /// Of each stage: sums, activations, results; then the gradients of the same, and of the input, weights and bias.
    numbers: Vec<[Vec<f32>; 9]>,
}

impl Single {
    fn new(stages: &ImageStages, batch: usize) -> Self {
        let stages: Vec<ImageStage> = stages.stages().copied().collect();
        let numbers = stages.iter().map(|stage| {
            let sums = batch * stage.conv.outputs();
            let out = batch * stage.output_size().iter().product::<usize>();
            let (dx, dw, db) = (
                batch * stage.conv.inputs(),
                stage.conv.weights(),
                stage.conv.channels_out,
            );
            [sums, sums, out, out, sums, sums, dx, dw, db].map(|len| vec![0.0; len])
        });
        Self {
            batch,
            numbers: numbers.collect(),
            stages,
        }
    }

    fn pooling(stage: &ImageStage) -> Option<Pool2dShape> {
        let [height, width] = stage.conv.output_size();
        let size = [2, 2];
        (stage.pooling == Pooling::Average).then_some(Pool2dShape {
            height,
            width,
            size,
        })
    }

    fn forward(&mut self, images: &[f32], weights: &[&[f32]], biases: &[&[f32]]) {
        for (s, stage) in self.stages.iter().enumerate() {
            let (before, here) = self.numbers.split_at_mut(s);
            let x = before.last().map_or(images, |numbers| &numbers[2]);
            let [sums, active, out, ..] = &mut here[0];
            conv2d_forward(
                &stage.conv,
                self.batch,
                x,
                weights[s],
                Some(biases[s]),
                sums,
            );
            match (stage.activation, Self::pooling(stage)) {
                (Activation::Tanh { scale, slope }, Some(shape)) => {
                    squash_forward(scale, slope, sums, active);
                    average_pool2d_forward(&shape, active, out);
                }
                (Activation::Tanh { scale, slope }, None) => {
                    squash_forward(scale, slope, sums, out)
                }
                _ => out.copy_from_slice(sums),
            }
        }
    }

    fn backward(&mut self, images: &[f32], weights: &[&[f32]], grad: &[f32]) {
        for (s, stage) in self.stages.iter().enumerate().rev() {
            let (before, rest) = self.numbers.split_at_mut(s);
            let (here, after) = rest.split_at_mut(1);
            let x = before.last().map_or(images, |numbers| &numbers[2]);
            let grad = after.first().map_or(grad, |numbers| &numbers[6]);
            let [_, active, out, _, d_active, d_sums, dx, dw, db] = &mut here[0];
            let d_sums: &[f32] = match (stage.activation, Self::pooling(stage)) {
                (Activation::Tanh { scale, slope }, Some(shape)) => {
                    average_pool2d_backward(&shape, grad, d_active);
                    squash_backward(scale, slope, active, d_active, d_sums);
                    d_sums
                }
                (Activation::Tanh { scale, slope }, None) => {
                    squash_backward(scale, slope, out, grad, d_sums);
                    d_sums
                }
                _ => grad,
            };
            conv2d_backward_weight(&stage.conv, self.batch, x, d_sums, dw);
            conv2d_backward_bias(&stage.conv, self.batch, d_sums, db);
            if s > 0 {
                conv2d_backward_input(&stage.conv, self.batch, d_sums, weights[s], dx);
            }
        }
    }
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
