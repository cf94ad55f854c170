//! Promise 1: what a network says of a document has the same bits alone, in any batch, and in any place of it.
use burn::tensor::Device;
use cnn_core::Documents;
use cnn_core::layers::PooledLength;
use models_text::{
    DpcnnConfig, FilterGroup, Region, TextClassifier, TextCnnConfig, TextCnnVariant, Windows,
};

use super::{document, values};

const VOCABULARY: usize = 500;
const CLASSES: usize = 3;

/// Logits of each document, as bits.
fn logits(model: &impl TextClassifier, documents: &[&[u32]]) -> Vec<Vec<u32>> {
    let logits = values(model.forward(&Documents::new(documents), None));
    assert!(logits.iter().all(|v| v.is_finite()));
    logits
        .chunks(CLASSES)
        .map(|row| row.iter().map(|v| v.to_bits()).collect())
        .collect()
}

fn check(name: &str, model: impl TextClassifier) {
    // Lengths below, at and above every kernel and tile, one of them a hundred times the others.
    let lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 2_000];
    let documents: Vec<Vec<u32>> = lengths
        .iter()
        .enumerate()
        .map(|(i, n)| document(i as u64, *n, VOCABULARY as u64))
        .collect();
    let documents: Vec<&[u32]> = documents.iter().map(Vec::as_slice).collect();
    let alone: Vec<_> = documents
        .iter()
        .map(|document| logits(&model, &[document]).remove(0))
        .collect();
    let distinct = alone
        .iter()
        .collect::<std::collections::BTreeSet<_>>()
        .len();
    assert!(
        distinct >= lengths.len() - 1,
        "{name}: answers must differ, or this test sees nothing"
    );

    assert_eq!(logits(&model, &documents), alone, "{name}: all together");
    for turn in [1, 6, 13] {
        let (mut turned, mut expected) = (documents.clone(), alone.clone());
        turned.rotate_left(turn);
        expected.rotate_left(turn);
        assert_eq!(
            logits(&model, &turned),
            expected,
            "{name}: turned by {turn}"
        );
    }
    let twice = [documents.clone(), documents.clone()].concat();
    assert_eq!(
        logits(&model, &twice),
        [alone.clone(), alone].concat(),
        "{name}: a batch of twice the size"
    );
}

#[test]
fn text_cnn_says_the_same_of_a_document_in_every_batch() {
    let device = Device::flex();
    for variant in [TextCnnVariant::Rand, TextCnnVariant::Multichannel] {
        for windows in [Windows::Touching, Windows::Valid] {
            let model = TextCnnConfig::new(VOCABULARY, CLASSES)
                .with_dimension(37)
                .with_filters(vec![
                    FilterGroup::new(1, 5),
                    FilterGroup::new(3, 20),
                    FilterGroup::new(5, 33),
                ])
                .with_variant(variant)
                .with_windows(windows)
                .init(&device)
                .expect("config");
            // Shorter documents than every filter share one answer under `Valid`; width 1 keeps them apart.
            check(&format!("{variant:?} {windows:?}"), model);
        }
    }
}

#[test]
fn trap_batch_padding_in_convolution_pooling_or_global_maximum() {
    let device = Device::flex();
    for region in [
        Region::BagOfWords { region_size: 3 },
        Region::WordVectors { dimension: 19 },
    ] {
        for length in [PooledLength::Floor, PooledLength::Ceil] {
            let model = DpcnnConfig::new(VOCABULARY, CLASSES)
                .with_region(region)
                .with_feature_maps(21)
                .with_pooled_length(length)
                .with_initial(cnn_core::layers::Initial::PyTorch)
                .init(&device)
                .expect("config");
            check(&format!("{region:?} {length:?}"), model);
        }
    }
}
