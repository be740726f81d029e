//! The backends that a run can train on, chosen at run time.

mod choice;

use std::fmt;

use anyhow::{Result, anyhow};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use crate::experiment::cost::Arithmetic;

/// A Burn backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
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
    /// Every backend, whether or not it can be used here.
    pub const ALL: [Backend; 4] = [Backend::Flex, Backend::Ndarray, Backend::Wgpu, Backend::Cuda];

    /// What it is, for the help.
    pub fn description(self) -> &'static str {
        match self {
            Backend::Flex => "burn-flex, Burn's CPU backend",
            Backend::Ndarray => {
                "burn-ndarray, the older CPU backend; deprecated by Burn, several times slower than flex"
            }
            Backend::Wgpu => "A GPU through wgpu: Vulkan, Metal or DirectX 12",
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

    /// Opens its default device, without autodiff.
    ///
    /// # Errors
    /// No such device on this machine; the message says what to install.
    pub fn open(self) -> Result<Device> {
        match self {
            Backend::Flex => Ok(Device::flex()),
            #[allow(deprecated)] // Offered on purpose: the help says so.
            Backend::Ndarray => Ok(Device::ndarray()),
            Backend::Wgpu => open_wgpu(),
            Backend::Cuda => open_cuda(),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

fn open_wgpu() -> Result<Device> {
    Device::wgpu_options().init().map_err(|error| {
        anyhow!(
            "no GPU for the wgpu backend: {error}. Install the GPU's Vulkan driver (on Debian \
             `mesa-vulkan-drivers` holds drivers for AMD and Intel and a software one, with \
             `libvulkan1`), or use --backend flex"
        )
    })
}

#[cfg(feature = "cuda")]
fn open_cuda() -> Result<Device> {
    Ok(Device::cuda(0usize))
}

#[cfg(not(feature = "cuda"))]
fn open_cuda() -> Result<Device> {
    Err(anyhow!(
        "this build has no cuda backend; build with `cargo build --release --features cuda` (it \
         downloads an LLVM bundle), or use --backend wgpu, which reaches NVIDIA GPUs through Vulkan"
    ))
}

/// Whether this build has the cuda backend.
pub fn has_cuda() -> bool {
    cfg!(feature = "cuda")
}

/// Names of the adapters that the wgpu backend finds here.
pub fn adapters() -> Vec<String> {
    Backend::Wgpu.device_names()
}
