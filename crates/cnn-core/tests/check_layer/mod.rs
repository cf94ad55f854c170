//! What every layer promises: display, sizes by its formula, equal bits beside any neighbours, a record that reads back, and
//! parameters that all move in one step.
//!
//! Bits are the CPU's promise alone: on a GPU a sample beside others may differ by [`APART`] from itself alone.

use std::fmt::Display;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{GradientsParams, SgdConfig};
use burn::store::ModuleRecord;
use burn::tensor::{Device, Tensor};

use crate::devices::devices;
use crate::drawn::values;

/// Samples 0 to 5 of a batch; document `i` has so many words. Two are empty, and so are the first and the last.
pub const LENGTHS: [usize; 6] = [0, 3, 1, 40, 7, 0];

/// How far a sample's numbers may move on a GPU when its neighbours change, relative to `1 + |number|`. Measured: 0, for every
/// layer, on wgpu with llvmpipe and on wgpu and CUDA with an H200; another driver may cut its sums by the size of the batch.
const APART: f32 = 1e-5;

/// A layer under test: how it is made from a seed, and how it answers a batch of samples, one flat tensor per sample.
struct Case<M, I, F> {
    name: &'static str,
    init: I,
    forward: F,
    /// Numbers that sample `i` is answered with, by the layer's own formula.
    answers: fn(usize) -> usize,
    parameters: usize,
    marker: std::marker::PhantomData<M>,
}

/// Asks a layer for every promise, on each backend that is compiled in.
pub fn check_layer<M, I, F>(
    name: &'static str,
    parameters: usize,
    answers: fn(usize) -> usize,
    init: I,
    forward: F,
) where
    M: Module + Display,
    I: Fn(u64, &Device) -> M,
    F: Fn(&M, &[usize], &Device) -> Vec<Tensor<1>>,
{
    let case = Case {
        name,
        init,
        forward,
        answers,
        parameters,
        marker: std::marker::PhantomData,
    };
    for (backend, device) in devices() {
        let apart = if backend.runs_our_kernels() {
            0.0
        } else {
            APART
        };
        let farthest = case.check(&device, apart);
        if apart > 0.0 {
            eprintln!("{name} on {backend}: at most {farthest:.1e} apart beside neighbours");
        }
    }
}

