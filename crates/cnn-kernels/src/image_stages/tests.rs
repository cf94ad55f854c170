//! Image stages: exact on integers, the single operations' bits, bounded on reals, the same bits everywhere.

use super::*;
use crate::testing::{assert_is_gradient, bits, dot, integers, normals, same_on_threads, to_f64};
use crate::trial::{for_each_isa, poisoned};

pub(super) const TANH: Activation = Activation::Tanh {
    scale: 1.0,
    slope: 1.0,
};
pub(super) const SQUASH: Activation = Activation::Tanh {
    scale: 1.7159,
    slope: 2.0 / 3.0,
};

/// A network and everything that goes into it.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) stages: ImageStages,
    pub(super) batch: usize,
    pub(super) images: Vec<f32>,
    pub(super) weights: Vec<Vec<f32>>,
    pub(super) biases: Vec<Vec<f32>>,
    pub(super) grad: Vec<f32>,
}

/// Everything that comes out: the output, the gradients of the images, of the weights, of the biases.
#[derive(Debug, PartialEq)]
pub(super) struct Results {
    pub(super) output: Vec<f32>,
    pub(super) images: Vec<f32>,
    pub(super) weights: Vec<Vec<f32>>,
    pub(super) biases: Vec<Vec<f32>>,
}

impl Results {
    fn bits(&self) -> Vec<Vec<u32>> {
        let parameters = self.weights.iter().chain(&self.biases);
        [&self.output, &self.images]
            .into_iter()
            .chain(parameters)
            .map(|numbers| bits(numbers))
            .collect()
    }
}

fn slices(numbers: &[Vec<f32>]) -> Vec<&[f32]> {
    numbers.iter().map(Vec::as_slice).collect()
}

impl Case {
    fn new(
        stages: &[ImageStage],
        batch: usize,
        images: impl Fn(u64, usize) -> Vec<f32>,
        weights: impl Fn(u64, usize) -> Vec<f32>,
    ) -> Self {
        let stages = ImageStages::new(stages).expect("stages that fit");
        let of = |seed: u64, len: fn(&ImageStage) -> usize| {
            let stages = stages.stages().zip(seed..);
            stages
                .map(|(stage, seed)| weights(seed, len(stage)))
                .collect()
        };
        Self {
            images: images(1, batch * stages.inputs()),
            weights: of(10, |stage| stage.conv.weights()),
            biases: of(20, |stage| stage.conv.channels_out),
            grad: images(2, batch * stages.outputs()),
            batch,
            stages,
        }
    }

    /// Normal numbers, scaled so that activations stay within their curved part.
    pub(super) fn normal(stages: &[ImageStage], batch: usize) -> Self {
        let mut case = Self::new(stages, batch, normals, normals);
        for (weights, biases) in case.weights.iter_mut().zip(&case.biases) {
            let terms = (weights.len() / biases.len()) as f32;
            weights.iter_mut().for_each(|w| *w /= terms.sqrt());
        }
        case
    }

    /// Images `first .. first + batch` alone.
    fn part(&self, first: usize, batch: usize) -> Self {
        let (inputs, outputs) = (self.stages.inputs(), self.stages.outputs());
        Self {
            batch,
            images: self.images[first * inputs..][..batch * inputs].to_vec(),
            grad: self.grad[first * outputs..][..batch * outputs].to_vec(),
            ..self.clone()
        }
    }

    pub(super) fn run(&self, isa: Isa) -> Results {
        let (weights, biases) = (slices(&self.weights), slices(&self.biases));
        let mut saved = vec![f32::NAN; self.stages.saved(self.batch)];
        let output = poisoned(self.grad.len(), |output| {
            let (images, saved) = (&self.images, &mut saved);
            forward_on(
                isa,
                &self.stages,
                self.batch,
                images,
                &weights,
                &biases,
                saved,
                output,
            );
        });
        let nans = |numbers: &[Vec<f32>]| -> Vec<Vec<f32>> {
            numbers.iter().map(|n| vec![f32::NAN; n.len()]).collect()
        };
        let (mut d_weights, mut d_biases) = (nans(&self.weights), nans(&self.biases));
        let images = poisoned(self.images.len(), |d_images| {
            self.back(isa, &saved, Some(d_images), &mut d_weights, &mut d_biases);
        });
        // Without the gradient of the images, the others stay what they are.
        let (mut again, mut again_biases) = (nans(&self.weights), nans(&self.biases));
        self.back(isa, &saved, None, &mut again, &mut again_biases);
        let results = Results {
            output,
            images,
            weights: again,
            biases: again_biases,
        };
        let bits_of = |numbers: &[Vec<f32>]| numbers.concat().iter().map(|n| n.to_bits()).collect();
        let [left, right]: [Vec<u32>; 2] = [bits_of(&results.weights), bits_of(&d_weights)];
        assert_eq!(left, right);
        let [left, right]: [Vec<u32>; 2] = [bits_of(&results.biases), bits_of(&d_biases)];
        assert_eq!(left, right);
        results
    }

