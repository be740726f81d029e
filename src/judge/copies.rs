//! Rows that say in every column what an earlier row says.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use anyhow::Result;

use super::arm::Arm;
use super::columns::RUNS;
use super::labels::Labelled;
use super::table::Table;
use crate::plural::counted;

/// Rows by their places. Those of steps are of none: a run says by its steps whether it stands twice.
#[derive(Default)]
pub struct Copies {
    /// Of a run that a seed or a name tells: it stands twice, and counts once.
    pub again: BTreeSet<usize>,
    /// Of runs that nothing tells apart: they may be runs of their own.
    pub unnamed: BTreeSet<usize>,
}

impl Copies {
    /// Those of a table.
    ///
    /// # Errors
    /// A column that may be several.
    pub fn of(table: &Table, labelled: &Labelled, value: &str, step: Option<&str>) -> Result<Self> {
        let run = table.any_column(&RUNS)?;
        let mut seen: HashSet<&BTreeMap<String, String>> = HashSet::new();
        let mut copies = Copies::default();
        for (place, (row, (_, seed))) in table.rows.iter().zip(labelled).enumerate() {
            let has = |column: Option<&str>| column.is_some_and(|column| row.contains_key(column));
            if has(step) || seen.insert(row) {
                continue;
            }
            if seed.is_some() || has(run) {
                copies.again.insert(place);
            // Runs that diverged are alike without being copies.
            } else if row.get(value).is_some_and(|text| is_finite(text)) {
                copies.unnamed.insert(place);
            }
        }
        Ok(copies)
    }

    /// Rows that count once.
    pub fn told(&self) -> Option<String> {
        let (rows, stand, count) = match self.again.len() {
            0 => return None,
            1 => ("1 row".to_owned(), "stands", "counts"),
            many => (format!("{many} rows"), "stand", "count"),
        };
        Some(format!(
            "{rows} {stand} twice, with the same run and the same in every column, and {count} once"
        ))
    }
}

fn is_finite(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok_and(f64::is_finite)
}

/// Copies that count as runs, and what to do.
pub fn copied_runs(arms: &[Arm]) -> Option<String> {
    let count: usize = arms.iter().map(|arm| arm.copies).sum();
    let all: usize = arms.iter().map(|arm| arm.runs.len()).sum();
    let (say, they) = if count == 1 { ("says", "it") } else { ("say", "they") };
    (count > 0).then(|| {
        format!(
            "WARNING: {count} of {} {say} in every column what another row says, and {} as runs of their own. If {they} \
             copy the same runs, every p is too small and every interval too narrow. Add a column `seed` or `run` (or \
             name it: --seed), by which copies count once; without one, take copies out",
            counted(all, "row"),
            if count == 1 { "counts" } else { "count" },
        )
    })
}
