//! Filters and their greatest values: the one operation against its default body and against the four that it replaces.

use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use cnn_core::Documents;
use cnn_core::ops::{self, filter_max::Windows};

use super::drawn::{assert_close, hard_documents, leaf};
use super::{Concrete, NEAR, constant};

/// Two groups and more; a filter wider than most documents.
const GROUPS: [[usize; 2]; 3] = [[2, 5], [3, 17], [7, 2]];

pub fn filter_max<B: Concrete>(device: &Device) {
    let nothing = Documents::new(&[vec![Documents::SKIP; 4], vec![]]);
    for documents in [hard_documents(), nothing, Documents::new::<[u32; 0]>(&[])] {
        for windows in [Windows::Touching, Windows::Valid] {
            check::<B>(&documents, &GROUPS, windows, device);
            check::<B>(&documents, &GROUPS[1..2], windows, device);
        }
    }
}

fn check<B: Concrete>(
    documents: &Documents,
    groups: &[[usize; 2]],
    windows: Windows,
    device: &Device,
) {
    use ops::filter_max::default;
    let (distinct, dimension) = (documents.distinct().len(), 6);
    let rows = leaf("rows", [distinct, dimension], device);
    let filters: Vec<_> = groups
        .iter()
        .map(|&[width, filters]| {
            let weight = leaf(
                &format!("weight {width}"),
                [filters, dimension, width],
                device,
            );
            let bias = leaf(&format!("bias {width}"), [filters], device);
            (weight, Some(bias))
        })
        .collect();
    let y = ops::filter_max(rows.clone(), documents, &filters, windows);

    let words = ops::gather(rows.clone(), documents);
    let each = filters
        .iter()
        .zip(groups)
        .map(|((weight, bias), [width, _])| {
            let around = if windows == Windows::Touching {
                width - 1
            } else {
                0
            };
            let (offsets, padding) = (documents.offsets(), [around; 2]);
            let maps = ops::conv1d(
                words.clone(),
                weight.clone(),
                bias.clone(),
                offsets,
                padding,
            );
            let positions = offsets.map_lengths(|len| match len {
                0 => 0,
                _ => (len + 2 * around + 1).saturating_sub(*width),
            });
            let floor = bias.clone().filter(|_| windows == Windows::Touching);
            relu(ops::max_over_time(maps, &positions, floor))
        });
    let expected = Tensor::cat(each.collect(), 1);
    assert_close("y", y.clone().inner(), expected.clone().inner(), NEAR);

    let flat = |tensors: Vec<Tensor<1>>| B::open(Tensor::cat(tensors, 0));
    let flatten = |weight: &Tensor<3>| {
        let count = weight.dims().iter().product::<usize>();
        weight.clone().reshape([count])
    };
    let weight = flat(filters.iter().map(|(weight, _)| flatten(weight)).collect());
    let bias = flat(
        filters
            .iter()
            .filter_map(|(_, bias)| bias.clone())
            .collect(),
    );
    let shape = ops::filter_max::FilterMaxShape {
        dimension,
        groups: groups
            .iter()
            .map(|&[width, filters]| ops::filter_max::FilterGroup { width, filters })
            .collect(),
        windows,
    };
    let parts = || (documents.clone(), shape.clone());
    let (documents, shape) = parts();
    let (default_y, winners) = default::forward::<B>(
        B::open(rows.clone()),
        weight.clone(),
        bias,
        documents,
        shape,
    );
    assert_close("y", y.clone().inner(), B::close(default_y), NEAR);

    let (r, y_is_empty) = (constant("r", y.dims(), device), y.dims()[0] == 0);
    let grads = (y * r.clone()).sum().backward();
    // Burn's own way back from an empty batch panics: there the gradients must be zero.
    let exact = match y_is_empty {
        true => (rows.clone().sum() * 0.0 + zero_of(&filters)).backward(),
        false => (expected * r.clone()).sum().backward(),
    };
    let of = |tensor: &Tensor<1>, grads| tensor.grad(grads).expect("the leaf has a gradient");
    let (documents, shape) = parts();
    let drows = rows.grad(&grads).expect("the leaf has a gradient");
    let default = default::backward_rows::<B>(
        weight,
        B::open(r.clone()),
        winners.clone(),
        documents,
        shape,
    );
    assert_close("drows", drows.clone(), B::close(default), NEAR);
    assert_close("drows", drows, rows.grad(&exact).expect("a gradient"), NEAR);

    let (documents, shape) = parts();
    let default = default::backward_weight::<B>(
        B::open(rows),
        B::open(r.clone()),
        winners.clone(),
        documents,
        shape,
    );
    let dweights = filters.iter().map(|(weight, _)| {
        let dweight = weight.grad(&grads).expect("the leaf has a gradient");
        let expected = weight.grad(&exact).expect("a gradient");
        assert_close("dweight", dweight.clone(), expected, NEAR);
        flatten(&dweight)
    });
    assert_close(
        "dweight",
        Tensor::cat(dweights.collect(), 0),
        B::close(default),
        NEAR,
    );

    let (documents, shape) = parts();
    let default = default::backward_bias::<B>(B::open(r), winners, documents, shape);
    let dbiases = filters
        .iter()
        .filter_map(|(_, bias)| bias.as_ref())
        .map(|bias| {
            assert_close("dbias", of(bias, &grads), of(bias, &exact), NEAR);
            of(bias, &grads)
        });
    assert_close(
        "dbias",
        Tensor::cat(dbiases.collect(), 0),
        B::close(default),
        NEAR,
    );
}

/// 0, with a gradient of 0 for each weight and bias.
fn zero_of(filters: &[(Tensor<3>, Option<Tensor<1>>)]) -> Tensor<1> {
    let sums = filters.iter().flat_map(|(weight, bias)| {
        let bias = bias.clone().expect("every filter has one here");
        [weight.clone().sum(), bias.sum()]
    });
    sums.reduce(|a, b| a + b).expect("there are filters") * 0.0
}
