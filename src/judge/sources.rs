//! The files that a path names, each read as what it is.

use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::columns::RUNS;
use super::names::Pattern;
use super::paths::{Named, Source, sources};
use super::table::Table;
use super::{csv_tables, logs};
use crate::compression::{Compression, unpacked};
use crate::shell::quoted;

/// Larger files hold no losses.
const LARGEST: u64 = 256 << 20;

/// Reads tables and logs: files, or folders of them. A pattern says what the names of runs mean.
///
/// # Errors
/// A path that is not there, or in which nothing is found; the message names it.
pub fn read(paths: &[PathBuf], pattern: Option<&Pattern>) -> Result<Table> {
    let mut table = Table::default();
    for source in &sources(paths)? {
        let own = match source {
            Source::Folder { path, files } => folder(path, files)?,
            Source::File(Named { path, name }) if paths.len() > 1 => {
                with_run(file(path, name)?, name)
            }
            Source::File(Named { path, name }) => file(path, name)?,
        };
        table.extend(own);
    }
    table.not_empty().with_context(|| {
        let remarks: String = table.remarks.iter().map(|one| format!("; {one}")).collect();
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        format!(
            "nothing to judge in {}; expected a CSV file with a row a run or a step, or logs with lines such as \
             `step 100: train loss 3.1, val loss 3.2`{remarks}",
            names.join(", ")
        )
    })?;
    if let Some(pattern) = pattern {
        named(&mut table, pattern)?;
    }
    Ok(table)
}

fn folder(path: &Path, files: &[Named]) -> Result<Table> {
    let mut table = Table::default();
    let mut without = 0;
    let mut broken = Vec::new();
    for one in files {
        match file(&one.path, &one.name) {
            Ok(own) if own.rows.is_empty() => without += 1,
            Ok(own) => table.extend(with_run(own, &one.name)),
            Err(error) => broken.push(format!("left out: {error:#}")),
        }
    }
    if without > 0 && !table.rows.is_empty() {
        table.remarks.push(format!(
            "{without} of {} files below {} hold no losses and are left out",
            files.len(),
            path.display()
        ));
    }
    table.remarks.extend(broken);
    Ok(table)
}

/// A table of one file among several, whose rows are of the run that its name says where they name none.
fn with_run(mut table: Table, name: &str) -> Table {
    if !names_runs(&table) {
        table = of_run(table, name);
        in_folder(&mut table, name);
    }
    table
}

fn names_runs(table: &Table) -> bool {
    RUNS.iter().any(|one| table.columns.iter().any(|own| own == one))
}

/// A file as rows; `name` is what its path says of the run.
fn file(path: &Path, name: &str) -> Result<Table> {
    let bytes = bytes(path)?;
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let Ok(text) = String::from_utf8(bytes) else {
        ensure!(
            !is_utf16,
            "{} is UTF-16; convert it with `iconv -f UTF-16 -t UTF-8 {} > NEW`",
            path.display(),
            quoted(path)
        );
        bail!("{} is no text in UTF-8; expected a CSV file or a log", path.display());
    };
    let unpacked = unpacked(path);
    let ending = unpacked.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let mut table = match &*ending.to_lowercase() {
        "csv" | "tsv" => csv_tables::read(path, &text, name)?,
        _ => match logs::read(&text) {
            // Lines of JSON may name their runs.
            table if names_runs(&table) => table,
            table => of_run(logs::carried(table), name),
        },
    };
    if table.is_of_files {
        in_folder(&mut table, name);
    }
    Ok(table)
}

/// The bytes of a file, unpacked where it is compressed.
fn bytes(path: &Path) -> Result<Vec<u8>> {
    let cannot = || format!("cannot read {}", path.display());
    let size = fs::metadata(path).with_context(cannot)?.len();
    let too_large = |size: &str| {
        anyhow!("{} has {size} bytes; expected a table or a log of 256 MiB at most", path.display())
    };
    ensure!(size <= LARGEST, too_large(&size.to_string()));
    let bytes = fs::read(path).with_context(cannot)?;
    let Some(compression) = Compression::of(&bytes) else { return Ok(bytes) };
    let mut unpacked = Vec::new();
    let mut reader = compression.unpacked(Cursor::new(bytes)).take(LARGEST + 1);
    reader.read_to_end(&mut unpacked).with_context(|| {
        format!("{} is damaged or was cut short: it cannot be unpacked", path.display())
    })?;
    ensure!(unpacked.len() as u64 <= LARGEST, too_large("more than 268435456 unpacked"));
    Ok(unpacked)
}

/// Adds the folder that a file is in.
fn in_folder(table: &mut Table, name: &str) {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    if !table.columns.iter().any(|column| column == "folder") {
        table.columns.push("folder".to_owned());
        table.rows.iter_mut().for_each(|row| {
            row.insert("folder".to_owned(), folder.to_owned());
        });
    }
}

/// Rows that are all of one run.
fn of_run(mut table: Table, name: &str) -> Table {
    table.columns.push("run".to_owned());
    table.rows.iter_mut().for_each(|row| {
        row.insert("run".to_owned(), name.to_owned());
    });
    table.is_of_files = true;
    table
}

/// Adds what the names of runs say.
fn named(table: &mut Table, pattern: &Pattern) -> Result<()> {
    let column = table.any_column(&["run", "Name", "run_name", "mlflow.runName"])?;
    let column = column
        .context("--name reads the names of runs, and no column `run` or `Name` holds them")?;
    let column = column.to_owned();
    let rows = std::mem::take(&mut table.rows);
    for mut row in rows {
        let name = row.get(&column).cloned().unwrap_or_default();
        let found = pattern.read(&name);
        let found = found
            .with_context(|| format!("the name `{name}` does not fit the pattern of --name"))?;
        row.extend(found);
        table.push(row);
    }
    Ok(())
}