    fn back(
        &self,
        isa: Isa,
        saved: &[f32],
        d_images: Option<&mut [f32]>,
        d_weights: &mut [Vec<f32>],
        d_biases: &mut [Vec<f32>],
    ) {
        let mut d_weights: Vec<&mut [f32]> = d_weights.iter_mut().map(Vec::as_mut_slice).collect();
        let mut d_biases: Vec<&mut [f32]> = d_biases.iter_mut().map(Vec::as_mut_slice).collect();
        backward::backward_on(
            isa,
            &self.stages,
            self.batch,
            &slices(&self.weights),
            saved,
            &self.grad,
            d_images,
            &mut d_weights,
            &mut d_biases,
        );
    }

    fn predict(&self, isa: Isa) -> Vec<f32> {
        let (weights, biases) = (slices(&self.weights), slices(&self.biases));
        poisoned(self.grad.len(), |output| {
            let (stages, images) = (&self.stages, &self.images);
            predict_on(isa, stages, self.batch, images, &weights, &biases, output);
        })
    }

    /// `[output, images, weights…, biases…]` of the reference.
    fn reference(&self) -> Vec<Vec<f64>> {
        let all = |numbers: &[Vec<f32>]| numbers.iter().map(|n| to_f64(n)).collect::<Vec<_>>();
        let (weights, biases) = (all(&self.weights), all(&self.biases));
        let (images, grad) = (to_f64(&self.images), to_f64(&self.grad));
        let (stages, batch) = (&self.stages, self.batch);
        let output = reference::image_stages_forward(stages, batch, &images, &weights, &biases);
        let gradients =
            reference::image_stages_backward(stages, batch, &images, &weights, &biases, &grad);
        let parameters = gradients.weights.into_iter().chain(gradients.biases);
        [output, gradients.images]
            .into_iter()
            .chain(parameters)
            .collect()
    }
}

fn conv(
    [channels_in, height, width]: [usize; 3],
    channels_out: usize,
    kernel: [usize; 2],
    padding: [usize; 2],
) -> Conv2dShape {
    Conv2dShape {
        channels_in,
        channels_out,
        height,
        width,
        kernel,
        padding,
    }
}

/// `channels_out`, kernel, padding, and what follows the convolution.
type Layer = (usize, [usize; 2], [usize; 2], Activation, Pooling);

/// Stages that fit one another, on images of `size`.
fn network(mut size: [usize; 3], stages: &[Layer]) -> Vec<ImageStage> {
    stages
        .iter()
        .map(|&(maps, kernel, padding, activation, pooling)| {
            let stage = ImageStage {
                conv: conv(size, maps, kernel, padding),
                activation,
                pooling,
            };
            size = stage.output_size();
            stage
        })
        .collect()
}

pub(super) fn lenet(activation: Activation, pooling: Pooling) -> Vec<ImageStage> {
    network(
        [1, 32, 32],
        &[
            (6, [5, 5], [0, 0], activation, pooling),
            (16, [5, 5], [0, 0], activation, pooling),
            (120, [5, 5], [0, 0], activation, Pooling::None),
            (84, [1, 1], [0, 0], activation, Pooling::None),
            (10, [1, 1], [0, 0], Activation::Identity, Pooling::None),
        ],
    )
}

/// Networks around the edges of tiles, kernels, paddings and pooling, each of them with this activation.
pub(super) fn networks(a: Activation) -> Vec<Vec<ImageStage>> {
    use Pooling::{Average, Max, None};
    let id = Activation::Identity;
    let (k3, k0) = ([3, 3], [0, 0]);
    vec![
        network([1, 7, 6], &[(1, [2, 3], k0, a, None)]),
        network([2, 7, 9], &[(3, k3, [1, 2], a, Average)]),
        network([2, 9, 7], &[(7, k3, k0, a, Max)]),
        network(
            [3, 6, 5],
            &[(13, [1, 2], [0, 1], a, None), (2, [6, 6], k0, id, None)],
        ),
        network(
            [1, 12, 11],
            &[
                (6, k3, [1, 1], a, Max),
                (8, [2, 2], [1, 0], a, None),
                (9, [4, 3], k0, a, Average),
                (5, [2, 1], k0, a, None),
                (3, [1, 1], k0, a, None),
            ],
        ),
        // Sums of more than one group of channels, forward and back.
        network(
            [40, 5, 6],
            &[(50, k3, k0, a, Average), (33, [1, 2], [0, 1], a, None)],
        ),
        network([1, 2, 2], &[(2, [1, 1], k0, a, Average)]),
        network([2, 1, 9], &[(3, [1, 9], [0, 1], a, None)]),
        network([2, 9, 1], &[(3, [9, 1], [4, 0], a, None)]),
        network([3, 2, 2], &[(4, [2, 2], k0, a, None)]),
        vec![ImageStage::linear(5, 17, a), ImageStage::linear(17, 3, id)],
    ]
}

