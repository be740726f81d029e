//! Rows of a log that say with what settings its run was begun, and nothing of its steps.

use std::collections::BTreeMap;

use crate::judge::columns::{STEPS, is_measured};
use crate::judge::table::Table;

type Row = BTreeMap<String, String>;

/// Rows of one run, each with the settings that rows of their own say; a setting that such rows say in two ways goes to
/// none. A log of settings alone stays as it is.
pub fn carried(mut table: Table) -> Table {
    let mut numbered: BTreeMap<Vec<&String>, usize> = BTreeMap::new();
    for row in table.rows.iter().filter(|row| is_of_a_step(row)) {
        *numbered.entry(row.keys().collect()).or_default() += 1;
    }
    if numbered.is_empty() {
        return table;
    }
    // A word that stands where numbers do in several rows is of a run that went wrong; else it is the name of a loss.
    let is_row = |row: &Row| {
        let alike = numbered.get(&row.keys().collect::<Vec<_>>()).copied();
        is_of_a_step(row) || alike.is_some_and(|alike| alike > 1)
    };
    let (rows, settings): (Vec<Row>, Vec<Row>) = table.rows.iter().cloned().partition(is_row);
    let mut common: BTreeMap<String, Option<String>> = BTreeMap::new();
    for (name, value) in settings.into_iter().flatten() {
        let known = common.entry(name).or_insert_with(|| Some(value.clone()));
        if known.as_ref().is_some_and(|known| *known != value) {
            *known = None;
        }
    }
    table.rows = rows;
    for row in &mut table.rows {
        for (name, value) in &common {
            if let Some(value) = value {
                row.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    table
}

fn is_of_a_step(row: &Row) -> bool {
    let is_number = |text: &String| text.trim().parse::<f64>().is_ok();
    let is_of_it = |(name, value): (&String, &String)| {
        STEPS.contains(&name.as_str()) || (is_measured(name) && is_number(value))
    };
    row.iter().any(is_of_it)
}
