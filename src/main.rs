//! The `wane` command line; see the library for what it does.

use std::process::ExitCode;

use clap::Parser;
use wane::cli::Cli;
use wane::usage::is_usage_error;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("{}error:{} {error:#}", ERROR.render(), ERROR.render_reset());
            ExitCode::from(if is_usage_error(&error) { 2 } else { 1 })
        }
    }
}

const ERROR: anstyle::Style = anstyle::AnsiColor::Red.on_default().bold();
