//! Whether the files of an experiment are of the same runs: figures, claims and the report read them together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use anyhow::{Result, bail, ensure};

use super::{CurveCsvRow, Curves, REMEDY, RunRow, read_curves};

/// Numbers that differ by a smaller share are one, written with fewer digits.
const DIGITS: f64 = 1e-9;

/// The file of the curves.
const CURVES: &str = "curves.csv";

/// That every run that ended has its curve, that no curve is of another run, and that both say the same of the last step.
///
/// # Errors
/// A curve that is missing, that is of no run, or that no run of this experiment can have; the message names it.
pub fn check_curves(folder: &Path, runs: &[RunRow], curves: &Curves) -> Result<()> {
    check_known(folder, runs, curves.keys())?;
    let path = folder.join(CURVES);
    for run in runs {
        let Some(curve) = curves.get(&run.run) else {
            ensure!(
                !run.is_done(),
                "{} has no evaluation of run {}, which ended; {REMEDY}",
                path.display(),
                run.run
            );
            continue;
        };
        if let Some(why) = contradiction(run, curve) {
            bail!("{}: {why}; {REMEDY}", path.display());
        }
    }
    match lost(runs, curves) {
        Some(why) => bail!("{}: {why}; {REMEDY}", path.display()),
        None => Ok(()),
    }
}

/// Which evaluation a run that ended lacks that another of its model and recipe has.
fn lost(runs: &[RunRow], curves: &Curves) -> Option<String> {
    let mut steps: HashMap<(&str, usize), BTreeMap<usize, &str>> = HashMap::new();
    // Files of older versions do not tell which runs share a recipe.
    let ended = || runs.iter().filter(|run| run.is_done() && !run.setting.is_empty());
    let evaluated = |run: &RunRow| {
        let curve = curves.get(&run.run).map(Vec::as_slice).unwrap_or_default();
        curve.iter().map(|one| one.row.step)
    };
    for run in ended() {
        let own = steps.entry((&run.setting, run.steps)).or_default();
        for step in evaluated(run) {
            own.entry(step).or_insert(&run.run);
        }
    }
    ended().find_map(|run| {
        let own: BTreeSet<usize> = evaluated(run).collect();
        let all = &steps[&(run.setting.as_str(), run.steps)];
        let (step, other) = all.iter().find(|(step, _)| !own.contains(step))?;
        Some(format!("run {} has no evaluation at step {step}, which run {other} has", run.run))
    })
}

/// The same of the curves in a folder, where it has any: kept results may be without them.
///
/// # Errors
/// A file that cannot be read, or curves that are not of these runs; the message names it.
pub fn check_rows(folder: &Path, runs: &[RunRow]) -> Result<()> {
    let path = folder.join(CURVES);
    if !path.is_file() {
        return Ok(());
    }
    check_curves(folder, runs, &read_curves(&path)?)
}

fn check_known<'a>(
    folder: &Path,
    runs: &[RunRow],
    mut curves: impl Iterator<Item = &'a String>,
) -> Result<()> {
    let known: BTreeSet<&str> = runs.iter().map(|run| run.run.as_str()).collect();
    if let Some(run) = curves.find(|run| !known.contains(run.as_str())) {
        bail!(
            "{} has no row of run {run}, whose curve is in curves.csv; {REMEDY}",
            folder.join("runs.csv").display()
        );
    }
    Ok(())
}

/// Whether two numbers are one. A spreadsheet keeps 15 digits.
pub fn is_near(one: f64, other: f64) -> bool {
    (one - other).abs() <= DIGITS * other.abs() || one == other
}

/// The same of numbers of which there may be none.
pub fn is_one(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => is_near(one, other),
        (one, other) => one == other,
    }
}

/// What a curve says that its run cannot have.
fn contradiction(run: &RunRow, curve: &[CurveCsvRow]) -> Option<String> {
    let name = &run.run;
    let last = curve.last()?;
    let step = last.row.step;
    if step > run.steps {
        return Some(format!(
            "run {name} has {} steps, and an evaluation at step {step}",
            run.steps
        ));
    }
    let is_below_zero = |loss: Option<f64>| loss.is_some_and(|loss| loss < 0.0);
    let impossible =
        |one: &&CurveCsvRow| [one.row.train_loss, one.row.val_loss].into_iter().any(is_below_zero);
    if let Some(one) = curve.iter().find(impossible) {
        return Some(format!("run {name} has a loss below 0 at step {}", one.row.step));
    }
    missing(run, curve).or_else(|| disagreement(run, curve)).or_else(|| lower(run, curve))
}

/// Which evaluation a run that ended has to have, and lacks.
fn missing(run: &RunRow, curve: &[CurveCsvRow]) -> Option<String> {
    let is_there = |step: usize| curve.iter().any(|one| one.row.step == step);
    let steps = [("last", Some(run.steps)), ("best", run.best_step)];
    let lacks = |(name, step): (&str, Option<usize>)| {
        let step = step.filter(|step| run.is_done() && !is_there(*step))?;
        Some(format!("run {} has no evaluation at its {name} step, {step}", run.run))
    };
    steps.into_iter().find_map(lacks)
}

/// Which val loss of a curve is lower than the lowest of its run. One before training is no choice.
fn lower(run: &RunRow, curve: &[CurveCsvRow]) -> Option<String> {
    let best = run.best_val_loss.filter(|_| run.is_done())?;
    let is_lower = |loss: f64| loss < best && !is_near(loss, best);
    let mut trained = curve.iter().map(|one| &one.row).filter(|row| row.step > 0);
    let row = trained.find(|row| row.val_loss.is_some_and(is_lower))?;
    let loss = row.val_loss?;
    Some(format!(
        "run {} has a val loss of {loss} at step {}, and {best} as its lowest in runs.csv",
        run.run, row.step
    ))
}

/// Which loss of a run is another in its curve.
fn disagreement(run: &RunRow, curve: &[CurveCsvRow]) -> Option<String> {
    let at = |step: usize| curve.iter().map(|one| &one.row).find(|row| row.step == step);
    let last = at(run.steps).filter(|_| run.is_done());
    let best = run.best_step.and_then(at);
    let losses = [
        ("val loss", "last", last.map(|row| row.val_loss), run.val_loss),
        ("train loss", "last", last.map(|row| row.train_loss), run.train_loss),
        ("val loss", "best", best.map(|row| row.val_loss), run.best_val_loss),
    ];
    losses.into_iter().find_map(|(loss, step, found, own)| {
        let (found, own) = (found?, own?);
        let is_same = found.is_some_and(|one| is_near(one, own) || one.is_nan() && own.is_nan());
        let found = found.map_or(format!("no {loss}"), |found| format!("a {loss} of {found}"));
        let name = &run.run;
        (!is_same)
            .then(|| format!("run {name} has {found} at its {step} step, and {own} in runs.csv"))
    })
}
