//! Trains a model as PyTorch did for its values: our optimiser steps on every parameter that has a gradient.
#![allow(dead_code)] // each crate's test uses its own part

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use cnn_core::ops::{StepRule, optimizer_step};

/// Optimiser states by parameter.
#[derive(Default)]
pub struct States(BTreeMap<ParamId, [TensorData; 2]>);

/// One step of `rule` on every parameter of `model` that has a gradient.
pub fn step<M: Module>(
    model: M,
    rule: StepRule,
    mut gradients: GradientsParams,
    states: &mut States,
) -> M {
    model.map(&mut Step {
        rule,
        gradients: &mut gradients,
        states,
    })
}

struct Step<'a> {
    rule: StepRule,
    gradients: &'a mut GradientsParams,
    states: &'a mut States,
}

impl ModuleMapper for Step<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else {
            return param;
        };
        let (device, id) = (gradient.device(), param.id);
        let state = match self.states.0.remove(&id) {
            Some(state) => state.map(|data| Tensor::from_data(data, &device)),
            None => [(); 2].map(|()| Tensor::zeros(gradient.dims(), &device)),
        };
        let rule = self.rule;
        let mut after = None;
        let param = param.map(|value| {
            let (value, state) = optimizer_step(&rule, value, gradient, state, None);
            after = Some(state.map(Tensor::into_data));
            value
        });
        self.states
            .0
            .insert(id, after.expect("Param::map runs its function"));
        param
    }
}

/// Replaces every parameter by `value(path, shape)`, paths as PyTorch writes them (`convs.0.weight`).
pub fn load<M: Module>(
    model: M,
    device: &Device,
    value: impl FnMut(&str, &[usize]) -> Vec<f32>,
) -> M {
    model.map(&mut Load {
        path: Vec::new(),
        device: device.clone(),
        value,
    })
}

struct Load<F> {
    path: Vec<String>,
    device: Device,
    value: F,
}

impl<F: FnMut(&str, &[usize]) -> Vec<f32>> ModuleMapper for Load<F> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape = param.dims();
        let values = (self.value)(&self.path.join("."), &shape);
        let tensor = Tensor::from_data(TensorData::new(values, shape), &self.device);
        Param::initialized(param.id, tensor.require_grad())
    }
}

/// Calls `see(path, shape, gradient)` for every parameter; the gradient is flat, and `None` where there is none.
pub fn each_gradient<M: Module>(
    model: &M,
    gradients: &GradientsParams,
    see: impl FnMut(&str, &[usize], Option<Vec<f32>>),
) {
    model.visit(&mut Look {
        path: Vec::new(),
        gradients,
        see,
    });
}

struct Look<'a, F> {
    path: Vec<String>,
    gradients: &'a GradientsParams,
    see: F,
}

impl<F: FnMut(&str, &[usize], Option<Vec<f32>>)> ModuleVisitor for Look<'_, F> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = self.gradients.get::<D>(param.id);
        let values = gradient.map(|g| g.into_data().try_into_vec::<f32>().expect("f32 tensor"));
        (self.see)(&self.path.join("."), &param.dims(), values);
    }
}
