//! The name of an experiment while a call trains it. Until a call has ended, nothing in the folder of results tells
//! whose it will be: two that differ would train side by side, and the last to end would replace the other's files.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use sha2::{Digest, Sha256};

use super::{Inputs, folder};
use crate::exit::usage;
use crate::experiment::Spec;
use crate::files::{check_is_no_link, create_folder, remove_old_drafts};
use crate::report;

/// A name that is held: a lock of the operating system, which ends with the process. `None` where the file system has
/// no locks.
#[derive(Debug)]
pub struct Held {
    lock: Option<Lock>,
}

/// A file that is locked, its place, and what it says of who holds it.
#[derive(Debug)]
struct Lock {
    _file: File,
    path: PathBuf,
    holder: String,
    /// Number of the folder of results, where the system numbers folders.
    number: Option<(u64, u64)>,
}

impl Held {
    const WITHOUT_LOCKS: Self = Held { lock: None };

    /// Makes sure that the folder of results is the one in which the name is held, and not another that was put in its
    /// place: by its path alone it would be taken for it.
    ///
    /// # Errors
    /// It is not; the message says where what was trained is.
    pub fn check_is_here(&self) -> Result<()> {
        let Some(Lock { path, holder, number, .. }) = &self.lock else { return Ok(()) };
        let out = path.ancestors().nth(2).unwrap_or(path);
        // Whoever empties .presented takes the lock away, and leaves the folder as it is.
        let is_cleared = !path.exists() && number.is_some() && *number == number_of(out);
        ensure!(
            is_cleared || fs::read(path).is_ok_and(|text| text == holder.as_bytes()),
            "the folder {} was moved or replaced while this call trained, and no results are written into what stands \
             there now: what was trained went with its .runs; give the folder its place back, and the same command goes \
             on",
            out.display()
        );
        Ok(())
    }
}

/// Holds the name of an experiment. Calls of the same experiment hold it together: they train its runs side by side.
///
/// # Errors
/// A usage error where a call of another experiment of that name is under way.
pub fn take(inputs: &Inputs, out: &Path) -> Result<Held> {
    folder::check(out, &inputs.spec.name)?;
    let kept = out.join(".presented");
    create_folder(&kept)?;
    let path = kept.join(format!("{}.lock", inputs.spec.name));
    let context = || format!("cannot lock {}", path.display());
    check_is_no_link(&path).with_context(context)?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(context)?;
    let own = digest(inputs);
    match file.try_lock() {
        Ok(()) => {
            write(&mut file, &own).with_context(context)?;
            // Nobody else trains under this name, and whoever was killed at it left its drafts.
            let results = out.join(&inputs.spec.name);
            [results.join(report::FIGURES), results]
                .iter()
                .for_each(|folder| remove_old_drafts(folder));
        }
        Err(TryLockError::Error(_)) => return Ok(Held::WITHOUT_LOCKS),
        Err(TryLockError::WouldBlock) => {}
    }
    // Whoever wrote it lets others in as soon as it is written.
    if file.lock_shared().is_err() {
        return Ok(Held::WITHOUT_LOCKS);
    }
    let mut holder = String::new();
    file.seek(SeekFrom::Start(0))
        .and_then(|_| file.read_to_string(&mut holder))
        .with_context(context)?;
    if holder != own {
        let folder = out.join(&inputs.spec.name);
        return usage(Err(anyhow!(
            "another call of wane is training another spec, or this one with other changes, whose results go to {} as \
             well; wait for it to end, or give this one another name (--set name=…) or another --out",
            folder.display()
        )));
    }
    Ok(Held { lock: Some(Lock { _file: file, path, holder, number: number_of(out) }) })
}

#[cfg(unix)]
fn number_of(folder: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(folder).ok().map(|found| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn number_of(_: &Path) -> Option<(u64, u64)> {
    None
}

/// Of everything that runs and their statistics depend on; not of where the text lies, which differs from machine to
/// machine.
fn digest(inputs: &Inputs) -> String {
    let Spec { seeds, fresh_seeds, cut, arms, searched, search, analysis, .. } = &inputs.spec;
    let asked = (seeds, fresh_seeds, cut, arms, searched, search, analysis);
    let digests = (inputs.corpus.digest(), &inputs.digest);
    format!("{:x}", Sha256::digest(format!("{asked:?} {digests:?}")))
}

fn write(file: &mut File, own: &str) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(own.as_bytes())
}
