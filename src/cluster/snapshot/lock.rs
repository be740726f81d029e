use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::FOLDER;
use crate::files::create_folder;

/// The right to submit sweeps of a results folder: one process at a time.
#[derive(Debug)]
pub struct Lock {
    /// Of the frozen sweeps.
    pub(super) folder: PathBuf,
    _file: File,
}

impl Lock {
    /// Waits until no other process has it.
    ///
    /// # Errors
    /// A folder that cannot be written; the message names the file.
    pub fn take(results: &Path) -> Result<Self> {
        let folder = results.join(FOLDER);
        create_folder(&folder)?;
        let folder = fs::canonicalize(&folder)
            .with_context(|| format!("cannot find the folder {}", folder.display()))?;
        let path = folder.join("lock");
        let lock = || -> std::io::Result<File> {
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        let file = lock().with_context(|| format!("cannot lock {}", path.display()))?;
        Ok(Lock { folder, _file: file })
    }
}
