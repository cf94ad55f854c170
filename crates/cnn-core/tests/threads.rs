//! The same bits of every result and every gradient for any number of threads.
#![cfg(any(feature = "flex", feature = "ndarray"))]
#![cfg_attr(feature = "ndarray", allow(deprecated))]

mod drawn;

use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use cnn_core::backend::Backend;
use cnn_core::layers::*;
use cnn_core::{Documents, Noise};
use drawn::{bits, drawn};

/// `answer` in pools of 1, 2, 3 and 8 threads, on each CPU backend.
fn on_any_number_of_threads(answer: fn(&Device) -> Vec<Vec<u32>>) {
    for backend in [Backend::Flex, Backend::NdArray] {
        let Ok(device) = backend.device() else {
            continue;
        };
        let device = device.autodiff();
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("a pool").install(|| answer(&device))
        };
        let expected = on(1);
        assert!(
            expected
                .iter()
                .all(|part| part.iter().any(|bits| *bits != 0)),
            "all zero"
        );
        for threads in [2, 3, 8] {
            assert!(
                on(threads) == expected,
                "{backend}: {threads} threads give other bits than 1"
            );
        }
    }
}

#[test]
fn a_network_of_images_of_1998() {
    on_any_number_of_threads(|device| {
        let c1 = Conv2dConfig::new(1, 6, [5, 5]).init(device).expect("valid");
        let s2 = TrainablePool2dConfig::new(6).init(device).expect("valid");
        let c3 = SparseConv2dConfig::lenet5_c3().init(device).expect("valid");
        let f6 = LinearConfig::new(16 * 25, 84).init(device).expect("valid");
        let squash = SquashConfig::new().init().expect("valid");
        let output = RbfOutputConfig::digits().init(device).expect("valid");
        let pool = AveragePool2dConfig::new([2, 2]).init().expect("valid");

        let x = drawn("images", [37, 1, 32, 32], device);
        let x = squash.forward(c1.forward(x));
        let x = squash.forward(s2.forward(x));
        let x = pool.forward(squash.forward(c3.forward(x)));
        let penalties = output.forward(squash.forward(f6.forward(x.flatten(1, 3))));
        let targets: Vec<u32> = (0..37).map(|i| i % 10).collect();
        let loss = MapLossConfig::new()
            .init()
            .expect("valid")
            .forward(penalties, &targets);
        let grads = loss.backward();
        vec![
            bits(loss),
            bits(c1.weight.grad(&grads).expect("c1.weight")),
            bits(s2.weight.grad(&grads).expect("s2.weight")),
            bits(s2.bias.grad(&grads).expect("s2.bias")),
            bits(c3.weight.grad(&grads).expect("c3.weight")),
            bits(c3.bias.grad(&grads).expect("c3.bias")),
            bits(f6.weight.grad(&grads).expect("f6.weight")),
        ]
    });
}

#[test]
fn a_network_of_documents() {
    on_any_number_of_threads(|device| {
        let table = EmbeddingConfig::new(500, 40).init(device).expect("valid");
        let region = BagOfWordsRegionConfig::new(40).init(device).expect("valid");
        let conv = Conv1dConfig::new(40, 50, 3)
            .with_padding([1, 1])
            .init(device)
            .expect("valid");
        let out = LinearConfig::new(50, 4).init(device).expect("valid");
        let dropout = DropoutConfig::new(0.5).init().expect("valid");

        let word = |d: u64, t: u64| cnn_core::random::below(3, d, t, 500) as u32;
        let document = |d: u64| (0..d * 7 % 90).map(|t| word(d, t)).collect::<Vec<_>>();
        let documents = Documents::new(&(0..80).map(document).collect::<Vec<_>>());
        let rows = table.rows(&documents);
        let x = region.forward(rows, &documents);
        let (x, offsets) = conv.forward(x, documents.offsets());
        let (x, offsets) = MaxPoolConfig::new().init().forward(relu(x), &offsets);
        let floor = Tensor::full([50], 0.05, device);
        let x = MaxOverTime.forward(x, &offsets, Some(floor));
        let noise = Noise::new(1, 2, (0..80).collect::<Vec<u64>>());
        let logits = out.forward(dropout.forward(x, Some(&noise)));
        let targets: Vec<u32> = (0..80).map(|i| i % 4).collect();
        let loss = CrossEntropy.forward(logits, &targets);
        let grads = loss.backward();
        let bias = |bias: &Option<burn::module::Param<Tensor<1>>>| {
            bits(
                bias.as_ref()
                    .expect("a bias")
                    .grad(&grads)
                    .expect("its gradient"),
            )
        };
        vec![
            bits(loss),
            bits(table.weight.grad(&grads).expect("table.weight")),
            bits(conv.weight.grad(&grads).expect("conv.weight")),
            bits(out.weight.grad(&grads).expect("out.weight")),
            bias(&region.bias),
            bias(&conv.bias),
            bias(&out.bias),
        ]
    });
}

#[test]
fn the_filters_of_a_text_network() {
    on_any_number_of_threads(|device| {
        let table = EmbeddingConfig::new(300, 40).init(device).expect("valid");
        let conv = |width, filters| {
            let conv = Conv1dConfig::new(40, filters, width);
            conv.with_seed(width as u64).init(device).expect("valid")
        };
        let convs = [conv(2, 70), conv(3, 33), conv(5, 20)];
        let word = |d: u64, t: u64| cnn_core::random::below(3, d, t, 300) as u32;
        let document = |d: u64| (0..d * 7 % 90).map(|t| word(d, t)).collect::<Vec<_>>();
        let documents = Documents::new(&(0..80).map(document).collect::<Vec<_>>());
        let filters = convs.each_ref().map(|conv| {
            let bias = conv.bias.as_ref().expect("a bias");
            (conv.weight.val(), Some(bias.val()))
        });
        let windows = cnn_core::ops::filter_max::Windows::Touching;
        let y = cnn_core::ops::filter_max(table.rows(&documents), &documents, &filters, windows);
        let grads = (y.clone() * drawn("r", y.dims(), device)).sum().backward();
        let mut answers = vec![
            bits(y),
            bits(table.weight.grad(&grads).expect("table.weight")),
        ];
        for (weight, bias) in filters {
            answers.push(bits(weight.grad(&grads).expect("weight")));
            answers.push(bits(bias.expect("a bias").grad(&grads).expect("bias")));
        }
        answers
    });
}
