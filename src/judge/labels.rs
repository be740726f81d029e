//! What tells the arm and the seed of a row.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::columns::{Columns, RUNS};
use super::names::arm_and_seed;
use super::spellings::{Spellings, normal};
use super::summaries::{none_among_arms, none_among_seeds};
use super::table::Table;

/// What stands for a cell without anything in it. Trackers leave out settings that a run was not given.
pub const EMPTY: &str = "(empty)";

/// What tells the arm and the seed of a row.
pub type Label = (Vec<String>, Option<String>);

/// Those of every row.
pub type Labelled = Vec<Label>;

/// What tells the arm and the seed of every row, and how that was found.
///
/// # Errors
/// A column that is not there, or none that tells arms apart.
pub fn labelled(table: &Table, columns: &Columns) -> Result<(Labelled, Vec<String>)> {
    let mut remarks = Vec::new();
    let seed = columns.seed(table)?;
    if let Some(seed) = seed {
        none_among_seeds(table, seed)?;
        remarks.extend(paired_by(table, seed, columns.seed.is_some()));
    }
    let seed_of = |row: &BTreeMap<String, String>| {
        seed.and_then(|seed| row.get(seed)).map(|text| seed_number(text))
    };
    if !columns.arm.is_empty() {
        let (parts, told) = by_columns(table, columns, seed)?;
        remarks.extend(told);
        let seeds = table.rows.iter().map(seed_of);
        return Ok((parts.into_iter().zip(seeds).collect(), remarks));
    }
    let run = table.any_column(&RUNS)?.filter(|_| table.is_of_files || seed.is_none());
    let Some(run) = run else {
        bail!("name the columns that tell arms apart: --arm; the columns are {}", table.list());
    };
    let (labelled, how) = by_name(table, run);
    remarks.push(how.to_owned());
    Ok((labelled, remarks))
}

/// The arm of every row from its columns, and what was joined.
fn by_columns(
    table: &Table,
    columns: &Columns,
    seed: Option<&str>,
) -> Result<(Vec<Vec<String>>, Vec<String>)> {
    let arm = columns.arm.iter().map(|name| table.column(name));
    let arm: Vec<&str> = arm.collect::<Result<_>>()?;
    let names: Vec<&str> = seed.into_iter().chain(table.any_column(&RUNS)?).collect();
    arm.iter().try_for_each(|column| none_among_arms(table, column, &names))?;
    let written: Vec<Spellings> = arm.iter().map(|column| Spellings::of(table, column)).collect();
    let columns = || arm.iter().zip(&written);
    let parts = |row: &BTreeMap<String, String>| {
        let part = |(column, written): (&&str, &Spellings)| {
            row.get(*column).map_or(EMPTY.to_owned(), |text| written.written(text))
        };
        columns().map(part).collect()
    };
    let told = columns().filter_map(|(column, written)| written.respelled(table, column));
    Ok((table.rows.iter().map(parts).collect(), told.collect()))
}

/// Whether runs are paired by a column, and whether it says a seed of all of them.
fn paired_by(table: &Table, seed: &str, is_asked: bool) -> Option<String> {
    let rows = table.rows.len();
    let empty = table.rows.iter().filter(|row| !row.contains_key(seed)).count();
    match empty {
        0 if is_asked => None,
        0 => Some(format!("runs are paired by the column `{seed}`")),
        empty if empty == rows => {
            Some(format!("the column `{seed}` is empty: runs are not paired"))
        }
        empty => Some(format!(
            "the column `{seed}` is empty in {empty} of {rows} rows: runs without a seed have no partner"
        )),
    }
}

/// Arms from the names of runs.
fn by_name(table: &Table, run: &str) -> (Labelled, &'static str) {
    let name = |row: &BTreeMap<String, String>| row.get(run).cloned().unwrap_or_default();
    let folder_of = |row: &BTreeMap<String, String>| row.get("folder").cloned().unwrap_or_default();
    // A run's folder may say what its file does not.
    let by_file: Option<Vec<_>> = table.rows.iter().map(|row| arm_and_seed(&name(row))).collect();
    let by_folder = || table.rows.iter().map(|row| arm_and_seed(&folder_of(row))).collect();
    if let Some(split) = by_file.or_else(by_folder) {
        let pair = |(arm, seed): (String, String)| (vec![arm], Some(seed_number(&seed)));
        let labelled = split.into_iter().map(pair).collect();
        return (
            labelled,
            "arms and seeds are taken from the names of runs; --name and --arm say otherwise",
        );
    }
    let folder =
        |row: &BTreeMap<String, String>| row.get("folder").filter(|one| !one.is_empty()).cloned();
    let of_folder = table.rows.iter().map(|row| (vec![folder(row).unwrap_or(name(row))], None));
    (
        of_folder.collect(),
        "arms are taken from folders, without seeds; --name and --arm say otherwise",
    )
}

/// A seed as it is always written: digits are a number whatever zeros lead it, so that 00 and 0 are one seed.
fn seed_number(text: &str) -> String {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|one| one.is_ascii_digit());
    match text.trim_start_matches('0') {
        "" if is_number => "0".to_owned(),
        digits if is_number => digits.to_owned(),
        _ => normal(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_the_same_with_zeros_before_it() {
        for (text, seed) in [
            ("00", "0"),
            ("007", "7"),
            ("10", "10"),
            ("1.0", "1"),
            ("a01", "a01"),
            ("9007199254740993", "9007199254740993"),
        ] {
            assert_eq!(seed_number(text), seed);
        }
    }
}
