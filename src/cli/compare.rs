use std::path::PathBuf;

use anyhow::{Result, ensure};

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
        usage((|| {
            ensure!(
                folder.join("experiment.json").is_file(),
                "{} holds no experiment; expected a folder that `wane sweep` wrote",
                folder.display()
            );
            Ok(())
        })())?;
    }
    print(&usage(compare(&args.left, &args.right))?)
}
