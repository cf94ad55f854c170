//! Each fused operation against its default body and against an independent composition of Burn operations under Burn's own
//! automatic differentiation: the result, and every gradient. On every backend that is compiled in.
#![cfg_attr(feature = "ndarray", allow(deprecated))]

mod devices;
mod drawn;
#[path = "fused_ops/filter_max.rs"]
mod filter_max;
#[path = "fused_ops/losses.rs"]
mod losses;
#[path = "fused_ops/relu_conv1d.rs"]
mod relu_conv1d;
#[path = "fused_ops/word_conv.rs"]
mod word_conv;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, DispatchKindConversion, DispatchTensor};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Int, Tensor, TensorData, module};
use cnn_core::ops::{self, PooledLength};
use cnn_core::{Documents, Offsets};
use drawn::{assert_close, drawn, hard_documents, hard_offsets, leaf, values};
use filter_max::filter_max;
use losses::{binary_cross_entropy, cross_entropy, softmax, weighted_cross_entropy};
use relu_conv1d::relu_conv1d;
use word_conv::word_conv;

/// A float and integer backend whose tensors can be taken out of Burn's tensors and put back.
pub(crate) trait Concrete: Backend {
    fn open<const D: usize>(tensor: Tensor<D>) -> FloatTensor<Self>;
    fn close<const D: usize>(tensor: FloatTensor<Self>) -> Tensor<D>;
}

impl<B: Backend> Concrete for B
where
    DispatchTensor: DispatchKindConversion<B>,
    burn::tensor::Float: burn::tensor::BackendPrimitive<B, Primitive = FloatTensor<B>>,
{
    fn open<const D: usize>(tensor: Tensor<D>) -> FloatTensor<B> {
        tensor
            .inner()
            .try_into_primitive::<B>()
            .expect("a tensor of this backend")
    }

    fn close<const D: usize>(tensor: FloatTensor<B>) -> Tensor<D> {
        Tensor::from_primitive::<B>(tensor)
    }
}

