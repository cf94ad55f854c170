//! Reads PyTorch's values (see `store.py`) and compares tensors with them; shared by the tests of every crate with layers.
#![allow(dead_code)] // each crate's test uses its own part

#[path = "../devices/mod.rs"]
mod devices;

use std::{fs, path::Path};

use burn::tensor::{Device, Tensor, TensorData};
use serde_json::Value;

/// One file of cases.
pub struct Values {
    file: String,
    cases: Value,
}

/// One case: settings and named tensors.
pub struct Case<'a> {
    pub name: &'a str,
    json: &'a Value,
}

impl Values {
    /// Opens `tests/pytorch/<file>` of the crate at `manifest` (pass `env!("CARGO_MANIFEST_DIR")`).
    pub fn open(manifest: &str, file: &str) -> Self {
        let path = Path::new(manifest).join("tests/pytorch").join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut document: Value =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Self {
            file: file.to_owned(),
            cases: document["cases"].take(),
        }
    }

    /// The case of this name.
    pub fn case<'a>(&'a self, name: &'a str) -> Case<'a> {
        let json = self
            .cases
            .get(name)
            .unwrap_or_else(|| panic!("{} holds no case {name}", self.file));
        Case { name, json }
    }

    /// The names of all cases, in the order of the file.
    pub fn names(&self) -> Vec<&str> {
        self.cases
            .as_object()
            .expect("cases")
            .keys()
            .map(String::as_str)
            .collect()
    }
}

