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
    /// Memory in bytes that this process may still take, of the CPU even where a GPU computes.
    pub free_bytes: u64,
}

impl Machine {
    /// This machine, as it is now.
    pub fn here(backend: Backend) -> Self {
        let (kind, arithmetic) = (backend.kind(), backend.arithmetic());
        Machine { kind, arithmetic, cores: cores(), free_bytes: free_bytes() }
    }
}

/// What is available, within the limits of the control group and of the process.
fn free_bytes() -> u64 {
    let mut system = System::new();
    system.refresh_memory();
    let group = system.cgroup_limits().map(|limits| limits.total_memory.saturating_sub(limits.rss));
    let limits = [Some(system.available_memory()), group, address_space()];
    limits.into_iter().flatten().min().unwrap_or(0)
}

/// The limit that `ulimit -v` sets, on Linux.
fn address_space() -> Option<u64> {
    address_space_in(&std::fs::read_to_string("/proc/self/limits").ok()?)
}

fn address_space_in(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The most memory in bytes that this process has held so far, on Linux.
pub fn peak_bytes() -> Option<u64> {
    peak_in(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn peak_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}

/// Cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_on_the_address_space_is_read_and_none_is_none() {
        let line = |limit: &str| {
            format!("Limit  Soft Limit\nMax address space         {limit} unlimited bytes\n")
        };
        assert_eq!(address_space_in(&line("6144000000")), Some(6_144_000_000));
        assert_eq!(address_space_in(&line("unlimited")), None);
        assert_eq!(address_space_in(""), None);
    }

    #[test]
    fn the_most_memory_that_was_held_is_read() {
        assert_eq!(peak_in("VmPeak:\t  99 kB\nVmHWM:\t     2048 kB\nThreads: 1\n"), Some(2 << 20));
        assert_eq!(peak_in("VmHWM: much"), None);
    }
}
