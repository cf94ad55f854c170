//! Pooling of images against the default bodies, Burn's own poolings under its own automatic differentiation, and by hand.
#![cfg(feature = "flex")]
#![cfg_attr(feature = "ndarray", allow(deprecated))]

mod drawn;

use burn::backend::Flex;
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, module};
use cnn_core::ops::{average_pool2d, max_pool2d, pool2d::default};
use drawn::{assert_close, drawn, leaf, values};

const NEAR: f32 = 1e-6;
const CASES: [([usize; 4], [usize; 2]); 5] = [
    ([3, 6, 28, 28], [2, 2]),
    ([2, 4, 7, 9], [2, 2]),
    ([2, 3, 9, 8], [3, 2]),
    ([1, 1, 4, 5], [4, 5]),
    ([0, 3, 6, 6], [2, 2]),
];

fn open(tensor: Tensor<4>) -> burn::backend::tensor::FloatTensor<Flex> {
    tensor.inner().try_into_primitive::<Flex>().expect("flex")
}

/// The gradient of `Σ y · r` for `x`.
fn gradient(y: Tensor<4>, r: &Tensor<4>, x: &Tensor<4>) -> Tensor<4> {
    let grads = (y * r.clone()).sum().backward();
    x.grad(&grads).expect("a gradient")
}

#[test]
fn average() {
    let device = Device::flex();
    for (shape, size) in CASES {
        let x = leaf("x", shape, &device);
        let y = average_pool2d(x.clone(), size);
        let image = [shape[2], shape[3]];
        let default = default::average_forward::<Flex>(open(x.clone()), size);
        assert_close(
            "y",
            y.clone().inner(),
            Tensor::from_primitive::<Flex>(default),
            NEAR,
        );
        let r = drawn("r", y.dims(), &device.clone().autodiff());
        let default = default::average_backward::<Flex>(open(r.clone()), image, size);
        let dx = gradient(y.clone(), &r, &x);
        assert_close(
            "dx",
            dx.clone(),
            Tensor::from_primitive::<Flex>(default),
            NEAR,
        );
        if shape[0] > 0 {
            let options = AvgPoolOptions {
                kernel_size: size,
                stride: size,
                padding: [(0, 0), (0, 0)],
                count_include_pad: true,
                ceil_mode: false,
            };
            let expected = module::avg_pool2d(x.clone(), options);
            assert_close("y", y.inner(), expected.clone().inner(), NEAR);
            assert_close("dx", dx, gradient(expected, &r, &x), NEAR);
        }
    }
}

#[test]
fn maximum() {
    let device = Device::flex();
    for (shape, size) in CASES {
        let x = leaf("x", shape, &device);
        let y = max_pool2d(x.clone(), size);
        let image = [shape[2], shape[3]];
        let (default, winners) = default::maximum_forward::<Flex>(open(x.clone()), size);
        assert_close(
            "y",
            y.clone().inner(),
            Tensor::from_primitive::<Flex>(default),
            0.0,
        );
        let r = drawn("r", y.dims(), &device.clone().autodiff());
        let default = default::maximum_backward::<Flex>(open(r.clone()), winners, image, size);
        let dx = gradient(y.clone(), &r, &x);
        assert_close(
            "dx",
            dx.clone(),
            Tensor::from_primitive::<Flex>(default),
            0.0,
        );
        if shape[0] > 0 {
            let options = MaxPoolOptions {
                kernel_size: size,
                stride: size,
                padding: [(0, 0), (0, 0)],
                dilation: [1, 1],
                ceil_mode: false,
            };
            let expected = module::max_pool2d(x.clone(), options);
            assert_close("y", y.inner(), expected.clone().inner(), 0.0);
            assert_close("dx", dx, gradient(expected, &r, &x), 0.0);
        }
    }
}

#[test]
fn of_equal_pixels_the_first_wins() {
    let x = Tensor::<4>::ones([1, 1, 2, 4], &Device::flex().autodiff()).require_grad();
    let grads = max_pool2d(x.clone(), [2, 2]).sum().backward();
    let dx = x.grad(&grads).expect("a gradient");
    assert_eq!(values(dx), [1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
#[should_panic(expected = "blocks of [3, 2] in images of 2 x 4")]
fn images_smaller_than_a_block_are_refused() {
    max_pool2d(Tensor::zeros([1, 1, 2, 4], &Device::flex()), [3, 2]);
}
