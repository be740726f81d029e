//! Reading the evaluations in `curves.csv`, whatever the order of its rows.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::path::Path;

use anyhow::Result;

use super::{CurveCsvRow, for_each_row};
use crate::record::CurveRow;

/// Evaluations of runs in the order of their steps, by the name of the run. Their gradient norm and what a step did to the
/// weights are means over the rows since the evaluation before.
pub type Curves = BTreeMap<String, Vec<CurveCsvRow>>;

/// Reads a file of curves.
///
/// # Errors
/// A file that cannot be read; the message names it, and line and column.
pub fn read_curves(path: &Path) -> Result<Curves> {
    let mut curves: BTreeMap<String, Curve> = BTreeMap::new();
    let mut is_in_order = true;
    for_each_row(path, |row: CurveCsvRow| {
        is_in_order &= match curves.get_mut(&row.run) {
            Some(curve) => curve.add(row),
            None => curves.entry(row.run.clone()).or_default().add(row),
        };
    })?;
    match is_in_order {
        true => Ok(curves.into_iter().map(|(run, curve)| (run, curve.rows)).collect()),
        false => read_sorted(path),
    }
}

/// The same of rows that somebody sorted otherwise, which takes the memory of all of them.
fn read_sorted(path: &Path) -> Result<Curves> {
    let mut by_step: BTreeMap<String, BTreeMap<usize, CurveCsvRow>> = BTreeMap::new();
    for_each_row(path, |row: CurveCsvRow| {
        by_step.entry(row.run.clone()).or_default().entry(row.row.step).or_insert(row);
    })?;
    let curve = |rows: BTreeMap<usize, CurveCsvRow>| {
        let mut curve = Curve::default();
        rows.into_values().for_each(|row| {
            curve.add(row);
        });
        curve.rows
    };
    Ok(by_step.into_iter().map(|(run, rows)| (run, curve(rows))).collect())
}

/// A curve while it is read.
#[derive(Default)]
struct Curve {
    rows: Vec<CurveCsvRow>,
    steps: BTreeSet<usize>,
    /// Rows since the last evaluation.
    since: Vec<CurveRow>,
}

impl Curve {
    /// Adds a row, and says whether it is in order: a step that is there already is a copy, as a run that several arms share
    /// is written once for each of them.
    fn add(&mut self, mut added: CurveCsvRow) -> bool {
        let row = &mut added.row;
        let is_last = self.steps.last().is_none_or(|last| row.step > *last);
        if !is_last {
            return self.steps.contains(&row.step);
        }
        self.steps.insert(row.step);
        if row.val_loss.is_none() {
            self.since.push(added.row);
            return true;
        }
        self.since.push(row.clone());
        row.average_steps(&mem::take(&mut self.since));
        self.rows.push(added);
        true
    }
}
