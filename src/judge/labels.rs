//! What tells the arm and the seed of a row.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use super::columns::{Columns, RUNS};
use super::names::arm_and_seed;
use super::table::Table;
use crate::config::plain;

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
        has_no_summary(table, seed)?;
        remarks.extend(paired_by(table, seed, columns.seed.is_some()));
    }
    let seed_of = |row: &BTreeMap<String, String>| {
        seed.and_then(|seed| row.get(seed)).map(|text| seed_number(text))
    };
    if !columns.arm.is_empty() {
        let names: Vec<&str> =
            columns.arm.iter().map(|name| table.column(name)).collect::<Result<_>>()?;
        let part = |row: &BTreeMap<String, String>, name: &str| {
            row.get(name).map_or(EMPTY.to_owned(), |text| normal(text))
        };
        let parts = |row: &BTreeMap<String, String>| -> Vec<String> {
            names.iter().map(|name| part(row, name)).collect()
        };
        remarks.extend(names.iter().filter_map(|name| respelled(table, name)));
        return Ok((table.rows.iter().map(|row| (parts(row), seed_of(row))).collect(), remarks));
    }
    let run = table.any_column(&RUNS)?.filter(|_| table.is_of_files || seed.is_none());
    let Some(run) = run else {
        bail!("name the columns that tell arms apart: --arm; the columns are {}", table.list());
    };
    let (labelled, how) = by_name(table, run);
    remarks.push(how.to_owned());
    Ok((labelled, remarks))
}

/// What spreadsheets and trackers write in the place of a seed, for a row about several.
const SUMMARIES: [&str; 12] = [
    "mean", "average", "avg", "median", "std", "sd", "stddev", "sem", "min", "max", "total", "all",
];

/// That no row is about several seeds.
///
/// # Errors
/// One that is, among seeds that are numbers.
fn has_no_summary(table: &Table, seed: &str) -> Result<()> {
    let seeds = || table.rows.iter().filter_map(|row| row.get(seed)).map(|text| text.trim());
    let summary = seeds().find(|text| SUMMARIES.contains(&&*text.to_lowercase()));
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    if let Some(summary) = summary.filter(|_| seeds().any(is_number)) {
        bail!(
            "the column `{seed}` has `{summary}` beside numbers: a row about several runs is no run. Take such rows out"
        );
    }
    Ok(())
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

/// Numbers of a column that are written in several ways and count as one.
fn respelled(table: &Table, column: &str) -> Option<String> {
    let mut spelled: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for text in table.rows.iter().filter_map(|row| row.get(column)) {
        spelled.entry(normal(text)).or_default().insert(text.trim());
    }
    let several = spelled.into_values().find(|ways| ways.len() > 1)?;
    let ways: Vec<String> = several.into_iter().take(3).map(|way| format!("`{way}`")).collect();
    Some(format!("{} in the column `{column}` are one number, and one arm", ways.join(" and ")))
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

/// A number as it is always written, so that 0.10 and 1e-1 are one arm; names that only look like numbers, such as
/// 007 and long identities, stay as they are.
fn normal(text: &str) -> String {
    let text = text.trim();
    let digits = text.trim_start_matches('-');
    let is_name = text.len() > 15
        || digits
            .strip_prefix('0')
            .is_some_and(|rest| rest.starts_with(|one: char| one.is_ascii_digit()));
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && !is_name);
    number.map_or(text.to_owned(), plain)
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

    #[test]
    fn names_that_look_like_numbers_stay_names() {
        for (text, name) in [
            ("007", "007"),
            ("0.10", "0.1"),
            ("1e-1", "0.1"),
            ("9007199254740993", "9007199254740993"),
            ("-0.5", "-0.5"),
            ("0", "0"),
        ] {
            assert_eq!(normal(text), name);
        }
    }
}
