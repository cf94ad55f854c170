//! LeNet-5: two rounds of convolution and subsampling, a convolution that covers what is left, a dense layer, an output layer.
mod config;
mod input;

use std::sync::Arc;

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use cnn_core::backend::runs_our_kernels;
use cnn_core::layers::{
    AveragePool2d, Conv2d, CrossEntropy, Linear, MapLoss, MaxPool2d, RbfLoss, RbfOutput,
    SparseConv2d, Squash, TrainablePool2d,
};
use cnn_core::ops::{
    self,
    image_stages::{self, ImageStage, ImageStages},
};

pub use config::{Activation, LeNet5Config, LeNet5Error, LeNet5Variant, Pooling, RbfCriterion};
pub use input::InputError;

/// LeNet-5 (LeCun, Bottou, Bengio, Haffner, "Gradient-Based Learning Applied to Document Recognition", 1998, section II-B).
///
/// | layer | operation | output | parameters 1998 | modern |
/// |---|---|---|---|---|
/// | input | the digit in the middle of 32 x 32, see [`LeNet5::images`] | `[batch, 1, 32, 32]` | | |
/// | `c1` | 5 x 5 convolution | `[batch, 6, 28, 28]` | 156 | 156 |
/// | `s2` | 2 x 2 subsampling | `[batch, 6, 14, 14]` | 12 | 0 |
/// | `c3` | 5 x 5 convolution, in 1998 by a table of 60 connections (`c3_sparse`) | `[batch, 16, 10, 10]` | 1,516 | 2,416 |
/// | `s4` | 2 x 2 subsampling | `[batch, 16, 5, 5]` | 32 | 0 |
/// | `c5` | 5 x 5 convolution over all maps | `[batch, 120, 1, 1]` | 48,120 | 48,120 |
/// | `f6` | dense | `[batch, 84]` | 10,164 | 10,164 |
/// | output | 1998: RBF units `Σ (x - code)²`; modern: dense (`out`) | `[batch, 10]` | 0 | 850 |
/// | total | | | 60,000 | 61,706 |
///
/// Activations: in 1998 the squash `1.7159 · tanh(2x / 3)` after each of the six layers C1 to F6, also after the subsampling; in the
/// modern network after `c1`, `c3`, `c5` and `f6` (and after the subsampling where that is trainable).
///
/// Weights have PyTorch's layouts: `c1.weight` `[6, channels, 5, 5]`, `c3.weight` `[16, 6, 5, 5]`, `c3_sparse.weight` `[60, 5, 5]`,
/// `c5.weight` `[120, 16, 5, 5]`, `f6.weight` `[84, 120]`, `out.weight` `[classes, 84]`, `s2.weight` `[6]`, `s4.weight` `[16]`, and a
/// bias of one number per map or unit each.
///
/// The modern network also reads images of several planes, such as red, green and blue, and then has 150 parameters more in `c1` for each
/// plane beyond the first ([`LeNet5Config`]'s `channels`).
///
/// Where the paper is silent, this network chooses: see [`LeNet5Config::init`] for the start of the weights, [`RbfCriterion`] for
/// the loss; the codes of the output units are our own drawing of the paper's figure 3.
#[derive(Module, Debug)]
pub struct LeNet5 {
    /// `[6, channels, 5, 5]`.
    pub c1: Conv2d,
    /// Coefficients and biases of the first subsampling, where it is trainable.
    pub s2: Option<TrainablePool2d>,
    /// The dense C3 of the modern network.
    pub c3: Option<Conv2d>,
    /// The C3 of 1998.
    pub c3_sparse: Option<SparseConv2d>,
    /// Coefficients and biases of the second subsampling, where it is trainable.
    pub s4: Option<TrainablePool2d>,
    /// `[120, 16, 5, 5]`.
    pub c5: Conv2d,
    /// `[84, 120]`.
    pub f6: Linear,
    /// The dense output layer of the modern network.
    pub out: Option<Linear>,
    /// The output units of 1998; their codes are no parameters.
    pub rbf: Option<RbfOutput>,
    map_loss: Option<MapLoss>,
    squash: Squash,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    pooling: Pooling,
}

/// Side of the blocks that become one pixel.
const BLOCK: [usize; 2] = [2, 2];

impl LeNet5 {
    /// Planes of the images that it reads: 1 for grey, 3 for red, green and blue.
    pub fn channels(&self) -> usize {
        self.c1.weight.dims()[1]
    }

