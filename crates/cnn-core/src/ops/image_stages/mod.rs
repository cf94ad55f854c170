//! A small network of images as one operation: convolution, bias, activation and pooling, stage after stage.
//!
//! The stages are those of `cnn_kernels::image_stages`: 16 images at a time pass through all of them while they lie in the
//! first caches. As operations of their own, each convolution, activation and pooling would write all images out and read them
//! back, in a layout in which a vector holds neighbouring columns of narrow maps.
//!
//! It runs on the CPU alone: [`runs_our_kernels`](crate::backend::runs_our_kernels) tells whether a device is one that it runs
//! on. On a GPU a network takes the single operations, which Burn fuses there.
//!
//! The rule keeps a handle of the parameters, and what the way back needs of each image.
mod autodiff;
mod cpu;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;
pub use cnn_kernels::image_stages::{
    Activation, ImageStage, ImageStages, ImageStagesError, Pooling,
};

/// Backends that compute [`image_stages`].
///
/// `parameters` is flat: for each stage its weights `[channels_out, channels_in, kernel_h, kernel_w]`, then its biases `[channels_out]`.
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Autodiff)]
pub trait ImageStagesBackend: Backend {
    /// `images` `[batch, channels, height, width]` -> `[batch, numbers of the last stage]`.
    fn image_stages_forward(
        images: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        stages: ImageStages,
    ) -> FloatTensor<Self>;
}

/// All stages of images.
///
/// Shapes: `images` `[batch, channels, height, width]` as the first stage reads them; for each stage its weights and its biases
/// `[channels_out]`, the weights flat, in PyTorch's order `[channels_out, channels_in, kernel_h, kernel_w]`; result `[batch, maps · rows ·
/// columns]` of the last stage.
///
/// # Panics
/// If the shapes do not fit together, or the device is not one that [`runs_our_kernels`](crate::backend::runs_our_kernels) names.
pub fn image_stages(
    images: Tensor<4>,
    stages: &ImageStages,
    parameters: Vec<(Tensor<1>, Tensor<1>)>,
) -> Tensor<2> {
    let [_, channels, height, width] = images.dims();
    let first = stages.stages().next().expect("there is a stage").conv;
    assert_eq!(
        [channels, height, width],
        [first.channels_in, first.height, first.width],
        "image_stages: the first stage reads other images"
    );
    assert_eq!(
        parameters.len(),
        stages.stages().len(),
        "image_stages: weights and biases, one of each per stage"
    );
    for (number, (stage, (weight, bias))) in stages.stages().zip(&parameters).enumerate() {
        assert_eq!(
            [weight.dims()[0], bias.dims()[0]],
            [stage.conv.weights(), stage.conv.channels_out],
            "image_stages: stage {number} has so many weights and biases"
        );
    }
    let flat: Vec<Tensor<1>> = parameters.into_iter().flat_map(<[_; 2]>::from).collect();
    let y = <Dispatch as ImageStagesBackend>::image_stages_forward(
        images.into_dispatch(),
        Tensor::cat(flat, 0).into_dispatch(),
        stages.clone(),
    );
    Tensor::from_dispatch(y)
}
