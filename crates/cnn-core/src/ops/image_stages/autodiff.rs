//! The rule of stages of images.
use std::sync::Arc;

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use cnn_kernels::image_stages::SavedStages;

use super::{ImageStages, ImageStagesBackend};

/// Backends that know the way back.
pub trait WayBack: ImageStagesBackend {
    /// As the forward operation, with what the way back needs.
    fn forward_and_keep(
        images: &FloatTensor<Self>,
        parameters: &FloatTensor<Self>,
        stages: &ImageStages,
    ) -> (FloatTensor<Self>, Arc<SavedStages>);

    /// The gradients of the images (of none unless `for_images`) and of the parameters.
    fn backward(
        parameters: &FloatTensor<Self>,
        saved: &[f32],
        grad: &FloatTensor<Self>,
        stages: &ImageStages,
        for_images: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

#[derive(Debug)]
struct Rule;

#[derive(Clone, Debug)]
struct Saved<F> {
    parameters: F,
    of_images: Arc<SavedStages>,
    stages: ImageStages,
}

impl<B: WayBack> Backward<B, 2> for Rule {
    type State = Saved<FloatTensor<B>>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [images_node, parameters_node] = ops.parents;
        let Saved {
            parameters,
            of_images,
            stages,
        } = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        let for_images = images_node.is_some();
        let (d_images, d_parameters) =
            B::backward(&parameters, &of_images, &grad, &stages, for_images);
        if let Some(node) = images_node {
            grads.register::<B>(node.id, d_images);
        }
        if let Some(node) = parameters_node {
            grads.register::<B>(node.id, d_parameters);
        }
    }
}

impl<B: WayBack, C: CheckpointStrategy> ImageStagesBackend for Autodiff<B, C> {
    fn image_stages_forward(
        images: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        stages: ImageStages,
    ) -> FloatTensor<Self> {
        let (images, images_guard) = images.into_parts();
        let (parameters, parameters_guard) = parameters.into_parts();
        let prepared = Rule.prepare::<C>([images_guard, parameters_guard]);
        match prepared.compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let (y, of_images) = B::forward_and_keep(&images, &parameters, &stages);
                let saved = Saved {
                    parameters,
                    of_images,
                    stages,
                };
                prepared.finish(saved, y)
            }
            OpsKind::UnTracked(prepared) => {
                prepared.finish(B::image_stages_forward(images, parameters, stages))
            }
        }
    }
}
