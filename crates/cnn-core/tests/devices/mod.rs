//! The devices that tests run on: one of each backend that was compiled in and answers. Shared by the tests of every crate
//! with tensors.
//!
//! A backend without a device here is skipped aloud; `CNN_REQUIRE_BACKENDS=flex,ndarray,wgpu` makes that a failure.
#![allow(dead_code)] // each test program uses its part

use burn::tensor::Device;
use cnn_core::backend::{Backend, BackendError};

/// The backends and their devices, flex first, without autodiff.
pub fn devices() -> Vec<(Backend, Device)> {
    let required = std::env::var("CNN_REQUIRE_BACKENDS").unwrap_or_default();
    let required: Vec<Backend> = required
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| name.parse().expect("CNN_REQUIRE_BACKENDS"))
        .collect();
    let mut found = Vec::new();
    for backend in Backend::ALL {
        match backend.device() {
            Ok(device) => found.push((backend, device)),
            Err(error) => {
                let demanded = required.contains(&backend);
                assert!(!demanded, "CNN_REQUIRE_BACKENDS names {backend}: {error}");
                if let BackendError::Unavailable { .. } = error {
                    eprintln!("SKIPPED {backend}: {error}");
                }
            }
        }
    }
    found
}
