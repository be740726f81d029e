//! Rows of `mechanism.csv` that cannot be, or are not of the runs in `runs.csv`.

use std::collections::HashMap;
use std::f64::consts::PI;
use std::ops::RangeInclusive;

use anyhow::{Result, ensure};

use super::super::agreement::is_one;
use super::super::mechanism::is_near_balance;
use super::super::{MechanismRow, REMEDY, RunRow};

/// Cosines and angles are computed in 32 bits, which may end a little beyond theirs.
const ROUNDING: f64 = 1e-3;

/// A column of a row, and what a run can have in it.
type Column<'a> = (&'static str, Option<f64>, &'a RangeInclusive<f64>);

/// Whether a row and a run have the same in a column.
type Same = fn(&MechanismRow, &RunRow) -> bool;

/// That each row is of a run of an arm, as `runs.csv` has it, and has numbers that it can have.
///
/// # Errors
/// A row of which that does not hold; the message names its run, its role and the column.
pub fn check(rows: &[MechanismRow], runs: &[RunRow]) -> Result<()> {
    let mut known: HashMap<&str, Vec<&RunRow>> = HashMap::new();
    for run in runs {
        known.entry(&run.run).or_default().push(run);
    }
    for row in rows {
        let of_run = known.get(row.run.as_str()).map(Vec::as_slice).unwrap_or_default();
        check_run(row, of_run)?;
        check_numbers(row)?;
        check_balance(row)?;
    }
    Ok(())
}

/// Several arms may share a run.
fn check_run(row: &MechanismRow, arms: &[&RunRow]) -> Result<()> {
    let MechanismRow { run, role, .. } = row;
    ensure!(!arms.is_empty(), "runs.csv has no run {run}, of which a row is there; {REMEDY}");
    let is_same: [(&str, Same); 6] = [
        ("form", |row, run| row.form == run.form),
        ("mask", |row, run| row.mask == run.mask),
        ("variant", |row, run| row.variant == run.variant),
        ("weight_decay", |row, run| is_one(row.weight_decay, run.weight_decay)),
        ("seed", |row, run| row.seed == run.seed),
        ("status", |row, run| row.status == run.status),
    ];
    let mut left = arms.to_vec();
    for (column, is_same) in is_same {
        left.retain(|arm| is_same(row, arm));
        ensure!(
            !left.is_empty(),
            "the row of run {run} and role {role} has another {column} than runs.csv; {REMEDY}"
        );
    }
    Ok(())
}

/// A measured number that is none is told as one that is not known; what a plan says is always one.
fn check_numbers(row: &MechanismRow) -> Result<()> {
    let any = 0.0..=f64::INFINITY;
    let share = 0.0..=1.0;
    // Half a step of rounding may become a whole one.
    let rounded = 0.0..=2.0 + ROUNDING;
    let cosine = -1.0 - ROUNDING..=1.0 + ROUNDING;
    let angle = 0.0..=PI + ROUNDING;
    let planned: [Column; 7] = [
        ("weight_decay", row.weight_decay, &any),
        ("total_decay", row.total_decay, &any),
        ("timescale_steps", row.timescale_steps, &any),
        ("timescale_runs", row.timescale_runs, &any),
        ("timescale_epochs", row.timescale_epochs, &any),
        ("equilibrium_steps", row.equilibrium_steps, &any),
        ("float32_share", row.float32_share, &rounded),
    ];
    let measured: [Column; 8] = [
        ("rotation", row.rotation, &angle),
        ("equilibrium_rotation", row.equilibrium_rotation, &any),
        ("balance_ratio", row.balance_ratio, &any),
        ("weight_rms", row.weight_rms, &any),
        ("equilibrium_rms", row.equilibrium_rms, &any),
        ("initial_share", row.initial_share, &any),
        ("gradient_cosine", row.gradient_cosine, &cosine),
        ("clipped", row.clipped, &share),
    ];
    let numbers = planned.map(|column| (column, false)).into_iter();
    for ((column, number, possible), may_be_none) in
        numbers.chain(measured.map(|column| (column, true)))
    {
        ensure!(
            number
                .is_none_or(|number| number.is_nan() && may_be_none || possible.contains(&number)),
            "run {} has a {column} of {} for role {} that no run can have; {REMEDY}",
            row.run,
            number.unwrap_or_default(),
            row.role
        );
    }
    Ok(())
}

/// That balance is said to be reached where the ratio beside it says so.
fn check_balance(row: &MechanismRow) -> Result<()> {
    let MechanismRow { run, role, balance_ratio, reached, .. } = row;
    ensure!(
        *reached == balance_ratio.map(is_near_balance),
        "the row of run {run} and role {role} has a balance_ratio that its `reached` contradicts; {REMEDY}"
    );
    Ok(())
}
