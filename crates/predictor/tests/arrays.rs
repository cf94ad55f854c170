//! Weights that are not a network's are refused with the name of what does not fit.

use predictor::{
    Activation, Array, Arrays, DpcnnShape, FrozenDpcnn, FrozenError, FrozenLeNet5, FrozenTextCnn,
    Offsets, Pooling, Windows,
};

fn arrays(shapes: &[(&str, &[usize])]) -> Arrays {
    let array = |(name, shape): &(&str, &[usize])| {
        let count = shape.iter().product();
        let values = (0..count).map(|i| (i % 7) as f32 - 3.0).collect();
        let shape = shape.to_vec();
        ((*name).to_owned(), Array { shape, values })
    };
    shapes.iter().map(array).collect()
}

fn text_cnn() -> Arrays {
    arrays(&[
        ("embedding.weight", &[9, 4]),
        ("convs.0.weight", &[5, 4, 2]),
        ("convs.0.bias", &[5]),
        ("convs.1.weight", &[3, 4, 3]),
        ("convs.1.bias", &[3]),
        ("out.weight", &[2, 8]),
        ("out.bias", &[2]),
    ])
}

fn dpcnn() -> Arrays {
    arrays(&[
        ("embedding.weight", &[9, 4]),
        ("region.weight", &[6, 4, 3]),
        ("region.bias", &[6]),
        ("blocks.0.conv1.weight", &[6, 6, 3]),
        ("blocks.0.conv1.bias", &[6]),
        ("blocks.0.conv2.weight", &[6, 6, 3]),
        ("blocks.0.conv2.bias", &[6]),
        ("out.weight", &[2, 6]),
        ("out.bias", &[2]),
    ])
}

const SHAPE: DpcnnShape = DpcnnShape {
    region_size: 3,
    blocks: 1,
    pooled_length: |n| n.div_ceil(2),
};

/// The error's words must hold `part`.
fn refused<T>(network: Result<T, FrozenError>, part: &str) {
    let error = network
        .err()
        .expect("not that network's weights")
        .to_string();
    assert!(error.contains(part), "{error}");
}

#[test]
fn what_is_missing_misshaped_or_left_over_is_named() {
    let text = |change: fn(&mut Arrays)| {
        let mut arrays = text_cnn();
        change(&mut arrays);
        FrozenTextCnn::new(arrays, Windows::Touching)
    };
    assert!(text(|_| {}).is_ok_and(|n| (n.words(), n.classes()) == (9, 2)));
    refused(
        text(|a| drop(a.remove("embedding.weight"))),
        "lack `embedding.weight`",
    );
    refused(
        text(|a| drop(a.remove("convs.0.weight"))),
        "lack `convs.0.weight`",
    );
    refused(text(|a| drop(a.remove("out.weight"))), "lack `out.weight`");
    refused(
        text(|a| a.extend(arrays(&[("convs.1.weight", &[3, 5, 3])]))),
        "`convs.1.weight` is [3, 5, 3] with 45 values, expected [filters, dimension = 4, width]",
    );
    refused(
        text(|a| a.extend(arrays(&[("f6.weight", &[1])]))),
        "no place for [\"f6.weight\"]",
    );
    refused(
        text(|a| {
            a.get_mut("out.bias")
                .into_iter()
                .for_each(|a| a.values.truncate(1))
        }),
        "`out.bias`",
    );
    refused(
        text(|a| a.extend(arrays(&[("embedding.weight", &[0, 4])]))),
        "expected [words, ",
    );

    let deep = |change: fn(&mut Arrays)| {
        let mut arrays = dpcnn();
        change(&mut arrays);
        FrozenDpcnn::new(arrays, SHAPE)
    };
    assert!(deep(|_| {}).is_ok_and(|n| (n.words(), n.classes()) == (9, 2)));
    refused(
        deep(|a| drop(a.remove("blocks.0.conv2.weight"))),
        "lack `blocks.0.conv2.weight`",
    );
    refused(
        deep(|a| drop(a.remove("region.weight"))),
        "lack `region_bag.bias`",
    );
    for bias in ["region.bias", "blocks.0.conv2.bias", "out.bias"] {
        let mut arrays = dpcnn();
        arrays.remove(bias);
        refused(FrozenDpcnn::new(arrays, SHAPE), &format!("lack `{bias}`"));
    }
    let deeper = DpcnnShape { blocks: 2, ..SHAPE };
    refused(
        FrozenDpcnn::new(dpcnn(), deeper),
        "lack `blocks.1.conv1.weight`",
    );
    let flat = DpcnnShape { blocks: 0, ..SHAPE };
    refused(FrozenDpcnn::new(dpcnn(), flat), "no place for");

    // A bag of words has a centre; word vectors do not ask.
    let even = DpcnnShape {
        region_size: 4,
        blocks: 0,
        ..SHAPE
    };
    let bag = arrays(&[
        ("embedding.weight", &[9, 6]),
        ("region_bag.bias", &[6]),
        ("out.weight", &[2, 6]),
        ("out.bias", &[2]),
    ]);
    refused(FrozenDpcnn::new(bag, even), "region_size is 4");
    let vectors = DpcnnShape { blocks: 1, ..even };
    assert!(FrozenDpcnn::new(dpcnn(), vectors).is_ok());

    let pooled = FrozenLeNet5::new(Arrays::new(), Activation::Relu, Pooling::None);
    refused(pooled, "average or max");
    let empty = FrozenLeNet5::new(Arrays::new(), Activation::Relu, Pooling::Max);
    refused(empty, "lack `c1.weight`");
}

/// Threads share a network; what one asks changes no answer of another.
#[test]
fn a_network_is_shared_between_threads() {
    let network = FrozenTextCnn::new(text_cnn(), Windows::Touching).expect("sound");
    let ask = |seed: u32| {
        let ids: Vec<u32> = (0..40).map(|i| (i * 5 + seed) % 9).collect();
        let mut scores = [0.0; 8];
        network.scores(&Offsets::from_lengths([7, 0, 30, 3]), &ids, &mut scores);
        scores
    };
    let alone: Vec<_> = (0..9).map(ask).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..9).for_each(|seed| assert_eq!(ask(seed), alone[seed as usize])));
        }
    });
    network.prepare();
    assert_eq!(ask(4), alone[4]);
}
