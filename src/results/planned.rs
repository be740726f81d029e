//! What a sweep asks for, written before it trains, in `.planned` beside the runs: what is left of it can be told while
//! it trains, by readers who know its runs alone.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{RunRow, read_csv};
use crate::config::AnalysisTerms;
use crate::files::{create_folder, csv_of, json_of, write_atomically};

/// A sweep, and how it will be judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// Name of the experiment.
    pub name: String,
    /// What it is to answer.
    pub question: Option<String>,
    /// How its runs are judged.
    pub analysis: AnalysisTerms,
    /// Runs that a search takes in all, by estimate; missing where every arm is given.
    pub expected: Option<usize>,
}

/// Writes what a sweep asks for; `rows` are those of its runs, none of which has begun
/// ([`planned_row`](super::planned_row)). A file that says the same is left as it is.
///
/// # Errors
/// A folder that cannot be written; the message names the file.
pub fn write_planned(results: &Path, planned: &Planned, rows: &[RunRow]) -> Result<()> {
    let path = path_of(results, &planned.name);
    create_folder(path.parent().unwrap_or(results))?;
    // The rows first: what is there before the other file says nothing.
    write_if_new(&path.with_added_extension("csv"), &csv_of(rows)?)?;
    write_if_new(&path.with_added_extension("json"), &json_of(planned)?)
}

fn write_if_new(path: &Path, contents: &[u8]) -> Result<()> {
    match fs::read(path).is_ok_and(|known| known == contents) {
        true => Ok(()),
        false => write_atomically(path, contents),
    }
}

/// Reads what a sweep of this name asks for, with the rows of its runs, none of which has begun.
///
/// # Errors
/// Files that are missing or damaged; the message names the file.
pub fn read_planned(results: &Path, name: &str) -> Result<(Planned, Vec<RunRow>)> {
    let path = path_of(results, name);
    let about = path.with_added_extension("json");
    let bytes = fs::read(&about).with_context(|| format!("cannot read {}", about.display()))?;
    let planned = serde_json::from_slice(&bytes);
    let planned = planned.with_context(|| format!("{} is damaged", about.display()))?;
    Ok((planned, read_csv(&path.with_added_extension("csv"))?))
}

/// The names of the sweeps that were planned in a folder of results.
pub fn planned_names(results: &Path) -> Vec<String> {
    let entries = fs::read_dir(results.join(".planned")).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> =
        names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())).collect();
    names.sort();
    names
}

fn path_of(results: &Path, name: &str) -> PathBuf {
    results.join(".planned").join(name)
}
