//! The `wane` command line; see the library for what it does.

use std::process::ExitCode;

use clap::Parser;
use wane::cli::Cli;
use wane::exit;

// Training makes and drops large tensors all the time; glibc hands such memory back to the system and
// pays a page fault for every page that it takes again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("{}error:{} {error:#}", ERROR.render(), ERROR.render_reset());
            ExitCode::from(exit::code(&error))
        }
    }
}

const ERROR: anstyle::Style = anstyle::AnsiColor::Red.on_default().bold();