impl Case<'_> {
    /// A setting as it stands in the file.
    pub fn setting(&self, key: &str) -> &Value {
        self.json["settings"]
            .get(key)
            .unwrap_or_else(|| panic!("{}: no setting {key}", self.name))
    }

    pub fn usize(&self, key: &str) -> usize {
        self.setting(key)
            .as_u64()
            .unwrap_or_else(|| panic!("{}: {key} is no integer", self.name)) as usize
    }

    pub fn number(&self, key: &str) -> f64 {
        self.setting(key)
            .as_f64()
            .unwrap_or_else(|| panic!("{}: {key} is no number", self.name))
    }

    pub fn flag(&self, key: &str) -> bool {
        self.setting(key)
            .as_bool()
            .unwrap_or_else(|| panic!("{}: {key} is no flag", self.name))
    }

    pub fn text(&self, key: &str) -> &str {
        self.setting(key)
            .as_str()
            .unwrap_or_else(|| panic!("{}: {key} is no text", self.name))
    }

    pub fn usizes(&self, key: &str) -> Vec<usize> {
        integers(self.setting(key)).map(|v| v as usize).collect()
    }

    /// The token ids of each document.
    pub fn documents(&self) -> Vec<Vec<u32>> {
        let list = self
            .setting("documents")
            .as_array()
            .expect("list of documents");
        list.iter()
            .map(|document| integers(document).map(|v| v as u32).collect())
            .collect()
    }

    /// Whether the case stores a tensor under this key.
    pub fn has(&self, key: &str) -> bool {
        self.json["tensors"].get(key).is_some()
    }

    /// The keys of all tensors, in the order of the file.
    pub fn tensors(&self) -> Vec<&str> {
        self.json["tensors"]
            .as_object()
            .expect("tensors")
            .keys()
            .map(String::as_str)
            .collect()
    }

    pub fn shape(&self, key: &str) -> Vec<usize> {
        integers(&self.stored(key)["shape"])
            .map(|v| v as usize)
            .collect()
    }

    pub fn floats(&self, key: &str) -> Vec<f32> {
        let list = self.stored(key)["values"].as_array().expect("values");
        // A float32 written in its shortest form reads back through f64 without a second rounding.
        list.iter()
            .map(|v| v.as_f64().expect("number") as f32)
            .collect()
    }

    pub fn labels(&self, key: &str) -> Vec<u32> {
        integers(&self.stored(key)["values"])
            .map(|v| v as u32)
            .collect()
    }

    pub fn tensor<const D: usize>(&self, key: &str, device: &Device) -> Tensor<D> {
        Tensor::from_data(TensorData::new(self.floats(key), self.shape(key)), device)
    }

    fn stored(&self, key: &str) -> &Value {
        self.json["tensors"]
            .get(key)
            .unwrap_or_else(|| panic!("{}: no tensor {key}", self.name))
    }

    /// Holds a tensor against the stored one: equal shape, and no entry farther off than `tolerance` times the largest
    /// stored magnitude. Returns that ratio.
    pub fn check<const D: usize>(&self, key: &str, got: Tensor<D>, tolerance: f64) -> f64 {
        if D > 0 && !self.shape(key).is_empty() {
            assert_eq!(
                got.dims().to_vec(),
                self.shape(key),
                "{}: shape of {key}",
                self.name
            );
        }
        let got = got.into_data().try_into_vec::<f32>().expect("f32 tensor");
        self.check_values(key, &got, tolerance)
    }

    /// As [`Self::check`], on plain values.
    pub fn check_values(&self, key: &str, got: &[f32], tolerance: f64) -> f64 {
        let want = self.floats(key);
        assert_eq!(
            got.len(),
            want.len(),
            "{}: number of entries of {key}",
            self.name
        );
        let scale = want.iter().fold(f32::MIN_POSITIVE, |m, v| m.max(v.abs())) as f64;
        let mut worst = 0.0;
        for (i, (got, want)) in got.iter().zip(&want).enumerate() {
            let ratio = (*got as f64 - *want as f64).abs() / scale;
            assert!(
                ratio <= tolerance,
                "{}: {key}[{i}] = {got}, PyTorch has {want}: {ratio:.2e} of the largest entry, allowed {tolerance:.1e}",
                self.name
            );
            worst = f64::max(worst, ratio);
        }
        println!("deviation {:<28} {key:<24} {worst:.1e}", self.name);
        worst
    }

    /// Holds a gradient, flat, against what the file stores of it: all of it, or its digest (see `store.py`).
    pub fn check_gradient(&self, path: &str, shape: &[usize], gradient: &[f32], tolerance: f64) {
        let key = format!("d {path}");
        if self.has(&key) {
            assert_eq!(shape, self.shape(&key), "{}: shape of {key}", self.name);
            self.check_values(&key, gradient, tolerance);
            return;
        }
        let weight = |j: usize| (j * 31 % 97) as f64 / 97.0 - 0.5;
        let by_row = |f: &dyn Fn(usize, f64) -> f64| -> Vec<f32> {
            let sum = |row: &[f32]| {
                row.iter()
                    .enumerate()
                    .map(|(j, v)| f(j, *v as f64))
                    .sum::<f64>() as f32
            };
            gradient
                .chunks_exact(shape[1..].iter().product())
                .map(sum)
                .collect()
        };
        let sample: Vec<f32> = gradient
            .iter()
            .step_by(self.usize("stride"))
            .copied()
            .collect();
        self.check_values(&format!("{key} sums"), &by_row(&|_, v| v), tolerance);
        self.check_values(
            &format!("{key} weighted"),
            &by_row(&|j, v| v * weight(j)),
            tolerance,
        );
        self.check_values(&format!("{key} sample"), &sample, tolerance);
    }
}

fn integers(list: &Value) -> impl Iterator<Item = u64> + '_ {
    list.as_array()
        .expect("list")
        .iter()
        .map(|v| v.as_u64().expect("integer"))
}

/// The recurrence of `store.py`: multiples of 2^-15 in [-1, 1) times `scale`, a power of two.
pub fn lattice(seed: u64, count: usize, scale: f64) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (((state >> 48) as f64 - 32_768.0) / 32_768.0 * scale) as f32
    };
    (0..count).map(|_| next()).collect()
}

/// A device of every backend that was compiled in and answers, with autodiff.
pub fn devices() -> Vec<Device> {
    let found = devices::devices().into_iter();
    found.map(|(_, device)| device.autodiff()).collect()
}
