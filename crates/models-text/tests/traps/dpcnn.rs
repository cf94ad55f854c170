//! Traps of DPCNN: shortcuts, pre-activation, pooling, depth.
use burn::tensor::Tensor;
use cnn_core::Documents;
use cnn_core::layers::{CrossEntropy, PooledLength};
use models_text::{Dpcnn, DpcnnConfig, Region, TextClassifier, TextModelError};

use super::{device, document, noise, param, values};

const MAPS: usize = 4;

fn small() -> DpcnnConfig {
    DpcnnConfig::new(20, 3).with_feature_maps(MAPS).with_seed(2)
}

/// Sets every convolution to this multiple of the identity (the middle tap alone), without biases.
fn set_convolutions(model: &mut Dpcnn, conv1: f32, conv2: f32) {
    let tap = |value: f32| {
        let entry = |i: usize| {
            if i / 3 / MAPS == i / 3 % MAPS && i % 3 == 1 {
                value
            } else {
                0.0
            }
        };
        param(
            (0..MAPS * MAPS * 3).map(entry).collect(),
            [MAPS, MAPS, 3],
            &device(),
        )
    };
    for block in &mut model.blocks {
        (block.conv1.weight, block.conv1.bias) = (tap(conv1), None);
        (block.conv2.weight, block.conv2.bias) = (tap(conv2), None);
    }
}

/// The values of a region embedding, all below zero in the last map.
fn embedded(tokens: usize) -> Vec<f32> {
    let mut e = noise(4, tokens * MAPS);
    e.iter_mut()
        .skip(MAPS - 1)
        .step_by(MAPS)
        .for_each(|v| *v = -v.abs() - 0.125);
    e
}

fn top(model: &Dpcnn, e: &[f32], documents: &Documents) -> Vec<f32> {
    let shape = [documents.tokens(), MAPS];
    let e = Tensor::from_data(burn::tensor::TensorData::new(e.to_vec(), shape), &device());
    values(model.top(e, documents))
}

/// Per document and map the greatest value.
fn global_maximum(e: &[f32], documents: &Documents) -> Vec<f32> {
    let mut found = Vec::new();
    for d in 0..documents.documents() {
        let rows =
            &e[documents.offsets().range(d).start * MAPS..documents.offsets().range(d).end * MAPS];
        let of_map = |map: usize| {
            rows.iter()
                .skip(map)
                .step_by(MAPS)
                .copied()
                .reduce(f32::max)
                .unwrap_or(0.0)
        };
        found.extend((0..MAPS).map(of_map));
    }
    found
}

#[test]
fn trap_no_shortcut_round_block_1_or_an_activation_on_a_shortcut() {
    // With all convolutions zero the top must see the global maximum of e, negative values included.
    for length in [PooledLength::Floor, PooledLength::Ceil] {
        let mut model = small()
            .with_pooled_length(length)
            .init(&device())
            .expect("config");
        set_convolutions(&mut model, 0.0, 0.0);
        let documents: Vec<_> = (1..70).map(|n| document(5, n, 20)).collect();
        let documents = Documents::new(&documents);
        let e = embedded(documents.tokens());
        assert_eq!(top(&model, &e, &documents), global_maximum(&e, &documents));
    }
}

#[test]
fn trap_relu_before_the_first_convolution() {
    // conv1 = -identity, conv2 = identity: block 1 gives e + ReLU(-e) = ReLU(e). With a ReLU before conv1 it would give e.
    let mut model = small().with_blocks(1).init(&device()).expect("config");
    set_convolutions(&mut model, -1.0, 1.0);
    let documents = Documents::new(&[[3], [4], [5]]);
    let e = embedded(3);
    let expected: Vec<f32> = e.iter().map(|v| v.max(0.0)).collect();
    assert_eq!(top(&model, &e, &documents), expected);
}

#[test]
fn trap_no_relu_before_a_later_first_convolution() {
    // The same in block 2 of two, where the activation must be there: p + ReLU(-ReLU(p)) = p.
    let mut model = small().with_blocks(2).init(&device()).expect("config");
    set_convolutions(&mut model, 0.0, 0.0);
    let mut second = small().with_blocks(1).init(&device()).expect("config");
    set_convolutions(&mut second, -1.0, 1.0);
    model.blocks[1] = second.blocks[0].clone();
    let documents = Documents::new(&[[3], [4], [5]]);
    let e = embedded(3);
    assert_eq!(top(&model, &e, &documents), e);
}

#[test]
fn trap_zeros_padded_before_pooling() {
    // Every activation is negative: a zero that entered a window would win.
    let mut model = small().init(&device()).expect("config");
    set_convolutions(&mut model, 0.0, 0.0);
    for tokens in 1..40 {
        let documents = Documents::new(&[document(6, tokens, 20)]);
        let e: Vec<f32> = noise(7, tokens * MAPS).iter().map(|v| -1.5 - v).collect();
        assert!(
            top(&model, &e, &documents).iter().all(|v| *v < 0.0),
            "{tokens} tokens"
        );
    }
}

