//! Batches of no documents, and of documents without words, through the default bodies, which GPUs run. (That layers take
//! them on CPUs is part of the layer contract.)
#![cfg(feature = "flex")]
#![cfg_attr(feature = "ndarray", allow(deprecated))]

mod drawn;

use burn::backend::Flex;
use burn::tensor::{Device, Tensor};
use cnn_core::ops::{
    bag, binary_cross_entropy, conv1d, conv2d, cross_entropy, gather, linear, max_norm,
    max_over_time, max_pool, softmax,
};
use cnn_core::{Documents, Offsets};
use drawn::{drawn, values};

type Primitive = burn::backend::tensor::FloatTensor<Flex>;

fn open<const D: usize>(name: &str, shape: [usize; D]) -> Primitive {
    drawn(name, shape, &Device::flex())
        .try_into_primitive::<Flex>()
        .expect("flex")
}

/// Shape and values.
fn close<const D: usize>(tensor: Primitive) -> ([usize; D], Vec<f32>) {
    let tensor = Tensor::<D>::from_primitive::<Flex>(tensor);
    (tensor.dims(), values(tensor))
}

fn zeros<const D: usize>(shape: [usize; D]) -> ([usize; D], Vec<f32>) {
    (shape, vec![0.0; shape.iter().product()])
}

#[test]
fn rows_and_images() {
    let (x, grad) = (open("x", [0, 3]), open("grad", [0, 2]));
    let (weight, bias) = (open("weight", [2, 3]), open("bias", [2]));
    let y = linear::default::forward::<Flex>(x.clone(), weight.clone(), bias.clone());
    assert_eq!(close(y), zeros([0, 2]));
    let dx = linear::default::backward_input::<Flex>(weight.clone(), grad.clone());
    assert_eq!(close(dx), zeros([0, 3]));
    assert_eq!(
        close(linear::default::backward_weight::<Flex>(x, grad.clone())),
        zeros([2, 3])
    );
    assert_eq!(
        close(linear::default::backward_bias::<Flex>(grad.clone())),
        zeros([2])
    );
    assert_eq!(
        close(softmax::default::forward::<Flex>(grad.clone())),
        zeros([0, 2])
    );
    assert_eq!(
        close(max_norm::default::forward::<Flex>(grad.clone(), 1.0)),
        zeros([0, 2])
    );
    for weights in [None, Some([1.0, 2.0].into())] {
        let (loss, p) =
            cross_entropy::default::forward::<Flex>(grad.clone(), [].into(), weights.clone());
        assert_eq!(close(loss), zeros([1]));
        let g = open("g", [1]);
        let dlogits = cross_entropy::default::backward::<Flex>(p, g, [].into(), weights);
        assert_eq!(close(dlogits), zeros([0, 2]));
    }
    let (loss, p) = binary_cross_entropy::default::forward::<Flex>(grad, [].into());
    assert_eq!(close(loss), zeros([1]));
    let dlogits = binary_cross_entropy::default::backward::<Flex>(p, open("g", [1]), [].into());
    assert_eq!(close(dlogits), zeros([0, 2]));

    let (x, grad) = (open("x", [0, 3, 6, 7]), open("grad", [0, 2, 4, 5]));
    let (weight, padding) = (open("weight", [2, 3, 3, 3]), [0, 0]);
    let y = conv2d::default::forward::<Flex>(x.clone(), weight.clone(), bias, padding);
    assert_eq!(close(y), zeros([0, 2, 4, 5]));
    let dx =
        conv2d::default::backward_input::<Flex>(x.clone(), weight.clone(), grad.clone(), padding);
    assert_eq!(close(dx), zeros([0, 3, 6, 7]));
    let dw = conv2d::default::backward_weight::<Flex>(x, weight, grad.clone(), padding);
    assert_eq!(close(dw), zeros([2, 3, 3, 3]));
    assert_eq!(
        close(conv2d::default::backward_bias::<Flex>(grad)),
        zeros([2])
    );
}

#[test]
fn documents() {
    for lengths in [vec![], vec![0], vec![0, 0, 0]] {
        let offsets = Offsets::from_lengths(lengths.iter().copied());
        let documents = Documents::new(&lengths.iter().map(|_| vec![]).collect::<Vec<Vec<u32>>>());
        let count = documents.documents();
        let (x, grad) = (open("x", [0, 3]), open("grad", [0, 2]));
        let (weight, bias, padding) = (open("weight", [2, 3, 3]), open("bias", [2]), [1, 1]);

        let y = conv1d::default::forward::<Flex>(
            x.clone(),
            weight.clone(),
            bias,
            offsets.clone(),
            padding,
        );
        assert_eq!(close(y), zeros([0, 2]));
        let dx =
            conv1d::default::backward_input::<Flex>(weight, grad.clone(), offsets.clone(), padding);
        assert_eq!(close(dx), zeros([0, 3]));
        let dw =
            conv1d::default::backward_weight::<Flex>(x.clone(), grad, offsets.clone(), 3, padding);
        assert_eq!(close(dw), zeros([2, 3, 3]));

        for has_floor in [false, true] {
            let floor = open("floor", [3]);
            let (y, winners) = max_over_time::default::forward::<Flex>(
                x.clone(),
                floor.clone(),
                offsets.clone(),
                has_floor,
            );
            let value = if has_floor {
                close::<1>(floor).1
            } else {
                vec![0.0; 3]
            };
            assert_eq!(close(y), ([count, 3], value.repeat(count)));
            let grad = open("grad", [count, 3]);
            let (dx, _) = max_over_time::default::backward::<Flex>(grad, winners, 0);
            assert_eq!(close(dx), zeros([0, 3]));
        }
        let (y, winners) = max_pool::default::forward::<Flex>(x.clone(), offsets.clone(), offsets);
        assert_eq!(close(y), zeros([0, 3]));
        assert_eq!(
            close(max_pool::default::backward::<Flex>(x.clone(), winners, 0)),
            zeros([0, 3])
        );

        let local = documents.local().clone();
        assert_eq!(
            close(gather::default::forward::<Flex>(x.clone(), local.clone())),
            zeros([0, 3])
        );
        assert_eq!(
            close(gather::default::backward::<Flex>(x.clone(), local, 0)),
            zeros([0, 3])
        );
        assert_eq!(
            close(bag::default::forward::<Flex>(
                x.clone(),
                documents.clone(),
                3
            )),
            zeros([0, 3])
        );
        assert_eq!(
            close(bag::default::backward::<Flex>(x, documents, 3)),
            zeros([0, 3])
        );
    }
}
