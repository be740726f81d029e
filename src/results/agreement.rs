//! Whether the files of an experiment are of the same runs: figures, claims and the report read them together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Result, bail, ensure};

use super::columns::is_newest;
use super::{CurveCsvRow, ManifestRow, REMEDY, RunRow, for_each_row};
use crate::config::{Family, ModelShape, Named};

/// Numbers that differ by a smaller share are one, written with fewer digits.
const DIGITS: f64 = 1e-9;

/// The file of the curves.
const CURVES: &str = "curves.csv";
/// The file of what arms do to parameters.
const MANIFEST: &str = "manifest.csv";

/// Evaluations of runs, by the name of the run.
pub type Curves = BTreeMap<String, Vec<CurveCsvRow>>;

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
    Ok(())
}

/// That every curve is of a run with a row, where the folder has curves: kept results may be without them.
///
/// # Errors
/// A file that cannot be read, or a run that has a curve alone; the message names it.
pub fn check_rows(folder: &Path, runs: &[RunRow]) -> Result<()> {
    let path = folder.join(CURVES);
    if !path.is_file() {
        return Ok(());
    }
    let mut names = BTreeSet::new();
    for_each_row(&path, |row: CurveCsvRow| {
        names.insert(row.run);
    })?;
    check_known(folder, runs, names.iter())
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

/// That every arm of the runs has rows in the manifest, and every arm there its parameters to the last.
///
/// # Errors
/// Rows that are missing; the message names the line after which they are.
pub fn check_manifest(folder: &Path, runs: &[RunRow], rows: &[ManifestRow]) -> Result<()> {
    let path = folder.join(MANIFEST);
    let name = path.display();
    let mut arms: Vec<&ManifestRow> = Vec::new();
    // The parameters of an arm stand together, in the order of the model.
    for (place, row) in rows.iter().enumerate() {
        if rows.get(place + 1).is_some_and(|next| is_of_one_arm(row, next)) {
            continue;
        }
        let (own, last) = (&row.parameter, last_parameter(row.family));
        ensure!(
            last.as_ref() == Some(own),
            "{name} lost rows after line {}: the parameters of {} end there with `{own}`; {REMEDY}",
            place + 2,
            row.family.name()
        );
        arms.push(row);
    }
    // Older versions do not tell the variants of arms there.
    let has_variants = is_newest::<ManifestRow>(&path);
    let is_known = |run: &RunRow| arms.iter().any(|row| !has_variants || is_of_run(row, run));
    if let Some(run) = runs.iter().find(|run| !is_known(run)) {
        let (line, run) = (rows.len() + 1, &run.run);
        bail!("{name} ends at line {line} without a row of the arm of run {run}; {REMEDY}");
    }
    Ok(())
}

fn is_of_one_arm(row: &ManifestRow, next: &ManifestRow) -> bool {
    let arm = |row: &ManifestRow| (row.form, row.mask, row.weight_decay, row.family);
    arm(row) == arm(next) && row.variant == next.variant
}

fn is_of_run(row: &ManifestRow, run: &RunRow) -> bool {
    let is_same = match (row.weight_decay, run.weight_decay) {
        (Some(own), Some(other)) => is_near(own, other),
        (own, other) => own == other,
    };
    is_same && (row.form, row.mask) == (run.form, run.mask) && row.variant == run.variant
}

/// Which parameter is the last of a family, whatever the size of the model.
fn last_parameter(family: Family) -> Option<String> {
    let parameters = ModelShape { family, ..ModelShape::DEFAULT }.parameters(1);
    parameters.into_iter().last().map(|parameter| parameter.name)
}

/// Whether two numbers are one. A spreadsheet keeps 15 digits.
fn is_near(one: f64, other: f64) -> bool {
    (one - other).abs() <= DIGITS * other.abs() || one == other
}

/// What a curve says that its run cannot have.
fn contradiction(run: &RunRow, curve: &[CurveCsvRow]) -> Option<String> {
    let name = &run.run;
    let last = curve.last()?;
    let (step, val) = (last.row.step, last.row.val_loss);
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
    let own = run.val_loss.filter(|_| run.is_done() && step == run.steps)?;
    let is_same = val.is_some_and(|val| is_near(val, own) || val.is_nan() && own.is_nan());
    (!is_same).then(|| {
        let val = val.map_or("no val loss".to_owned(), |val| format!("a val loss of {val}"));
        format!("run {name} has {val} at its last step, and {own} in runs.csv")
    })
}
