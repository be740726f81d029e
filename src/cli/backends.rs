use anyhow::Result;

use super::output::print;
use crate::backend::{adapters, has_cuda};
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
    lines.extend(adapters.iter().map(|name| format!("wgpu     {name}")));
    lines.push(match has_cuda() {
        true => "cuda     built in".to_owned(),
        false => "cuda     not in this build; `cargo build --release --features cuda` adds it (it \
                  downloads an LLVM bundle)"
            .to_owned(),
    });
    print(&lines.join("\n"))
}
