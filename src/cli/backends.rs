use anyhow::Result;

use super::output::print;
use crate::backend::{Backend, DeviceKind};
use crate::runner::cores;

#[derive(clap::Args, Debug)]
pub struct Args {}

pub fn run(_args: Args) -> Result<()> {
    let lines: Vec<String> = Backend::ALL.into_iter().flat_map(lines).collect();
    print(&lines.join("\n"))
}

/// What a backend has here: a line for each of its devices.
fn lines(backend: Backend) -> Vec<String> {
    let devices = match backend.kind() {
        _ if !backend.is_built() => {
            vec![format!("not in this build; `{}` builds it in", backend.build_command())]
        }
        DeviceKind::Cpu => vec![format!("{} CPU cores{}", cores(), remark(backend))],
        DeviceKind::Gpu => gpus(backend),
    };
    devices.into_iter().map(|device| format!("{backend:<9}{device}")).collect()
}

fn remark(backend: Backend) -> &'static str {
    match backend {
        Backend::Flex => " (default)",
        _ => "; deprecated by Burn, slower than flex",
    }
}

/// GPUs with the numbers that `--device` takes.
fn gpus(backend: Backend) -> Vec<String> {
    let names = backend.device_names();
    match names.is_empty() {
        true => vec![format!("no adapter; it needs {}", backend.needs())],
        false => names.iter().enumerate().map(|(index, name)| format!("{index}: {name}")).collect(),
    }
}
