//! The families that move, compare or add numbers: memory and the cost of a task bound them, not multiply-adds.

use cnn_kernels::{
    Conv1dShape, FilterGroup, FilterMaxShape, Offsets, Pool2dShape, StepRule, Windows,
    WordConvTable, WordTable, average_pool2d_backward, average_pool2d_forward, bag_backward,
    bag_forward, bias_gradient, cross_entropy_forward, gather_backward, gather_forward,
    max_over_time_backward, max_over_time_forward, max_pool_backward, max_pool_forward,
    max_pool2d_backward, max_pool2d_forward, optimizer_step, random, sigmoid, softmax,
    squash_backward, squash_forward, word_conv_backward, word_conv_forward,
};

use crate::{numbers, time};

/// All of them, on the shapes of the networks.
pub fn all() {
    for (documents, length, distinct) in [(128, 19, 970), (64, 216, 3200)] {
        let offsets = Offsets::from_lengths(vec![length; documents]);
        let ids = words(documents * length, distinct);
        rows(&offsets, &ids, distinct);
        pooling(&offsets);
        words_of_a_layer(&offsets, &ids, distinct);
    }
    images();
    scores();
    elements();
}

/// Words of a batch: frequent ones more often.
fn words(tokens: usize, distinct: usize) -> Vec<u32> {
    let word = |i| (f64::from(random::uniform(1, 1, i)).powi(4) * distinct as f64) as u32;
    (0..tokens as u64).map(word).collect()
}

/// Vectors of 300 numbers at each token, and sums over regions of three.
fn rows(offsets: &Offsets, ids: &[u32], distinct: usize) {
    const WIDTH: usize = 300;
    let (mut table, mut y) = (numbers(distinct * WIDTH), numbers(ids.len() * WIDTH));
    let count = y.len() as f64;
    let work = format!("gather {} of {distinct}", ids.len());
    time(&work, "forward", count, || {
        gather_forward(WIDTH, &table, ids, &mut y)
    });
    time(&work, "back", count, || {
        gather_backward(WIDTH, ids, &y, &mut table)
    });
    let work = format!("bag {} of {distinct}", ids.len());
    time(&work, "forward", 3.0 * count, || {
        bag_forward(WIDTH, 3, offsets, &table, ids, &mut y)
    });
    time(&work, "back", 3.0 * count, || {
        bag_backward(WIDTH, 3, offsets, ids, &y, &mut table)
    });
}

/// 250 channels: DPCNN's windows of 3 by 2, and the maximum over a document.
fn pooling(offsets: &Offsets) {
    const CHANNELS: usize = 250;
    let pooled = Offsets::from_lengths(
        offsets
            .lengths()
            .map(|length| length.saturating_sub(1) / 2 + 1),
    );
    let mut x = numbers(offsets.total() * CHANNELS);
    let mut y = numbers(pooled.total() * CHANNELS);
    let mut winners = vec![0; y.len()];
    let work = format!("pooling, windows {} x {CHANNELS}", offsets.total());
    let count = x.len() as f64;
    time(&work, "forward", count, || {
        max_pool_forward(
            CHANNELS,
            offsets,
            &pooled,
            3,
            2,
            1,
            &x,
            &mut y,
            &mut winners,
        );
    });
    time(&work, "back", count, || {
        max_pool_backward(CHANNELS, &winners, &y, &mut x)
    });
    let documents = offsets.documents() * CHANNELS;
    let (y, winners) = (&mut y[..documents], &mut winners[..documents]);
    let work = format!("pooling, all {} x {CHANNELS}", offsets.total());
    time(&work, "forward", count, || {
        max_over_time_forward(CHANNELS, offsets, &x, None, y, winners);
    });
    time(&work, "back", count, || {
        max_over_time_backward(CHANNELS, winners, y, &mut x, None);
    });
}

/// The first layers of DPCNN and TextCNN, with the tables that they answer from.
fn words_of_a_layer(offsets: &Offsets, ids: &[u32], distinct: usize) {
    let shape = Conv1dShape {
        channels_in: 300,
        channels_out: 250,
        kernel_size: 3,
        padding_left: 1,
        padding_right: 1,
    };
    let (rows, weight, bias) = (
        numbers(distinct * 300),
        numbers(shape.weights()),
        numbers(250),
    );
    let mut y = numbers(ids.len() * 250);
    let (mut drows, mut dweight) = (rows.clone(), weight.clone());
    let work = format!("word conv {} of {distinct}", ids.len());
    let flops = 2.0 * (distinct * shape.weights()) as f64;
    time(&work, "forward", flops, || {
        word_conv_forward(&shape, offsets, ids, &rows, &weight, &bias, &mut y);
    });
    time(&work, "back", 2.0 * flops, || {
        word_conv_backward(
            &shape,
            offsets,
            ids,
            &rows,
            &weight,
            &y,
            &mut drows,
            &mut dweight,
        );
    });
    let table = WordConvTable::new(&shape, rows.clone(), &weight, &bias);
    let sums = 3.0 * y.len() as f64;
    time(&work, "table", sums, || table.forward(offsets, ids, &mut y));

    let group = |width| FilterGroup {
        width,
        filters: 256,
    };
    let shape = FilterMaxShape {
        dimension: 300,
        groups: [2, 3, 4].map(group).to_vec(),
        windows: Windows::Touching,
    };
    let (weight, bias) = (numbers(shape.weights()), numbers(shape.filters()));
    let mut y = numbers(offsets.documents() * shape.filters());
    let table = WordTable::new(&shape, rows, &weight, &bias);
    let sums = (ids.len() * 9 * 256) as f64;
    let work = format!("filter max {} of {distinct}", ids.len());
    time(&work, "table", sums, || table.forward(offsets, ids, &mut y));
}

