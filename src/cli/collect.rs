use std::path::PathBuf;

use anyhow::Result;

use super::arguments::SpecArgs;
use super::output::answer;
use crate::session::collect::{collect, go_on};

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// Folder of results
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// Replace the results of another experiment of the same name
    #[arg(long)]
    replace: bool,
    /// Submit what a frozen search asks for now that its runs have ended
    #[arg(long, hide = true, conflicts_with = "replace")]
    go_on: bool,
}

pub fn run(args: Args) -> Result<()> {
    match args.go_on {
        true => go_on(&args.spec.into(), &answer),
        false => collect(args.spec.into(), args.out, args.replace, &answer),
    }
}
