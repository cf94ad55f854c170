//! What goes wrong in re-implementations of TextCNN and DPCNN, one named test for each.
#![cfg(feature = "flex")]
#![cfg_attr(feature = "ndarray", allow(deprecated))]

mod counts;
mod dpcnn;
mod neighbours;
mod text_cnn;

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};

/// The CPU device of Burn, with autodiff.
fn device() -> Device {
    Device::flex().autodiff()
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor
        .into_data()
        .try_into_vec::<f32>()
        .expect("f32 tensor")
}

fn param<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Param<Tensor<D>> {
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device))
}

/// Numbers of [-1, 1) that look random and are the same everywhere.
fn noise(seed: u64, count: usize) -> Vec<f32> {
    (0..count as u64)
        .map(|i| 2.0 * cnn_core::random::uniform(seed, 0, i) - 1.0)
        .collect()
}

/// A document of `length` words out of `vocabulary`.
fn document(seed: u64, length: usize, vocabulary: u64) -> Vec<u32> {
    (0..length as u64)
        .map(|i| cnn_core::random::below(seed, 1, i, vocabulary) as u32)
        .collect()
}
