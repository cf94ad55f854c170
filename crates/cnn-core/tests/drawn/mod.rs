//! Tensors drawn for tests, and how they are compared.
#![allow(dead_code)] // each test program uses its part

use burn::tensor::{Device, Tensor, TensorData};
use cnn_core::{Documents, Offsets, random};

/// Normal numbers that depend on the name alone.
pub fn drawn<const D: usize>(name: &str, shape: [usize; D], device: &Device) -> Tensor<D> {
    let mut values = vec![0.0; shape.iter().product()];
    random::fill_normal(20_22, random::stream(name), 0.0, 1.0, &mut values);
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A leaf whose gradient is kept.
pub fn leaf<const D: usize>(name: &str, shape: [usize; D], device: &Device) -> Tensor<D> {
    drawn(name, shape, &device.clone().autodiff()).require_grad()
}

/// Values in row-major order.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec::<f32>().expect("f32")
}

/// Bits in row-major order.
pub fn bits<const D: usize>(tensor: Tensor<D>) -> Vec<u32> {
    values(tensor).into_iter().map(f32::to_bits).collect()
}

/// Asserts equal shapes and `|a - b| <= tolerance · (1 + |b|)`.
#[track_caller]
pub fn assert_close<const D: usize>(what: &str, a: Tensor<D>, b: Tensor<D>, tolerance: f32) {
    assert_eq!(a.dims(), b.dims(), "{what}: shape");
    for (i, (a, b)) in values(a).into_iter().zip(values(b)).enumerate() {
        let same = a.to_bits() == b.to_bits();
        assert!(
            same || (a - b).abs() <= tolerance * (1.0 + b.abs()),
            "{what}[{i}]: {a} against {b}"
        );
    }
}

/// Documents of lengths that are hard: empty ones first, last and in between, one word, shorter than a kernel, long.
pub fn hard_documents() -> Documents {
    let lengths = [0, 1, 2, 3, 0, 17, 4, 64, 1, 0];
    let mut draw = 0;
    let mut word = || {
        draw += 1;
        match random::below(7, 0, draw, 12) {
            11 => Documents::SKIP,
            id => id as u32 * 5,
        }
    };
    let documents: Vec<Vec<u32>> = lengths
        .iter()
        .map(|length| (0..*length).map(|_| word()).collect())
        .collect();
    Documents::new(&documents)
}

/// The offsets of [`hard_documents`].
pub fn hard_offsets() -> Offsets {
    hard_documents().offsets().clone()
}
