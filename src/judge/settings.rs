//! Settings that vary where runs are taken to differ in their seeds alone.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::columns::{Columns, RUNS, SEEDS, STEPS, VALUES, is_measured};
use super::labels::{Label, Labelled};
use super::table::Table;

/// Settings that vary inside of an arm and count as noise there: columns with few values. Where rows are of steps, a
/// setting is what stays the same in every run.
///
/// # Errors
/// A column that may be several.
pub fn mixed(
    table: &Table,
    labelled: &Labelled,
    (value, has_steps): (&str, bool),
    columns: &Columns,
) -> Result<Option<String>> {
    let run = table.any_column(&RUNS)?;
    let varies = |column: &&String| {
        if has_steps && !stays(run, table, labelled, column) {
            return false;
        }
        let of_arms = values_by(table, labelled, column, |(parts, _)| parts);
        let all: BTreeSet<&str> = of_arms.values().flatten().copied().collect();
        // What follows from the seed is drawn, and no setting.
        let of_seeds = values_by(table, labelled, column, |(_, seed)| seed.as_ref());
        let is_drawn =
            !of_seeds.contains_key(&None) && of_seeds.values().all(|values| values.len() < 2);
        !is_drawn
            && 2 * all.len() <= table.rows.len()
            && of_arms.values().any(|values| values.len() > 1)
    };
    let found = settings(table, &[value], columns, varies);
    let verb = if found.len() == 1 {
        "varies inside arms and counts"
    } else {
        "vary inside arms and count"
    };
    let told = format!("{} {verb} as noise there; --arm tells them apart", found.join(", "));
    Ok((!found.is_empty()).then_some(told))
}

/// Whether a column has one value in all rows of a run, whichever the run.
fn stays(run: Option<&str>, table: &Table, labelled: &Labelled, column: &str) -> bool {
    let mut values: BTreeMap<(&Label, Option<&String>), &Option<&String>> = BTreeMap::new();
    let cells: Vec<Option<&String>> = table.rows.iter().map(|row| row.get(column)).collect();
    let named = table.rows.iter().map(|row| run.and_then(|run| row.get(run)));
    labelled
        .iter()
        .zip(named)
        .zip(&cells)
        .all(|((label, name), cell)| *values.entry((label, name)).or_insert(cell) == cell)
}

/// Settings that change between the rows of what counts as one run, as they do where rows are of several. A schedule
/// that is logged has more values than these, or the same at a step in all runs of an arm.
pub fn several_settings(
    table: &Table,
    labelled: &Labelled,
    (value, step): (&str, Option<&str>),
    columns: &Columns,
) -> Option<String> {
    const MOST_VALUES: usize = 2;
    let is_schedule =
        |column: &str| step.is_some_and(|step| goes_by(step, table, labelled, column));
    let varies = |column: &&String| {
        let of_runs = values_by(table, labelled, column, |label| label);
        let most = of_runs.values().map(BTreeSet::len).max();
        most.is_some_and(|most| most > 1 && most <= MOST_VALUES)
            && 2 * of_runs.values().flatten().collect::<BTreeSet<_>>().len() <= table.rows.len()
            && !is_schedule(column)
    };
    let found = settings(table, &[value], columns, varies);
    let verb = if found.len() == 1 { "changes" } else { "change" };
    (!found.is_empty()).then(|| {
        format!(
            "{} {verb} inside runs: where rows are of several runs, --arm or --seed must tell them apart",
            found.join(", ")
        )
    })
}

/// Whether several runs of every arm have the same value of a column at each of many steps. Of few steps each may be the
/// end of another run.
fn goes_by(step: &str, table: &Table, labelled: &Labelled, column: &str) -> bool {
    const MANY_STEPS: usize = 4;
    let (mut values, mut seeds) = (BTreeMap::new(), BTreeMap::new());
    for (row, (parts, seed)) in table.rows.iter().zip(labelled) {
        let at: &mut BTreeSet<_> = values.entry((parts, row.get(step))).or_default();
        at.insert(row.get(column));
        let of_arm: &mut BTreeSet<_> = seeds.entry(parts).or_default();
        of_arm.insert(seed);
    }
    values.len() >= MANY_STEPS * seeds.len()
        && values.values().all(|at| at.len() == 1)
        && seeds.values().all(|of_arm| of_arm.len() > 1)
}

/// Columns that may be settings and of which something holds.
fn settings(
    table: &Table,
    used: &[&str],
    columns: &Columns,
    holds: impl Fn(&&String) -> bool,
) -> Vec<String> {
    let named = columns.arm.iter().chain(&columns.seed).chain(&columns.step);
    let named: Vec<&str> = named.filter_map(|name| table.column(name).ok()).collect();
    let usual = [
        &STEPS[..],
        &RUNS,
        &SEEDS,
        &VALUES,
        &[
            "folder",
            "Wall time",
            "train_loss",
            "epoch",
            "Created",
            "Updated",
            "Runtime",
            "State",
            "state",
            "Status",
            "status",
            "Notes",
            "Tags",
            "User",
        ],
    ]
    .concat();
    let is_setting = |column: &&String| {
        let bare = column.rsplit(['.', '/']).next().unwrap_or(column);
        let is_known = used.contains(&column.as_str()) || named.contains(&column.as_str());
        !is_known && !usual.contains(&bare) && !bare.starts_with('_') && !is_measured(bare)
    };
    let found = table.columns.iter().filter(is_setting).filter(holds);
    found.map(|one| format!("`{one}`")).collect()
}

/// The values of a column by something of the rows' labels.
fn values_by<'a, K: Ord>(
    table: &'a Table,
    labelled: &'a Labelled,
    column: &str,
    key: impl Fn(&'a Label) -> K,
) -> BTreeMap<K, BTreeSet<&'a str>> {
    let mut found: BTreeMap<K, BTreeSet<&str>> = BTreeMap::new();
    for (row, label) in table.rows.iter().zip(labelled) {
        found.entry(key(label)).or_default().extend(row.get(column).map(String::as_str));
    }
    found
}
