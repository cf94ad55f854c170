//! Traps of TextCNN: padding, max-norm and dropout, the zero start, the four variants.
use burn::tensor::Tensor;
use cnn_core::layers::{CrossEntropy, DropoutConvention, Initial};
use cnn_core::{Documents, Noise, ops};
use models_text::{
    FilterGroup, TextClassifier, TextCnn, TextCnnConfig, TextCnnVariant, TextModelError, Windows,
};

use super::{device, document, noise, param, values};

fn small() -> TextCnnConfig {
    TextCnnConfig::new(20, 3)
        .with_dimension(4)
        .with_filters(vec![FilterGroup::new(2, 3), FilterGroup::new(5, 2)])
        .with_seed(1)
}

fn features(model: &TextCnn, documents: &Documents) -> Vec<f32> {
    values(model.features(model.table().rows(documents), documents))
}

#[test]
fn trap_padding_sets_the_floor_of_the_maximum() {
    // Words are positive and filters negative: no window with a token reaches the bias.
    let mut model = small().init(&device()).expect("config");
    model.embedding.weight = param(vec![1.0; 80], [20, 4], &device());
    for conv in &mut model.convs {
        let [filters, dimension, width] = conv.weight.dims();
        conv.weight = param(
            vec![-1.0; filters * dimension * width],
            [filters, dimension, width],
            &device(),
        );
        let biases = [0.5, -0.5, 0.25];
        conv.bias = Some(param(biases[..filters].to_vec(), [filters], &device()));
    }
    let documents: Vec<_> = [0, 1, 2, 7, 60]
        .map(|length| document(3, length, 20))
        .into();
    let features = features(&model, &Documents::new(&documents));
    for (length, found) in documents.iter().map(Vec::len).zip(features.chunks(5)) {
        assert_eq!(
            found,
            [0.5, 0.0, 0.25, 0.5, 0.0],
            "ReLU(bias) is the floor at length {length}"
        );
    }
}

#[test]
fn valid_windows_have_no_floor_and_a_short_document_has_zeros() {
    let mut model = small()
        .with_windows(Windows::Valid)
        .init(&device())
        .expect("config");
    model.embedding.weight = param(vec![1.0; 80], [20, 4], &device());
    for conv in &mut model.convs {
        let [filters, dimension, width] = conv.weight.dims();
        let weight = vec![0.125; filters * dimension * width];
        conv.weight = param(weight, [filters, dimension, width], &device());
        conv.bias = Some(param(vec![0.5; filters], [filters], &device()));
    }
    let documents = Documents::new(&[0, 1, 2, 4, 5].map(|length| document(3, length, 20)));
    let (two, five) = (0.125 * 4.0 * 2.0 + 0.5, 0.125 * 4.0 * 5.0 + 0.5);
    let expected = [
        [0.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 0.0],
        [two, two, two, 0.0, 0.0],
        [two, two, two, 0.0, 0.0],
        [two, two, two, five, five],
    ];
    assert_eq!(features(&model, &documents), expected.concat());
}

#[test]
fn trap_a_document_of_one_token_is_legal_and_so_is_an_empty_one() {
    for windows in [Windows::Touching, Windows::Valid] {
        let model = small()
            .with_windows(windows)
            .init(&device())
            .expect("config");
        let documents = Documents::new(&[vec![], vec![7], vec![], vec![Documents::SKIP]]);
        let logits = values(model.forward(&documents, None));
        assert_eq!(logits.len(), 4 * 3);
        assert!(logits.iter().all(|v| v.is_finite()));
        assert_eq!(
            logits[..3],
            logits[6..9],
            "two empty documents have one answer"
        );
    }
}

#[test]
fn an_empty_batch_has_no_logits() {
    let model = small().init(&device()).expect("config");
    assert_eq!(
        model.forward(&Documents::new::<Vec<u32>>(&[]), None).dims(),
        [0, 3]
    );
}

