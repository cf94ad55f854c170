//! What every layer promises, asked of every layer: `check_layer`.
#![cfg_attr(feature = "ndarray", allow(deprecated))]

mod check_layer;
mod devices;
mod drawn;

use burn::tensor::{Device, Tensor};
use check_layer::{LENGTHS, check_layer};
use cnn_core::layers::*;
use cnn_core::{Documents, Noise, Offsets};
use drawn::drawn;

/// Sample `i` as rows of `width` numbers, `rows(i)` of them. What is empty comes as data here, and not as a constant: Burn
/// fuses those for GPUs, and a kernel fused over no element writes nothing else either (see `with_rows` in `ops/tables.rs`).
fn packed(samples: &[usize], rows: fn(usize) -> usize, width: usize, device: &Device) -> Tensor<2> {
    let own = samples.iter().filter(|i| rows(**i) > 0);
    let parts: Vec<_> = own
        .map(|i| drawn(&format!("sample {i}"), [rows(*i), width], device))
        .collect();
    match parts.is_empty() {
        true => drawn("nothing", [0, width], device),
        false => Tensor::cat(parts, 0),
    }
}

/// Sample `i` as one image.
fn images(samples: &[usize], shape: [usize; 3], device: &Device) -> Tensor<4> {
    let [channels, height, width] = shape;
    let image = |i: &usize| drawn(&format!("image {i}"), [1, channels, height, width], device);
    match samples {
        [] => drawn("nothing", [0, channels, height, width], device),
        samples => Tensor::cat(samples.iter().map(image).collect(), 0),
    }
}

/// Sample `i` as a document of `LENGTHS[i]` words.
fn documents(samples: &[usize]) -> Documents {
    let word = |i: usize, t: usize| match (i * 7 + t * t) % 9 {
        8 => Documents::SKIP,
        word => word as u32 * 3,
    };
    let document = |i: &usize| (0..LENGTHS[*i]).map(|t| word(*i, t)).collect::<Vec<_>>();
    Documents::new(&samples.iter().map(document).collect::<Vec<_>>())
}

fn offsets(samples: &[usize]) -> Offsets {
    Offsets::from_lengths(samples.iter().map(|i| LENGTHS[*i]))
}

/// The rows of each document, flat.
fn by_document(y: Tensor<2>, offsets: &Offsets) -> Vec<Tensor<1>> {
    let [rows, width] = y.dims();
    assert_eq!(rows, offsets.total());
    let flat = |d: usize| match offsets.len_of(d) {
        0 => drawn("nothing", [0], &y.device()),
        _ => y.clone().slice([offsets.range(d), 0..width]).flatten(0, 1),
    };
    (0..offsets.documents()).map(flat).collect()
}

/// Each entry of the first axis, flat.
fn by_row<const D: usize>(y: Tensor<D>) -> Vec<Tensor<1>> {
    let rows = y.dims()[0];
    let width = y.dims()[1..].iter().product();
    let y = y.reshape([rows, width]);
    (0..rows)
        .map(|r| y.clone().slice([r..r + 1, 0..width]).flatten(0, 1))
        .collect()
}

const ONE: fn(usize) -> usize = |_| 1;

#[test]
fn linear() {
    let init = |seed, device: &Device| {
        LinearConfig::new(120, 84)
            .with_seed(seed)
            .init(device)
            .expect("valid")
    };
    check_layer(
        "Linear",
        120 * 84 + 84,
        |_| 84,
        init,
        |layer: &Linear, samples, device| by_row(layer.forward(packed(samples, ONE, 120, device))),
    );
    let init = |seed, device: &Device| {
        let config = LinearConfig::new(3, 2).with_bias(false);
        config
            .with_initial(Initial::Normal { std: 0.01 })
            .with_seed(seed)
            .init(device)
            .expect("valid")
    };
    check_layer(
        "Linear",
        6,
        |_| 2,
        init,
        |layer: &Linear, samples, device| by_row(layer.forward(packed(samples, ONE, 3, device))),
    );
}

#[test]
fn conv1d() {
    let init = |seed, device: &Device| {
        let config = Conv1dConfig::new(10, 12, 4).with_padding([1, 2]);
        config.with_seed(seed).init(device).expect("valid")
    };
    fn positions(i: usize) -> usize {
        if LENGTHS[i] == 0 {
            0
        } else {
            LENGTHS[i] + 1 + 2 + 1 - 4
        }
    }
    check_layer(
        "Conv1d",
        12 * 10 * 4 + 12,
        |i| 12 * positions(i),
        init,
        |layer: &Conv1d, samples, device| {
            let x = packed(samples, |i| LENGTHS[i], 10, device);
            let (y, positions) = layer.forward(x, &offsets(samples));
            by_document(y, &positions)
        },
    );
}

#[test]
fn conv2d() {
    let init = |seed, device: &Device| {
        let config = Conv2dConfig::new(3, 5, [3, 5]).with_padding([1, 0]);
        config.with_seed(seed).init(device).expect("valid")
    };
    check_layer(
        "Conv2d",
        5 * 3 * 15 + 5,
        |_| 5 * 8 * 7,
        init,
        |layer: &Conv2d, samples, device| {
            let y = layer.forward(images(samples, [3, 8, 11], device));
            assert_eq!(layer.output_size([8, 11]), [y.dims()[2], y.dims()[3]]);
            by_row(y)
        },
    );
}

#[test]
fn sparse_conv2d() {
    let init = |seed, device: &Device| {
        SparseConv2dConfig::lenet5_c3()
            .with_seed(seed)
            .init(device)
            .expect("valid")
    };
    check_layer(
        "SparseConv2d",
        1516,
        |_| 16 * 100,
        init,
        |layer: &SparseConv2d, samples, device| {
            by_row(layer.forward(images(samples, [6, 14, 14], device)))
        },
    );
}

