//! Reading `mechanism.csv`. A part of it looks like a smaller experiment: an arm would vanish without a word.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::columns::{REMEDY, is_newest};
use super::{MechanismRow, RunRow, read_csv};
use crate::config::{Form, Mask};
use crate::record::Status;

/// A run as one arm has it: several may share it.
type OfArm<'a> = (&'a str, Form, Option<Mask>, &'a str);

/// Reads `mechanism.csv` of an experiment's folder, whose `runs.csv` has these rows; nothing of a folder of an older
/// version, which has none.
///
/// # Errors
/// A file that does not have these columns, or lacks rows of a run that ended; the message names it.
pub fn read_mechanism(folder: &Path, runs: &[RunRow]) -> Result<Vec<MechanismRow>> {
    let path = path_in(folder);
    if is_missing(&path) {
        return Ok(Vec::new());
    }
    let rows = read_csv(&path)?;
    if let Some(run) = first_missing(runs, &rows) {
        bail!(
            "{} lacks rows of run {run}, which ended: it was cut short, or is of other runs; {REMEDY}",
            path.display()
        );
    }
    Ok(rows)
}

/// Whether `mechanism.csv` is missing in a folder of this version, which wrote one.
pub fn lost_mechanism(folder: &Path) -> bool {
    is_missing(&path_in(folder)) && is_newest::<RunRow>(&folder.join("runs.csv"))
}

fn path_in(folder: &Path) -> PathBuf {
    folder.join("mechanism.csv")
}

fn is_missing(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// A run that ended without a row for every role: all runs of a variant have a model with the same.
fn first_missing<'a>(runs: &'a [RunRow], rows: &[MechanismRow]) -> Option<&'a str> {
    let mut counts: HashMap<OfArm, usize> = HashMap::new();
    for row in rows {
        *counts.entry((&row.run, row.form, row.mask, &row.variant)).or_default() += 1;
    }
    let mut most: HashMap<&str, usize> = HashMap::new();
    for ((_, _, _, variant), count) in &counts {
        let known = most.entry(variant).or_default();
        *known = (*known).max(*count);
    }
    let lacks = |run: &&RunRow| {
        let count = counts.get(&(run.run.as_str(), run.form, run.mask, run.variant.as_str()));
        let all = most.get(run.variant.as_str()).copied().unwrap_or(0).max(1);
        count.is_none_or(|count| *count < all)
    };
    let has_ended = |run: &&RunRow| matches!(run.status, Status::Done | Status::Diverged);
    runs.iter().filter(has_ended).find(lacks).map(|run| run.run.as_str())
}