#[test]
fn trap_depth_taken_from_the_length() {
    // A document of one token passes through all seven blocks and moves the weights of each.
    let mut model = small().init(&device()).expect("config");
    for (i, block) in model.blocks.iter_mut().enumerate() {
        block.conv1.weight = param(noise(100 + i as u64, 48), [MAPS, MAPS, 3], &device());
        block.conv2.weight = param(noise(200 + i as u64, 48), [MAPS, MAPS, 3], &device());
    }
    model.embedding.weight = param(noise(9, 20 * MAPS), [20, MAPS], &device());
    for tokens in [1, 2, 3, 40, 700] {
        let documents = Documents::new(&[document(8, tokens, 20)]);
        let gradients = CrossEntropy
            .forward(model.forward(&documents, None), &[1])
            .backward();
        assert_eq!(model.blocks.len(), 7);
        for (i, block) in model.blocks.iter().enumerate() {
            for conv in [&block.conv1, &block.conv2] {
                let gradient = conv
                    .weight
                    .val()
                    .grad(&gradients)
                    .map(values)
                    .expect("used");
                assert!(
                    gradient.iter().any(|v| *v != 0.0),
                    "block {} is idle at {tokens} tokens",
                    i + 1
                );
            }
        }
    }
}

#[test]
fn pooled_lengths_are_those_of_the_two_programs_of_the_authors() {
    let lengths = |rule: PooledLength, mut n: usize| -> Vec<usize> {
        let next = |_| {
            n = rule.of(n);
            n
        };
        (0..6).map(next).collect()
    };
    assert_eq!(lengths(PooledLength::Ceil, 153), [77, 39, 20, 11, 6, 4]);
    assert_eq!(lengths(PooledLength::Floor, 153), [77, 39, 20, 10, 5, 3]);
    assert_eq!(lengths(PooledLength::Ceil, 2), [2; 6]);
    assert_eq!(lengths(PooledLength::Floor, 2), [1; 6]);
    assert_eq!(lengths(PooledLength::Ceil, 1), [1; 6]);
}

#[test]
fn a_bag_of_words_region_knows_no_order_and_a_convolution_does() {
    let bag = small()
        .with_region(Region::BagOfWords { region_size: 3 })
        .init(&device())
        .expect("config");
    let conv = small()
        .with_region(Region::WordVectors { dimension: 5 })
        .init(&device())
        .expect("config");
    let embed = |model: &Dpcnn, document: [u32; 3]| {
        let documents = Documents::new(&[document]);
        values(model.embed(model.table().rows(&documents), &documents))[MAPS..2 * MAPS].to_vec()
    };
    // The sum is the same up to its rounding, which depends on the order of the words.
    let equal = |a: Vec<f32>, b: Vec<f32>| a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-8);
    assert!(equal(embed(&bag, [3, 7, 9]), embed(&bag, [9, 7, 3])));
    assert!(
        equal(embed(&bag, [3, 7, 3]), embed(&bag, [7, 3, 3])),
        "binary: a word twice counts once"
    );
    assert!(!equal(embed(&bag, [3, 7, 9]), embed(&bag, [3, 7, 8])));
    assert_ne!(embed(&conv, [3, 7, 9]), embed(&conv, [9, 7, 3]));
}

#[test]
fn a_skipped_word_keeps_its_place_and_adds_nothing() {
    for region in [
        Region::BagOfWords { region_size: 1 },
        Region::WordVectors { dimension: 5 },
    ] {
        let model = small().with_region(region).init(&device()).expect("config");
        let documents = Documents::new(&[[Documents::SKIP, 3, Documents::SKIP]]);
        let rows = model.table().rows(&documents);
        assert_eq!(rows.dims()[0], 1);
        assert_eq!(model.embed(rows, &documents).dims(), [3, MAPS]);
    }
    let bag = small()
        .with_region(Region::BagOfWords { region_size: 1 })
        .init(&device())
        .expect("config");
    let documents = Documents::new(&[[Documents::SKIP, 3]]);
    let e = values(bag.embed(bag.table().rows(&documents), &documents));
    assert_eq!(e[..MAPS], [0.0; MAPS], "the bias starts at zero");
    assert_ne!(e[MAPS..], [0.0; MAPS]);
}

#[test]
fn an_empty_document_has_the_answer_of_the_output_bias() {
    let mut model = small().init(&device()).expect("config");
    model.out.bias = Some(param(vec![0.5, -1.0, 2.0], [3], &device()));
    let documents = Documents::new(&[vec![], vec![4, 5]]);
    assert_eq!(
        values(model.forward(&documents, None))[..3],
        [0.5, -1.0, 2.0]
    );
    assert_eq!(
        model.forward(&Documents::new::<Vec<u32>>(&[]), None).dims(),
        [0, 3]
    );
}

#[test]
fn what_cannot_be_made_says_why() {
    let error = |config: DpcnnConfig| config.init(&device()).expect_err("no such network");
    assert_eq!(
        error(small().with_blocks(0)),
        TextModelError::Zero {
            model: "Dpcnn",
            field: "blocks"
        }
    );
    assert!(matches!(
        error(small().with_region(Region::BagOfWords { region_size: 4 })),
        TextModelError::Layer(_)
    ));
    assert!(matches!(
        error(small().with_region(Region::WordVectors { dimension: 0 })),
        TextModelError::Layer(_)
    ));
    assert!(matches!(
        error(small().with_feature_maps(0)),
        TextModelError::Layer(_)
    ));
    assert!(matches!(
        error(small().with_dropout(-0.5)),
        TextModelError::Layer(_)
    ));
    let vectors = param(vec![0.0; 60], [20, 3], &device()).val();
    let wrong = small().init_with_vectors(vectors).expect_err("wrong shape");
    assert_eq!(
        wrong,
        TextModelError::VectorShape {
            model: "Dpcnn",
            expected: [20, MAPS],
            found: [20, 3]
        }
    );
}
