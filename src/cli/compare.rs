use std::path::PathBuf;

use anyhow::Result;

use super::experiment;
use super::output::print;
use crate::exit::usage;
use crate::report::compare;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Folder of an experiment, such as results/overfit
    left: PathBuf,
    /// Folder of another
    right: PathBuf,
}

pub fn run(args: Args) -> Result<()> {
    for folder in [&args.left, &args.right] {
        experiment::check(folder, &["experiment.json"])?;
    }
    print(&usage(compare(&args.left, &args.right))?)
}
