//! What a reader should know of the runs that are compared.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};

use super::arm::Arm;
use super::arms::Grouped;
use super::columns::{Columns, RUNS, SEEDS, STEPS, VALUES};
use super::labels::{EMPTY, Label, Labelled};
use super::table::Table;
use crate::config::plain;

/// Words in the names of what is measured of a run, and is no setting of it.
const MEASURED: [&str; 8] =
    ["best", "final", "accuracy", "perplexity", "ppl", "elapsed", "seconds", "duration"];
/// Words that such names end with.
const ENDS: [&str; 2] = ["loss", "acc"];

/// Runs of an arm that have no number: what the others say is no answer for the arm.
pub fn without_a_number(arm: &Arm, value: &str) -> Option<String> {
    let all = arm.without + arm.runs.len();
    let (verb, them) = if arm.without == 1 { ("has", "it") } else { ("have", "them") };
    (!arm.is_complete()).then(|| {
        format!(
            "{} of {all} runs of {} {verb} no finite {value}: mean and n leave {them} out; an arm with such a run is \
             never called best and has no p, since a run that diverged is an outcome",
            arm.without,
            arm.label()
        )
    })
}

/// Runs that end at different steps are compared as they ended, and that is said with their arms. `may_choose` says
/// whether runs have several steps to choose from.
pub fn different_ends(arms: &[Arm], may_choose: bool) -> Option<String> {
    let ends = || arms.iter().flat_map(|arm| &arm.ends).copied();
    let (first, last) =
        (ends().fold(f64::INFINITY, f64::min), ends().fold(f64::NEG_INFINITY, f64::max));
    let early = |arm: &Arm| arm.ends.iter().filter(|end| **end < last).count();
    let at = |arm: &Arm| {
        let least = arm.ends.iter().copied().fold(f64::INFINITY, f64::min);
        format!(
            "{} of {} runs of {} from {} on",
            early(arm),
            arm.ends.len(),
            arm.label(),
            plain(least)
        )
    };
    let told: Vec<String> = arms.iter().filter(|arm| early(arm) > 0).take(3).map(at).collect();
    let choice = match may_choose {
        true => format!("; --step {} compares them at one", plain(first)),
        false => String::new(),
    };
    (!told.is_empty()).then(|| {
        format!(
            "runs end at different steps, up to {}, and are compared as they ended: {}{choice}",
            plain(last),
            told.join(", ")
        )
    })
}

/// That some run has a row at the step that is asked for.
///
/// # Errors
/// None of them has; the message names the nearest step.
pub fn at_a_known_step(steps: &[f64], at: f64) -> Result<()> {
    let away = |step: &&f64| (**step - at).abs();
    let nearest = steps.iter().min_by(|a, b| away(a).total_cmp(&away(b)));
    let told = nearest.map_or(String::new(), |step| format!("; the nearest is {}", plain(*step)));
    ensure!(steps.contains(&at), "no run has a row at step {}{told}", plain(at));
    Ok(())
}

/// Runs that say nothing of what tells arms apart.
pub fn empty_cells(found: &Grouped) -> Option<String> {
    let is_empty = |parts: &[String]| parts.iter().any(|part| part == EMPTY);
    let count: usize =
        found.iter().filter(|(parts, _)| is_empty(parts)).map(|(_, runs)| runs.len()).sum();
    let (runs, have) = if count == 1 { ("run", "has") } else { ("runs", "have") };
    (count > 0).then(|| {
        format!(
            "{count} {runs} {have} nothing in a column that tells arms apart, which counts as a value of its own: {EMPTY}"
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

fn is_measured(column: &str) -> bool {
    let lower = column.to_lowercase();
    let mut words = lower.split(|one: char| !one.is_alphanumeric());
    words.clone().any(|word| MEASURED.contains(&word))
        || words.next_back().is_some_and(|last| ENDS.contains(&last))
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
    let values_by = |column: &str, key: fn(&Label) -> Option<String>| {
        let mut found: BTreeMap<Option<String>, BTreeSet<String>> = BTreeMap::new();
        for (row, label) in table.rows.iter().zip(labelled) {
            found.entry(key(label)).or_default().extend(row.get(column).cloned());
        }
        found
    };
    let varies = |column: &&String| {
        let of_arms = values_by(column, |(parts, _)| Some(parts.join(" ")));
        let all: BTreeSet<&String> = of_arms.values().flatten().collect();
        // What follows from the seed is drawn, and no setting.
        let of_seeds = values_by(column, |(_, seed)| seed.clone());
        let is_drawn =
            !of_seeds.contains_key(&None) && of_seeds.values().all(|values| values.len() < 2);
        !is_drawn
            && 2 * all.len() <= table.rows.len()
            && of_arms.values().any(|values| values.len() > 1)
    };
    let found: Vec<String> = table
        .columns
        .iter()
        .filter(is_setting)
        .filter(varies)
        .map(|one| format!("`{one}`"))
        .collect();
    let verb = if found.len() == 1 {
        "varies inside arms and counts"
    } else {
        "vary inside arms and count"
    };
    (!found.is_empty())
        .then(|| format!("{} {verb} as noise there; --arm tells them apart", found.join(", ")))
}
