//! The folder of an experiment, before anything is told of it.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::exit::usage;
use crate::results::check_written;

/// Makes sure that a folder holds these files of an experiment, all of one.
///
/// # Errors
/// A usage error that names the file which is not there or cannot be looked at, and says what to do.
pub fn check(folder: &Path, files: &[&str]) -> Result<()> {
    let check_all = || {
        files.iter().try_for_each(|name| check_file(&folder.join(name)))?;
        check_written(folder)
    };
    usage(check_all())
}

/// What must not be looked at may well be there.
fn check_file(path: &Path) -> Result<()> {
    let is_missing = |kind| matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory);
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(()),
        Err(error) if !is_missing(error.kind()) => {
            Err(error).with_context(|| format!("cannot read {}", path.display()))
        }
        _ => bail!(
            "{} is not there; expected a folder that `wane sweep` wrote, such as results/overfit",
            path.display()
        ),
    }
}