/// One test per backend for each of these functions.
macro_rules! on_backends {
    ($($name:ident),* $(,)?) => {
        #[cfg(feature = "flex")]
        mod flex {
            $(#[test] fn $name() { super::$name::<burn::backend::Flex>(&burn::tensor::Device::flex()); })*
        }
        #[cfg(feature = "ndarray")]
        mod ndarray {
            $(#[test] fn $name() { super::$name::<burn::backend::NdArray>(&burn::tensor::Device::ndarray()); })*
        }
        #[cfg(any(feature = "wgpu", feature = "cuda"))]
        mod gpu {
            $(#[test] fn $name() {
                let gpus = super::devices::devices().into_iter().filter(|(backend, _)| !backend.runs_our_kernels());
                gpus.for_each(|(_, device)| super::$name::<burn::backend::Cube>(&device));
            })*
        }
    };
}
on_backends!(
    linear,
    conv1d,
    conv2d,
    max_over_time,
    max_pool,
    gather,
    filter_max,
    relu_conv1d,
    word_conv,
    bag,
    scaled_tanh,
    softmax,
    cross_entropy,
    weighted_cross_entropy,
    binary_cross_entropy,
    max_norm,
);

const NEAR: f32 = 2e-5;

/// The gradient of `Σ y · weights` for each leaf.
macro_rules! gradients {
    ($y:expr, $weights:expr; $($leaf:expr),*) => {{
        let grads = ($y * $weights.clone()).sum().backward();
        ($($leaf.grad(&grads).expect("the leaf has a gradient")),*)
    }};
}

fn constant<const D: usize>(name: &str, shape: [usize; D], device: &Device) -> Tensor<D> {
    drawn(name, shape, &device.clone().autodiff())
}

/// Documents of `x`, one tensor each.
fn documents_of(x: &Tensor<2>, offsets: &Offsets) -> Vec<Tensor<2>> {
    let [_, channels] = x.dims();
    (0..offsets.documents())
        .map(|d| x.clone().slice([offsets.range(d), 0..channels]))
        .collect()
}

fn linear<B: Concrete>(device: &Device) {
    for (rows, features_in, features_out) in [(1, 1, 1), (7, 13, 5), (64, 120, 84)] {
        let x = leaf("x", [rows, features_in], device);
        let weight = leaf("weight", [features_out, features_in], device);
        let bias = leaf("bias", [features_out], device);
        let r = constant("r", [rows, features_out], device);

        let y = ops::linear(x.clone(), weight.clone(), Some(bias.clone()));
        let expected = x.clone().matmul(weight.clone().transpose()) + bias.clone().unsqueeze::<2>();
        let (px, pw, pb) = (
            B::open(x.clone()),
            B::open(weight.clone()),
            B::open(bias.clone()),
        );
        let default = B::close(ops::linear::default::forward::<B>(
            px.clone(),
            pw.clone(),
            pb,
        ));
        assert_close("y", y.clone().inner(), default, NEAR);
        assert_close("y", y.clone().inner(), expected.clone().inner(), NEAR);

        let (dx, dw, db) = gradients!(y, r; x, weight, bias);
        let (ex, ew, eb) = gradients!(expected, r; x, weight, bias);
        let g = || B::open(r.clone());
        assert_close(
            "dx",
            dx.clone(),
            B::close(ops::linear::default::backward_input::<B>(pw, g())),
            NEAR,
        );
        assert_close(
            "dw",
            dw.clone(),
            B::close(ops::linear::default::backward_weight::<B>(px, g())),
            NEAR,
        );
        assert_close(
            "db",
            db.clone(),
            B::close(ops::linear::default::backward_bias::<B>(g())),
            NEAR,
        );
        assert_close("dx", dx, ex, NEAR);
        assert_close("dw", dw, ew, NEAR);
        assert_close("db", db, eb, NEAR);
    }
}

fn conv1d<B: Concrete>(device: &Device) {
    use ops::conv1d::default;
    let offsets = hard_offsets();
    for (kernel, padding) in [
        (1, [0, 0]),
        (3, [1, 1]),
        (3, [0, 0]),
        (4, [4, 4]),
        (5, [0, 3]),
        (2, [7, 0]),
    ] {
        let (channels_in, channels_out) = (6, 9);
        let x = leaf("x", [offsets.total(), channels_in], device);
        let weight = leaf("weight", [channels_out, channels_in, kernel], device);
        let bias = leaf("bias", [channels_out], device);

        let y = ops::conv1d(
            x.clone(),
            weight.clone(),
            Some(bias.clone()),
            &offsets,
            padding,
        );
        let [positions, _] = y.dims();
        let r = constant("r", [positions, channels_out], device);
        let each = documents_of(&x, &offsets)
            .into_iter()
            .filter_map(|document| {
                let [tokens, _] = document.dims();
                let fits = tokens > 0 && tokens + padding[0] + padding[1] >= kernel;
                fits.then(|| {
                    let zeros = |n| Tensor::<2>::zeros([n, channels_in], &document.device());
                    let padded = Tensor::cat(
                        vec![zeros(padding[0]), document.clone(), zeros(padding[1])],
                        0,
                    );
                    let image = padded.transpose().unsqueeze::<3>();
                    let options = ConvOptions::new([1], [0], [1], 1);
                    let y = module::conv1d(image, weight.clone(), Some(bias.clone()), options);
                    y.squeeze_dim::<2>(0).transpose()
                })
            });
        let expected = Tensor::cat(each.collect(), 0);
        let (px, pw, pb) = (
            B::open(x.clone()),
            B::open(weight.clone()),
            B::open(bias.clone()),
        );
        let default = default::forward::<B>(px.clone(), pw.clone(), pb, offsets.clone(), padding);
        assert_close("y", y.clone().inner(), B::close(default), NEAR);
        assert_close("y", y.clone().inner(), expected.clone().inner(), NEAR);

        let (dx, dw, db) = gradients!(y, r; x, weight, bias);
        let (ex, ew, eb) = gradients!(expected, r; x, weight, bias);
        let g = || B::open(r.clone());
        let default = default::backward_input::<B>(pw, g(), offsets.clone(), padding);
        assert_close("dx", dx.clone(), B::close(default), NEAR);
        let default = default::backward_weight::<B>(px, g(), offsets.clone(), kernel, padding);
        assert_close("dw", dw.clone(), B::close(default), NEAR);
        assert_close("dx", dx, ex, NEAR);
        assert_close("dw", dw, ew, NEAR);
        assert_close("db", db, eb, NEAR);
    }
}

fn conv2d<B: Concrete>(device: &Device) {
    use ops::conv2d::default;
    for (kernel, padding) in [
        ([1, 1], [0, 0]),
        ([5, 5], [0, 0]),
        ([3, 2], [1, 2]),
        ([5, 5], [2, 2]),
    ] {
        let (channels_in, channels_out) = (3, 4);
        let x = leaf("x", [3, channels_in, 7, 9], device);
        let weight = leaf(
            "weight",
            [channels_out, channels_in, kernel[0], kernel[1]],
            device,
        );
        let bias = leaf("bias", [channels_out], device);

        let y = ops::conv2d(x.clone(), weight.clone(), Some(bias.clone()), padding);
        let r = constant("r", y.dims(), device);
        let options = ConvOptions::new([1, 1], padding, [1, 1], 1);
        let expected = module::conv2d(x.clone(), weight.clone(), Some(bias.clone()), options);
        let (px, pw, pb) = (
            B::open(x.clone()),
            B::open(weight.clone()),
            B::open(bias.clone()),
        );
        let default = default::forward::<B>(px.clone(), pw.clone(), pb, padding);
        assert_close("y", y.clone().inner(), B::close(default), NEAR);
        assert_close("y", y.clone().inner(), expected.clone().inner(), NEAR);

        let (dx, dw, db) = gradients!(y, r; x, weight, bias);
        let (ex, ew, eb) = gradients!(expected, r; x, weight, bias);
        let g = || B::open(r.clone());
        let default = default::backward_input::<B>(px.clone(), pw.clone(), g(), padding);
        assert_close("dx", dx.clone(), B::close(default), NEAR);
        let default = default::backward_weight::<B>(px, pw, g(), padding);
        assert_close("dw", dw.clone(), B::close(default), NEAR);
        assert_close(
            "db",
            db.clone(),
            B::close(default::backward_bias::<B>(g())),
            NEAR,
        );
        assert_close("dx", dx, ex, NEAR);
        assert_close("dw", dw, ew, NEAR);
        assert_close("db", db, eb, NEAR);
    }
}

fn max_over_time<B: Concrete>(device: &Device) {
    use ops::max_over_time::default;
    let (offsets, channels) = (hard_offsets(), 11);
    for has_floor in [false, true] {
        let x = leaf("x", [offsets.total(), channels], device);
        let floor = leaf("floor", [channels], device);
        let r = constant("r", [offsets.documents(), channels], device);

        let y = ops::max_over_time(x.clone(), &offsets, has_floor.then(|| floor.clone()));
        let each = documents_of(&x, &offsets).into_iter().map(|document| {
            let row = floor.clone().unsqueeze::<2>();
            match (document.dims()[0], has_floor) {
                (0, false) => row.zeros_like(),
                (0, true) => row,
                (_, false) => document.max_dim(0),
                (_, true) => Tensor::cat(vec![document, row], 0).max_dim(0),
            }
        });
        let expected = Tensor::cat(each.collect(), 0);
        let (px, pf) = (B::open(x.clone()), B::open(floor.clone()));
        let (default, winners) = default::forward::<B>(px, pf, offsets.clone(), has_floor);
        assert_close("y", y.clone().inner(), B::close(default), 0.0);
        assert_close("y", y.clone().inner(), expected.clone().inner(), 0.0);

        let g = B::open(r.clone());
        let (default_x, default_floor) = default::backward::<B>(g, winners, offsets.total());
        if has_floor {
            let (dx, df) = gradients!(y, r; x, floor);
            let (ex, ef) = gradients!(expected, r; x, floor);
            assert_close("dx", dx.clone(), B::close(default_x), 0.0);
            assert_close("dfloor", df.clone(), B::close(default_floor), NEAR);
            assert_close("dx", dx, ex, 0.0);
            assert_close("dfloor", df, ef, NEAR);
        } else {
            let dx = gradients!(y, r; x);
            assert_close("dx", dx.clone(), B::close(default_x), 0.0);
            assert_close("dx", dx, gradients!(expected, r; x), 0.0);
        }
    }
}

fn max_pool<B: Concrete>(device: &Device) {
    use ops::max_pool::default;
    let (offsets, channels) = (hard_offsets(), 5);
    for length in [PooledLength::Floor, PooledLength::Ceil] {
        let x = leaf("x", [offsets.total(), channels], device);
        let (y, output) = ops::max_pool(x.clone(), &offsets, length);
        assert_eq!(output, offsets.map_lengths(|n| length.of(n)));
        let r = constant("r", y.dims(), device);
        let each = documents_of(&x, &offsets).into_iter().flat_map(|document| {
            let [n, _] = document.dims();
            let window = move |p: usize| {
                let rows = (2 * p).saturating_sub(1)..(2 * p + 2).min(n);
                document.clone().slice([rows, 0..channels]).max_dim(0)
            };
            (0..length.of(n)).map(window)
        });
        let expected = Tensor::cat(each.collect(), 0);
        let (default, winners) = default::forward::<B>(B::open(x.clone()), offsets.clone(), output);
        assert_close("y", y.clone().inner(), B::close(default), 0.0);
        assert_close("y", y.clone().inner(), expected.clone().inner(), 0.0);

        let dx = gradients!(y, r; x);
        let default = default::backward::<B>(B::open(r.clone()), winners, offsets.total());
        assert_close("dx", dx.clone(), B::close(default), 0.0);
        assert_close("dx", dx, gradients!(expected, r; x), NEAR);
    }
}

/// `[tokens, distinct]`: how often token `t` uses distinct word `u`; the bag and the gather are products with it.
fn uses(documents: &Documents, reach: usize, device: &Device) -> Tensor<2> {
    let (tokens, distinct) = (documents.tokens(), documents.distinct().len());
    let mut uses = vec![0.0; tokens * distinct];
    for d in 0..documents.documents() {
        let range = documents.offsets().range(d);
        for t in range.clone() {
            for u in range.clone().filter(|u| u.abs_diff(t) <= reach) {
                if documents.local()[u] != Documents::SKIP {
                    uses[t * distinct + documents.local()[u] as usize] = 1.0;
                }
            }
        }
    }
    Tensor::from_data(
        TensorData::new(uses, [tokens, distinct]),
        &device.clone().autodiff(),
    )
}

fn gather<B: Concrete>(device: &Device) {
    use ops::gather::default;
    let (documents, width) = (hard_documents(), 7);
    let distinct = documents.distinct().len();
    let rows = leaf("rows", [distinct, width], device);
    let r = constant("r", [documents.tokens(), width], device);
    let y = ops::gather(rows.clone(), &documents);
    let expected = uses(&documents, 0, device).matmul(rows.clone());
    let local = documents.local().clone();
    assert_close("y", y.clone().inner(), expected.clone().inner(), 0.0);
    let default = default::forward::<B>(B::open(rows.clone()), local.clone());
    assert_close("y", y.clone().inner(), B::close(default), 0.0);

    let drows = gradients!(y, r; rows);
    let default = default::backward::<B>(B::open(r.clone()), local, distinct);
    assert_close("drows", drows.clone(), B::close(default), NEAR);
    assert_close("drows", drows, gradients!(expected, r; rows), NEAR);

    let table = leaf("table", [60, width], device);
    let taken = ops::take_rows(table.clone(), documents.distinct());
    let ids: Vec<i32> = documents.distinct().iter().map(|id| *id as i32).collect();
    let ids = Tensor::<1, Int>::from_data(TensorData::new(ids, [distinct]), &table.device());
    let expected = table.clone().select(0, ids);
    let r = constant("r", [distinct, width], device);
    assert_close(
        "taken",
        taken.clone().inner(),
        expected.clone().inner(),
        0.0,
    );
    assert_close(
        "dtable",
        gradients!(taken, r; table),
        gradients!(expected, r; table),
        0.0,
    );
}

fn bag<B: Concrete>(device: &Device) {
    use ops::bag::default;
    let (documents, width) = (hard_documents(), 7);
    let distinct = documents.distinct().len();
    for region_size in [1, 3, 5, 9] {
        let rows = leaf("rows", [distinct, width], device);
        let r = constant("r", [documents.tokens(), width], device);
        let y = ops::bag(rows.clone(), &documents, region_size);
        let expected = uses(&documents, region_size / 2, device).matmul(rows.clone());
        assert_close("y", y.clone().inner(), expected.clone().inner(), NEAR);
        let default = default::forward::<B>(B::open(rows.clone()), documents.clone(), region_size);
        assert_close("y", y.clone().inner(), B::close(default), NEAR);

        let drows = gradients!(y, r; rows);
        let default = default::backward::<B>(B::open(r.clone()), documents.clone(), region_size);
        assert_close("drows", drows.clone(), B::close(default), NEAR);
        assert_close("drows", drows, gradients!(expected, r; rows), NEAR);
    }
}

fn scaled_tanh<B: Concrete>(device: &Device) {
    use ops::scaled_tanh::default;
    let (a, b) = (1.7159, 2.0 / 3.0);
    let x = leaf("x", [5, 3, 4], device);
    let r = constant("r", [5, 3, 4], device);
    let y = ops::scaled_tanh(x.clone(), a, b);
    let expected = x.clone().mul_scalar(b).tanh().mul_scalar(a);
    assert_close("y", y.clone().inner(), expected.clone().inner(), NEAR);
    let default = default::forward::<B>(B::open(x.clone()), a, b);
    assert_close("y", y.clone().inner(), B::close(default.clone()), NEAR);

    let dx = gradients!(y, r; x);
    let default = default::backward::<B>(default, B::open(r.clone()), a, b);
    assert_close("dx", dx.clone(), B::close(default), NEAR);
    assert_close("dx", dx, gradients!(expected, r; x), NEAR);
}

fn max_norm<B: Concrete>(device: &Device) {
    let weight = drawn("weight", [20, 4], device) * drawn("size", [20, 1], device).mul_scalar(2.0);
    let limited = ops::max_norm(weight.clone(), 3.0);
    let default = ops::max_norm::default::forward::<B>(B::open(weight.clone()), 3.0);
    assert_close("weight", limited.clone(), B::close(default), NEAR);
    let norms = |w: Tensor<2>| values((w.clone() * w).sum_dim(1).sqrt());
    let (before, after) = (norms(weight.clone()), norms(limited.clone()));
    assert!(before.iter().any(|n| *n > 3.0) && before.iter().any(|n| *n < 3.0));
    for (row, (before, after)) in before.into_iter().zip(after).enumerate() {
        let expected = before.min(3.0);
        assert!(
            (after - expected).abs() < 1e-5,
            "row {row}: norm {after}, was {before}"
        );
        if before < 3.0 {
            let row = |w: &Tensor<2>| drawn::bits(w.clone().slice([row..row + 1, 0..4]));
            assert_eq!(row(&weight), row(&limited), "a short row keeps its bits");
        }
    }
}
