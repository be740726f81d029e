//! What the numbers of an experiment say: means over seeds, differences paired by seed, tests,
//! verdicts. Reads the rows of `runs.csv` and nothing else.

mod comparison;
mod groups;
mod inference;
mod summary;
mod values;
mod verdicts;
mod warnings;

use crate::results::RunRow;

pub use comparison::{Comparison, Quantity};
pub use groups::{Cell, Group, GroupKey, Side, group_by_rule};
pub use inference::{Estimate, FEWEST_SEEDS};
pub use summary::{Summary, SummaryRow};
pub use values::{Carried, ValuesRow, ValuesTable};
pub use verdicts::{in_short, side as label, verdicts};

/// An experiment, analysed.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// Rules at every λ that was tried.
    pub groups: Vec<Group>,
    /// Val loss without decay: its spread over seeds is the noise floor.
    pub baseline: Option<Estimate>,
    /// Every decayed cell against no decay: val loss, then gap; corrected each among themselves.
    pub against_none: Vec<Comparison>,
    /// The questions of the experiment, in val loss, each rule at its own best λ: against no decay,
    /// form against form, mask against mask; corrected together.
    pub headline: Vec<Comparison>,
    /// What a reader should know before believing it.
    pub warnings: Vec<String>,
    /// The published recipes among the arms.
    pub values: Option<ValuesTable>,
}

impl Analysis {
    /// Analyses the rows of `runs.csv`.
    pub fn of(rows: &[RunRow]) -> Self {
        let groups = group_by_rule(rows);
        let baseline = groups
            .iter()
            .find_map(|group| group.baseline.as_ref())
            .and_then(|cell| cell.estimate(|run| run.val_loss));
        let against_none = comparison::against_none(&groups);
        let headline = comparison::headline(&groups);
        let warnings = warnings::warnings(&groups, rows);
        let values = ValuesTable::of(rows);
        Analysis { groups, baseline, against_none, headline, warnings, values }
    }

    /// The comparison of a cell with no decay.
    pub fn against_none(&self, quantity: Quantity, side: &Side) -> Option<&Comparison> {
        self.against_none.iter().find(|c| c.quantity == quantity && c.left == *side)
    }

    /// The arm with the lowest mean val loss among those that decay, and its rule.
    pub fn best(&self) -> Option<(&Group, &Cell)> {
        let bests = self.groups.iter().filter_map(|group| Some((group, group.best_decayed()?)));
        let loss = |cell: &Cell| cell.estimate(|run| run.val_loss).map_or(f64::NAN, |e| e.mean);
        bests.min_by(|a, b| loss(a.1).total_cmp(&loss(b.1)))
    }

    /// Whether a rule is that of a published recipe, which has a table of its own.
    pub fn is_published(&self, key: &GroupKey) -> bool {
        let rows = self.values.iter().flat_map(|table| &table.rows);
        rows.into_iter().any(|row| row.variant == key.variant)
    }

    /// Most seeds that any cell has.
    pub fn seeds(&self) -> usize {
        let cells = self.groups.iter().flat_map(|group| &group.cells);
        cells.map(|cell| cell.runs.len()).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
