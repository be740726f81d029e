//! The columns of a CSV file: a column that is not there is no column that is empty.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use serde::de::DeserializeOwned;

/// What to do about a file that cannot be used.
pub const REMEDY: &str = "write it anew from the trained runs with `wane collect SPEC`";

/// A row of a CSV file of an experiment.
pub trait CsvRow: DeserializeOwned {
    /// Its columns by the version that added them. A file has those of the first version, and all up to the version that
    /// wrote it.
    fn columns() -> Vec<Vec<&'static str>>;

    /// What a column was called in files of older versions.
    fn former(_column: &str) -> Option<&'static str> {
        None
    }
}

/// Whether a file with this header has every column that its version writes.
///
/// # Errors
/// A column that is missing or there twice, and a header as spreadsheets write it; the message names it.
pub fn check<T: CsvRow>(header: &[&str]) -> Result<()> {
    check_separators(header)?;
    let is_twice = |(place, name): (usize, &&str)| header[..place].contains(name);
    if let Some(place) = header.iter().enumerate().position(is_twice) {
        bail!("it has the column `{}` twice; take one away", header[place]);
    }
    let versions = T::columns();
    let has = |column: &&str| {
        let former = T::former(column);
        header.contains(column) || former.is_some_and(|former| header.contains(&former))
    };
    let newest = versions.iter().rposition(|added| added.iter().any(&has)).unwrap_or(0);
    let missing: Vec<&str> =
        versions[..=newest].iter().flatten().copied().filter(|one| !has(one)).collect();
    ensure!(
        missing.is_empty(),
        "it has no column {}{}; expected every column that docs/files.md lists, under its own name: {REMEDY}",
        listed(&missing),
        in_place_of_them::<T>(header)
    );
    Ok(())
}

/// Whether a CSV file has every column that this version writes.
pub fn is_newest<T: CsvRow>(path: &Path) -> bool {
    let header = csv::Reader::from_path(path).and_then(|mut file| file.headers().cloned());
    let has = |header: &csv::StringRecord, column: &str| header.iter().any(|name| name == column);
    header.is_ok_and(|header| T::columns().into_iter().flatten().all(|column| has(&header, column)))
}

/// That commas separate the columns, as `wane` writes them.
fn check_separators(header: &[&str]) -> Result<()> {
    let first = header.first().copied().unwrap_or_default();
    ensure!(
        !first.starts_with("sep="),
        "its line 1, `{}`, is no header: a spreadsheet wrote it; take that line away",
        header.join(",")
    );
    let separators = [(';', "semicolons"), ('\t', "tabs")];
    let other = separators.into_iter().find(|(letter, _)| first.contains(*letter));
    match other {
        Some((_, name)) => bail!(
            "its columns are separated by {name}; expected commas. It was probably saved by a spreadsheet: {REMEDY}"
        ),
        None => Ok(()),
    }
}

/// Columns that no such file has: one of them may be a missing one under another name.
fn in_place_of_them<T: CsvRow>(header: &[&str]) -> String {
    let versions = T::columns();
    let known = |name: &&str| {
        versions.iter().flatten().any(|own| own == name || T::former(own) == Some(*name))
    };
    let others: Vec<&str> = header.iter().copied().filter(|name| !known(name)).collect();
    match others.is_empty() {
        true => String::new(),
        false => {
            let verb = if others.len() == 1 { "is" } else { "are" };
            format!(", but {}, which {verb} none of its columns", listed(&others))
        }
    }
}

/// The first few names.
fn listed(names: &[&str]) -> String {
    const MOST: usize = 5;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
