//! Stages of images on a CPU: tensors into slices for the kernels.
use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::tensor::TensorData;
use cnn_kernels::image_stages::{
    ImageStages, ImageStagesPacked, SavedStages, image_stages_backward, image_stages_forward,
};

use super::ImageStagesBackend;
use super::autodiff::WayBack;
use crate::ops::cpu_tensor::{CpuTensor, on_cpu_backends};

/// The weights and the biases of each stage.
fn parts<'a>(stages: &ImageStages, mut parameters: &'a [f32]) -> (Vec<&'a [f32]>, Vec<&'a [f32]>) {
    let mut part = |size| {
        let (part, rest) = parameters.split_at(size);
        parameters = rest;
        part
    };
    let parts = stages
        .stages()
        .map(|stage| (part(stage.conv.weights()), part(stage.conv.channels_out)));
    parts.unzip()
}

fn forward<T: CpuTensor>(images: &T, parameters: &T, stages: &ImageStages) -> T {
    let [batch, ..]: [usize; 4] = images.shape().dims();
    T::filled([batch, stages.outputs()], |y| {
        T::read_all([images, parameters], |[images, parameters]| {
            let (weights, biases) = parts(stages, parameters);
            ImageStagesPacked::new(stages, &weights, &biases).forward(batch, images, y);
        })
    })
}

fn forward_and_keep<T: CpuTensor>(
    images: &T,
    parameters: &T,
    stages: &ImageStages,
) -> (T, Arc<SavedStages>) {
    let [batch, ..]: [usize; 4] = images.shape().dims();
    let mut saved = stages.lend_saved(batch);
    let y = T::filled([batch, stages.outputs()], |y| {
        T::read_all([images, parameters], |[images, parameters]| {
            let (weights, biases) = parts(stages, parameters);
            let saved = &mut saved;
            image_stages_forward(stages, batch, images, &weights, &biases, saved, y);
        })
    });
    (y, Arc::new(saved))
}

fn backward<T: CpuTensor>(
    parameters: &T,
    saved: &[f32],
    grad: &T,
    stages: &ImageStages,
    for_images: bool,
) -> (T, T) {
    let [batch, _]: [usize; 2] = grad.shape().dims();
    let first = stages.stages().next().expect("there is a stage").conv;
    let count = if for_images { batch } else { 0 };
    let mut d_images = vec![0.0; count * stages.inputs()];
    let d_parameters = T::filled(parameters.shape(), |gradients| {
        let (mut d_weights, mut d_biases) = (Vec::new(), Vec::new());
        let mut rest = gradients;
        for stage in stages.stages() {
            let (d_weight, after) = rest.split_at_mut(stage.conv.weights());
            let (d_bias, after) = after.split_at_mut(stage.conv.channels_out);
            d_weights.push(d_weight);
            d_biases.push(d_bias);
            rest = after;
        }
        T::read_all([parameters, grad], |[parameters, grad]| {
            let (weights, _) = parts(stages, parameters);
            image_stages_backward(
                stages,
                batch,
                &weights,
                saved,
                grad,
                for_images.then_some(&mut d_images[..]),
                &mut d_weights,
                &mut d_biases,
            );
        })
    });
    let size = [count, first.channels_in, first.height, first.width];
    (T::wrap(TensorData::new(d_images, size)), d_parameters)
}

macro_rules! implement {
    ($backend:ty) => {
        impl ImageStagesBackend for $backend {
            fn image_stages_forward(
                images: FloatTensor<Self>,
                parameters: FloatTensor<Self>,
                stages: ImageStages,
            ) -> FloatTensor<Self> {
                forward(&images, &parameters, &stages)
            }
        }

        impl WayBack for $backend {
            fn forward_and_keep(
                images: &FloatTensor<Self>,
                parameters: &FloatTensor<Self>,
                stages: &ImageStages,
            ) -> (FloatTensor<Self>, Arc<SavedStages>) {
                forward_and_keep(images, parameters, stages)
            }

            fn backward(
                parameters: &FloatTensor<Self>,
                saved: &[f32],
                grad: &FloatTensor<Self>,
                stages: &ImageStages,
                for_images: bool,
            ) -> (FloatTensor<Self>, FloatTensor<Self>) {
                backward(parameters, saved, grad, stages, for_images)
            }
        }
    };
}
on_cpu_backends!(implement);
