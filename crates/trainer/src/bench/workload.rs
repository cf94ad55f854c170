//! The batches of a workload.

use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use serde_json::Value;

use super::npy::{self, Element};
use crate::assembly::AssemblyError;
use crate::config::ModelKind;
use crate::examples::{Examples, Texts};
use crate::learning::TrainingError;

/// Why a workload could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum WorkloadError {
    /// A file cannot be read.
    #[error("{}: {reason}; docs/src/measuring.md describes such a folder", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The network cannot be built.
    #[error(transparent)]
    Network(#[from] AssemblyError),
    /// A step failed.
    #[error(transparent)]
    Training(#[from] TrainingError),
}

/// Batches read from a folder.
pub struct Workload {
    /// The folder's name.
    pub name: String,
    /// Which network runs them.
    pub model: ModelKind,
    /// Samples of a batch.
    pub batch: usize,
    /// Number of classes.
    pub classes: usize,
    /// Words of the vocabulary; 0 for images.
    pub words: usize,
    /// Tokens at which texts were cut; 0 for images.
    pub length: usize,
    /// What is run.
    pub samples: Samples,
}

/// The samples of all batches, one after another.
pub enum Samples {
    /// Images as the network reads them.
    Pixels(Pixels),
    /// Documents of token ids, without padding.
    Texts(Texts),
}

/// Images `[count, 1, 32, 32]` as the network reads them.
pub struct Pixels {
    /// The pixels of all images.
    pub pixels: Vec<f32>,
    /// One label per image.
    pub labels: Vec<u32>,
}

impl Pixels {
    /// Sides of an image.
    pub const SIDE: usize = models_vision::LeNet5::SIDE;
    /// Numbers of an image.
    pub const SIZE: usize = Self::SIDE * Self::SIDE;
}

impl Examples for Pixels {
    type Batch = Tensor<4>;

    fn labels(&self) -> &[u32] {
        &self.labels
    }

    fn batch(&self, indices: &[u32], device: &Device) -> Tensor<4> {
        let mut pixels = Vec::with_capacity(indices.len() * Self::SIZE);
        for &index in indices {
            pixels.extend_from_slice(&self.pixels[index as usize * Self::SIZE..][..Self::SIZE]);
        }
        let shape = [indices.len(), 1, Self::SIDE, Self::SIDE];
        Tensor::from_data(TensorData::new(pixels, shape), device)
    }
}

impl Workload {
    /// Reads the folder `name` of `folder`.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::File`].
    pub fn open(folder: &Path, name: &str) -> Result<Self, WorkloadError> {
        let folder = folder.join(name);
        let path = folder.join("meta.json");
        let wrong = |reason: String| WorkloadError::File {
            path: path.clone(),
            reason,
        };
        let text = std::fs::read_to_string(&path).map_err(|e| wrong(e.to_string()))?;
        let meta: Value = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        let number = |key: &str| meta[key].as_u64().map(|number| number as usize);
        let needed = |key| number(key).ok_or_else(|| wrong(format!("it has no number `{key}`")));
        let (batch, classes) = (needed("batch")?, needed("classes")?);
        let model = match name.split('-').next() {
            Some("lenet5") => ModelKind::Lenet5,
            Some("textcnn") => ModelKind::Textcnn,
            Some("dpcnn") => ModelKind::Dpcnn,
            _ => return Err(wrong("its folder is named after no network".to_owned())),
        };
        let (_, labels) = array::<i64>(&folder, "labels.npy")?;
        if labels
            .iter()
            .any(|label| !(0..classes as i64).contains(label))
        {
            return Err(wrong(format!(
                "labels.npy holds others than its {classes} classes"
            )));
        }
        if batch == 0 || labels.len() < batch {
            return Err(wrong(format!(
                "labels.npy holds {} labels, fewer than one batch of {batch}",
                labels.len()
            )));
        }
        let labels: Vec<u32> = labels.into_iter().map(|label| label as u32).collect();
        let misfit = |file: &str, shape: &[usize]| WorkloadError::File {
            path: folder.join(file),
            reason: format!("shape {shape:?} does not fit {} labels", labels.len()),
        };
        let samples = if model.reads_images() {
            let (shape, pixels) = array::<f32>(&folder, "images.npy")?;
            if pixels.len() != labels.len() * Pixels::SIZE {
                return Err(misfit("images.npy", &shape));
            }
            Samples::Pixels(Pixels { pixels, labels })
        } else {
            let length = needed("length")?;
            let (shape, ids) = array::<i32>(&folder, "ids.npy")?;
            let (_, lengths) = array::<i32>(&folder, "lengths.npy")?;
            if ids.len() != labels.len() * length || lengths.len() != labels.len() {
                return Err(misfit("ids.npy", &shape));
            }
            let words = needed("vocabulary")?;
            if ids
                .iter()
                .any(|id| !(0..words as i64).contains(&i64::from(*id)))
            {
                return Err(wrong(format!("ids.npy holds ids beyond its {words} words")));
            }
            if lengths
                .iter()
                .any(|l| !(0..=length as i64).contains(&i64::from(*l)))
            {
                return Err(wrong(format!("lengths.npy holds lengths beyond {length}")));
            }
            let document = |(ids, length): (&[i32], &i32)| {
                ids.iter()
                    .take(*length as usize)
                    .map(|id| *id as u32)
                    .collect()
            };
            let documents = ids.chunks_exact(length.max(1)).zip(&lengths);
            let documents = documents.map(document).collect();
            Samples::Texts(Texts { documents, labels })
        };
        Ok(Self {
            name: name.to_owned(),
            model,
            batch,
            classes,
            words: number("vocabulary").unwrap_or(0),
            length: number("length").unwrap_or(0),
            samples,
        })
    }

    /// The names of the workloads in `folder`, in alphabetical order.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::File`].
    pub fn names(folder: &Path) -> Result<Vec<String>, WorkloadError> {
        let entries = std::fs::read_dir(folder).map_err(|e| WorkloadError::File {
            path: folder.to_owned(),
            reason: e.to_string(),
        })?;
        let mut names: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.path().join("meta.json").is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort_unstable();
        Ok(names)
    }
}

/// The shape and the numbers of a NumPy file.
fn array<T: Element>(folder: &Path, name: &str) -> Result<(Vec<usize>, Vec<T>), WorkloadError> {
    let path = folder.join(name);
    let bytes = std::fs::read(&path).map_err(|e| e.to_string());
    bytes
        .and_then(|bytes| npy::read(&bytes))
        .map_err(|reason| WorkloadError::File { path, reason })
}
