//! The numbers of parameters that tell a faithful network from one that is nearly so.
use burn::module::Module;
use cnn_core::layers::Conv1d;
use models_text::{DpcnnConfig, FilterGroup, Region, TextCnnConfig, TextCnnVariant};

use super::device;

fn conv_parameters<'a>(convs: impl IntoIterator<Item = &'a Conv1d>) -> usize {
    convs.into_iter().map(Module::num_params).sum()
}

#[test]
fn text_cnn_has_360_300_parameters_in_its_filters_and_5_990_702_on_mr() {
    let model = TextCnnConfig::new(18_766, 2)
        .init(&device())
        .expect("config");
    assert_eq!(conv_parameters(&model.convs), 360_300);
    assert_eq!(model.out.num_params(), 602);
    assert_eq!(model.num_params(), 5_990_702);
}

#[test]
fn text_cnn_of_the_chinese_headlines_has_2_128_258() {
    let config = TextCnnConfig::new(4_762, 10).with_filters(FilterGroup::each(&[2, 3, 4], 256));
    let model = config.init(&device()).expect("config");
    assert_eq!(conv_parameters(&model.convs), 691_968);
    assert_eq!(model.num_params(), 1_428_600 + 691_968 + 7_690);
}

#[test]
fn multichannel_has_a_second_table_and_the_same_filters() {
    let single = TextCnnConfig::new(50, 2).with_dimension(8);
    let double = single.clone().with_variant(TextCnnVariant::Multichannel);
    let (single, double) = (
        single.init(&device()).expect("config"),
        double.init(&device()).expect("config"),
    );
    assert_eq!(double.num_params(), single.num_params() + 50 * 8);
    assert_eq!(
        conv_parameters(&double.convs),
        conv_parameters(&single.convs)
    );
}

#[test]
fn trap_one_convolution_reused_in_every_layer() {
    // Shared, the convolutions would have 187,750 parameters.
    let model = DpcnnConfig::new(30_000, 2).init(&device()).expect("config");
    let convs: Vec<&Conv1d> = model
        .blocks
        .iter()
        .flat_map(|block| [&block.conv1, &block.conv2])
        .collect();
    assert_eq!(conv_parameters(convs.iter().copied()), 2_628_500);
    assert_eq!(model.num_params(), 10_129_252);

    // Counting alone would pass twins that were made of one seed.
    let starts: Vec<Vec<f32>> = convs
        .iter()
        .map(|conv| super::values(conv.weight.val()))
        .collect();
    for (i, start) in starts.iter().enumerate() {
        assert!(
            starts[..i].iter().all(|other| other != start),
            "convolution {i} starts as an earlier one does"
        );
    }
}

#[test]
fn dpcnn_of_the_authors_pytorch_code_has_10_125_502() {
    let model = DpcnnConfig::gulf(30_000, 2)
        .init(&device())
        .expect("config");
    assert_eq!(model.num_params(), 10_125_502);
}

#[test]
fn dpcnn_over_word_vectors_has_a_convolution_for_its_region() {
    let config = DpcnnConfig::new(4_762, 10)
        .with_region(Region::WordVectors { dimension: 300 })
        .with_blocks(2);
    let model = config.init(&device()).expect("config");
    assert_eq!(
        model.region.as_ref().expect("word vectors").num_params(),
        225_250
    );
    assert_eq!(
        model.num_params(),
        1_428_600 + 225_250 + 4 * 187_750 + 2_510
    );
}
