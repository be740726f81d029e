//! The files of an experiment: `runs.csv`, `curves.csv`, `mechanism.csv`, `manifest.csv`, written from the store and
//! read by everything after.

mod agreement;
mod checks;
mod columns;
mod curves;
mod evaluated;
mod experiment;
mod lost_rows;
mod manifest;
mod measured;
mod mechanism;
mod planned;
mod rows;
mod table;
mod whole;

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::config::{AnalysisTerms, RunConfig};
use crate::corpus::{Copied, Levels};
use crate::experiment::{Arm, Plan};
use crate::files::{
    check_is_plain, create_folder, json_of, write_atomically, write_csv_atomically,
};
use crate::store::Store;

pub use agreement::{check_curves, check_rows};
pub use columns::{CsvRow, REMEDY, check as check_columns};
pub use curves::{CurveCsvRow, curve_rows};
pub use evaluated::{Curves, read_curves};
pub use experiment::Experiment;
pub use lost_rows::check_manifest;
pub use manifest::{ManifestRow, by_arm, manifest};
pub use measured::{lost_mechanism, read_mechanism};
pub use mechanism::{MechanismRow, mechanism_rows};
pub use planned::{Planned, planned_names, read_planned, write_planned};
pub use rows::{Draw, RunRow, bits_per_byte, other_row, planned_row, run_row};
pub use table::for_each_row;
pub use whole::{check_written, is_half_written, write_whole};

/// The files of numbers beside `experiment.json`.
pub const FILES: [&str; 4] = ["runs.csv", "curves.csv", "mechanism.csv", "manifest.csv"];

/// What is known of the text of a run: its reference levels, and what of val and test stands in it.
pub type OfText<'a> = &'a dyn Fn(&RunConfig) -> (Option<Levels>, Option<Copied>);

/// Writes rows as a CSV file.
///
/// # Errors
/// A folder that cannot be written; the message names the file.
pub fn write_csv<T: serde::Serialize>(path: &Path, rows: &[T]) -> Result<()> {
    write_csv_atomically(path, |add| rows.iter().try_for_each(add))
}

/// Reads the rows of a CSV file.
///
/// # Errors
/// A file that is not there or does not have these columns; the message names the file.
pub fn read_csv<T: CsvRow>(path: &Path) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    for_each_row(path, |row| rows.push(row))?;
    Ok(rows)
}

/// Reads the `runs.csv` of an experiment's folder.
///
/// # Errors
/// A file that is not there or does not have its columns, and rows that cannot be.
pub fn read_runs(folder: &Path) -> Result<Vec<RunRow>> {
    let path = folder.join("runs.csv");
    let rows: Vec<RunRow> = read_csv(&path)?;
    checks::check(&rows).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(rows)
}

/// Reads `experiment.json` of an experiment's folder.
///
/// # Errors
/// A file that is not there or is something else; the message names it.
pub fn read_experiment(folder: &Path) -> Result<Experiment> {
    let path = folder.join("experiment.json");
    let cannot = || format!("cannot read {}", path.display());
    check_is_plain(&path).with_context(cannot)?;
    let text = std::fs::read(&path).with_context(cannot)?;
    let experiment: Experiment =
        serde_json::from_slice(&text).with_context(|| {
            format!(
                "{} is damaged: where its runs are still in .runs beside its folder, `wane collect SPEC --replace` writes \
                 it anew",
                path.display()
            )
        })?;
    let AnalysisTerms { alpha, epsilon, .. } = experiment.analysis;
    ensure!(
        alpha > 0.0 && alpha < 1.0 && epsilon.is_none_or(|one| one > 0.0 && one.is_finite()),
        "{} is damaged: `analysis` needs an alpha between 0 and 1 and an epsilon above 0",
        path.display()
    );
    Ok(experiment)
}

/// Writes `experiment.json`, `runs.csv`, `curves.csv`, `mechanism.csv` and `manifest.csv` of an experiment from the
/// store, with what there is of runs that have not ended; returns the rows of `runs.csv`. `of_text` knows the reference
/// levels of a run's text, and what of val and test stands in it: older programs counted less in their records.
///
/// # Errors
/// A folder that cannot be written; the message names the file.
pub fn write_results(
    folder: &Path,
    experiment: &Experiment,
    plan: &Plan,
    store: &Store,
    of_text: OfText,
) -> Result<Vec<RunRow>> {
    create_folder(folder)?;
    write_atomically(&folder.join("experiment.json"), &json_of(experiment)?)?;
    let (mut rows, mut mechanism) = (Vec::new(), Vec::new());
    // One curve in memory at a time: there may be a hundred thousand.
    write_csv_atomically(&folder.join("curves.csv"), |add| {
        for entry in &plan.entries {
            let run = &plan.runs[entry.run];
            let record = store.so_far(run);
            let (levels, copied) = of_text(run);
            rows.push(run_row(entry, run, &record, levels).with_copied(copied));
            mechanism.extend(mechanism_rows(entry, run, &record));
            curve_rows(entry, &record).try_for_each(&mut *add)?;
        }
        Ok(())
    })?;
    write_csv(&folder.join("runs.csv"), &rows)?;
    write_csv(&folder.join("mechanism.csv"), &mechanism)?;
    write_csv(&folder.join("manifest.csv"), &manifest_rows(plan))?;
    Ok(rows)
}

fn manifest_rows(plan: &Plan) -> Vec<ManifestRow> {
    let vocabulary = plan.runs[0].data.vocabulary;
    let mut arms: Vec<&Arm> = Vec::new();
    for entry in &plan.entries {
        // Arms of two variants each have rows, though they update alike: the rows of a run are found by its variant.
        let is_known = |arm: &&Arm| arm.updates_as(&entry.arm) && arm.variant == entry.arm.variant;
        if !arms.iter().any(is_known) {
            arms.push(&entry.arm);
        }
    }
    arms.iter().flat_map(|arm| manifest(arm, &arm.model.parameters(vocabulary))).collect()
}

#[cfg(test)]
mod tests;
