//! Which backends were compiled in, and a device of one by name.
use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;

/// A backend that this workspace knows, compiled in or not.
///
/// Several can be in one binary; this picks one at run time.
///
/// Do not use `Device::default()` beside it: Burn then takes the first backend that was *compiled*, GPUs before CPUs, and
/// panics where there is no GPU. Some of Burn's own functions call it (`ModuleOptimizer::load_record`, a `DataLoaderBuilder`
/// without `set_device`); a program that needs those sets the environment variable `BURN_DEVICE`, for instance `flex`,
/// before it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// Burn's CPU backend, with the fast kernels of this workspace.
    Flex,
    /// Burn's older CPU backend, with the same kernels. It ends upstream with Burn 0.22.
    NdArray,
    /// Any GPU through Vulkan, Metal, DirectX 12 or WebGPU.
    Wgpu,
    /// NVIDIA GPUs.
    Cuda,
}

/// Why there is no device of a backend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// The backend was not compiled in.
    #[error(
        "this program was built without the backend `{backend}`; build it with the cargo feature `{backend}` (it has: {compiled})"
    )]
    NotBuilt {
        /// The backend asked for; its feature has the same name.
        backend: Backend,
        /// Names of those that were compiled in.
        compiled: String,
    },
    /// No device could be had: no GPU, no driver.
    #[error("the backend `{backend}` found no device that works ({reason}); {}", .backend.needs())]
    Unavailable {
        /// The backend asked for.
        backend: Backend,
        /// What its driver said.
        reason: String,
    },
    /// No backend has this name.
    #[error("there is no backend `{name}`; there are flex, ndarray, wgpu and cuda")]
    Unknown {
        /// The name asked for.
        name: String,
    },
}

impl Backend {
    /// All backends, compiled in or not.
    pub const ALL: [Self; 4] = [Self::Flex, Self::NdArray, Self::Wgpu, Self::Cuda];

