//! The `wane` command line; see the library for what it does.

use std::io::ErrorKind;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use wane::cli::Cli;
use wane::{exit, talk, terminal};

// Training makes and drops large tensors all the time; glibc hands such memory back to the system and
// pays a page fault for every page that it takes again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    quiet_graphics();
    terminal::restore_on_panic();
    match Cli::try_parse() {
        Ok(cli) => conclude(exit::with_threads(|| cli.run())),
        Err(shown) => answer(&shown),
    }
}

fn conclude(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            talk::say(&format!("{}error:{} {error:#}", ERROR.render(), ERROR.render_reset()));
            ExitCode::from(exit::code(&error))
        }
    }
}

/// Shows help, which was asked for and must arrive, or what is wrong with the command line.
fn answer(shown: &clap::Error) -> ExitCode {
    match shown.print() {
        Err(error) if !shown.use_stderr() && error.kind() != ErrorKind::BrokenPipe => {
            conclude(Err(error).context("cannot write to stdout"))
        }
        _ => ExitCode::from(u8::try_from(shown.exit_code()).unwrap_or(1)),
    }
}

/// Without this variable Wayland's library complains on stderr each time that a GPU is looked for, though
/// nothing is drawn on a screen.
fn quiet_graphics() {
    const VARIABLE: &str = "XDG_RUNTIME_DIR";
    if cfg!(target_os = "linux") && std::env::var_os(VARIABLE).is_none() {
        // SAFETY: no other thread runs yet that could read the environment.
        unsafe { std::env::set_var(VARIABLE, std::env::temp_dir()) };
    }
}

const ERROR: anstyle::Style = anstyle::AnsiColor::Red.on_default().bold();
