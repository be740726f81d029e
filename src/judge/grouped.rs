//! The rows of a table by arm and run.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, anyhow, ensure};

use super::columns::{RUNS, is_measured};
use super::copies::Copies;
use super::labels::{EMPTY, Labelled};
use super::runs::Run;
use super::table::Table;

/// The rows of every run, by arm.
pub type Grouped = Vec<(Vec<String>, BTreeMap<String, Run>)>;

/// The rows of a table, each with its label, by arm and run; those that stand twice count once.
///
/// # Errors
/// A number that is none; the message names the row.
pub fn grouped(
    table: &Table,
    labelled: &Labelled,
    (value, step): (&str, Option<&str>),
    copies: &Copies,
) -> Result<Grouped> {
    let run = table.any_column(&RUNS)?;
    let ended = Ended::of(table, value);
    let mut places: HashMap<Vec<String>, usize> = HashMap::new();
    let mut found: Grouped = Vec::new();
    for (place, (row, (parts, seed))) in table.rows.iter().zip(labelled).enumerate() {
        let where_from = || where_from(table, place, run);
        // A row of something else, such as of a run that never began.
        let is_other = parts.iter().any(|part| part == EMPTY) && !row.contains_key(value);
        if is_other || copies.again.contains(&place) {
            continue;
        }
        let at = step.and_then(|step| row.get(step));
        let at = at.map(|text| step_of(text)).transpose();
        let at = at.with_context(where_from)?;
        let name = run.and_then(|run| row.get(run)).cloned();
        // Rows with steps that nothing tells apart are of one run: several show by their steps.
        let key = seed.clone().or(name.clone());
        let key = key.unwrap_or_else(|| {
            if at.is_some() { "its run".to_owned() } else { format!("row {place}") }
        });
        let known = *places.entry(parts.clone()).or_insert_with(|| {
            found.push((parts.clone(), BTreeMap::new()));
            found.len() - 1
        });
        let own = found[known].1.entry(key).or_default();
        own.seed.clone_from(seed);
        own.is_of_a_file = table.is_of_files && name.is_some();
        own.is_copy = copies.unnamed.contains(&place);
        own.names.extend(name);
        match row.get(value) {
            // A row of another measure.
            None if at.is_some() && !ended.lacks(row) => {}
            text => {
                let number = text.map(|text| number(text, value)).transpose();
                let number = number.with_context(where_from)?.flatten();
                own.measured.push((at, number));
            }
        }
    }
    Ok(found)
}

/// Tells rows of which only the numbers are missing, as a run that diverged writes them, from rows of something else.
struct Ended<'a> {
    value: &'a str,
    /// The columns, but for what is measured, of rows with a measured number; none where rows need not have a cell for
    /// each column.
    columns: BTreeSet<Vec<&'a str>>,
}

impl<'a> Ended<'a> {
    fn of(table: &'a Table, value: &'a str) -> Self {
        let mut ended = Ended { value, columns: BTreeSet::new() };
        if table.has_cells {
            let measured = table.rows.iter().filter(|row| ended.measures(row));
            let columns = measured.map(|row| ended.others(row)).collect();
            ended.columns = columns;
        }
        ended
    }

    fn is_of_a_measure(&self, column: &str) -> bool {
        column == self.value || is_measured(column)
    }

    fn measures(&self, row: &BTreeMap<String, String>) -> bool {
        row.keys().any(|column| self.is_of_a_measure(column))
    }

    fn others<'b>(&self, row: &'b BTreeMap<String, String>) -> Vec<&'b str> {
        row.keys().map(String::as_str).filter(|column| !self.is_of_a_measure(column)).collect()
    }

    fn lacks(&self, row: &BTreeMap<String, String>) -> bool {
        !self.measures(row) && self.columns.contains(&self.others(row))
    }
}

/// A row by its place and by what it says of its run.
fn where_from(table: &Table, place: usize, run: Option<&str>) -> String {
    let row = &table.rows[place];
    let named = run.and_then(|run| row.get(run)).or(row.get("folder"));
    let named = named.map_or(String::new(), |name| format!(", of {name}"));
    format!("{}{named}", table.place_of(place))
}

/// A step: nobody measures at one below 0, or at none.
fn step_of(text: &str) -> Result<f64> {
    let step = number_or_error(text, "step")?;
    ensure!(
        step >= 0.0 && step.is_finite(),
        "`{text}` in the column of the steps is no step; expected 0 or a number above"
    );
    Ok(step)
}

/// A number that may be missing or not finite.
fn number(text: &str, column: &str) -> Result<Option<f64>> {
    let missing = ["", "none", "null", "na", "n/a", "-"];
    if missing.contains(&text.to_lowercase().as_str()) {
        return Ok(None);
    }
    Ok(Some(number_or_error(text, column)?).filter(|number| number.is_finite()))
}

fn number_or_error(text: &str, column: &str) -> Result<f64> {
    let quoted = text.trim().trim_matches('"');
    quoted.parse().map_err(|_| {
        anyhow!(
            "`{text}` in the column `{column}` is no number; expected one such as 3.25 or 3.2e0, with a decimal point and \
             without separators and units"
        )
    })
}
