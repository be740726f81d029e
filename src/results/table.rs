//! CSV files row by row. What is wrong with one is told with its line, its column and its value.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Error, Result, anyhow, ensure};
use csv::{DeserializeErrorKind, ErrorKind, StringRecord};

use super::columns::{CsvRow, REMEDY, check};
use crate::files::check_is_plain;

/// Reads the rows of a CSV file one after the other. A file without any row may have no header.
///
/// # Errors
/// A file that is not there, does not have these columns, or has a cell that is none of its column; the message names the
/// file, and with it line, column and value.
pub fn for_each_row<T: CsvRow>(path: &Path, take: impl FnMut(T)) -> Result<()> {
    rows(path, take).with_context(|| format!("cannot read {}", path.display()))
}

fn rows<T: CsvRow>(path: &Path, mut take: impl FnMut(T)) -> Result<()> {
    check_is_plain(path)?;
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    let is_utf16 = [b"\xff\xfe", b"\xfe\xff"]
        .into_iter()
        .any(|mark| file.fill_buf().is_ok_and(|start| start.starts_with(mark)));
    ensure!(!is_utf16, "it is UTF-16; expected UTF-8. A spreadsheet may have saved it: {REMEDY}");
    let mut reader = csv::Reader::from_reader(file);
    let header = reader.headers().map_err(|error| torn(&error))?.clone();
    if header.is_empty() {
        return Ok(());
    }
    check::<T>(&header.iter().collect::<Vec<_>>())?;
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| torn(&error))? {
        let row = record.deserialize(Some(&header));
        take(row.map_err(|error| wrong::<T>(&header, &record, &error))?);
    }
    Ok(())
}

/// A line that is no row.
fn torn(error: &csv::Error) -> Error {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => anyhow!(
            "line {line} has {len} cells, its header {expected_len}: it was cut short, or an editor changed it; {REMEDY}"
        ),
        ErrorKind::Utf8 { .. } => anyhow!("line {line} is not UTF-8, which is expected; {REMEDY}"),
        _ => anyhow!("{error}"),
    }
}

/// A cell that is none of its column.
fn wrong<T: CsvRow>(header: &StringRecord, record: &StringRecord, error: &csv::Error) -> Error {
    let line = record.position().map_or(0, csv::Position::line);
    let Some(place) = place_of::<T>(header, record, error) else {
        return anyhow!("line {line}: {error}");
    };
    let expected = match kind(error) {
        Some(DeserializeErrorKind::ParseFloat(_)) => "a number such as 0.1".to_owned(),
        Some(DeserializeErrorKind::ParseInt(_)) => "a whole number".to_owned(),
        Some(DeserializeErrorKind::ParseBool(_)) => "true or false".to_owned(),
        Some(DeserializeErrorKind::Message(said)) => {
            said.split_once("expected ").map_or_else(|| said.clone(), |(_, own)| own.to_owned())
        }
        _ => format!("another value ({error})"),
    };
    anyhow!(
        "line {line}, column `{}`: `{}`; expected {expected}. It was probably saved by a spreadsheet or an editor: {REMEDY}",
        &header[place],
        &record[place]
    )
}

/// The column of an error, which says its type alone: that with which the same error comes up.
fn place_of<T: CsvRow>(
    header: &StringRecord,
    record: &StringRecord,
    error: &csv::Error,
) -> Option<usize> {
    let is_up_to = |place: &usize| {
        let some: StringRecord = header.iter().take(place + 1).collect();
        let read = record.deserialize::<T>(Some(&some));
        read.is_err_and(|own| kind(&own) == kind(error))
    };
    (0..header.len()).find(is_up_to)
}

fn kind(error: &csv::Error) -> Option<&DeserializeErrorKind> {
    match error.kind() {
        ErrorKind::Deserialize { err, .. } => Some(err.kind()),
        _ => None,
    }
}
