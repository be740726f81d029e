use sysinfo::{CpuRefreshKind, RefreshKind, System};

use super::machine::cores;
use crate::backend::{Backend, DeviceKind};
use crate::record::Provenance;

/// Git commit this was built from, `-dirty` where the tree had changes, `unknown` outside of git.
pub const COMMIT: &str = env!("WANE_COMMIT");

impl Provenance {
    /// Of a call of this program on this machine, on the device that the user asked for.
    pub fn of_call(
        backend: Backend,
        device: Option<&str>,
        jobs: usize,
        command: Vec<String>,
    ) -> Self {
        Provenance {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: COMMIT.to_owned(),
            backend: backend.to_string(),
            adapter: adapter(backend, device),
            host: System::host_name().unwrap_or_else(|| "unknown".to_owned()),
            cores: cores(),
            jobs,
            command,
        }
    }
}

fn adapter(backend: Backend, device: Option<&str>) -> String {
    let name = match backend.kind() {
        DeviceKind::Gpu => backend.device_name(device),
        DeviceKind::Cpu => {
            let what = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing());
            let system = System::new_with_specifics(what);
            system.cpus().first().map(|cpu| cpu.brand().trim().to_owned())
        }
    };
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}
