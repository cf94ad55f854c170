//! Each configuration that means nothing is refused, with the error that says why.
#![cfg(feature = "flex")]
#![cfg_attr(feature = "ndarray", allow(deprecated))]

use burn::tensor::Device;
use cnn_core::layers::*;

/// Asserts that `init` fails with `error`, and that its text says `text`.
#[track_caller]
fn refused<T>(init: Result<T, ConfigError>, error: ConfigError, text: &str) {
    let Err(found) = init else {
        panic!("accepted; expected {error:?}")
    };
    assert_eq!(found, error);
    assert!(found.to_string().contains(text), "{found}");
}

fn zero(layer: &'static str, field: &'static str) -> ConfigError {
    ConfigError::Zero { layer, field }
}

#[test]
fn sizes_of_zero() {
    let device = Device::flex();
    let text = "is 0; it must be at least 1";
    refused(
        LinearConfig::new(0, 3).init(&device),
        zero("Linear", "features_in"),
        text,
    );
    refused(
        LinearConfig::new(3, 0).init(&device),
        zero("Linear", "features_out"),
        text,
    );
    refused(
        Conv1dConfig::new(0, 1, 1).init(&device),
        zero("Conv1d", "channels_in"),
        text,
    );
    refused(
        Conv1dConfig::new(1, 0, 1).init(&device),
        zero("Conv1d", "channels_out"),
        text,
    );
    refused(
        Conv1dConfig::new(1, 1, 0).init(&device),
        zero("Conv1d", "kernel_size"),
        text,
    );
    refused(
        Conv2dConfig::new(0, 1, [1, 1]).init(&device),
        zero("Conv2d", "channels_in"),
        text,
    );
    refused(
        Conv2dConfig::new(1, 0, [1, 1]).init(&device),
        zero("Conv2d", "channels_out"),
        text,
    );
    refused(
        Conv2dConfig::new(1, 1, [0, 1]).init(&device),
        zero("Conv2d", "kernel_size[0]"),
        text,
    );
    refused(
        Conv2dConfig::new(1, 1, [1, 0]).init(&device),
        zero("Conv2d", "kernel_size[1]"),
        text,
    );
    refused(
        EmbeddingConfig::new(0, 1).init(&device),
        zero("Embedding", "vocabulary_size"),
        text,
    );
    refused(
        EmbeddingConfig::new(1, 0).init(&device),
        zero("Embedding", "dimension"),
        text,
    );
    refused(
        AveragePool2dConfig::new([0, 2]).init(),
        zero("AveragePool2d", "size[0]"),
        text,
    );
    refused(
        MaxPool2dConfig::new([2, 0]).init(),
        zero("MaxPool2d", "size[1]"),
        text,
    );
    let pool = TrainablePool2dConfig::new(0);
    refused(
        pool.init(&device),
        zero("TrainablePool2d", "channels"),
        text,
    );
    let region = BagOfWordsRegionConfig::new(0);
    refused(
        region.init(&device),
        zero("BagOfWordsRegion", "channels"),
        text,
    );
    let sparse = SparseConv2dConfig::new(1, vec![], [5, 5]);
    refused(
        sparse.init(&device),
        zero("SparseConv2d", "connections"),
        text,
    );
    refused(
        RbfOutputConfig::new(vec![]).init(&device),
        zero("RbfOutput", "codes"),
        text,
    );
    refused(
        RbfOutputConfig::new(vec![vec![]]).init(&device),
        zero("RbfOutput", "codes[0]"),
        text,
    );
}

