use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::files::{check_is_no_link, check_is_plain};

/// Who trains a run, since when and from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Name of the machine.
    pub host: String,
    /// Its process there.
    pub process: u32,
    /// When it took the run, in seconds since 1970.
    pub since: u64,
    /// Optimizer steps that the run had then.
    pub from_step: usize,
}

impl Holder {
    /// This process, from now on.
    pub fn new(host: &str, from_step: usize) -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Holder {
            host: host.to_owned(),
            process: std::process::id(),
            since: since.map_or(0, |since| since.as_secs()),
            from_step,
        }
    }
}

/// The right to train a run. It is a lock of the operating system on an open file: it ends with the
/// process, however that ends, and network file systems carry it to other machines.
#[derive(Debug)]
pub struct RunLock {
    file: File,
    path: PathBuf,
}

impl RunLock {
    /// Tells others from which step the run goes on.
    pub fn announce(&mut self, holder: &Holder) -> Result<()> {
        let text = serde_json::to_vec(holder)?;
        let mut write = || -> std::io::Result<()> {
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(&text)
        };
        write().with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Panics unless it is the lock of the run in this folder, which changing its files takes.
    pub(super) fn assert_in(&self, folder: &Path) {
        assert_eq!(self.path.parent(), Some(folder), "the lock is of another run");
    }
}

/// A process that is started at this moment has the open file too until it runs its own program, and would hold the lock
/// a little longer.
impl Drop for RunLock {
    fn drop(&mut self) {
        // Closing the file lets go of it otherwise.
        let _ = self.file.unlock();
    }
}

/// How often to try again while somebody only looks at a lock, which takes microseconds.
const MOST_TRIES: usize = 1000;

/// Takes a lock; `None` while another process has it.
pub fn take(path: &Path, holder: &Holder) -> Result<Option<RunLock>> {
    let context = || format!("cannot lock {}", path.display());
    check_is_no_link(path).with_context(context)?;
    let file = open(path, true).with_context(context)?;
    match lock_past_readers(&file) {
        Ok(()) => {
            let mut lock = RunLock { file, path: path.to_owned() };
            lock.announce(holder)?;
            Ok(Some(lock))
        }
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).with_context(context),
    }
}

/// [`holder`] has a shared lock for a moment, which is no reason to call a run busy: where a shared lock can
/// be had, nobody trains.
fn lock_past_readers(file: &File) -> std::result::Result<(), TryLockError> {
    for _ in 0..MOST_TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {}
            result => return result,
        }
        file.try_lock_shared()?;
        file.unlock().map_err(TryLockError::Error)?;
        std::thread::sleep(Duration::from_millis(1));
    }
    Err(TryLockError::WouldBlock)
}

/// Who has the lock, if anyone does.
pub fn holder(path: &Path) -> Option<Holder> {
    let mut file = open(path, false).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {}
        _ => {
            let _ = file.unlock();
            return None;
        }
    }
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    let unknown = Holder { host: "?".into(), process: 0, since: 0, from_step: 0 };
    // The holder may be writing at this moment, but somebody has the lock.
    Some(serde_json::from_str(&text).unwrap_or(unknown))
}

fn open(path: &Path, create: bool) -> std::io::Result<File> {
    if path.exists() {
        check_is_plain(path)?;
    }
    OpenOptions::new().read(true).write(create).create(create).truncate(false).open(path)
}
