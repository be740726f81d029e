//! Reading `mechanism.csv`. A part of it looks like a smaller experiment: an arm would vanish without a word.

mod checks;

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

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
/// A file that does not have these columns, has rows that no run of these can have, or lacks rows of a run that ended;
/// the message names it.
pub fn read_mechanism(folder: &Path, runs: &[RunRow]) -> Result<Vec<MechanismRow>> {
    let path = path_in(folder);
    if is_missing(&path) {
        return Ok(Vec::new());
    }
    let rows = read_csv(&path)?;
    checks::check(&rows, runs).with_context(|| path.display().to_string())?;
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

/// A run that ended without a row for every role: all runs of a setting have one model.
fn first_missing<'a>(runs: &'a [RunRow], rows: &'a [MechanismRow]) -> Option<&'a str> {
    let of_run = |run: &'a RunRow| (run.run.as_str(), run.form, run.mask, run.variant.as_str());
    let of_row =
        |row: &'a MechanismRow| (row.run.as_str(), row.form, row.mask, row.variant.as_str());
    // Arms that differ in nothing of that, as two recipes with one λ, have rows of their own.
    let (arms, told) = (counted(runs.iter().map(of_run)), counted(rows.iter().map(of_row)));
    let roles = |key: &OfArm| told.get(key).copied().unwrap_or(0) / arms[key];
    let mut most: HashMap<&str, usize> = HashMap::new();
    for run in runs {
        let known = most.entry(&run.setting).or_default();
        *known = roles(&of_run(run)).max(*known);
    }
    let lacks = |run: &&'a RunRow| {
        let found = told.get(&of_run(run)).copied().unwrap_or(0);
        found < arms[&of_run(run)] * most[run.setting.as_str()].max(1)
    };
    let has_ended = |run: &&RunRow| matches!(run.status, Status::Done | Status::Diverged);
    runs.iter().filter(has_ended).find(lacks).map(|run| run.run.as_str())
}

fn counted<'a>(keys: impl Iterator<Item = OfArm<'a>>) -> HashMap<OfArm<'a>, usize> {
    let mut counts = HashMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}
