//! LeNet-5 layer by layer: the numbers of the plain references, and the scores of the network that answers.

use cnn_kernels::conv2d::reference::conv2d_forward;
use cnn_kernels::pool2d::reference::{average_pool2d_forward, max_pool2d_forward};
use cnn_kernels::{Conv2dShape, Pool2dShape};
use predictor::{
    Activation, Array, Arrays, FrozenLeNet5, LayerKind, LeNet5Form, LeNet5Layers, Pooling,
};

const TANH: Activation = Activation::Tanh {
    scale: 1.7159,
    slope: 2.0 / 3.0,
};

fn arrays(shapes: &[(&str, &[usize])]) -> Arrays {
    let mut state = 5u64;
    let mut number = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((state >> 40) as f32 / (1 << 23) as f32 - 1.0) * 0.3
    };
    let mut array = |(name, shape): &(&str, &[usize])| {
        let values = (0..shape.iter().product()).map(|_| number()).collect();
        let shape = shape.to_vec();
        ((*name).to_owned(), Array { shape, values })
    };
    shapes.iter().map(&mut array).collect()
}

fn modern() -> Arrays {
    arrays(&[
        ("c1.weight", &[6, 1, 5, 5]),
        ("c1.bias", &[6]),
        ("c3.weight", &[16, 6, 5, 5]),
        ("c3.bias", &[16]),
        ("c5.weight", &[120, 16, 5, 5]),
        ("c5.bias", &[120]),
        ("f6.weight", &[84, 120]),
        ("f6.bias", &[84]),
        ("out.weight", &[4, 84]),
        ("out.bias", &[4]),
    ])
}

fn classic() -> Arrays {
    arrays(&[
        ("c1.weight", &[6, 1, 5, 5]),
        ("c1.bias", &[6]),
        ("s2.weight", &[6]),
        ("s2.bias", &[6]),
        ("c3_sparse.weight", &[60, 5, 5]),
        ("c3_sparse.bias", &[16]),
        ("s4.weight", &[16]),
        ("s4.bias", &[16]),
        ("c5.weight", &[120, 16, 5, 5]),
        ("c5.bias", &[120]),
        ("f6.weight", &[84, 120]),
        ("f6.bias", &[84]),
    ])
}

