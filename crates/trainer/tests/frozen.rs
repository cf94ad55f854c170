//! A network that only answers gives the bits of the network that learned, on every kind of document.

use burn::tensor::Device;
use cnn_core::backend::Backend;
use cnn_core::{Documents, random};
use trainer::assembly;
use trainer::config::{ModelKind, RunConfig};
use trainer::examples::{Examples, Images, Texts};
use trainer::frozen::{self, Frozen};
use trainer::learning::evaluate;
use trainer::network::Network;
use trainer::weights::{collect, values_of};

const WORDS: usize = 60;
const CLASSES: usize = 3;

/// Documents of 0 to 40 tokens, some of which are to be skipped; the first is empty.
fn documents() -> Vec<Vec<u32>> {
    let number = |document: u64, token: u64, below: u64| {
        random::below(
            7,
            random::stream("documents"),
            document << 32 | token,
            below,
        )
    };
    let document = |d: u64| {
        let token = |t: u64| match number(d, t + 1, 12) {
            0 => Documents::SKIP,
            _ => number(d, t + 1, WORDS as u64) as u32,
        };
        (0..if d < 3 { d } else { number(d, 0, 41) })
            .map(token)
            .collect()
    };
    (0..50).map(document).collect()
}

/// The devices whose bits are promised.
fn devices() -> impl Iterator<Item = Device> {
    let ours = |backend: &Backend| backend.runs_our_kernels();
    let compiled = Backend::compiled().into_iter().filter(ours);
    compiled.map(|backend| backend.device().expect("a CPU is always there"))
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

fn answers_alike<N: Network<Batch = Documents>>(config: &RunConfig, network: &N, device: &Device) {
    let frozen = Frozen::new(config, collect(network)).expect("the weights of that network");
    assert_eq!(frozen.classes(), CLASSES);
    let documents = documents();
    let scores =
        |documents: &[Vec<u32>]| values_of(network.scores(&Documents::new(documents), None, None));
    let together = scores(&documents);
    assert_eq!(bits(&frozen.scores(&documents)), bits(&together));
    for document in documents.chunks(1) {
        assert_eq!(bits(&frozen.scores(document)), bits(&scores(document)));
    }
    assert!(frozen.scores::<Vec<u32>>(&[]).is_empty());

    // More than are answered together.
    let many: Vec<Vec<u32>> = documents.iter().cycle().take(2100).cloned().collect();
    let labels: Vec<u32> = (0..many.len() as u32).map(|i| i % CLASSES as u32).collect();
    let texts = Texts {
        documents: many,
        labels,
    };
    let (ours, theirs) = (frozen.evaluate(&texts), evaluate(network, &texts, device));
    assert_eq!(ours.predictions, theirs.predictions);
    assert_eq!(ours.labels, texts.labels());
    assert_eq!(bits(&ours.probabilities), bits(&theirs.probabilities));
    assert!((ours.loss - theirs.loss).abs() < 1e-6 * theirs.loss);
}

#[test]
fn a_frozen_textcnn_answers_with_the_same_bits() {
    for device in devices() {
        for variant in ["rand", "static", "multichannel"] {
            let mut config = RunConfig::defaults(ModelKind::Textcnn, "mr");
            let settings = config.textcnn.as_mut().expect("a textcnn has settings");
            settings.dimension = 33;
            settings.filters = 20;
            settings.variant = variant.into();
            let network = assembly::textcnn(&config, WORDS, None, CLASSES, &device).expect("sound");
            answers_alike(&config, &network, &device);
        }
    }
}

#[test]
fn a_frozen_lenet5_answers_with_the_same_bits() {
    let bytes = |i: usize| random::below(7, random::stream("pixels"), i as u64, 256) as u8;
    let images = |count: usize, channels: usize| Images {
        pixels: (0..count * channels * 28 * 28).map(bytes).collect(),
        channels,
        height: 28,
        width: 28,
        labels: (0..count as u32).map(|i| i % CLASSES as u32).collect(),
    };
    for device in devices() {
        for (activation, pooling, channels) in [
            ("relu", "max", 1),
            ("tanh", "average", 1),
            ("squash", "max", 1),
            ("relu", "max", 3),
            ("tanh", "average", 3),
        ] {
            let mut config = RunConfig::defaults(ModelKind::Lenet5, "digits");
            let settings = config.lenet5.as_mut().expect("a lenet5 has settings");
            (settings.activation, settings.pooling) = (activation.into(), pooling.into());
            let network = assembly::lenet5(&config, channels, CLASSES, &device).expect("sound");
            let network_only = frozen::lenet5(&config, collect(&network)).expect("its weights");
            let network_only = network_only.expect("the modern network can be frozen");
            for count in [0, 1, 7, 40, 1030] {
                let images = images(count, channels);
                let ours = frozen::evaluate_images(&network_only, &images, &device);
                let theirs = evaluate(&network, &images, &device);
                assert_eq!(ours.predictions, theirs.predictions);
                assert_eq!(bits(&ours.probabilities), bits(&theirs.probabilities));
            }
        }
        let mut config = RunConfig::defaults(ModelKind::Lenet5, "digits");
        config.lenet5.as_mut().expect("settings").variant = "1998".into();
        let network = assembly::lenet5(&config, 1, 10, &device).expect("sound");
        assert!(frozen::lenet5(&config, collect(&network)).is_ok_and(|none| none.is_none()));
    }
}

#[test]
fn a_frozen_dpcnn_answers_with_the_same_bits() {
    for device in devices() {
        for region in ["bag", "vectors"] {
            let mut config = RunConfig::defaults(ModelKind::Dpcnn, "imdb");
            let settings = config.dpcnn.as_mut().expect("a dpcnn has settings");
            settings.region = region.into();
            settings.region_size = 5;
            settings.dimension = 33;
            settings.feature_maps = 20;
            settings.blocks = 4;
            let network = assembly::dpcnn(&config, WORDS, None, CLASSES, &device).expect("sound");
            answers_alike(&config, &network, &device);
        }
    }
}
