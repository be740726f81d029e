use anyhow::Result;

use crate::backend::{adapters, has_cuda};

#[derive(clap::Args, Debug)]
pub struct Args {}

pub fn run(_args: Args) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("flex     {cores} CPU cores (default)");
    println!("ndarray  {cores} CPU cores; deprecated by Burn, slower than flex");
    let adapters = adapters();
    if adapters.is_empty() {
        println!(
            "wgpu     no adapter found; install the GPU's Vulkan driver (Debian: mesa-vulkan-drivers, libvulkan1)"
        );
    }
    for adapter in adapters {
        println!("wgpu     {adapter}");
    }
    match has_cuda() {
        true => println!("cuda     built in"),
        false => println!(
            "cuda     not in this build; `cargo build --release --features cuda` adds it (needs a network)"
        ),
    }
    Ok(())
}