fn image() -> Vec<f32> {
    arrays(&[("image", &[1024])])["image"]
        .values
        .iter()
        .map(|v| 3.0 * v)
        .collect()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

/// Every number is one rounding away from what the references make of the numbers below it.
#[test]
fn each_layer_is_that_of_the_plain_reference() {
    for takes_maximum in [false, true] {
        let form = LeNet5Form {
            activation: TANH,
            takes_maximum,
            connections: None,
            codes: None,
        };
        let network = LeNet5Layers::new(modern(), &form).expect("the weights of a network");
        let image = image();
        let values = network.run(&image);
        let (mut below, mut below_side, mut below_maps) = (wide(&image), 32, 1);
        for (layer, found) in network.layers.iter().zip(&values) {
            let pool = Pool2dShape {
                height: below_side,
                width: below_side,
                size: [2, 2],
            };
            let expected = match layer.kind {
                LayerKind::Convolution { .. } | LayerKind::Dense => {
                    let kernel = if layer.kind == LayerKind::Dense { 1 } else { 5 };
                    let shape = Conv2dShape {
                        channels_in: below_maps,
                        channels_out: layer.maps,
                        height: below_side,
                        width: below_side,
                        kernel: [kernel, kernel],
                        padding: [0, 0],
                    };
                    let mut sums = vec![0.0; found.sums.len()];
                    let (weight, bias) = (wide(&layer.weight), wide(&layer.bias));
                    conv2d_forward(&shape, 1, &below, &weight, Some(&bias), &mut sums);
                    sums
                }
                LayerKind::Average => average_pool2d_forward(&pool, layer.maps, &below),
                LayerKind::Maximum => max_pool2d_forward(&pool, layer.maps, &below).0,
                LayerKind::Trainable | LayerKind::Distance => unreachable!("not of this network"),
            };
            assert_eq!(found.sums.len(), expected.len(), "{}", layer.name);
            for (sum, expected) in found.sums.iter().zip(&expected) {
                let rounding = 2f64.powi(-24) * expected.abs() + 1e-13;
                assert!(
                    (f64::from(*sum) - expected).abs() <= rounding,
                    "{}",
                    layer.name
                );
            }
            (below, below_side, below_maps) = (wide(&found.values), layer.side, layer.maps);
        }
    }
}

#[test]
fn the_scores_are_those_of_the_network_that_answers() {
    for (takes_maximum, pooling) in [(false, Pooling::Average), (true, Pooling::Max)] {
        for activation in [Activation::Relu, TANH] {
            let form = LeNet5Form {
                activation,
                takes_maximum,
                connections: None,
                codes: None,
            };
            let network = LeNet5Layers::new(modern(), &form).expect("the weights of a network");
            let answers = FrozenLeNet5::new(modern(), activation, pooling).expect("the same");
            let mut scores = [0.0; 4];
            answers.scores(&image(), &mut scores);
            let found = &network.run(&image())[6].values;
            for (found, score) in found.iter().zip(scores) {
                assert!(
                    (found - score).abs() < 1e-5 * (1.0 + score.abs()),
                    "{found} {score}"
                );
            }
        }
    }
}

/// The network of 1998: tables of connections, trained subsampling, distances to codes; checked by hand at single places.
#[test]
fn the_network_of_1998_is_followed_by_hand() {
    let reads: Vec<Vec<usize>> = (0..16)
        .map(|map| {
            (0..6)
                .filter(|read| (map + read) % 2 == 0 || map >= 12)
                .collect()
        })
        .collect();
    let connections: usize = reads.iter().map(Vec::len).sum();
    assert_eq!(connections, 60, "as many as in the paper's table");
    let codes: Vec<Vec<f32>> = (0..3)
        .map(|c| vec![if c == 1 { 1.0 } else { -1.0 }; 84])
        .collect();
    let form = LeNet5Form {
        activation: TANH,
        takes_maximum: false,
        connections: Some(reads.clone()),
        codes: Some(codes),
    };
    let weights = classic();
    let network = LeNet5Layers::new(weights.clone(), &form).expect("the weights of a network");
    let values = network.run(&image());
    let [c1, s2, c3, _, _, f6, output] = &values[..] else {
        panic!("seven layers");
    };
    // S2, map 4, row 3, column 9.
    let block: f32 = [(6, 18), (6, 19), (7, 18), (7, 19)]
        .iter()
        .map(|(r, c)| c1.values[(4 * 28 + r) * 28 + c])
        .sum();
    let expected = block * weights["s2.weight"].values[4] + weights["s2.bias"].values[4];
    assert!((s2.sums[(4 * 14 + 3) * 14 + 9] - expected).abs() < 1e-6);
    // C3, map 5, row 2, column 7: its kernels come after those of maps 0 to 4.
    let first: usize = reads[..5].iter().map(Vec::len).sum();
    let mut expected = weights["c3_sparse.bias"].values[5];
    for (k, read) in reads[5].iter().enumerate() {
        for (u, v) in (0..5).flat_map(|u| (0..5).map(move |v| (u, v))) {
            let x = s2.values[(read * 14 + 2 + u) * 14 + 7 + v];
            expected += x * weights["c3_sparse.weight"].values[((first + k) * 5 + u) * 5 + v];
        }
    }
    assert!((c3.sums[(5 * 10 + 2) * 10 + 7] - expected).abs() < 1e-5);
    let distance: f32 = f6.values.iter().map(|x| (x - 1.0).powi(2)).sum();
    assert!((output.values[1] + distance).abs() < 1e-4);

    let mut lacking = weights;
    lacking.remove("s4.bias");
    let error = LeNet5Layers::new(lacking, &form).expect_err("an array is gone");
    assert!(error.to_string().contains("s4.bias"), "{error}");
}