impl<M, I, F> Case<M, I, F>
where
    M: Module + Display,
    I: Fn(u64, &Device) -> M,
    F: Fn(&M, &[usize], &Device) -> Vec<Tensor<1>>,
{
    /// Returns how far a sample's numbers moved beside neighbours.
    fn check(&self, device: &Device, apart: f32) -> f32 {
        let layer = (self.init)(1, device);
        assert_eq!(
            layer.num_params(),
            self.parameters,
            "{}: parameters",
            self.name
        );
        self.display(&layer);
        self.formula(&layer, device);
        let farthest = self.neighbours(&layer, device, apart);
        self.record(layer, device, apart);
        self.every_parameter_moves(device);
        farthest
    }

    fn answer(&self, layer: &M, samples: &[usize], device: &Device) -> Vec<Vec<f32>> {
        (self.forward)(layer, samples, device)
            .into_iter()
            .map(values)
            .collect()
    }

    fn display(&self, layer: &M) {
        let shown = layer.to_string();
        assert!(
            shown.contains(self.name),
            "{} is shown as {shown}",
            self.name
        );
    }

    /// The sizes that the layer's documentation states, of a full batch and of an empty one.
    fn formula(&self, layer: &M, device: &Device) {
        let all: Vec<usize> = (0..LENGTHS.len()).collect();
        for (i, answer) in self.answer(layer, &all, device).iter().enumerate() {
            assert_eq!(
                answer.len(),
                (self.answers)(i),
                "{}: size of sample {i}",
                self.name
            );
        }
        assert!(
            self.answer(layer, &[], device).is_empty(),
            "{}: an empty batch",
            self.name
        );
    }

    /// A sample is answered the same alone, in any batch, and in any place of it.
    fn neighbours(&self, layer: &M, device: &Device, apart: f32) -> f32 {
        let mut farthest: f32 = 0.0;
        let alone: Vec<_> = (0..LENGTHS.len())
            .map(|i| self.answer(layer, &[i], device).remove(0))
            .collect();
        let repeated: Vec<usize> = [3; 70].into_iter().chain([4, 1, 2]).collect();
        for batch in [
            vec![0, 1, 2, 3, 4, 5],
            vec![5, 4, 3, 2, 1, 0],
            vec![2, 2, 3],
            repeated,
        ] {
            let answers = self.answer(layer, &batch, device);
            assert_eq!(answers.len(), batch.len());
            for (place, (i, answer)) in batch.iter().zip(&answers).enumerate() {
                let what = format!("{}: sample {i} at place {place} of {batch:?}", self.name);
                farthest = farthest.max(assert_same(&what, answer, &alone[*i], apart));
            }
        }
        farthest
    }

    /// Weights written and read back into a layer of another seed.
    fn record(&self, layer: M, device: &Device, apart: f32) {
        let samples = [3, 4];
        let expected = self.answer(&layer, &samples, device);
        let bytes = layer.into_record().into_bytes().expect("a record to write");
        let record = ModuleRecord::from_bytes(bytes).expect("a record to read");
        let other = (self.init)(2, device);
        if self.parameters > 0 {
            assert_ne!(
                self.answer(&other, &samples, device),
                expected,
                "{}: seeds",
                self.name
            );
        }
        let other = other.try_load_record(record).expect("the record fits");
        // And the same seed draws the same weights.
        let again = (self.init)(1, device);
        for (what, layer) in [("record", other), ("same seed", again)] {
            let answers = self.answer(&layer, &samples, device);
            for (answer, expected) in answers.iter().zip(&expected) {
                assert_same(&format!("{}: {what}", self.name), answer, expected, apart);
            }
        }
    }

    /// One step of gradient descent on the sum of squares changes every parameter tensor.
    fn every_parameter_moves(&self, device: &Device) {
        let device = device.clone().autodiff();
        let layer = (self.init)(1, &device);
        let before = parameters(&layer);
        if before.is_empty() {
            return;
        }
        let answers = (self.forward)(&layer, &[0, 1, 2, 3, 4], &device);
        let answers = Tensor::cat(answers.into_iter().filter(|a| a.dims()[0] > 0).collect(), 0);
        let grads = (answers.clone() * answers).sum().backward();
        let grads = GradientsParams::from_grads(grads, &layer);
        let moved = parameters(&SgdConfig::new().init().step(0.01, layer, grads));
        for ((path, before), (_, after)) in before.iter().zip(&moved) {
            assert!(
                after.iter().all(|w| w.is_finite()),
                "{}: {path} is finite",
                self.name
            );
            assert_ne!(before, after, "{}: {path} moves", self.name);
        }
    }
}

/// Asserts equal bits where `apart` is zero, and closeness elsewhere; returns the greatest distance.
fn assert_same(what: &str, answer: &[f32], expected: &[f32], apart: f32) -> f32 {
    assert_eq!(answer.len(), expected.len(), "{what}");
    let mut farthest: f32 = 0.0;
    for (i, (a, b)) in answer.iter().zip(expected).enumerate() {
        let same = a.to_bits() == b.to_bits();
        let distance = (a - b).abs() / (1.0 + b.abs());
        assert!(
            same || distance <= apart && apart > 0.0,
            "{what}: [{i}] is {a:e}, not {b:e}"
        );
        farthest = farthest.max(distance);
    }
    farthest
}

/// Name and values of each parameter.
fn parameters(module: &impl Module) -> Vec<(String, Vec<f32>)> {
    #[derive(Default)]
    struct Reader {
        path: Vec<String>,
        found: Vec<(String, Vec<f32>)>,
    }
    impl ModuleVisitor for Reader {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.found.push((self.path.join("."), values(param.val())));
        }
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.pop();
        }
    }
    let mut reader = Reader::default();
    module.visit(&mut reader);
    reader.found
}
