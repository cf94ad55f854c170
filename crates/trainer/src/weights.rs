//! Weights by name: what a module holds, as plain arrays, and back again; read and written as safetensors.
//!
//! Names are the paths of the module tree (`convs.0.weight`) and layouts are those of PyTorch, so that a file
//! written here loads there without a converter. Names of enum variants are left out of the path.

use std::borrow::Cow;
use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, View, serialize};

pub use predictor::{Array, Arrays};

/// Why weights could not be read or do not fit a module.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum WeightsError {
    /// The bytes are no safetensors file.
    #[error("not a safetensors file: {reason}")]
    Format {
        /// The reader's words.
        reason: String,
    },
    /// A tensor has another element type than f32.
    #[error("tensor `{name}` holds {dtype}, expected F32; convert the file to float32")]
    ElementType {
        /// The tensor's name.
        name: String,
        /// What it holds.
        dtype: String,
    },
    /// The names or shapes differ from the module's.
    #[error(
        "the weights do not fit this network (missing: {missing:?}; not used: {unused:?}; of another shape: {misshaped:?}); \
             they come from another model, vocabulary or number of classes"
    )]
    Mismatch {
        /// Parameters of the module that the file lacks.
        missing: Vec<String>,
        /// Tensors of the file that the module lacks.
        unused: Vec<String>,
        /// `name: found [..], expected [..]`.
        misshaped: Vec<String>,
    },
}

/// The module tree's current path, without the names of enum variants.
#[derive(Default)]
pub(crate) struct Path {
    names: Vec<Option<String>>,
}

impl Path {
    pub(crate) fn enter(&mut self, name: &str, container: &str) {
        self.names
            .push((!container.starts_with("Enum:")).then(|| name.to_owned()));
    }

    pub(crate) fn exit(&mut self) {
        self.names.pop();
    }

    pub(crate) fn joined(&self) -> String {
        self.names
            .iter()
            .flatten()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(".")
    }
}

struct Collect {
    path: Path,
    arrays: Arrays,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        let shape = tensor.dims().to_vec();
        self.arrays.insert(
            self.path.joined(),
            Array {
                shape,
                values: values_of(tensor),
            },
        );
    }
}

/// Copies a tensor's values to the host, in row-major order.
pub fn values_of<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor
        .inner()
        .into_data_as::<f32>()
        .try_into_vec::<f32>()
        .expect("the data was just converted to f32")
}

/// Copies every float parameter of a module to the host.
pub fn collect<M: Module>(module: &M) -> Arrays {
    let mut visitor = Collect {
        path: Path::default(),
        arrays: Arrays::new(),
    };
    module.visit(&mut visitor);
    visitor.arrays
}

struct Apply<'a> {
    path: Path,
    arrays: &'a Arrays,
}

impl ModuleMapper for Apply<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let array = &self.arrays[&self.path.joined()];
        param.map(|old| {
            let device = old.device();
            let data = TensorData::new(array.values.clone(), array.shape.clone());
            let new = Tensor::<D>::from_data(data, &device.clone().without_autodiff());
            if device.is_autodiff() {
                Tensor::from_inner(new).set_require_grad(old.is_require_grad())
            } else {
                new
            }
        })
    }
}

/// Puts `arrays` in the place of the module's parameters.
///
/// # Errors
///
/// [`WeightsError::Mismatch`] unless names and shapes are the module's exactly; the module is then lost to the
/// caller only in that it was moved in.
pub fn apply<M: Module>(module: M, arrays: &Arrays) -> Result<M, WeightsError> {
    let shapes = shapes(&module);
    let missing: Vec<_> = shapes
        .keys()
        .filter(|name| !arrays.contains_key(*name))
        .cloned()
        .collect();
    let unused: Vec<_> = arrays
        .keys()
        .filter(|name| !shapes.contains_key(*name))
        .cloned()
        .collect();
    let misshaped: Vec<_> = shapes
        .iter()
        .filter_map(|(name, expected)| {
            let found = &arrays.get(name)?.shape;
            (found != expected).then(|| format!("{name}: found {found:?}, expected {expected:?}"))
        })
        .collect();
    if !(missing.is_empty() && unused.is_empty() && misshaped.is_empty()) {
        return Err(WeightsError::Mismatch {
            missing,
            unused,
            misshaped,
        });
    }
    Ok(module.map(&mut Apply {
        path: Path::default(),
        arrays,
    }))
}

struct Shapes {
    path: Path,
    shapes: BTreeMap<String, Vec<usize>>,
}

