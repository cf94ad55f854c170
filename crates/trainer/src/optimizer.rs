//! Optimiser steps over a network: dense parameters one by one, the trained table by its touched rows.
//!
//! The arithmetic of a step is `cnn_core::ops::optimizer_step`; this file owns the state: two arrays per parameter,
//! keyed by its path in the module tree, saved in a checkpoint under `state1.<path>` and `state2.<path>`.
//!
//! A step costs what its batch holds, however large the vocabulary: rows of the table without a gradient wait. What they
//! missed is made up for when they are next read ([`Optimizer::catch_up`], exact for SGD and Adadelta); for Adam it is not,
//! as in PyTorch's `SparseAdam`. [`Table::Dense`] moves all rows at each step instead.

mod missed;

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::module::{ModuleMapper, Param};
use burn::tensor::{Device, Gradients, IndexingUpdateOp, Tensor, TensorData};
use cnn_core::ops::{StepRule, optimizer_step};

use crate::network::Network;
use crate::optimizer::missed::Missed;
use crate::weights::{Array, Arrays, Path, WeightsError, values_of};

/// The gradient of a table's touched rows.
pub struct RowsGradient {
    /// Ids of the rows, ascending and distinct.
    pub ids: Arc<[u32]>,
    /// `[ids.len(), dimension]`, without autodiff.
    pub gradient: Tensor<2>,
}

/// Which rows of the table a step moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Table {
    /// Those of the batch.
    #[default]
    Touched,
    /// All, as the textbook rule has it: those without a gradient move by a gradient of 0.
    Dense,
}

/// The state of every parameter, and the rule that moves them.
#[derive(Default)]
pub struct Optimizer {
    dense: BTreeMap<String, [Tensor<1>; 2]>,
    table: Option<[Tensor<2>; 2]>,
    missed: Missed,
}

impl Optimizer {
    /// Moves every parameter that has a gradient by `rule`; weight decay spares biases. The rows of `rows` must have been caught
    /// up with.
    pub fn step<N: Network>(
        &mut self,
        network: N,
        rule: StepRule,
        gradients: &mut Gradients,
        rows: Option<RowsGradient>,
        moves: Table,
    ) -> N {
        let mut network = network.map(&mut Step {
            optimizer: self,
            rule,
            gradients,
            path: Path::default(),
        });
        if let (Some(rows), Some(table)) = (rows, network.trained_table()) {
            self.step_table(&mut table.weight, rule, rows, moves);
        }
        network.after_step();
        network
    }

    fn step_table(
        &mut self,
        weight: &mut Param<Tensor<2>>,
        rule: StepRule,
        rows: RowsGradient,
        moves: Table,
    ) {
        edit(weight, |table| {
            let RowsGradient { ids, gradient } = rows;
            let state = self
                .table
                .take()
                .unwrap_or_else(|| [table.zeros_like(), table.zeros_like()]);
            let (gradient, ids) = match moves {
                Table::Touched => {
                    self.missed.step(&rule, &ids, table.dims()[0]);
                    (gradient, Some(ids))
                }
                Table::Dense => {
                    let places = missed::places(&ids, &table.device());
                    let all = table.zeros_like();
                    let all = all.select_assign(0, places, gradient, IndexingUpdateOp::Add);
                    (all, None)
                }
            };
            let (table, state) = optimizer_step(&rule, table, gradient, state, ids);
            self.table = Some(state);
            table
        });
    }

    /// Moves the rows with these ids (ascending, each once), or all, to where steps of `rule` without a gradient would have brought
    /// them since they were last touched.
    pub fn catch_up<N: Network>(&mut self, network: &mut N, rule: StepRule, ids: Option<&[u32]>) {
        if !self.missed.counts() {
            return;
        }
        if let (Some(state), Some(table)) = (self.table.take(), network.trained_table()) {
            let mut state = Some(state);
            edit(&mut table.weight, |table| {
                let before = state.take().expect("just taken");
                let (table, after) = self.missed.make_up_for(&rule, ids, table, before);
                state = Some(after);
                table
            });
            self.table = state;
        }
    }

    /// The state as arrays, for a checkpoint.
    pub fn to_arrays(&self) -> Arrays {
        let flat = self.dense.iter().flat_map(|(path, state)| {
            state
                .iter()
                .enumerate()
                .map(move |(i, tensor)| (format!("state{}.{path}", i + 1), array(tensor.clone())))
        });
        let table = self.table.iter().flat_map(|state| {
            state
                .iter()
                .enumerate()
                .map(|(i, tensor)| (format!("table{}", i + 1), array(tensor.clone())))
        });
        flat.chain(table).chain(self.missed.to_arrays()).collect()
    }

