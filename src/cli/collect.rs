use std::path::PathBuf;

use anyhow::Result;

use super::arguments::SpecArgs;
use super::output::print;
use crate::session::collect::collect;

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
}

pub fn run(args: Args) -> Result<()> {
    collect(args.spec.into(), args.out, args.replace, &print)
}
