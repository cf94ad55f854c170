//! One step of an optimiser on one parameter; see [`StepRule`] for the rules and their equations.
//!
//! The parameter and its two states are read and written once, in place where nobody else holds their memory, instead of
//! by a dozen passes of tensor operations. With `rows` a step touches those rows of a table alone, however large it is.
mod cpu;
pub mod default;

use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

pub use cnn_kernels::StepRule;

use super::cpu_tensor::default_on_gpu;

/// Backends that compute [`optimizer_step`].
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Cube: cfg(any(feature = "wgpu", feature = "cuda")))]
pub trait OptimizerStepBackend: Backend {
    /// The parameter and both states after the step. With `rows`, `param` and the states are `[n, ..]` and `grad` is
    /// `[rows, ..]`.
    fn optimizer_step_of_rule(
        param: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        state1: FloatTensor<Self>,
        state2: FloatTensor<Self>,
        rule: StepRule,
        rows: Option<Arc<[u32]>>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        default::step::<Self>(param, grad, state1, state2, rule, rows)
    }
}

default_on_gpu!(OptimizerStepBackend);

/// One step of `rule`: the new parameter and its new states.
///
/// Without `rows` the gradient has the parameter's shape, `[n, ..]`. With `rows` it is `[rows, ..]`, and only those rows of
/// the parameter and of the states move (ids ascending, each once): see [`cnn_kernels::optimizer`] for what the other rows
/// miss under each rule. Both states have the parameter's shape and start as zeros; one that the rule does not use
/// ([`StepRule::states`]) comes back as it was and may be of any size, `[0, ..]` for instance.
///
/// On a CPU all three are changed in place if these are their only handles: hand over the last one (from
/// `Param::consume` or `Param::map`), and after `backward`, which drops those that the graph holds. A parameter that
/// requires gradients comes back as a new leaf that does too; the gradient and the states come from outside of automatic
/// differentiation.
///
/// # Panics
/// If the shapes do not fit together, the rows do not ascend or are not in the table, or Adam's `step` is 0.
///
/// ```
/// # #[cfg(feature = "flex")] {
/// use burn::tensor::{Device, Tensor};
/// use cnn_core::ops::{StepRule, optimizer_step};
/// let device = Device::flex();
/// let table = Tensor::<2>::ones([1000, 2], &device);
/// let grad = Tensor::<2>::from_data([[1.0, 2.0]], &device); // of row 7 alone
/// let none = || Tensor::zeros([0, 2], &device);
/// let rule = StepRule::Sgd { lr: 0.5, momentum: 0.0, weight_decay: 0.0 };
/// let (table, _) = optimizer_step(&rule, table, grad, [none(), none()], Some([7].into()));
/// let row = table.slice([7..8, 0..2]).into_data();
/// assert_eq!(row.as_slice::<f32>().unwrap(), [0.5, 0.0]);
/// # }
/// ```
pub fn optimizer_step<const D: usize>(
    rule: &StepRule,
    param: Tensor<D>,
    grad: Tensor<D>,
    state: [Tensor<D>; 2],
    rows: Option<Arc<[u32]>>,
) -> (Tensor<D>, [Tensor<D>; 2]) {
    check_shapes(rule, &param, &grad, &state, rows.as_deref());
    let [state1, state2] = state;
    super::outside_autodiff(param, |param| {
        let (param, state1, state2) = <Dispatch as OptimizerStepBackend>::optimizer_step_of_rule(
            param.into_dispatch(),
            grad.into_dispatch(),
            state1.into_dispatch(),
            state2.into_dispatch(),
            *rule,
            rows,
        );
        let state = [Tensor::from_dispatch(state1), Tensor::from_dispatch(state2)];
        (Tensor::from_dispatch(param), state)
    })
}

fn check_shapes<const D: usize>(
    rule: &StepRule,
    param: &Tensor<D>,
    grad: &Tensor<D>,
    state: &[Tensor<D>; 2],
    rows: Option<&[u32]>,
) {
    let dims = param.dims();
    let mut expected = dims;
    if let Some(rows) = rows {
        expected[0] = rows.len();
        let ascending = rows.windows(2).all(|pair| pair[0] < pair[1]);
        assert!(ascending, "optimizer_step: rows must ascend, each once");
        let known = rows.last().is_none_or(|last| (*last as usize) < dims[0]);
        assert!(
            known,
            "optimizer_step: row {:?} in a table of {} rows",
            rows.last(),
            dims[0]
        );
    }
    assert_eq!(
        grad.dims(),
        expected,
        "optimizer_step: shape of the gradient of a {dims:?}"
    );
    for state in &state[..rule.states()] {
        assert_eq!(state.dims(), dims, "optimizer_step: shape of a state");
    }
    if let StepRule::Adam { step, .. } = rule {
        assert!(*step > 0, "optimizer_step: Adam counts its steps from 1");
    }
}
