//! What a reader should know of the runs that are compared.

use std::collections::{BTreeMap, BTreeSet};

use super::arms::Arm;
use super::columns::{Columns, RUNS, SEEDS, STEPS, VALUES};
use super::labels::Labelled;
use super::table::Table;
use crate::config::plain;

/// Runs of an arm that have no number: the others are compared.
pub fn without_a_number(arm: &Arm, value: &str) -> Option<String> {
    let all = arm.without + arm.runs.len();
    (arm.without > 0).then(|| {
        format!(
            "{} of {all} runs of {} have no finite {value}: what is said of it is said of the others alone",
            arm.without,
            arm.label()
        )
    })
}

/// Runs that end at different steps are compared as they ended, and that is said.
pub fn different_ends(arms: &[Arm]) -> Option<String> {
    let steps = arms.iter().filter_map(|arm| arm.steps);
    let ends = steps.fold([f64::INFINITY, f64::NEG_INFINITY], |[first, last], own| {
        [first.min(own[0]), last.max(own[1])]
    });
    (ends[0] < ends[1]).then(|| {
        format!(
            "runs end at different steps, from {0} to {1}, and are compared as they ended; --step {0} compares them \
             at one",
            plain(ends[0]),
            plain(ends[1])
        )
    })
}

/// Runs that their tracker says did not end as planned.
pub fn unfinished(table: &Table) -> Option<String> {
    let state = |row: &BTreeMap<String, String>| {
        row.get("State").or(row.get("status")).map(|one| one.to_lowercase())
    };
    let is_ended = |state: &String| ["finished", "done", "completed"].contains(&state.as_str());
    let others = table.rows.iter().filter_map(state).filter(|one| !is_ended(one)).count();
    (others > 0).then(|| {
        format!(
            "{others} of {} rows are of runs that did not finish, and count as they are",
            table.rows.len()
        )
    })
}

/// Settings that vary inside of an arm and count as noise there: columns with few values.
pub fn mixed(
    table: &Table,
    labelled: &Labelled,
    used: &[&str],
    columns: &Columns,
) -> Option<String> {
    let named = columns.arm.iter().chain(&columns.seed).chain(&columns.step);
    let named: Vec<&str> = named.filter_map(|name| table.column(name).ok()).collect();
    let usual =
        [&STEPS[..], &RUNS, &SEEDS, &VALUES, &["folder", "Wall time", "train_loss", "epoch"]]
            .concat();
    let is_setting = |column: &&String| {
        let bare = column.rsplit(['.', '/']).next().unwrap_or(column);
        let is_known = used.contains(&column.as_str()) || named.contains(&column.as_str());
        !is_known && !usual.contains(&bare) && !bare.starts_with('_')
    };
    let varies = |column: &&String| {
        let mut of_arms: BTreeMap<&Option<Vec<String>>, BTreeSet<&str>> = BTreeMap::new();
        for (row, (parts, _)) in table.rows.iter().zip(labelled) {
            of_arms.entry(parts).or_default().extend(row.get(*column).map(String::as_str));
        }
        let all: BTreeSet<&str> = of_arms.values().flatten().copied().collect();
        2 * all.len() <= table.rows.len() && of_arms.values().any(|values| values.len() > 1)
    };
    let found: Vec<String> = table
        .columns
        .iter()
        .filter(is_setting)
        .filter(varies)
        .map(|one| format!("`{one}`"))
        .collect();
    let verb = if found.len() == 1 { "varies" } else { "vary" };
    (!found.is_empty()).then(|| {
        format!(
            "{} {verb} inside arms and count as noise there; --arm tells them apart",
            found.join(", ")
        )
    })
}