#[test]
fn trap_the_max_norm_limit_depends_on_the_dropout_convention() {
    // Un-rescaled dropout with weights W is inverted dropout with weights W / 2: hence 3 here and 1.5 there.
    let mut halved = small()
        .with_dropout_convention(DropoutConvention::Halved)
        .init(&device())
        .expect("config");
    let mut inverted = small().init(&device()).expect("config");
    let weight: Tensor<2> = Tensor::from_data(
        burn::tensor::TensorData::new(noise(5, 15), [3, 5]),
        &device(),
    );
    halved.out.weight = burn::module::Param::from_tensor(weight.clone());
    inverted.out.weight = burn::module::Param::from_tensor(weight / 2.0);

    let documents = Documents::new(&[document(1, 9, 20), document(2, 4, 20)]);
    assert_eq!(
        values(halved.forward(&documents, None)),
        values(inverted.forward(&documents, None))
    );
    let noise = Noise::new(3, 1, [10, 11]);
    let training = values(halved.forward(&documents, Some(&noise)));
    assert_eq!(training, values(inverted.forward(&documents, Some(&noise))));
    assert_ne!(
        training,
        values(halved.forward(&documents, None)),
        "some unit is dropped"
    );
}

#[test]
fn trap_max_norm_on_the_wrong_axis_and_of_short_vectors() {
    // Rows of norm 5, 0.5 and 2. Columns would have norms 3.7 and 4.1: there a limit of 2.5 touches every row.
    let mut model = TextCnnConfig::new(20, 3)
        .with_dimension(4)
        .with_filters(vec![FilterGroup::new(1, 2)])
        .with_max_norm(Some(2.5))
        .init(&device())
        .expect("config");
    model.out.weight = param(vec![3.0, 4.0, 0.3, 0.4, 2.0, 0.0], [3, 2], &device());
    let bias = values(model.out.bias.as_ref().expect("bias").val());
    model.after_step();
    assert_eq!(
        values(model.out.weight.val()),
        [1.5, 2.0, 0.3, 0.4, 2.0, 0.0]
    );
    assert_eq!(
        values(model.out.bias.as_ref().expect("bias").val()),
        bias,
        "the bias is no part of a class vector"
    );

    let mut free = small().init(&device()).expect("config");
    let before = values(free.out.weight.val());
    free.after_step();
    assert_eq!(values(free.out.weight.val()), before);
}

#[test]
fn trap_with_a_zero_output_layer_words_and_filters_first_move_at_step_2() {
    let mut model = TextCnnConfig::kim(20, 3)
        .with_dimension(4)
        .with_filters(vec![FilterGroup::new(2, 3)])
        .init(&device())
        .expect("config");
    assert!(values(model.out.weight.val()).iter().all(|v| *v == 0.0));
    let documents = Documents::new(&[document(1, 9, 20), document(2, 4, 20), document(3, 6, 20)]);
    let gradients = |model: &TextCnn| {
        let loss = CrossEntropy.forward(model.forward(&documents, None), &[0, 2, 2]);
        let gradients = loss.backward();
        let of = |tensor: Tensor<2>| tensor.grad(&gradients).map(values).expect("trained");
        let filters = model.convs[0]
            .weight
            .val()
            .grad(&gradients)
            .map(values)
            .expect("trained");
        (
            of(model.embedding.weight.val()),
            filters,
            of(model.out.weight.val()),
        )
    };
    let still = |values: &[f32]| values.iter().all(|v| *v == 0.0);

    let (words, filters, out) = gradients(&model);
    assert!(
        still(&words) && still(&filters) && !still(&out),
        "step 1 moves the output layer alone"
    );
    let moved: Vec<f32> = out.iter().map(|g| -0.5 * g).collect();
    model.out.weight = param(moved, [3, 3], &device());
    let (words, filters, _) = gradients(&model);
    assert!(!still(&words) && !still(&filters), "step 2 moves all");
}

#[test]
fn kim_starts_as_the_authors_code_does() {
    let model = TextCnnConfig::kim(500, 2)
        .with_dimension(40)
        .init(&device())
        .expect("config");
    let range = |values: Vec<f32>, bound: f32| {
        let greatest = values.iter().fold(0.0, |m: f32, v| m.max(v.abs()));
        assert!(
            greatest <= bound && greatest > 0.95 * bound,
            "greatest magnitude {greatest} of U(±{bound})"
        );
    };
    range(values(model.embedding.weight.val()), 0.25);
    for conv in &model.convs {
        range(values(conv.weight.val()), 0.01);
        assert!(
            values(conv.bias.as_ref().expect("bias").val())
                .iter()
                .all(|v| *v == 0.0)
        );
    }
    assert!(
        values(model.out.bias.as_ref().expect("bias").val())
            .iter()
            .all(|v| *v == 0.0)
    );
}

