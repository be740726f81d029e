//! Whether the numbers of an experiment's folder were written to their end. Its files are replaced one by one: until the
//! last of them is, they may be of two experiments.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::files::{create_folder, remove_durably, write_atomically};

/// The file that is there while numbers are written, and stays where they were not written to their end.
const MARK: &str = ".half-written";

const ABOUT: &str =
    "The files beside this one are being written, or were not written to their end.\n";

/// Writes numbers into the folder of an experiment, which nobody reads for its own if `write` does not come to its end.
///
/// # Errors
/// An error of `write`, or a folder that cannot be written: then nothing of it is replaced.
pub fn write_whole<T>(folder: &Path, write: impl FnOnce() -> Result<T>) -> Result<T> {
    create_folder(folder)?;
    write_atomically(&mark(folder), ABOUT.as_bytes())?;
    let written = write()?;
    remove_durably(&mark(folder))?;
    Ok(written)
}

/// Refuses a folder whose numbers were not written to their end.
///
/// # Errors
/// It is one; the message says what to do.
pub fn check_written(folder: &Path) -> Result<()> {
    ensure!(
        !is_half_written(folder),
        "the files of {} were not written to their end, and may be of two experiments: `wane collect SPEC` writes them \
         anew from the trained runs, as the same sweep does",
        folder.display()
    );
    Ok(())
}

/// Whether numbers are being written into a folder, or were not written to their end.
pub fn is_half_written(folder: &Path) -> bool {
    fs::symlink_metadata(mark(folder)).is_ok()
}

fn mark(folder: &Path) -> PathBuf {
    folder.join(MARK)
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn numbers_that_were_not_written_to_their_end_are_refused_until_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new");
        let failed: Result<()> = write_whole(&folder, || {
            assert!(check_written(&folder).is_err(), "they are being written");
            bail!("no space left")
        });
        assert_eq!(failed.unwrap_err().to_string(), "no space left");
        let error = check_written(&folder).unwrap_err().to_string();
        assert!(error.contains("not written to their end"), "{error}");
        write_whole(&folder, || Ok(())).unwrap();
        check_written(&folder).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "the mark is gone");
    }

    #[test]
    fn nothing_is_written_where_that_cannot_be_marked() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(mark(folder.path())).unwrap();
        let written = write_whole(folder.path(), || -> Result<()> { panic!("it was written") });
        assert!(written.is_err());
    }
}