const BATCHES: [usize; 8] = [0, 1, 2, 3, 15, 16, 17, 35];

#[test]
fn integers_are_exact() {
    for_each_isa(|isa| {
        for activation in [Activation::Identity, Activation::Relu] {
            for stages in networks(activation) {
                for batch in BATCHES {
                    let case = Case::new(
                        &stages,
                        batch,
                        |seed, len| integers(seed, len, 4),
                        |seed, len| integers(seed, len, 1),
                    );
                    let (found, exact) = (case.run(isa), case.reference());
                    let parameters = found.weights.iter().chain(&found.biases);
                    let all = [&found.output, &found.images].into_iter().chain(parameters);
                    for (i, (found, exact)) in all.zip(&exact).enumerate() {
                        assert_eq!(&to_f64(found), exact, "{isa} {stages:?} {batch}: {i}");
                    }
                    assert_eq!(
                        to_f64(&case.predict(isa)),
                        exact[0],
                        "{isa} {stages:?} {batch}"
                    );
                }
            }
        }
    });
}

/// Errors relative to the largest number.
#[track_caller]
pub(super) fn close(what: &str, found: &[f32], exact: &[f64], tolerance: f64) {
    assert_eq!(found.len(), exact.len());
    let largest = exact.iter().fold(1e-30, |most: f64, x| most.max(x.abs()));
    for (i, (&found, &exact)) in found.iter().zip(exact).enumerate() {
        let error = (f64::from(found) - exact).abs() / largest;
        assert!(
            error <= tolerance,
            "{what}: number {i} is {found}, not {exact}"
        );
    }
}

