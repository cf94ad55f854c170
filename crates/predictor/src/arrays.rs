//! Weights by name, and taking a network out of them.

use std::collections::BTreeMap;

/// One array: its shape and its values in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// `shape.iter().product()` values.
    pub values: Vec<f32>,
}

/// Arrays by name, in the order of their names. Names are the paths of the module tree (`convs.0.weight`), layouts those of PyTorch.
pub type Arrays = BTreeMap<String, Array>;

/// Why arrays are not the weights of a network.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum FrozenError {
    /// An array is not there.
    #[error("the weights lack `{name}`; they are of another network")]
    Missing {
        /// Its name.
        name: String,
    },
    /// An array has another shape.
    #[error(
        "`{name}` is {found:?} with {values} values, expected {expected}; the weights are of another network, vocabulary or number of classes"
    )]
    Misshaped {
        /// Its name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// How many values it has.
        values: usize,
        /// The shape that fits the others, with the names of its axes.
        expected: String,
    },
    /// Arrays that this network has no place for.
    #[error("the network has no place for {names:?}; the weights are of another one")]
    Unused {
        /// Their names.
        names: Vec<String>,
    },
    /// LeNet-5 was to be made without pooling.
    #[error("LeNet-5 has two poolings: give average or max")]
    NoPooling,
    /// A setting of the network is out of its range.
    #[error("{setting} is {value}, {expected}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// Its value.
        value: usize,
        /// What would be right.
        expected: &'static str,
    },
}

/// The arrays that a network has not taken yet.
pub(crate) struct Taking(pub(crate) Arrays);

/// An axis of an expected shape: its name, and its size where it is known.
pub(crate) type Axis = (&'static str, Option<usize>);

/// The sizes and the values of an array.
pub(crate) type Taken<const D: usize> = ([usize; D], Vec<f32>);

impl Taking {
    /// Takes `name`, whose axes must be `axes`, none of them of size 0 where its size is not known; returns the sizes and the values.
    pub(crate) fn take<const D: usize>(
        &mut self,
        name: &str,
        axes: [Axis; D],
    ) -> Result<Taken<D>, FrozenError> {
        self.take_if_there(name, axes)?
            .ok_or_else(|| FrozenError::Missing {
                name: name.to_owned(),
            })
    }

    /// As [`Taking::take`], for an array that may be absent.
    pub(crate) fn take_if_there<const D: usize>(
        &mut self,
        name: &str,
        axes: [Axis; D],
    ) -> Result<Option<Taken<D>>, FrozenError> {
        let Some(array) = self.0.remove(name) else {
            return Ok(None);
        };
        let fits = |sizes: &[usize; D]| {
            let axis = |(size, (_, expected)): (&usize, &Axis)| match expected {
                Some(expected) => size == expected,
                None => *size > 0,
            };
            let product = sizes.iter().try_fold(1usize, |a, b| a.checked_mul(*b));
            sizes.iter().zip(&axes).all(axis) && product == Some(array.values.len())
        };
        match <[usize; D]>::try_from(array.shape.as_slice()) {
            Ok(sizes) if fits(&sizes) => Ok(Some((sizes, array.values))),
            _ => {
                let axis = |(name, size): &Axis| match size {
                    Some(size) => format!("{name} = {size}"),
                    None => (*name).to_owned(),
                };
                let axes: Vec<String> = axes.iter().map(axis).collect();
                Err(FrozenError::Misshaped {
                    name: name.to_owned(),
                    found: array.shape,
                    values: array.values.len(),
                    expected: format!("[{}]", axes.join(", ")),
                })
            }
        }
    }

    /// The error of arrays that are left over.
    pub(crate) fn finish(self) -> Result<(), FrozenError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let names = self.0.into_keys().collect();
        Err(FrozenError::Unused { names })
    }
}
