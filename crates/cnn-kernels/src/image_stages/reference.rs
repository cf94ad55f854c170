//! The stages one after another, each as its own reference says it: the judge of the kernels.

use super::{Activation, ImageStage, ImageStages, Pooling};
use crate::conv2d::reference as conv;
use crate::pool2d::{Pool2dShape, reference as pool};
use crate::squash::reference as squash;

/// What one stage computes on its way.
struct Trace {
    /// What it reads.
    input: Vec<f64>,
    /// What the convolution gives, and then the activation.
    sums: Vec<f64>,
    active: Vec<f64>,
    output: Vec<f64>,
    /// The winners of a maximum.
    winners: Vec<u32>,
}

/// All gradients: `images`, and `weights` and `biases` of each stage.
pub struct Gradients {
    /// `[batch, channels, height, width]`
    pub images: Vec<f64>,
    /// `[channels_out, channels_in, kernel_h, kernel_w]` of each stage.
    pub weights: Vec<Vec<f64>>,
    /// `[channels_out]` of each stage.
    pub biases: Vec<Vec<f64>>,
}

fn blocks(stage: &ImageStage) -> Pool2dShape {
    let [height, width] = stage.conv.output_size();
    Pool2dShape {
        height,
        width,
        size: [2, 2],
    }
}

fn trace(
    stages: &ImageStages,
    batch: usize,
    images: &[f64],
    weights: &[Vec<f64>],
    biases: &[Vec<f64>],
) -> Vec<Trace> {
    let mut input = images.to_vec();
    let mut traces = Vec::new();
    for (s, stage) in stages.stages().enumerate() {
        let mut sums = vec![0.0; batch * stage.conv.outputs()];
        let bias = Some(&biases[s][..]);
        conv::conv2d_forward(&stage.conv, batch, &input, &weights[s], bias, &mut sums);
        let active = match stage.activation {
            Activation::Identity => sums.clone(),
            Activation::Relu => sums
                .iter()
                .map(|x| if *x > 0.0 { *x } else { 0.0 })
                .collect(),
            Activation::Tanh { scale, slope } => {
                squash::squash_forward(scale.into(), slope.into(), &sums)
            }
        };
        let maps = batch * stage.conv.channels_out;
        let (output, winners) = match stage.pooling {
            Pooling::None => (active.clone(), Vec::new()),
            Pooling::Average => {
                let means = pool::average_pool2d_forward(&blocks(stage), maps, &active);
                (means, Vec::new())
            }
            Pooling::Max => pool::max_pool2d_forward(&blocks(stage), maps, &active),
        };
        let next = output.clone();
        traces.push(Trace {
            input,
            sums,
            active,
            output,
            winners,
        });
        input = next;
    }
    traces
}

/// The output of the last stage.
pub fn image_stages_forward(
    stages: &ImageStages,
    batch: usize,
    images: &[f64],
    weights: &[Vec<f64>],
    biases: &[Vec<f64>],
) -> Vec<f64> {
    let last = trace(stages, batch, images, weights, biases).pop();
    last.expect("there is a stage").output
}

/// All gradients from `grad`, that of the output.
pub fn image_stages_backward(
    stages: &ImageStages,
    batch: usize,
    images: &[f64],
    weights: &[Vec<f64>],
    biases: &[Vec<f64>],
    grad: &[f64],
) -> Gradients {
    let traces = trace(stages, batch, images, weights, biases);
    let mut d_weights: Vec<Vec<f64>> = weights.iter().map(|w| vec![0.0; w.len()]).collect();
    let mut d_biases: Vec<Vec<f64>> = biases.iter().map(|b| vec![0.0; b.len()]).collect();
    let mut grad = grad.to_vec();
    for (s, (stage, trace)) in stages.stages().zip(&traces).enumerate().rev() {
        let maps = batch * stage.conv.channels_out;
        grad = match stage.pooling {
            Pooling::None => grad,
            Pooling::Average => pool::average_pool2d_backward(&blocks(stage), maps, &grad),
            Pooling::Max => pool::max_pool2d_backward(&blocks(stage), maps, &trace.winners, &grad),
        };
        grad = match stage.activation {
            Activation::Identity => grad,
            Activation::Relu => {
                let open = grad.iter().zip(&trace.active);
                open.map(|(g, y)| if *y > 0.0 { *g } else { 0.0 }).collect()
            }
            Activation::Tanh { scale, slope } => {
                squash::squash_backward(scale.into(), slope.into(), &trace.sums, &grad)
            }
        };
        conv::conv2d_backward_weight(&stage.conv, batch, &trace.input, &grad, &mut d_weights[s]);
        conv::conv2d_backward_bias(&stage.conv, &grad, &mut d_biases[s]);
        let mut dx = vec![0.0; trace.input.len()];
        conv::conv2d_backward_input(&stage.conv, batch, &grad, &weights[s], &mut dx);
        grad = dx;
    }
    Gradients {
        images: grad,
        weights: d_weights,
        biases: d_biases,
    }
}