    /// The name of the backend, and of the cargo feature that builds it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flex => "flex",
            Self::NdArray => "ndarray",
            Self::Wgpu => "wgpu",
            Self::Cuda => "cuda",
        }
    }

    /// What a machine must have for the backend to work.
    fn needs(self) -> &'static str {
        match self {
            Self::Flex | Self::NdArray => "it needs nothing but a CPU",
            Self::Wgpu => {
                "it needs a driver for Vulkan, Metal or DirectX 12 (without a GPU Mesa's software Vulkan will do, \
                 on Debian `apt-get install mesa-vulkan-drivers`), or take the backend `flex`, which computes on the CPU"
            }
            Self::Cuda => {
                "it needs an NVIDIA GPU and its driver (`nvidia-smi` lists them), or take the backend `flex`, which \
                 computes on the CPU"
            }
        }
    }

    /// The backends of this program, the best one to take without being asked first: CPUs before GPUs, since a CPU is
    /// always there.
    pub fn compiled() -> Vec<Self> {
        Self::ALL
            .into_iter()
            .filter(|backend| backend.is_compiled())
            .collect()
    }

    /// Whether this program was built with the backend.
    pub fn is_compiled(self) -> bool {
        match self {
            Self::Flex => cfg!(feature = "flex"),
            Self::NdArray => cfg!(feature = "ndarray"),
            Self::Wgpu => cfg!(feature = "wgpu"),
            Self::Cuda => cfg!(feature = "cuda"),
        }
    }

    /// Whether it computes on the CPU with the kernels of `cnn-kernels`, whose bits are promised.
    pub fn runs_our_kernels(self) -> bool {
        matches!(self, Self::Flex | Self::NdArray)
    }

    /// The default device of the backend, without automatic differentiation (`device.autodiff()` adds it).
    ///
    /// # Errors
    /// If the backend was not compiled in, or its device does not answer.
    ///
    /// ```
    /// use cnn_core::backend::{Backend, BackendError};
    ///
    /// match "cuda".parse::<Backend>().unwrap().device() {
    ///     Err(BackendError::NotBuilt { backend, .. }) => assert_eq!(backend, Backend::Cuda),
    ///     Err(BackendError::Unavailable { reason, .. }) => println!("no GPU: {reason}"),
    ///     Ok(device) => println!("{device:?}"),
    ///     Err(error) => unreachable!("{error}"),
    /// }
    /// ```
    pub fn device(self) -> Result<Device, BackendError> {
        match self {
            #[cfg(feature = "flex")]
            Self::Flex => Ok(Device::flex()),
            #[cfg(feature = "ndarray")]
            Self::NdArray => Ok(Device::ndarray()),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => gpu::wgpu(),
            #[cfg(feature = "cuda")]
            Self::Cuda => gpu::cuda(),
            #[allow(unreachable_patterns)] // reachable unless all four are compiled in
            backend => Err(BackendError::NotBuilt {
                backend,
                compiled: Self::compiled()
                    .iter()
                    .map(|b| b.name())
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        }
    }
}

/// Whether operations on `device` are computed by the kernels of `cnn-kernels`, with automatic differentiation or without.
pub fn runs_our_kernels(device: &Device) -> bool {
    let device = device.clone().without_autodiff();
    Backend::compiled()
        .into_iter()
        .filter(|backend| backend.runs_our_kernels())
        .any(|backend| backend.device().is_ok_and(|cpu| cpu == device))
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Backend {
    type Err = BackendError;

    fn from_str(name: &str) -> Result<Self, BackendError> {
        let found = Self::ALL.into_iter().find(|backend| backend.name() == name);
        found.ok_or_else(|| BackendError::Unknown {
            name: name.to_owned(),
        })
    }
}

/// Devices that may not be there. Each is asked for once per process: a runtime cannot be set up twice.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
mod gpu {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::OnceLock;

    use burn::tensor::{Device, Tensor};

    use super::{Backend, BackendError};

    #[cfg(feature = "wgpu")]
    pub(super) fn wgpu() -> Result<Device, BackendError> {
        static DEVICE: OnceLock<Result<Device, BackendError>> = OnceLock::new();
        DEVICE
            .get_or_init(|| {
                answered(Backend::Wgpu, || {
                    Device::wgpu_options()
                        .init()
                        .map_err(|error| error.to_string())
                })
            })
            .clone()
    }

    #[cfg(feature = "cuda")]
    pub(super) fn cuda() -> Result<Device, BackendError> {
        static DEVICE: OnceLock<Result<Device, BackendError>> = OnceLock::new();
        DEVICE
            .get_or_init(|| answered(Backend::Cuda, || Ok(Device::cuda(0))))
            .clone()
    }

    /// The device, once it has computed something: some drivers fail at the first use only, and by a panic.
    fn answered(
        backend: Backend,
        open: impl FnOnce() -> Result<Device, String>,
    ) -> Result<Device, BackendError> {
        let attempt = catch_unwind(AssertUnwindSafe(|| {
            let device = open()?;
            let sum = Tensor::<1>::ones([4], &device).sum();
            match sum.try_into_data().map(|data| data.try_to_vec::<f32>()) {
                Ok(Ok(sum)) if sum == [4.0] => Ok(device),
                Ok(other) => Err(format!("1 + 1 + 1 + 1 gave {other:?}")),
                Err(error) => Err(error.to_string()),
            }
        }));
        let outcome = attempt.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(text.unwrap_or("its driver panicked").to_owned())
        });
        outcome.map_err(|reason| BackendError::Unavailable { backend, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_that_was_not_built_is_an_error_that_names_its_feature() {
        for backend in Backend::ALL
            .into_iter()
            .filter(|backend| !backend.is_compiled())
        {
            let error = backend.device().expect_err("not compiled in");
            let feature = format!("cargo feature `{}`", backend.name());
            assert!(error.to_string().contains(&feature), "{error}");
            assert!(matches!(error, BackendError::NotBuilt { backend: b, .. } if b == backend));
        }
    }

    #[test]
    fn names_are_read_back_and_others_refused() {
        for backend in Backend::ALL {
            assert_eq!(backend.name().parse(), Ok(backend));
        }
        let error = "tpu".parse::<Backend>().expect_err("no such backend");
        assert_eq!(
            error,
            BackendError::Unknown {
                name: "tpu".to_owned()
            }
        );
    }
}