impl ModuleVisitor for Shapes {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.shapes
            .insert(self.path.joined(), param.val().dims().to_vec());
    }
}

fn shapes<M: Module>(module: &M) -> BTreeMap<String, Vec<usize>> {
    let mut visitor = Shapes {
        path: Path::default(),
        shapes: BTreeMap::new(),
    };
    module.visit(&mut visitor);
    visitor.shapes
}

/// An array as the library writes it.
struct Written<'a>(&'a Array);

impl View for Written<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let mut bytes = Vec::with_capacity(self.data_len());
        for value in &self.0.values {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        Cow::Owned(bytes)
    }

    fn data_len(&self) -> usize {
        4 * self.0.values.len()
    }
}

/// The bytes of a safetensors file with these arrays and, in its header, `metadata` in the order of its keys: equal
/// arrays and metadata give equal bytes.
pub fn to_safetensors(arrays: &Arrays, metadata: &[(&str, &str)]) -> Vec<u8> {
    let written = arrays.iter().map(|(name, array)| (name, Written(array)));
    let bare =
        serialize(written, None).expect("names are unique and every array matches its shape");
    if metadata.is_empty() {
        return bare;
    }
    // The library takes metadata as a hash map, whose order differs from run to run, so it is put in here: a file is
    // the header's length (8 bytes), the header (JSON, padded with blanks to 8 bytes), the data.
    let (length, rest) = bare.split_at(8);
    let length = u64::from_le_bytes(length.try_into().expect("8 bytes")) as usize;
    let (header, data) = rest.split_at(length);
    let header = std::str::from_utf8(header)
        .expect("the header is JSON")
        .trim_end();
    let metadata: BTreeMap<&str, &str> = metadata.iter().copied().collect();
    let metadata = serde_json::to_string(&metadata).expect("texts are JSON");
    let comma = if header == "{}" { "" } else { "," };
    let mut header = format!("{{\"__metadata__\":{metadata}{comma}{}", &header[1..]);
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(data);
    bytes
}

/// Reads what [`to_safetensors`] (or PyTorch) wrote.
///
/// # Errors
///
/// [`WeightsError::Format`] on damaged bytes, [`WeightsError::ElementType`] on anything but f32.
pub fn from_safetensors(bytes: &[u8]) -> Result<Arrays, WeightsError> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| WeightsError::Format {
        reason: e.to_string(),
    })?;
    file.iter()
        .map(|(name, view)| {
            if view.dtype() != Dtype::F32 {
                return Err(WeightsError::ElementType {
                    name: name.to_owned(),
                    dtype: format!("{:?}", view.dtype()),
                });
            }
            let (chunks, _) = view.data().as_chunks::<4>();
            let values = chunks
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect();
            Ok((
                name.to_owned(),
                Array {
                    shape: view.shape().to_vec(),
                    values,
                },
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrays() -> Arrays {
        let array = |shape: &[usize], values: &[f32]| Array {
            shape: shape.to_vec(),
            values: values.to_vec(),
        };
        Arrays::from([
            (
                "a.weight".to_owned(),
                array(&[2, 2], &[1.0, -0.0, f32::MIN_POSITIVE, 4.5]),
            ),
            ("b.bias".to_owned(), array(&[0], &[])),
        ])
    }

    #[test]
    fn a_file_gives_back_its_bits() {
        let bytes = to_safetensors(&arrays(), &[("format", "pt")]);
        assert_eq!(from_safetensors(&bytes).unwrap(), arrays());
    }

    #[test]
    fn metadata_lie_in_the_order_of_their_keys() {
        let bytes = to_safetensors(&arrays(), &[("model", "x"), ("format", "pt"), ("a", "\"")]);
        let text = String::from_utf8_lossy(&bytes[8..]).into_owned();
        let expected = r#"{"__metadata__":{"a":"\"","format":"pt","model":"x"},"#;
        assert!(text.starts_with(expected), "{text}");
        assert_eq!(from_safetensors(&bytes).unwrap(), arrays());
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        assert_eq!(header.metadata().as_ref().unwrap()["format"], "pt");
        let empty = to_safetensors(&Arrays::new(), &[("format", "pt")]);
        assert_eq!(from_safetensors(&empty).unwrap(), Arrays::new());
    }

    #[test]
    fn every_cut_of_a_file_is_an_error() {
        let bytes = to_safetensors(&arrays(), &[("format", "pt")]);
        for end in 0..bytes.len() {
            assert!(from_safetensors(&bytes[..end]).is_err(), "cut at {end}");
        }
    }
}