#[test]
fn reals_are_close_to_the_reference() {
    for activation in [Activation::Identity, TANH, SQUASH] {
        let mut all = networks(activation);
        all.push(lenet(activation, Pooling::Average));
        for stages in all {
            let case = Case::normal(&stages, 18);
            let (found, exact) = (case.run(Isa::active()), case.reference());
            let parameters = found.weights.iter().chain(&found.biases);
            let all = [&found.output, &found.images].into_iter().chain(parameters);
            for (found, exact) in all.zip(&exact) {
                close(&format!("{stages:?}"), found, exact, 3e-6);
            }
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    for activation in [Activation::Relu, TANH, SQUASH] {
        let mut all = networks(activation);
        all.push(lenet(activation, Pooling::Average));
        for stages in all {
            for batch in [1, 18] {
                let case = Case::normal(&stages, batch);
                let portable = case.run(Isa::Portable).bits();
                for_each_isa(|isa| {
                    assert!(case.run(isa).bits() == portable, "{isa} {stages:?} {batch}");
                    assert!(
                        bits(&case.predict(isa)) == portable[0],
                        "{isa} {stages:?} {batch}"
                    );
                });
            }
        }
    }
}

#[test]
fn threads_do_not_matter() {
    for (activation, pooling) in [(TANH, Pooling::Average), (Activation::Relu, Pooling::Max)] {
        let case = Case::normal(&lenet(activation, pooling), 150);
        same_on_threads(|| {
            (
                case.run(Isa::active()).bits(),
                bits(&case.predict(Isa::active())),
            )
        });
    }
}

#[test]
fn splits_of_the_batch_do_not_matter() {
    let batch = 49;
    let mut all = networks(SQUASH);
    all.push(lenet(TANH, Pooling::Average));
    all.push(lenet(Activation::Relu, Pooling::Max));
    for stages in all {
        let case = Case::normal(&stages, batch);
        let whole = case.run(Isa::active());
        let (inputs, outputs) = (case.stages.inputs(), case.stages.outputs());
        for size in [1, 3, 7, 11, 16, 20] {
            for first in (0..batch).step_by(size) {
                let part = case.part(first, size.min(batch - first));
                let output = &whole.output[first * outputs..][..part.grad.len()];
                let images = &whole.images[first * inputs..][..part.images.len()];
                let found = part.run(Isa::active());
                assert_eq!(bits(&found.output), bits(output), "{stages:?} {size}");
                assert_eq!(bits(&found.images), bits(images), "{stages:?} {size}");
                assert_eq!(
                    bits(&part.predict(Isa::active())),
                    bits(output),
                    "{stages:?} {size}"
                );
            }
        }
    }
}

#[test]
fn a_broken_image_stays_alone() {
    for (activation, pooling) in [(TANH, Pooling::Average), (Activation::Relu, Pooling::Max)] {
        let mut case = Case::normal(&lenet(activation, pooling), 21);
        let (inputs, outputs) = (case.stages.inputs(), case.stages.outputs());
        let healthy = case.predict(Isa::active());
        for image in [4, 18] {
            case.images[image * inputs..][..inputs].fill(f32::NAN);
        }
        let found = [case.predict(Isa::active()), case.run(Isa::active()).output];
        for found in found {
            for image in 0..21 {
                let here = image * outputs..(image + 1) * outputs;
                match [4, 18].contains(&image) {
                    true => assert!(found[here].iter().all(|number| number.is_nan())),
                    false => assert_eq!(bits(&found[here.clone()]), bits(&healthy[here])),
                }
            }
        }
    }
}

#[test]
fn the_reference_passes_finite_differences() {
    for (activation, pooling) in [
        (SQUASH, Pooling::Average),
        (SQUASH, Pooling::Max),
        (Activation::Relu, Pooling::Max),
        (Activation::Identity, Pooling::None),
    ] {
        let stages = network(
            [2, 6, 7],
            &[
                (3, [3, 2], [1, 0], activation, pooling),
                (2, [2, 2], [0, 0], activation, Pooling::None),
            ],
        );
        let case = Case::normal(&stages, 2);
        let exact = case.reference();
        let all = |numbers: &[Vec<f32>]| numbers.iter().map(|n| to_f64(n)).collect::<Vec<_>>();
        let (images, grad) = (to_f64(&case.images), to_f64(&case.grad));
        let (weights, biases) = (all(&case.weights), all(&case.biases));
        let loss = |images: &[f64], weights: &[Vec<f64>], biases: &[Vec<f64>]| {
            let (stages, batch) = (&case.stages, case.batch);
            dot(
                &grad,
                &reference::image_stages_forward(stages, batch, images, weights, biases),
            )
        };
        assert_is_gradient(&images, &exact[1], |images| loss(images, &weights, &biases));
        for s in 0..stages.len() {
            let with = |numbers: &[Vec<f64>], x: &[f64]| {
                let mut numbers = numbers.to_vec();
                numbers[s] = x.to_vec();
                numbers
            };
            assert_is_gradient(&weights[s], &exact[2 + s], |x| {
                loss(&images, &with(&weights, x), &biases)
            });
            assert_is_gradient(&biases[s], &exact[2 + stages.len() + s], |x| {
                loss(&images, &weights, &with(&biases, x))
            });
        }
    }
}

#[test]
fn stages_that_do_not_fit_are_refused() {
    let stage = |conv, pooling| ImageStage {
        conv,
        activation: TANH,
        pooling,
    };
    let first = stage(conv([1, 6, 6], 2, [3, 3], [0, 0]), Pooling::Max);
    assert_eq!(ImageStages::new(&[]), Err(ImageStagesError::NoStage));
    for empty in [
        stage(conv([1, 6, 6], 2, [7, 3], [0, 0]), Pooling::None),
        stage(conv([0, 6, 6], 2, [3, 3], [0, 0]), Pooling::None),
        stage(conv([1, 6, 6], 2, [0, 3], [0, 0]), Pooling::None),
        stage(conv([1, 6, 6], 2, [6, 3], [0, 0]), Pooling::Average),
    ] {
        assert_eq!(
            ImageStages::new(&[empty]),
            Err(ImageStagesError::Empty { stage: 0 })
        );
    }
    let error = ImageStages::new(&[first, first]).expect_err("the second reads other images");
    let expected = ImageStagesError::Mismatch {
        stage: 1,
        given: [2, 2, 2],
        read: [1, 6, 6],
    };
    assert_eq!(error, expected);
    assert!(error.to_string().contains("stage 1 reads"));
    let dense = stage(conv([2, 2, 2], 3, [2, 2], [0, 0]), Pooling::None);
    let wide = stage(conv([3, 1, 1], 3, [3, 3], [1, 1]), Pooling::None);
    assert_eq!(
        ImageStages::new(&[first, dense, wide]),
        Err(ImageStagesError::NotDense { stage: 2 })
    );
}
