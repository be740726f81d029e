//! The backends that a run can train on, chosen at run time.

mod choice;

use std::fmt;

use anyhow::{Result, anyhow, bail};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use crate::exit::usage;
use crate::experiment::cost::Arithmetic;

/// A Burn backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    #[default]
    Flex,
    Ndarray,
    Wgpu,
    Cuda,
}

/// What a backend computes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// Few lanes, one worker a core.
    Cpu,
    /// Many lanes, one worker.
    Gpu,
}

impl Backend {
    /// Every backend, whether or not it is in this build and can be used here.
    pub const ALL: [Backend; 4] = [Backend::Flex, Backend::Ndarray, Backend::Wgpu, Backend::Cuda];

    /// What it is, for the help.
    pub fn description(self) -> &'static str {
        match self {
            Backend::Flex => "burn-flex, Burn's CPU backend",
            Backend::Ndarray => {
                "burn-ndarray, the older CPU backend: deprecated by Burn, several times slower than flex; needs a \
                 build with `--features ndarray`"
            }
            Backend::Wgpu => {
                "A GPU through wgpu: Vulkan, Metal or DirectX 12; needs a build with `--features wgpu`"
            }
            Backend::Cuda => "An NVIDIA GPU through CUDA; needs a build with `--features cuda`",
        }
    }

    /// As written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Flex => "flex",
            Backend::Ndarray => "ndarray",
            Backend::Wgpu => "wgpu",
            Backend::Cuda => "cuda",
        }
    }

    /// What it computes on.
    pub fn kind(self) -> DeviceKind {
        match self {
            Backend::Flex | Backend::Ndarray => DeviceKind::Cpu,
            Backend::Wgpu | Backend::Cuda => DeviceKind::Gpu,
        }
    }

    /// How it computes.
    pub fn arithmetic(self) -> Arithmetic {
        match self {
            Backend::Flex => Arithmetic::Kernels,
            Backend::Ndarray | Backend::Wgpu | Backend::Cuda => Arithmetic::Primitives,
        }
    }

    /// Whether it is in this build: all but flex are features of the crate.
    pub fn is_built(self) -> bool {
        match self {
            Backend::Flex => true,
            Backend::Ndarray => cfg!(feature = "ndarray"),
            Backend::Wgpu => cfg!(feature = "wgpu"),
            Backend::Cuda => cfg!(feature = "cuda"),
        }
    }

    /// What it needs that this build or this machine may lack.
    pub fn needs(self) -> &'static str {
        match self {
            Backend::Flex | Backend::Ndarray => "nothing but a CPU",
            Backend::Wgpu => {
                "the GPU's Vulkan driver (Debian: mesa-vulkan-drivers for AMD, Intel and a software \
                 one, with libvulkan1)"
            }
            Backend::Cuda => "NVIDIA's driver, and a network while it is built (it fetches LLVM)",
        }
    }

    /// The command that builds it in.
    pub fn build_command(self) -> String {
        format!("cargo build --release --features {self}")
    }

    /// Opens its default device, without autodiff.
    ///
    /// # Errors
    /// The backend is not in this build, or finds no device on this machine; the message says what to do.
    pub fn open(self) -> Result<Device> {
        self.check_built()?;
        match self {
            Backend::Flex => Ok(Device::flex()),
            #[cfg(feature = "ndarray")]
            #[allow(deprecated)] // Offered on purpose: the help says so.
            Backend::Ndarray => Ok(Device::ndarray()),
            #[cfg(feature = "wgpu")]
            Backend::Wgpu => open_wgpu(),
            #[cfg(feature = "cuda")]
            Backend::Cuda => Ok(Device::cuda(0usize)),
            #[allow(unreachable_patterns)] // Reached where a feature is off, after the check above.
            _ => bail!("this build has no {self} backend"),
        }
    }

    /// # Errors
    /// A usage error with the command that builds it in.
    pub fn check_built(self) -> Result<()> {
        let command = self.build_command();
        usage(match self.is_built() {
            true => Ok(()),
            false => Err(anyhow!(
                "--backend {self}: this build has only {}. `{command}` builds it in (`cargo run` takes \
                 --features {self} too); it needs {}",
                built_in(),
                self.needs()
            )),
        })
    }
}

/// Names of the backends in this build.
fn built_in() -> String {
    let built = Backend::ALL.into_iter().filter(|backend| backend.is_built());
    built.map(Backend::name).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(feature = "wgpu")]
fn open_wgpu() -> Result<Device> {
    Device::wgpu_options().init().map_err(|error| {
        anyhow!(
            "no GPU for the wgpu backend: {error}. It needs {}; or use --backend flex",
            Backend::Wgpu.needs()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_that_is_not_in_this_build_says_the_command_that_builds_it_in() {
        for backend in Backend::ALL.into_iter().filter(|backend| !backend.is_built()) {
            let said = backend.open().unwrap_err().to_string();
            let command = format!("`cargo build --release --features {backend}` builds it in");
            assert!(said.contains(&command), "{said}");
        }
    }
}