    /// Images `[batch, channels, 32, 32]` (see [`LeNet5::images`]) -> scores `[batch, classes]`, of which the **greatest** is the
    /// prediction: logits, or for the classic network minus the penalties of the RBF units. Softmax turns both into probabilities.
    ///
    /// # Panics
    /// If the images have another shape.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        if let Some((stages, parameters)) = self.as_stages(&images) {
            return ops::image_stages(images, &stages, parameters);
        }
        let x = self.f6_outputs(images);
        match (&self.rbf, &self.out) {
            (Some(rbf), _) => rbf.forward(x).neg(),
            (None, Some(out)) => out.forward(x),
            (None, None) => x,
        }
    }

    /// What the output layer sees: the activations of F6, `[batch, 84]`. In the classic network each aims at the ±1 of a code.
    ///
    /// # Panics
    /// If the images have another shape.
    pub fn f6_outputs(&self, images: Tensor<4>) -> Tensor<2> {
        let [batch, channels, height, width] = images.dims();
        let planes = self.channels();
        assert_eq!(
            [channels, height, width],
            [planes, Self::SIDE, Self::SIDE],
            "LeNet5: images are [batch, {planes}, 32, 32], not [{batch}, {channels}, {height}, {width}]"
        );
        let x = self.activate(self.c1.forward(images)); // [batch, 6, 28, 28]
        let x = self.subsample(x, &self.s2); // [batch, 6, 14, 14]
        let x = match (&self.c3_sparse, &self.c3) {
            (Some(c3), _) => c3.forward(x),
            (None, Some(c3)) => c3.forward(x),
            (None, None) => {
                panic!("LeNet5: neither c3 nor c3_sparse is there; the config makes one of them")
            }
        };
        let x = self.activate(x); // [batch, 16, 10, 10]
        let x = self.subsample(x, &self.s4); // [batch, 16, 5, 5]
        let x = self.activate(self.c5.forward(x)); // [batch, 120, 1, 1]
        self.activate(self.f6.forward(x.reshape([batch, 120]))) // [batch, 84]
    }

    /// The loss `[1]` of scores `[batch, classes]`, one target per row, averaged over the batch: softmax cross-entropy, or for the
    /// classic network what [`RbfCriterion`] says (on penalties of the paper's scale: one update per example at its learning rates
    /// is a batch of 1 here).
    ///
    /// # Panics
    /// If there is not one target per row, or a target is no class.
    pub fn loss(&self, scores: Tensor<2>, targets: &[u32]) -> Tensor<1> {
        match (&self.rbf, &self.map_loss) {
            (None, _) => CrossEntropy.forward(scores, targets),
            (Some(_), None) => RbfLoss.forward(scores.neg(), targets),
            (Some(_), Some(map)) => map.forward(scores.neg(), targets),
        }
    }

    /// The same with a weight per class, `weights` `[classes]`: the weighted mean of the rows' losses, each with the weight of its
    /// target.
    ///
    /// # Panics
    /// If there is not one target per row or one weight per class, a target is no class, or a weight is negative or not finite.
    pub fn weighted_loss(
        &self,
        scores: Tensor<2>,
        targets: &[u32],
        weights: &Arc<[f32]>,
    ) -> Tensor<1> {
        match (&self.rbf, &self.map_loss) {
            (None, _) => ops::weighted_cross_entropy(scores, targets, weights),
            (Some(_), None) => RbfLoss.weighted_forward(scores.neg(), targets, weights),
            (Some(_), Some(map)) => map.weighted_forward(scores.neg(), targets, weights),
        }
    }

    /// The modern network as one operation, where the images' device has it.
    fn as_stages(&self, images: &Tensor<4>) -> Option<(ImageStages, Vec<(Tensor<1>, Tensor<1>)>)> {
        let (c3, out) = (self.c3.as_ref()?, self.out.as_ref()?);
        let trainable = self.s2.is_some() || self.s4.is_some();
        if trainable || !runs_our_kernels(&images.device()) {
            return None;
        }
        let activation = match self.activation {
            Activation::Squash => image_stages::Activation::Tanh {
                scale: self.squash.amplitude,
                slope: self.squash.slope,
            },
            Activation::Tanh => image_stages::Activation::Tanh {
                scale: 1.0,
                slope: 1.0,
            },
            Activation::Relu => image_stages::Activation::Relu,
        };
        let pooling = match self.pooling {
            Pooling::Max => image_stages::Pooling::Max,
            _ => image_stages::Pooling::Average,
        };
        let conv = |conv: &Conv2d, side, pooling| ImageStage {
            conv: conv.shape(side),
            activation,
            pooling,
        };
        let linear = |linear: &Linear, activation| {
            let [features_out, features_in] = linear.weight.dims();
            ImageStage::linear(features_in, features_out, activation)
        };
        let stages = [
            conv(&self.c1, [32, 32], pooling),
            conv(c3, [14, 14], pooling),
            conv(&self.c5, [5, 5], image_stages::Pooling::None),
            linear(&self.f6, activation),
            linear(out, image_stages::Activation::Identity),
        ];
        let stages = ImageStages::new(&stages).expect("the layers of this network fit each other");
        let convs = [&self.c1, c3, &self.c5];
        let convs = convs.map(|conv| (flat(conv.weight.val()), conv.bias.as_ref()));
        let denses = [&self.f6, out].map(|dense| (flat(dense.weight.val()), dense.bias.as_ref()));
        let bias = |bias: Option<&Param<Tensor<1>>>| bias.map(Param::val);
        let parameters = convs
            .into_iter()
            .chain(denses)
            .map(|(weight, own)| Some((weight, bias(own)?)))
            .collect::<Option<Vec<_>>>()?;
        Some((stages, parameters))
    }

    fn activate<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        match self.activation {
            Activation::Squash => self.squash.forward(x),
            Activation::Tanh => ops::scaled_tanh(x, 1.0, 1.0),
            Activation::Relu => relu(x),
        }
    }

    fn subsample(&self, x: Tensor<4>, trainable: &Option<TrainablePool2d>) -> Tensor<4> {
        match (trainable, self.pooling) {
            (Some(pool), _) => self.activate(pool.forward(x)),
            (None, Pooling::Max) => MaxPool2d { size: BLOCK }.forward(x),
            (None, _) => AveragePool2d { size: BLOCK }.forward(x),
        }
    }
}

fn flat<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    let count: usize = tensor.dims().iter().product();
    tensor.reshape([count])
}