    /// The state that [`Optimizer::to_arrays`] gave.
    ///
    /// # Errors
    ///
    /// [`WeightsError::Mismatch`] where a half of a pair is missing or a name is none of ours.
    pub fn from_arrays(mut arrays: Arrays, device: &Device) -> Result<Self, WeightsError> {
        let device = device.clone().without_autodiff();
        let mut optimizer = Self {
            missed: Missed::take_from(&mut arrays)?,
            ..Self::default()
        };
        if let (Some(first), Some(second)) = (arrays.remove("table1"), arrays.remove("table2")) {
            optimizer.table = Some(
                [first, second]
                    .map(|a| Tensor::from_data(TensorData::new(a.values, a.shape), &device)),
            );
        }
        let paths: Vec<String> = arrays
            .keys()
            .filter_map(|name| name.strip_prefix("state1.").map(str::to_owned))
            .collect();
        for path in paths {
            let first = arrays.remove(&format!("state1.{path}"));
            let second = arrays.remove(&format!("state2.{path}"));
            let (Some(first), Some(second)) = (first, second) else {
                return Err(WeightsError::Mismatch {
                    missing: vec![format!("state2.{path}")],
                    unused: vec![],
                    misshaped: vec![],
                });
            };
            let state = [first, second]
                .map(|a| Tensor::from_data(TensorData::new(a.values, a.shape), &device));
            optimizer.dense.insert(path, state);
        }
        if arrays.is_empty() {
            Ok(optimizer)
        } else {
            let unused = arrays.into_keys().collect();
            Err(WeightsError::Mismatch {
                missing: vec![],
                unused,
                misshaped: vec![],
            })
        }
    }
}

/// Out of the parameter and back again, so that the table has one owner and is changed in place.
fn edit(weight: &mut Param<Tensor<2>>, change: impl FnOnce(Tensor<2>) -> Tensor<2>) {
    // The placeholder is data and no constant, which Burn would fuse on a GPU: nothing without elements may be in a fused kernel.
    let placeholder = Param::from_tensor(Tensor::from_data(
        TensorData::new(Vec::<f32>::new(), [0, 0]),
        &weight.val().device().without_autodiff(),
    ));
    let (id, table, mapper) = std::mem::replace(weight, placeholder).consume();
    let (autodiff, tracked) = (table.device().is_autodiff(), table.is_require_grad());
    let table = change(if autodiff { table.inner() } else { table });
    let table = if autodiff {
        Tensor::from_inner(table).set_require_grad(tracked)
    } else {
        table
    };
    *weight = Param::from_mapped_value(id, table, mapper);
}

fn array<const D: usize>(tensor: Tensor<D>) -> Array {
    Array {
        shape: tensor.dims().to_vec(),
        values: values_of(tensor),
    }
}

fn without_weight_decay(mut rule: StepRule) -> StepRule {
    match &mut rule {
        StepRule::Sgd { weight_decay, .. }
        | StepRule::Adam { weight_decay, .. }
        | StepRule::Adadelta { weight_decay, .. }
        | StepRule::Adagrad { weight_decay, .. } => *weight_decay = 0.0,
    }
    rule
}

struct Step<'a> {
    optimizer: &'a mut Optimizer,
    rule: StepRule,
    gradients: &'a mut Gradients,
    path: Path,
}

impl ModuleMapper for Step<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let Some(gradient) = tensor.grad_remove(self.gradients) else {
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let path = self.path.joined();
        let shape = tensor.dims();
        let (tracked, values) = (tensor.is_require_grad(), shape.iter().product::<usize>());
        let rule = if path.ends_with("bias") {
            without_weight_decay(self.rule)
        } else {
            self.rule
        };
        let flat = tensor.inner().reshape([values]);
        let state = self
            .optimizer
            .dense
            .remove(&path)
            .unwrap_or_else(|| [flat.zeros_like(), flat.zeros_like()]);
        let (flat, state) = optimizer_step(&rule, flat, gradient.reshape([values]), state, None);
        self.optimizer.dense.insert(path, state);
        let tensor = Tensor::from_inner(flat.reshape(shape)).set_require_grad(tracked);
        Param::from_mapped_value(id, tensor, mapper)
    }
}
