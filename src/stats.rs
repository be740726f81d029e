//! What the numbers of an experiment say: means over seeds, differences paired by seed, tests. Reads the
//! rows of `runs.csv` and nothing else, and returns values: `report` puts them into words.

mod comparison;
mod finding;
mod groups;
mod inference;
mod values;
mod warnings;

use crate::results::RunRow;

pub use comparison::{Comparison, Quantity};
pub use finding::{Kind, Tally};
pub use groups::{Cell, Group, Rule, Side, group_by_rule};
pub use inference::{Estimate, FEWEST_SEEDS};
pub use values::{Carried, Finding, ValuesRow, ValuesTable};
pub use warnings::{TOO_LITTLE_DECAY, Warning};

/// An experiment, analysed.
#[derive(Clone, Debug)]
pub struct Analysis {
    pub groups: Vec<Group>,
    /// Val loss without decay: its spread over seeds is the noise floor.
    pub baseline: Option<Estimate>,
    /// Every decayed cell against no decay: val loss, then gap; corrected each among themselves.
    pub against_none: Vec<Comparison>,
    /// The questions of the experiment, in val loss, each rule at its own best λ: against no decay,
    /// form against form, mask against mask; corrected together.
    pub headline: Vec<Comparison>,
    /// What a reader should know before believing it.
    pub warnings: Vec<Warning>,
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

    /// The rules that ask the experiment's own questions; the others have their rows in the values table.
    pub fn own_groups(&self) -> impl Iterator<Item = &Group> + Clone {
        self.groups.iter().filter(|group| !group.rule.in_values_table)
    }

    /// The comparison of a cell with no decay, corrected over all arms.
    pub fn against_none(&self, quantity: Quantity, side: &Side) -> Option<&Comparison> {
        self.against_none.iter().find(|one| one.quantity == quantity && one.left == *side)
    }

    /// The comparison of a cell with no decay that is told to readers: that of the headline, or of the
    /// values table.
    pub fn told_against_none(&self, side: &Side) -> Option<&Comparison> {
        let of_values = self.values.iter().flat_map(ValuesTable::comparisons);
        let mut told = self.headline.iter().chain(of_values);
        told.find(|one| one.right.is_none() && one.left == *side)
    }

    /// The arm with the lowest mean val loss among those that decay, and its rule; an arm of the values
    /// table only where there are no others.
    pub fn best(&self) -> Option<(&Group, &Cell)> {
        groups::best_of(self.own_groups()).or_else(|| groups::best_of(self.groups.iter()))
    }

    /// Most seeds that any cell has, whether their runs have ended or not.
    pub fn seeds(&self) -> usize {
        let cells = self.groups.iter().flat_map(|group| &group.cells);
        cells.map(|cell| cell.runs.len()).max().unwrap_or(0)
    }

    /// Whether no arm learned more than how often each token occurs.
    pub fn nothing_is_learned(&self) -> bool {
        let nothing = |warning: &Warning| {
            matches!(warning, Warning::Collapsed { nothing_is_learned: true, .. })
        };
        self.warnings.iter().any(nothing)
    }
}

#[cfg(test)]
pub(crate) mod tests;