#[test]
fn pools_of_images() {
    check_layer(
        "AveragePool2d",
        0,
        |_| 2 * 3 * 4,
        |_, _| AveragePool2dConfig::new([2, 2]).init().expect("valid"),
        |layer: &AveragePool2d, samples, device| {
            by_row(layer.forward(images(samples, [2, 7, 8], device)))
        },
    );
    check_layer(
        "MaxPool2d",
        0,
        |_| 2 * 2 * 4,
        |_, _| MaxPool2dConfig::new([3, 2]).init().expect("valid"),
        |layer: &MaxPool2d, samples, device| {
            by_row(layer.forward(images(samples, [2, 7, 8], device)))
        },
    );
    check_layer(
        "TrainablePool2d",
        4,
        |_| 2 * 3 * 4,
        |seed, device: &Device| {
            TrainablePool2dConfig::new(2)
                .with_seed(seed)
                .init(device)
                .expect("valid")
        },
        |layer: &TrainablePool2d, samples, device| {
            by_row(layer.forward(images(samples, [2, 7, 8], device)))
        },
    );
}

#[test]
fn pools_of_documents() {
    check_layer(
        "MaxOverTime",
        0,
        |_| 6,
        |_, _| MaxOverTime,
        |layer: &MaxOverTime, samples, device| {
            let x = packed(samples, |i| LENGTHS[i], 6, device);
            by_row(layer.forward(x, &offsets(samples), None))
        },
    );
    check_layer(
        "MaxPool",
        0,
        |i| 6 * PooledLength::Ceil.of(LENGTHS[i]),
        |_, _| MaxPoolConfig::new().with_length(PooledLength::Ceil).init(),
        |layer: &MaxPool, samples, device| {
            let x = packed(samples, |i| LENGTHS[i], 6, device);
            let (y, output) = layer.forward(x, &offsets(samples));
            by_document(y, &output)
        },
    );
}

#[test]
fn embedding() {
    let init = |seed, device: &Device| {
        EmbeddingConfig::new(25, 7)
            .with_seed(seed)
            .init(device)
            .expect("valid")
    };
    check_layer(
        "Embedding",
        25 * 7,
        |i| 7 * LENGTHS[i],
        init,
        |layer: &Embedding, samples, _| {
            by_document(layer.forward(&documents(samples)), &offsets(samples))
        },
    );
}

#[test]
fn bag_of_words_region() {
    let init = |seed, device: &Device| {
        let config =
            BagOfWordsRegionConfig::new(7).with_initial_bias(Initial::Uniform { bound: 1.0 });
        config.with_seed(seed).init(device).expect("valid")
    };
    let forward = |layer: &BagOfWordsRegion, samples: &[usize], device: &Device| {
        let documents = documents(samples);
        let table = Embedding::from_vectors(drawn("words", [25, 7], device));
        by_document(
            layer.forward(table.rows(&documents), &documents),
            &offsets(samples),
        )
    };
    check_layer("BagOfWordsRegion", 7, |i| 7 * LENGTHS[i], init, forward);
}

#[test]
fn squash() {
    let init = |_, _: &Device| SquashConfig::new().init().expect("valid");
    check_layer(
        "Squash",
        0,
        |_| 60,
        init,
        |layer: &Squash, samples, device| by_row(layer.forward(images(samples, [3, 4, 5], device))),
    );
}

#[test]
fn rbf_output() {
    let init = |_, device: &Device| RbfOutputConfig::digits().init(device).expect("valid");
    check_layer(
        "RbfOutput",
        0,
        |_| 10,
        init,
        |layer: &RbfOutput, samples, device| {
            by_row(layer.forward(packed(samples, ONE, 84, device)))
        },
    );
}

#[test]
fn dropout() {
    for convention in [DropoutConvention::Inverted, DropoutConvention::Halved] {
        let config = DropoutConfig::new(0.5).with_convention(convention);
        let init = |_, _: &Device| config.init().expect("valid");
        check_layer(
            "Dropout",
            0,
            |_| 50,
            init,
            |layer: &Dropout, samples, device| {
                let ids: Vec<u64> = samples.iter().map(|i| 1000 + *i as u64).collect();
                let x = packed(samples, ONE, 50, device);
                by_row(layer.forward(x, Some(&Noise::new(3, 17, ids))))
            },
        );
    }
}

#[test]
fn losses() {
    // Of a batch there is one number, so its samples are batches of one.
    check_layer(
        "CrossEntropy",
        0,
        ONE,
        |_, _| CrossEntropy,
        |layer: &CrossEntropy, samples, device| {
            let x = |i: &usize| packed(&[*i], ONE, 10, device);
            samples
                .iter()
                .map(|i| layer.forward(x(i), &[*i as u32]))
                .collect()
        },
    );
    check_layer(
        "RbfLoss",
        0,
        ONE,
        |_, _| RbfLoss,
        |layer: &RbfLoss, samples, device| {
            let x = |i: &usize| packed(&[*i], ONE, 10, device);
            samples
                .iter()
                .map(|i| layer.forward(x(i), &[*i as u32]))
                .collect()
        },
    );
    let init = |_, _: &Device| MapLossConfig::new().init().expect("valid");
    check_layer(
        "MapLoss",
        0,
        ONE,
        init,
        |layer: &MapLoss, samples, device| {
            let x = |i: &usize| packed(&[*i], ONE, 10, device);
            samples
                .iter()
                .map(|i| layer.forward(x(i), &[*i as u32]))
                .collect()
        },
    );
}
