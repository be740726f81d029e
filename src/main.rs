//! The `wane` command line; see the library for what it does.

use std::process::ExitCode;

use clap::Parser;
use wane::cli::Cli;
use wane::exit;

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
