use sysinfo::System;

use crate::backend::{Backend, DeviceKind};
use crate::experiment::cost::Arithmetic;

/// What there is to train on.
#[derive(Clone, Debug)]
pub struct Machine {
    /// What the backend computes on.
    pub kind: DeviceKind,
    /// How it computes.
    pub arithmetic: Arithmetic,
    /// Cores of the CPU.
    pub cores: usize,
    /// Free memory in bytes, of the CPU even where a GPU computes.
    pub free_bytes: u64,
}

impl Machine {
    /// This machine, as it is now.
    pub fn here(backend: Backend) -> Self {
        let mut system = System::new();
        system.refresh_memory();
        let (kind, arithmetic) = (backend.kind(), backend.arithmetic());
        Machine { kind, arithmetic, cores: cores(), free_bytes: system.available_memory() }
    }
}

/// Cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