#[test]
fn only_the_tables_that_are_trained_have_a_gradient() {
    let vectors = || param(noise(8, 80), [20, 4], &device()).val();
    let documents = Documents::new(&[document(1, 9, 20), document(2, 4, 20)]);
    for (variant, trained) in [
        (TextCnnVariant::Rand, true),
        (TextCnnVariant::Static, false),
        (TextCnnVariant::NonStatic, true),
        (TextCnnVariant::Multichannel, true),
    ] {
        let model = small()
            .with_variant(variant)
            .init_with_vectors(vectors())
            .expect("config");
        assert_eq!(model.trains_table(), trained, "{variant:?}");
        assert_eq!(values(model.embedding.weight.val()), noise(8, 80));
        let gradients = CrossEntropy
            .forward(model.forward(&documents, None), &[0, 1])
            .backward();
        assert_eq!(
            model.embedding.weight.val().grad(&gradients).is_some(),
            trained,
            "{variant:?}"
        );
        assert!(model.convs[0].weight.val().grad(&gradients).is_some());
        match &model.static_embedding {
            Some(fixed) => assert!(
                fixed.weight.val().grad(&gradients).is_none(),
                "the static channel stays"
            ),
            None => assert_ne!(variant, TextCnnVariant::Multichannel),
        }
    }
}

#[test]
fn trap_multichannel_adds_the_bias_once() {
    // Two convolutions over two channels, added, with one bias: written out here.
    let config = small().with_variant(TextCnnVariant::Multichannel);
    let mut model = config
        .init_with_vectors(param(noise(8, 80), [20, 4], &device()).val())
        .expect("config");
    model.embedding.weight = param(noise(9, 80), [20, 4], &device());
    let documents = Documents::new(&[document(1, 9, 20), document(2, 1, 20)]);
    let fixed = model.static_embedding.as_ref().expect("multichannel");
    let mut expected = Vec::new();
    for conv in &model.convs {
        let (tuned, positions) =
            conv.forward(model.embedding.forward(&documents), documents.offsets());
        let channel = fixed.forward(&documents);
        let fixed = ops::conv1d(
            channel,
            conv.weight.val(),
            None,
            documents.offsets(),
            conv.padding,
        );
        let floor = conv.bias.as_ref().map(|bias| bias.val());
        expected.push(burn::tensor::activation::relu(ops::max_over_time(
            tuned + fixed,
            &positions,
            floor,
        )));
    }
    let expected = values(Tensor::cat(expected, 1));
    for (found, expected) in features(&model, &documents).iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
    }
}

#[test]
fn dropout_depends_on_the_sample_and_not_on_its_place() {
    let model = small().init(&device()).expect("config");
    let (a, b) = (document(1, 9, 20), document(2, 4, 20));
    let logits = |documents: &[&[u32]], samples: &[u64]| {
        values(model.forward(&Documents::new(documents), Some(&Noise::new(3, 1, samples))))
    };
    let both = logits(&[&a, &b], &[10, 11]);
    assert_eq!(both[3..], logits(&[&b], &[11]));
    assert_eq!(both[..3], logits(&[&b, &a], &[11, 10])[3..]);
}

#[test]
fn what_cannot_be_made_says_why() {
    let device = device();
    let error = |config: TextCnnConfig| config.init(&device).expect_err("no such network");
    assert_eq!(
        error(small().with_filters(vec![])),
        TextModelError::NoFilters
    );
    assert!(matches!(
        error(small().with_max_norm(Some(0.0))),
        TextModelError::MaxNorm { limit: 0.0 }
    ));
    assert!(matches!(
        error(small().with_max_norm(Some(f32::NAN))),
        TextModelError::MaxNorm { .. }
    ));
    assert!(matches!(
        error(small().with_filters(vec![FilterGroup::new(0, 3)])),
        TextModelError::Layer(_)
    ));
    assert!(matches!(
        error(small().with_filters(vec![FilterGroup::new(3, 0)])),
        TextModelError::Layer(_)
    ));
    assert!(matches!(
        error(small().with_dropout(1.0)),
        TextModelError::Layer(_)
    ));
    assert!(matches!(
        error(small().with_dimension(0)),
        TextModelError::Layer(_)
    ));
    assert!(matches!(
        error(small().with_initial_filters(Initial::Normal { std: f32::NAN })),
        TextModelError::Layer(_)
    ));
    let wrong = small()
        .init_with_vectors(param(vec![0.0; 60], [20, 3], &device).val())
        .expect_err("wrong shape");
    assert_eq!(
        wrong,
        TextModelError::VectorShape {
            model: "TextCnn",
            expected: [20, 4],
            found: [20, 3]
        }
    );
}
