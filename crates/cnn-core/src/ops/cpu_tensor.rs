//! What the kernels need of a tensor on a CPU backend: a slice to read, a slice to change, a `Vec` to wrap.
use burn::backend::TensorMetadata;
use burn::tensor::{Shape, TensorData};

/// A float or integer tensor whose memory is at hand.
///
/// Both CPU backends of Burn use one primitive type for floats and integers, so one trait serves all arguments.
pub trait CpuTensor: TensorMetadata + Sized {
    /// Reads the values in row-major order; a strided view is copied first.
    ///
    /// # Panics
    /// If the tensor does not hold `f32`.
    fn read<R>(&self, f: impl FnOnce(&[f32]) -> R) -> R;

    /// Reads several tensors at once, each as [`CpuTensor::read`] does.
    fn read_all<const N: usize, R>(tensors: [&Self; N], f: impl FnOnce([&[f32]; N]) -> R) -> R {
        read_from(tensors, 0, [&[]; N], f)
    }

    /// Reads integer values in row-major order.
    ///
    /// # Panics
    /// If the tensor does not hold `u32`, the type in which the CPU bodies keep winners.
    fn read_u32<R>(&self, f: impl FnOnce(&[u32]) -> R) -> R;

    /// Changes the values in place if nobody else holds this memory, and in a copy otherwise.
    ///
    /// # Panics
    /// If the tensor does not hold `f32`.
    fn edit(self, f: impl FnOnce(&mut [f32])) -> Self;

    /// Wraps values in row-major order without copying them.
    fn wrap(data: TensorData) -> Self;

    /// A float tensor of `shape` whose values `fill` writes; they start as zeros.
    fn filled(shape: impl Into<Shape>, fill: impl FnOnce(&mut [f32])) -> Self {
        let shape = shape.into();
        let mut values = vec![0.0; shape.num_elements()];
        fill(&mut values);
        Self::wrap(TensorData::new(values, shape))
    }
}

/// Reads the tensors from number `first` on; those before it are read.
fn read_from<T: CpuTensor, const N: usize, R>(
    tensors: [&T; N],
    first: usize,
    read: [&[f32]; N],
    f: impl FnOnce([&[f32]; N]) -> R,
) -> R {
    match tensors.get(first) {
        None => f(read),
        Some(tensor) => tensor.read(|values| {
            let mut read = read;
            read[first] = values;
            read_from(tensors, first + 1, read, f)
        }),
    }
}

#[cfg(feature = "flex")]
mod flex {
    use super::{CpuTensor, TensorData};
    use burn::backend::flex::FlexTensor;

    impl CpuTensor for FlexTensor {
        fn read<R>(&self, f: impl FnOnce(&[f32]) -> R) -> R {
            match self.as_slice::<f32>() {
                Some(values) => f(values),
                None => f(self
                    .to_contiguous()
                    .as_slice::<f32>()
                    .expect("a tensor of f32")),
            }
        }

        fn read_u32<R>(&self, f: impl FnOnce(&[u32]) -> R) -> R {
            match self.as_slice::<u32>() {
                Some(values) => f(values),
                None => f(self
                    .to_contiguous()
                    .as_slice::<u32>()
                    .expect("a tensor of u32")),
            }
        }

        fn edit(self, f: impl FnOnce(&mut [f32])) -> Self {
            let layout = self.layout();
            let fills_its_memory = layout.is_contiguous()
                && layout.start_offset() == 0
                && self.bytes().len() == layout.num_elements() * size_of::<f32>();
            let mut tensor = if fills_its_memory {
                self
            } else {
                Self::from_data(self.into_data())
            };
            f(tensor.storage_mut::<f32>());
            tensor
        }

        fn wrap(data: TensorData) -> Self {
            Self::from_data(data)
        }
    }
}

#[cfg(feature = "ndarray")]
mod ndarray {
    use super::{CpuTensor, TensorData};
    use burn::backend::TensorMetadata;
    use burn::backend::ndarray::NdArrayTensor;

    impl CpuTensor for NdArrayTensor {
        fn read<R>(&self, f: impl FnOnce(&[f32]) -> R) -> R {
            let Self::F32(storage) = self else {
                panic!("a tensor of f32, not of {:?}", self.dtype())
            };
            f(storage
                .view()
                .as_standard_layout()
                .as_slice()
                .expect("standard layout"))
        }

        fn read_u32<R>(&self, f: impl FnOnce(&[u32]) -> R) -> R {
            let Self::U32(storage) = self else {
                panic!("a tensor of u32, not of {:?}", self.dtype())
            };
            f(storage
                .view()
                .as_standard_layout()
                .as_slice()
                .expect("standard layout"))
        }

        fn edit(self, f: impl FnOnce(&mut [f32])) -> Self {
            let Self::F32(storage) = self else {
                panic!("a tensor of f32, not of {:?}", self.dtype())
            };
            let mut array = storage.into_shared();
            if !array.is_standard_layout() {
                array = array.as_standard_layout().into_owned().into_shared();
            }
            f(array.as_slice_mut().expect("standard layout")); // copies only if shared
            array.into()
        }

        fn wrap(data: TensorData) -> Self {
            Self::from_data(data)
        }
    }
}

/// Calls the macro `$implement` with the type of each CPU backend that is compiled in.
macro_rules! on_cpu_backends {
    ($implement:ident) => {
        #[cfg(feature = "flex")]
        $implement!(burn::backend::Flex);
        #[cfg(feature = "ndarray")]
        $implement!(burn::backend::NdArray);
    };
}
pub(crate) use on_cpu_backends;

/// The default bodies of an operation on the backends of CubeCL (wgpu, CUDA): an empty implementation of its trait.
macro_rules! default_on_gpu {
    ($operation:ident) => {
        #[cfg(any(feature = "wgpu", feature = "cuda"))]
        impl $operation for burn::backend::Cube {}
    };
}
pub(crate) use default_on_gpu;
