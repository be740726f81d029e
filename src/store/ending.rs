//! How a run ended, as its files tell it: they are checked again only where they have changed.

use std::fs::{self, Metadata};
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};

use super::run_folder::{CONFIG, CURVE, END, config_of, curve_file, of_json, read_file};
use super::seal;
use crate::record::{End, Status};

/// Length and time of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    length: u64,
    pub written: Option<SystemTime>,
}

impl Seen {
    fn of(about: &Metadata) -> Self {
        Seen { length: about.len(), written: about.modified().ok() }
    }

    pub fn at(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().as_ref().map(Self::of)
    }
}

/// The files that tell the end of a run as they stand: while these are the same, so is what they tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    pub(super) end: Option<Seen>,
    /// Of a run that has ended: before that a curve grows, and has no checksum.
    curve: Option<Seen>,
    config: Option<Seen>,
}

impl Marks {
    pub(super) fn of(folder: &Path) -> Self {
        let end = Seen::at(&folder.join(END));
        let of_ended = |file| end.and_then(|_| Seen::at(&folder.join(file)));
        Marks { end, curve: of_ended(CURVE), config: of_ended(CONFIG) }
    }
}

/// The end of the run in a folder; `None` before it. The curve of one that failed has no checksum: it may go on.
///
/// # Errors
/// An end that cannot be read, or files that are not as the run left them; the message names them.
pub fn checked(folder: &Path) -> Result<Option<End>> {
    let path = folder.join(END);
    let Some(text) = read_file(&path)? else { return Ok(None) };
    let end: End = of_json(&text, &path)?;
    if end.status != Status::Failed {
        let id = folder.file_name().context("the folder of a run has a name")?.to_string_lossy();
        let config = config_of(folder)?.with_context(|| format!("{CONFIG} is missing"))?;
        ensure!(config.id().as_str() == id, "{CONFIG} describes another run");
        seal::check(&text, &id, &curve_file(&folder.join(CURVE))?)?;
    }
    Ok(Some(end))
}
