mod asked;
mod beside;
mod differences;
mod spec;
mod verdicts;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};

use super::tables::{broken, trimmed};
use crate::results::{RunRow, check_rows, read_experiment, read_runs};
use crate::stats::Analysis;
use verdicts::Verdicts;

/// Of a screen.
const COLUMNS: usize = 112;

/// Two experiments side by side: what was asked differently, and which verdicts differ.
///
/// # Errors
/// A folder that holds no experiment; the message names the file.
pub fn compare(left: &Path, right: &Path) -> Result<String> {
    let experiments = [read_experiment(left)?, read_experiment(right)?];
    let runs = [runs(left)?, runs(right)?];
    let analyses = [0, 1].map(|place| Analysis::on(&runs[place], &experiments[place].analysis));
    let names = [left.display().to_string(), right.display().to_string()];
    let mut parts = vec![differences::differences(&experiments, &runs, &names)];
    let verdicts = Verdicts::of(&analyses, &names);
    parts.push(trimmed(&verdicts.table));
    let beside = beside::beside([left, right], &experiments, &names)?;
    let told = verdicts.told(if beside.is_some() { " on losses" } else { "" });
    parts.push(broken(&told, COLUMNS));
    parts.extend(beside);
    parts.extend(analyses.iter().zip(&names).filter_map(|(one, name)| lacking(one, name)));
    Ok(parts.join("\n\n"))
}

/// That runs are missing which verdicts would rest on.
fn lacking(analysis: &Analysis, name: &str) -> Option<String> {
    // Arms share the runs without decay.
    let runs = || analysis.groups.iter().flat_map(|group| &group.cells).flat_map(|cell| &cell.runs);
    let count = |runs: &mut dyn Iterator<Item = &RunRow>| {
        runs.map(|run| run.run.as_str()).collect::<BTreeSet<_>>().len()
    };
    let (done, all) = (count(&mut runs().filter(|run| run.is_done())), count(&mut runs()));
    (done < all).then(|| format!("{name}: {done} of {all} runs reached their end."))
}

fn runs(folder: &Path) -> Result<Vec<RunRow>> {
    let rows = read_runs(folder)?;
    check_rows(folder, &rows)?;
    ensure!(
        !rows.is_empty(),
        "{} holds no run; expected what `wane sweep` wrote",
        folder.join("runs.csv").display()
    );
    Ok(rows)
}
