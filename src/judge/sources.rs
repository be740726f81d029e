//! The files that a path names, each read as what it is.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::columns::RUNS;
use super::names::Pattern;
use super::paths::{Named, Source, runs_of_a_sweep, sources};
use super::table::Table;
use super::{csv_tables, logs};
use crate::compression::{Compression, unpacked};
use crate::results::check_written;
use crate::shell::quoted;

/// Larger files hold no losses.
const LARGEST: u64 = 256 << 20;

/// Files that are left out and named.
const MOST_NAMED: usize = 3;

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
    let parents = files.iter().filter_map(|one| one.path.parent());
    let of_sweeps: Vec<&Path> = parents.filter(|own| runs_of_a_sweep(own).is_some()).collect();
    of_sweeps.iter().try_for_each(|own| check_written(own))?;
    let mut table = Table::default();
    let (mut without, mut broken) = (Vec::new(), Vec::new());
    // Files by what is to be said of them.
    let mut remarks: BTreeMap<String, Vec<&Path>> = BTreeMap::new();
    for one in files {
        match file(&one.path, &one.name) {
            Ok(mut own) => {
                for remark in std::mem::take(&mut own.remarks) {
                    remarks.entry(remark).or_default().push(&one.path);
                }
                match own.rows.is_empty() {
                    true => without.push(&*one.path),
                    false => table.extend(with_run(own, &one.name)),
                }
            }
            Err(error) => broken.push(format!("left out: {error:#}")),
        }
    }
    if !without.is_empty() && !table.rows.is_empty() {
        table.remarks.push(format!(
            "{} of {} files below {} hold no losses and are left out: {}",
            without.len(),
            files.len(),
            path.display(),
            some(&without)
        ));
    }
    table.remarks.extend(of_sweeps.iter().map(|own| {
        format!("{0} is the folder of a sweep, of which runs.csv alone is read; `wane report {0}` tells more", quoted(own))
    }));
    let told = remarks.into_iter().map(|(remark, files)| format!("{remark} ({})", some(&files)));
    table.remarks.extend(told.chain(broken));
    Ok(table)
}

/// The first of some files.
fn some(files: &[&Path]) -> String {
    let names = files.iter().take(MOST_NAMED).map(|path| path.display().to_string());
    let rest = if files.len() > MOST_NAMED { ", …" } else { "" };
    names.collect::<Vec<_>>().join(", ") + rest
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
    let encoding = encoding(&bytes);
    let Ok(text) = String::from_utf8(bytes) else {
        if let Some(name) = encoding {
            bail!(
                "{} is {name}; convert it with `iconv -f {name} -t UTF-8 {} > NEW`",
                path.display(),
                quoted(path)
            );
        }
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
    table.files = vec![(0, path.display().to_string())];
    if table.is_of_files {
        in_folder(&mut table, name);
    }
    Ok(table)
}

/// What a mark at the beginning says of a text.
fn encoding(bytes: &[u8]) -> Option<&'static str> {
    let marks: [(&[u8], &str); 4] = [
        (b"\xff\xfe\0\0", "UTF-32"),
        (b"\0\0\xfe\xff", "UTF-32"),
        (b"\xff\xfe", "UTF-16"),
        (b"\xfe\xff", "UTF-16"),
    ];
    marks.into_iter().find(|(mark, _)| bytes.starts_with(mark)).map(|(_, name)| name)
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