/// LeNet-5's poolings and squashings in batches of 64 and 256.
fn images() {
    for batch in [64, 256] {
        let shape = Pool2dShape {
            height: 28,
            width: 28,
            size: [2, 2],
        };
        let mut x = numbers(batch * 6 * shape.inputs());
        let mut y = numbers(batch * 6 * shape.outputs());
        let mut winners = vec![0; y.len()];
        let count = x.len() as f64;
        let work = format!("pool2d, mean {batch} x 6x28x28");
        time(&work, "forward", count, || {
            average_pool2d_forward(&shape, &x, &mut y)
        });
        time(&work, "back", count, || {
            average_pool2d_backward(&shape, &y, &mut x)
        });
        let work = format!("pool2d, maximum {batch} x 6x28x28");
        time(&work, "forward", count, || {
            max_pool2d_forward(&shape, &x, &mut y, &mut winners)
        });
        time(&work, "back", count, || {
            max_pool2d_backward(&shape, &winners, &y, &mut x)
        });
        let (mut y, grad) = (x.clone(), x.clone());
        let work = format!("squash {}", x.len());
        time(&work, "forward", count, || {
            squash_forward(1.7159, 2.0 / 3.0, &x, &mut y)
        });
        time(&work, "back", count, || {
            squash_backward(1.7159, 2.0 / 3.0, &y, &grad, &mut x)
        });
    }
}

/// Probabilities and losses of a batch, and the gradient of a bias.
fn scores() {
    for (samples, classes) in [(128, 14), (10_000, 14), (128, 1000)] {
        let logits = numbers(samples * classes);
        let targets: Vec<u32> = (0..samples as u32).map(|i| i % classes as u32).collect();
        let mut p = logits.clone();
        let work = format!("loss {samples} x {classes}");
        let count = logits.len() as f64;
        time(&work, "softmax", count, || {
            softmax(classes, &logits, &mut p)
        });
        time(&work, "loss", count, || {
            cross_entropy_forward(classes, &logits, &targets, &mut p);
        });
        time(&work, "sigmoid", count, || sigmoid(&logits, &mut p));
    }
    for rows in [256, 2432, 13_824] {
        let (grad, mut db) = (numbers(rows * 250), numbers(250));
        let work = format!("linear {rows} x 250");
        time(&work, "bias", grad.len() as f64, || {
            bias_gradient(250, &grad, &mut db)
        });
    }
}

/// Steps of Adam, and random numbers.
fn elements() {
    let rule = StepRule::Adam {
        lr: 1e-3,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weight_decay: 0.0,
        step: 1,
    };
    let mut param = numbers(1 << 22);
    let (grad, mut state1, mut state2) = (param.clone(), param.clone(), vec![1.0; param.len()]);
    for len in [61_706, 1 << 20, 1 << 22] {
        let (param, grad) = (&mut param[..len], &grad[..len]);
        let (state1, state2) = (&mut state1[..len], &mut state2[..len]);
        time(&format!("optimizer {len}"), "Adam", len as f64, || {
            optimizer_step(&rule, 1, param, grad, state1, state2, None);
        });
    }
    let rows: Vec<u32> = (0..970).map(|i| i * 14).collect();
    time("optimizer 970 rows of 300", "Adam", 291_000.0, || {
        let (len, grad) = (14 * 970 * 300, &grad[..291_000]);
        let (state1, state2) = (&mut state1[..len], &mut state2[..len]);
        optimizer_step(
            &rule,
            300,
            &mut param[..len],
            grad,
            state1,
            state2,
            Some(&rows),
        );
    });
    let samples: Vec<u64> = (0..128).collect();
    time("random 128 x 768", "dropout", 98_304.0, || {
        random::dropout_mask(1, 1, 1, &samples, 768, 0.5, 2.0, &mut param[..98_304]);
    });
    time("random 4194304", "uniform", (1 << 22) as f64, || {
        random::fill_uniform(1, 1, -1.0, 1.0, &mut param);
    });
}