#[test]
fn distributions_that_are_none() {
    let device = Device::flex();
    for initial in [
        Initial::Normal { std: -0.1 },
        Initial::Uniform {
            bound: f32::INFINITY,
        },
    ] {
        let error = |layer| ConfigError::Initial { layer, initial };
        let text = "cannot be drawn";
        refused(
            LinearConfig::new(1, 1).with_initial(initial).init(&device),
            error("Linear"),
            text,
        );
        let conv = Conv1dConfig::new(1, 1, 1).with_initial_bias(initial);
        refused(conv.init(&device), error("Conv1d"), text);
        let conv = Conv2dConfig::new(1, 1, [1, 1]).with_initial(initial);
        refused(conv.init(&device), error("Conv2d"), text);
        let table = EmbeddingConfig::new(1, 1).with_initial(initial);
        refused(table.init(&device), error("Embedding"), text);
        let c3 = SparseConv2dConfig::lenet5_c3().with_initial(initial);
        refused(c3.init(&device), error("SparseConv2d"), text);
        let pool = TrainablePool2dConfig::new(1).with_initial(initial);
        refused(pool.init(&device), error("TrainablePool2d"), text);
        let region = BagOfWordsRegionConfig::new(1).with_initial_bias(initial);
        refused(region.init(&device), error("BagOfWordsRegion"), text);
    }
}

#[test]
fn connections_that_are_none() {
    let device = Device::flex();
    let sparse = |connections| SparseConv2dConfig::new(3, connections, [5, 5]).init(&device);
    refused(
        sparse(vec![vec![0], vec![]]),
        ConfigError::NoConnection { map: 1 },
        "output map 1 reads no input map",
    );
    for reads in [vec![0, 3], vec![1, 1]] {
        refused(
            sparse(vec![vec![0], vec![2], reads.clone()]),
            ConfigError::Connection {
                map: 2,
                reads,
                channels_in: 3,
            },
            "different numbers below 3",
        );
    }
}

#[test]
fn numbers_out_of_range() {
    for value in [-0.1, 1.0, f32::INFINITY] {
        let expected = "at least 0 and below 1";
        let error = ConfigError::Number {
            layer: "Dropout",
            field: "probability",
            value,
            expected,
        };
        refused(DropoutConfig::new(value).init(), error, "probability");
    }
    assert!(DropoutConfig::new(f32::NAN).init().is_err());
    let expected = "finite and positive";
    let error = ConfigError::Number {
        layer: "Squash",
        field: "slope",
        value: 0.0,
        expected,
    };
    refused(
        SquashConfig::new().with_slope(0.0).init(),
        error,
        "slope is 0",
    );
    let expected = "finite and not negative";
    let (layer, field, value) = ("MapLoss", "rubbish_penalty", -1.0);
    let error = ConfigError::Number {
        layer,
        field,
        value,
        expected,
    };
    refused(
        MapLossConfig::new().with_rubbish_penalty(-1.0).init(),
        error,
        "rubbish_penalty",
    );
}

#[test]
fn regions_without_a_centre() {
    let config = BagOfWordsRegionConfig::new(1).with_region_size(4);
    let error = ConfigError::EvenRegion { region_size: 4 };
    refused(config.init(&Device::flex()), error, "must be odd");
}

#[test]
fn codes_of_different_lengths() {
    let config = RbfOutputConfig::new(vec![vec![1.0, -1.0], vec![1.0]]);
    let error = ConfigError::CodeLength {
        class: 1,
        found: 1,
        expected: 2,
    };
    refused(config.init(&Device::flex()), error, "code 1 has 1 entries");
    let config = RbfOutputConfig::new(vec![vec![1.0, f32::INFINITY]]);
    assert!(matches!(
        config.init(&Device::flex()),
        Err(ConfigError::Number {
            layer: "RbfOutput",
            ..
        })
    ));
}

#[test]
fn configs_survive_their_files() {
    use burn::config::Config;
    let config = SparseConv2dConfig::lenet5_c3().with_initial(Initial::Uniform { bound: 0.25 });
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("c3.json");
    config.save(&path).expect("written");
    let read = SparseConv2dConfig::load(&path).expect("read");
    assert_eq!(read.connections, config.connections);
    assert_eq!(read.initial, config.initial);
}
