//! Tells what a call asks for, for those who watch it.

use std::path::Path;

use anyhow::Result;

use super::levels::known;
use super::{Inputs, registered};
use crate::experiment::Entry;
use crate::results::{Planned, RunRow, planned_row, write_planned};
use crate::search::runs_of;

/// Writes what a call asks for, and what its spec claims, beside its runs.
///
/// # Errors
/// A folder that cannot be written; the message names the file.
pub fn tell(inputs: &Inputs, out: &Path) -> Result<()> {
    registered::claims(inputs, out)?;
    let spec = &inputs.spec;
    let planned = Planned {
        name: spec.name.clone(),
        question: spec.question.clone(),
        analysis: spec.analysis.clone(),
        expected: spec.is_search().then(|| runs_of(spec).expected),
    };
    let row = |entry: &Entry| {
        let run = &inputs.plan.runs[entry.run];
        planned_row(entry, run, known(run, out))
    };
    let rows: Vec<RunRow> = inputs.plan.entries.iter().map(row).collect();
    write_planned(out, &planned, &rows)
}
