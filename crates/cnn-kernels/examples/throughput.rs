//! How fast the kernels run on the shapes of the three networks: `cargo run --release -p cnn-kernels --example throughput
//! [FILTER]`. Prints the work, the best time of half a second of repetitions, GFLOP/s (a multiply-add counts two), and the
//! machine. `CNN_ISA` picks the instruction set and `RAYON_NUM_THREADS` the threads.

use std::hint::black_box;
use std::time::Instant;

use cnn_kernels::{
    Conv1dShape, Isa, Offsets, conv1d_backward_input, conv1d_backward_weight, conv1d_forward,
    linear_backward_input, linear_backward_weight, linear_forward,
};

#[expect(
    clippy::disallowed_methods,
    reason = "the number of threads is printed, and nothing is cut by it"
)]
fn main() {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpu
        .lines()
        .find(|line| line.starts_with("model name"))
        .unwrap_or("model name: unknown");
    println!(
        "{name}, {}, {} threads",
        Isa::active(),
        rayon::current_num_threads()
    );

    // DPCNN on headlines and reviews, TextCNN on headlines, one headline.
    for (documents, length, channels_in, kernel_size, channels_out, padding) in [
        (128, 20, 250, 3, 250, 1),
        (64, 216, 250, 3, 250, 1),
        (128, 20, 300, 3, 100, 2),
        (1, 20, 250, 3, 250, 1),
    ] {
        let shape = Conv1dShape {
            channels_in,
            channels_out,
            kernel_size,
            padding_left: padding,
            padding_right: padding,
        };
        conv1d(&shape, &Offsets::from_lengths(vec![length; documents]));
    }
    // LeNet-5's dense layers, and a square one.
    for (rows, features_in, features_out) in [
        (256, 400, 120),
        (256, 120, 84),
        (256, 84, 10),
        (1024, 1024, 1024),
    ] {
        linear(rows, features_in, features_out);
    }
}

fn conv1d(shape: &Conv1dShape, offsets: &Offsets) {
    let positions = shape.output_offsets(offsets).total();
    let x = numbers(offsets.total() * shape.channels_in);
    let (weight, bias, grad) = (
        numbers(shape.weights()),
        numbers(shape.channels_out),
        numbers(positions * shape.channels_out),
    );
    let (mut y, mut dx, mut dw) = (grad.clone(), x.clone(), weight.clone());
    let flops = 2.0 * positions as f64 * shape.weights() as f64;
    let work = format!(
        "conv1d {} x ({}*{}) -> {}",
        offsets.total(),
        shape.channels_in,
        shape.kernel_size,
        shape.channels_out
    );
    time(&work, "forward", flops, || {
        conv1d_forward(shape, offsets, &x, &weight, Some(&bias), &mut y)
    });
    time(&work, "input", flops, || {
        conv1d_backward_input(shape, offsets, &grad, &weight, &mut dx)
    });
    time(&work, "weight", flops, || {
        conv1d_backward_weight(shape, offsets, &x, &grad, &mut dw)
    });
}

fn linear(rows: usize, features_in: usize, features_out: usize) {
    let (x, weight, grad) = (
        numbers(rows * features_in),
        numbers(features_in * features_out),
        numbers(rows * features_out),
    );
    let (mut y, mut dx, mut dw) = (grad.clone(), x.clone(), weight.clone());
    let flops = 2.0 * (rows * features_in * features_out) as f64;
    let work = format!("linear {rows} x {features_in} -> {features_out}");
    time(&work, "forward", flops, || {
        linear_forward(features_in, features_out, &x, &weight, None, &mut y)
    });
    time(&work, "input", flops, || {
        linear_backward_input(features_in, features_out, &grad, &weight, &mut dx)
    });
    time(&work, "weight", flops, || {
        linear_backward_weight(features_in, features_out, &x, &grad, &mut dw)
    });
}

fn numbers(len: usize) -> Vec<f32> {
    (0..len)
        .map(|i| (i * 7919 % 1009) as f32 / 1009.0 - 0.5)
        .collect()
}

fn time(work: &str, direction: &str, flops: f64, mut run: impl FnMut()) {
    if std::env::args()
        .nth(1)
        .is_some_and(|filter| !work.contains(&filter))
    {
        return;
    }
    let begin = Instant::now();
    let mut best = f64::INFINITY;
    while begin.elapsed().as_secs_f64() < 0.5 {
        let start = Instant::now();
        run();
        black_box(());
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!(
        "{work:36} {direction:8} {:10.3} ms {:8.1} GFLOP/s",
        best * 1e3,
        flops / best * 1e-9
    );
}
