mod get;
mod prepare;

use anyhow::Result;
use clap::Subcommand;

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Download a public text and check its SHA-256
    Get(get::Args),
    /// Write texts of any size as files of tokens, for many runs and for nanoGPT
    Prepare(prepare::Args),
}

pub fn run(args: Args) -> Result<()> {
    match args.command {
        Command::Get(args) => get::run(args),
        Command::Prepare(args) => prepare::run(args),
    }
}
