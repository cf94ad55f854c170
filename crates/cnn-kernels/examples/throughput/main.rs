//! How fast the kernels run on the shapes of the three networks: `cargo run --release -p cnn-kernels --example throughput
//! [FILTER]`. Prints the work, the best time of a second of repetitions, GFLOP/s (a multiply-add counts two; where nothing is
//! multiplied, numbers), and the machine. `CNN_ISA` picks the instruction set and `RAYON_NUM_THREADS` the threads.

mod light;

use std::time::Instant;

use cnn_kernels::{
    Conv1dShape, Conv2dShape, FilterGroup, FilterMaxShape, Isa, Offsets, Windows,
    conv1d_backward_input, conv1d_backward_weight, conv1d_forward, conv2d_backward_bias,
    conv2d_backward_input, conv2d_backward_weight, conv2d_forward, filter_max_backward_rows,
    filter_max_backward_weight, filter_max_forward, linear_backward_input, linear_backward_weight,
    linear_forward, random,
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

    // DPCNN on headlines: the first layer, the floors. On reviews: the first floors. Layers of 100 filters, and one headline.
    for (documents, length, channels_in, channels_out) in [
        (128, 19, 300, 250),
        (128, 19, 250, 250),
        (128, 9, 250, 250),
        (128, 4, 250, 250),
        (128, 2, 250, 250),
        (128, 1, 250, 250),
        (64, 216, 250, 250),
        (64, 108, 250, 250),
        (128, 19, 300, 100),
        (1, 19, 250, 250),
    ] {
        let shape = Conv1dShape {
            channels_in,
            channels_out,
            kernel_size: 3,
            padding_left: 1,
            padding_right: 1,
        };
        // Odd and even lengths around the average.
        let spread = length.min(3) - 1;
        let lengths = (0..documents).map(|d| length + d % (2 * spread + 1) - spread);
        let lengths: Vec<usize> = match documents {
            1 => vec![length],
            _ => lengths.collect(),
        };
        conv1d(&shape, &Offsets::from_lengths(lengths));
    }
    // TextCNN on headlines and on sentences: as many distinct words as real batches have.
    filter_max(&[2, 3, 4], 256, 128, 19, 970);
    filter_max(&[3, 4, 5], 100, 50, 21, 547);
    // LeNet-5's dense layers, and a square one.
    for (rows, features_in, features_out) in [
        (256, 400, 120),
        (256, 120, 84),
        (256, 84, 10),
        (1024, 1024, 1024),
    ] {
        linear(rows, features_in, features_out);
    }
    // LeNet-5's convolutions.
    let c1 = Conv2dShape {
        channels_in: 1,
        channels_out: 6,
        height: 32,
        width: 32,
        kernel: [5, 5],
        padding: [0, 0],
    };
    let c3 = Conv2dShape {
        channels_in: 6,
        channels_out: 16,
        height: 14,
        width: 14,
        ..c1
    };
    let c5 = Conv2dShape {
        channels_in: 16,
        channels_out: 120,
        height: 5,
        width: 5,
        ..c1
    };
    for batch in [256, 16, 1] {
        for shape in [c1, c3, c5] {
            conv2d(&shape, batch);
        }
    }
    pass(&[c1, c3, c5], 256, 60_000);
    light::all();
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

/// One training pass: half of the features have no gradient, as after dropout.
fn filter_max(widths: &[usize], filters: usize, documents: usize, length: usize, distinct: usize) {
    let group = |&width: &usize| FilterGroup { width, filters };
    let shape = FilterMaxShape {
        dimension: 300,
        groups: widths.iter().map(group).collect(),
        windows: Windows::Touching,
    };
    let offsets = Offsets::from_lengths(vec![length; documents]);
    // Every word once, the other tokens frequent ones.
    let tokens = documents * length;
    let frequent = |i: usize| {
        let share = f64::from(random::uniform(1, 1, i as u64));
        (share.powi(4) * distinct as f64) as u32
    };
    let order = random::permutation(1, 2, tokens);
    let ids: Vec<u32> = order
        .iter()
        .map(|&i| {
            if (i as usize) < distinct {
                i
            } else {
                frequent(i as usize)
            }
        })
        .collect();
    let rows = numbers(distinct * 300);
    let (weight, bias) = (numbers(shape.weights()), numbers(shape.filters()));
    let mut grad = numbers(documents * shape.filters());
    for (i, grad) in grad.iter_mut().enumerate() {
        if random::uniform(1, 3, i as u64) < 0.5 {
            *grad = 0.0;
        }
    }
    let mut winners = vec![0; grad.len()];
    let (mut y, mut drows, mut dweight) = (grad.clone(), rows.clone(), weight.clone());
    let work = format!("filter max {widths:?} x {filters}");
    let taps: usize = widths.iter().sum::<usize>() * filters;
    let dense = 2.0 * (distinct * 300 * taps) as f64;
    time(&work, "forward", dense, || {
        filter_max_forward(
            &shape,
            &offsets,
            &ids,
            &rows,
            &weight,
            &bias,
            &mut y,
            &mut winners,
        );
    });
    let live = y.iter().zip(&grad).filter(|(y, g)| **y > 0.0 && **g != 0.0);
    let sparse = dense * live.count() as f64 / (distinct * shape.filters()) as f64;
    time(&work, "rows", sparse, || {
        filter_max_backward_rows(&shape, &offsets, &ids, &winners, &grad, &weight, &mut drows);
    });
    time(&work, "weight", sparse, || {
        filter_max_backward_weight(&shape, &offsets, &ids, &winners, &grad, &rows, &mut dweight);
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

fn conv2d(shape: &Conv2dShape, batch: usize) {
    let (x, weight, bias, grad) = (
        numbers(batch * shape.inputs()),
        numbers(shape.weights()),
        numbers(shape.channels_out),
        numbers(batch * shape.outputs()),
    );
    let (mut y, mut dx, mut dw, mut db) = (grad.clone(), x.clone(), weight.clone(), bias.clone());
    let [height, width] = shape.output_size();
    let flops = 2.0 * (batch * shape.weights() * height * width) as f64;
    let work = format!(
        "conv2d {batch} x {}x{}x{} -> {}",
        shape.channels_in, shape.height, shape.width, shape.channels_out
    );
    time(&work, "forward", flops, || {
        conv2d_forward(shape, batch, &x, &weight, Some(&bias), &mut y)
    });
    time(&work, "input", flops, || {
        conv2d_backward_input(shape, batch, &grad, &weight, &mut dx)
    });
    time(&work, "weight", flops, || {
        conv2d_backward_weight(shape, batch, &x, &grad, &mut dw)
    });
    time(&work, "bias", (batch * shape.outputs()) as f64, || {
        conv2d_backward_bias(shape, batch, &grad, &mut db)
    });
}

/// One training pass of the convolutions alone: forward and all gradients, but not that of the images.
fn pass(shapes: &[Conv2dShape], batch: usize, images: usize) {
    let work = "conv2d, all of LeNet-5";
    if std::env::args()
        .nth(1)
        .is_some_and(|filter| !work.contains(&filter))
    {
        return;
    }
    let mut buffers: Vec<[Vec<f32>; 8]> = shapes
        .iter()
        .map(|shape| {
            let (inputs, outputs) = (batch * shape.inputs(), batch * shape.outputs());
            let (weights, maps) = (shape.weights(), shape.channels_out);
            [
                inputs, weights, maps, outputs, outputs, inputs, weights, maps,
            ]
            .map(numbers)
        })
        .collect();
    let start = Instant::now();
    for _ in 0..images.div_ceil(batch) {
        for (shape, [x, weight, bias, y, ..]) in shapes.iter().zip(&mut buffers) {
            conv2d_forward(shape, batch, x, weight, Some(bias), y);
        }
        for (i, (shape, buffers)) in shapes.iter().zip(&mut buffers).enumerate().rev() {
            let [x, weight, _, _, grad, dx, dw, db] = buffers;
            conv2d_backward_weight(shape, batch, x, grad, dw);
            conv2d_backward_bias(shape, batch, grad, db);
            if i > 0 {
                conv2d_backward_input(shape, batch, grad, weight, dx);
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let rate = images as f64 / seconds;
    println!("{work}: {images} images forward and backward in {seconds:.2} s, {rate:.0} images/s");
}

/// Seconds that the threads of this process have run, where the system tells.
fn busy_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let stats =
        tasks.filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok());
    let nanoseconds = stats.filter_map(|stat| stat.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.sum::<f64>() * 1e-9
}

fn time(work: &str, direction: &str, flops: f64, mut run: impl FnMut()) {
    let name = format!("{work} {direction}");
    if std::env::args()
        .nth(1)
        .is_some_and(|filter| !name.contains(&filter))
    {
        return;
    }
    run();
    let begin = Instant::now();
    let (mut best, mut least) = (f64::INFINITY, f64::INFINITY);
    while begin.elapsed().as_secs_f64() < 1.0 {
        let (start, busy) = (Instant::now(), busy_seconds());
        run();
        best = best.min(start.elapsed().as_secs_f64());
        // What a crowded machine takes away is no work of ours: the processor's own time, at its least.
        least = least.min(busy_seconds() - busy);
    }
    let busy = least;
    println!(
        "{work:32} {direction:8} {:10.3} ms {:8.1} GFLOP/s | {:10.3} ms busy {:8.1} GFLOP/s a core",
        best * 1e3,
        flops / best * 1e-9,
        busy * 1e3,
        flops / busy * 1e-9
    );
}
