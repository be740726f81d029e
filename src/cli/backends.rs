use anyhow::Result;

use super::output::print;
use crate::backend::{Backend, adapters, has_cuda};
use crate::runner::cores;

#[derive(clap::Args, Debug)]
pub struct Args {}

pub fn run(_args: Args) -> Result<()> {
    let cores = cores();
    let mut lines = vec![
        format!("flex     {cores} CPU cores (default)"),
        format!("ndarray  {cores} CPU cores; deprecated by Burn, slower than flex"),
    ];
    let adapters = adapters();
    if adapters.is_empty() {
        lines.push(
            "wgpu     no adapter; install the GPU's Vulkan driver (Debian: mesa-vulkan-drivers, \
             libvulkan1)"
                .to_owned(),
        );
    }
    lines.extend(numbered("wgpu", &adapters));
    lines.extend(cuda());
    print(&lines.join("\n"))
}

fn cuda() -> Vec<String> {
    let devices = Backend::Cuda.device_names();
    match (has_cuda(), devices.is_empty()) {
        (true, false) => numbered("cuda", &devices),
        (true, true) => vec!["cuda     built in, but no GPU is found".to_owned()],
        (false, _) => vec![
            "cuda     not in this build; `cargo build --release --features cuda` adds it (it \
             downloads an LLVM bundle)"
                .to_owned(),
        ],
    }
}

/// GPUs with the numbers that `--device` takes.
fn numbered(backend: &str, names: &[String]) -> Vec<String> {
    names.iter().enumerate().map(|(index, name)| format!("{backend}     {index}: {name}")).collect()
}
