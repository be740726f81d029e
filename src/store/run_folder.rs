//! The files of a run by their names, and what stands in them.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

use crate::config::RunConfig;
use crate::files::check_is_plain;
use crate::record::End;

pub const CONFIG: &str = "config.json";
pub const CURVE: &str = "curve.csv";
pub const CHECKPOINT: &str = "checkpoint.safetensors";
pub const BEST: &str = "best.safetensors";
pub const END: &str = "end.json";
pub const LOCK: &str = "lock";

/// The configuration in a run's folder, if it can be read.
pub fn config(folder: &Path) -> Option<RunConfig> {
    config_of(folder).ok().flatten()
}

/// The configuration in a run's folder, if there is one.
///
/// # Errors
/// A file that cannot be read; the message names it.
pub fn config_of(folder: &Path) -> Result<Option<RunConfig>> {
    read_json(&folder.join(CONFIG))
}

/// The end of a run, if it can be read.
pub fn end(folder: &Path) -> Option<End> {
    read_json(&folder.join(END)).ok().flatten()
}

/// What stands in a curve file.
pub fn curve_file(path: &Path) -> Result<Vec<u8>> {
    read_file(path)?.with_context(|| format!("{} is missing", path.display()))
}

/// Whether anything lies there.
pub fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    read_file(path)?.map(|text| of_json(&text, path)).transpose()
}

/// What the text of a file says; the path is that of the file.
pub fn of_json<T: DeserializeOwned>(text: &[u8], path: &Path) -> Result<T> {
    serde_json::from_slice(text).with_context(|| format!("{} is damaged", path.display()))
}

/// What stands in a file, if it is there.
pub fn read_file(path: &Path) -> Result<Option<Vec<u8>>> {
    match check_is_plain(path).and_then(|()| fs::read(path)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound && !exists(path) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
