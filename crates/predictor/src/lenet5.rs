//! A trained modern LeNet-5.

use cnn_kernels::{Activation, Conv2dShape, ImageStage, ImageStages, ImageStagesPacked, Pooling};

use crate::arrays::{Arrays, FrozenError, Taking};

/// A trained LeNet-5 as it is used today: dense C3, softmax output (LeCun et al. 1998, section II-B, with the changes of later
/// practice). The network of 1998 itself, with its RBF output, has no such form.
pub struct FrozenLeNet5 {
    stages: ImageStagesPacked,
    channels: usize,
    classes: usize,
}

/// Rows and columns of an image.
const SIDE: usize = 32;

impl FrozenLeNet5 {
    /// From the arrays of a trained network, weights and biases of `c1` `[6, channels, 5, 5]`, `c3` `[16, 6, 5, 5]`, `c5` `[120, 16, 5, 5]`, `f6`
    /// `[84, 120]` and `out` `[classes, 84]`, with the activation and the pooling that it was trained with.
    ///
    /// # Errors
    ///
    /// [`FrozenError`] naming the array that is missing, of another shape or left over, or [`FrozenError::NoPooling`].
    pub fn new(
        arrays: Arrays,
        activation: Activation,
        pooling: Pooling,
    ) -> Result<Self, FrozenError> {
        if pooling == Pooling::None {
            return Err(FrozenError::NoPooling);
        }
        let mut arrays = Taking(arrays);
        let (mut stages, mut weights, mut biases) = (Vec::new(), Vec::new(), Vec::new());
        let convs = [
            ("c1", None, 6, SIDE, 5, pooling),
            ("c3", Some(6), 16, 14, 5, pooling),
            ("c5", Some(16), 120, 5, 5, Pooling::None),
        ];
        let mut channels = 1;
        for (name, channels_in, channels_out, side, kernel, pooling) in convs {
            let axes = [
                ("maps", Some(channels_out)),
                ("channels", channels_in),
                ("rows", Some(kernel)),
                ("columns", Some(kernel)),
            ];
            let ([_, channels_in, ..], weight) = arrays.take(&format!("{name}.weight"), axes)?;
            if name == "c1" {
                channels = channels_in;
            }
            weights.push(weight);
            let axes = [("maps", Some(channels_out))];
            biases.push(arrays.take(&format!("{name}.bias"), axes)?.1);
            stages.push(ImageStage {
                conv: Conv2dShape {
                    channels_in,
                    channels_out,
                    height: side,
                    width: side,
                    kernel: [kernel, kernel],
                    padding: [0, 0],
                },
                activation,
                pooling,
            });
        }
        let mut classes = 0;
        for (name, unit, features_in, features_out, activation) in [
            ("f6", "units", 120, Some(84), activation),
            ("out", "classes", 84, None, Activation::Identity),
        ] {
            let axes = [(unit, features_out), ("features", Some(features_in))];
            let ([outputs, _], weight) = arrays.take(&format!("{name}.weight"), axes)?;
            let axes = [(unit, Some(outputs))];
            biases.push(arrays.take(&format!("{name}.bias"), axes)?.1);
            weights.push(weight);
            stages.push(ImageStage::linear(features_in, outputs, activation));
            classes = outputs;
        }
        arrays.finish()?;
        let stages = ImageStages::new(&stages).expect("the layers of this network fit each other");
        let [weights, biases] =
            [&weights, &biases].map(|arrays| arrays.iter().map(Vec::as_slice).collect::<Vec<_>>());
        Ok(Self {
            stages: ImageStagesPacked::new(&stages, &weights, &biases),
            channels,
            classes,
        })
    }

    /// Planes of an image: 1 for grey, 3 for red, green and blue.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Numbers of an image.
    pub fn inputs(&self) -> usize {
        self.channels * SIDE * SIDE
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The scores (logits) `[batch, classes]` of `images` `[batch, channels, 32, 32]`, scaled as the network was trained.
    ///
    /// # Panics
    ///
    /// If a length disagrees with these shapes.
    pub fn scores(&self, images: &[f32], scores: &mut [f32]) {
        let batch = images.len() / self.inputs().max(1);
        assert_eq!(
            (images.len(), scores.len()),
            (batch * self.inputs(), batch * self.classes),
            "images must be [batch, channels, 32, 32] and scores [batch, classes]"
        );
        self.stages.forward(batch, images, scores);
    }
}
