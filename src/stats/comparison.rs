use serde::Serialize;

use super::groups::{Cell, Group, Side};
use super::inference::{Estimate, holm, p_of_no_difference};
use crate::results::RunRow;

/// What is compared, at the last step, in nats per token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    ValLoss,
    /// Generalization gap.
    Gap,
}

impl Quantity {
    /// Its value in a run.
    pub fn of(self, run: &RunRow) -> Option<f64> {
        match self {
            Quantity::ValLoss => run.val_loss,
            Quantity::Gap => run.gap,
        }
    }
}

/// A difference between two rules, paired by seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub quantity: Quantity,
    pub left: Side,
    /// `None` for no decay.
    pub right: Option<Side>,
    /// Left − right, in nats per token, over the seeds whose runs reached their end on both sides.
    pub difference: Estimate,
    /// Two-sided p that there is none; missing for too few seeds and where a run did not reach its end:
    /// the seeds that survive are no fair sample.
    pub p: Option<f64>,
    /// The same after Holm's correction over the family.
    pub p_holm: Option<f64>,
    /// Tests in the family.
    pub family: usize,
}

impl Comparison {
    /// Of a cell with the runs of a recipe without decay; not yet corrected. `None` where no seed has
    /// both.
    pub fn with_none(quantity: Quantity, left: (Side, &Cell), none: &Cell) -> Option<Self> {
        Self::between(quantity, left, (None, none))
    }

    fn between(
        quantity: Quantity,
        (left, left_cell): (Side, &Cell),
        (right, right_cell): (Option<Side>, &Cell),
    ) -> Option<Self> {
        let differences = left_cell.differences(right_cell, |run| quantity.of(run));
        let difference = Estimate::of(&differences)?;
        let is_complete = left_cell.is_complete() && right_cell.is_complete();
        let p = p_of_no_difference(&differences).filter(|_| is_complete);
        Some(Comparison { quantity, left, right, difference, p, p_holm: None, family: 0 })
    }
}

/// Every decayed cell against no decay, in val loss and in gap; each quantity is a family.
pub fn against_none(groups: &[Group]) -> Vec<Comparison> {
    let mut all = Vec::new();
    for quantity in [Quantity::ValLoss, Quantity::Gap] {
        let mut family = Vec::new();
        for group in groups {
            let decayed = group.cells.iter().filter(|cell| cell.decays());
            family.extend(decayed.filter_map(|cell| with_baseline(quantity, group, cell)));
        }
        correct(&mut family.iter_mut().collect::<Vec<_>>());
        all.extend(family);
    }
    all
}

/// Each rule at its own best λ: against no decay, form against form and mask against mask. One
/// family, in val loss.
pub fn headline(groups: &[Group]) -> Vec<Comparison> {
    // Published recipes are compared in a table of their own, at the λ that they name.
    let own = groups.iter().filter(|group| !group.rule.in_values_table);
    let bests: Vec<(&Group, &Cell)> =
        own.filter_map(|group| Some((group, group.best_decayed()?))).collect();
    let mut family: Vec<Comparison> = bests
        .iter()
        .filter_map(|(group, cell)| with_baseline(Quantity::ValLoss, group, cell))
        .collect();
    for (index, left) in bests.iter().enumerate() {
        for right in &bests[index + 1..] {
            if left.0.rule.differs_in_one_thing_from(&right.0.rule) {
                let [left, right] = [left, right].map(|(group, cell)| (group.side(cell), *cell));
                let right = (Some(right.0), right.1);
                family.extend(Comparison::between(Quantity::ValLoss, left, right));
            }
        }
    }
    correct(&mut family.iter_mut().collect::<Vec<_>>());
    family
}

fn with_baseline(quantity: Quantity, group: &Group, cell: &Cell) -> Option<Comparison> {
    Comparison::with_none(quantity, (group.side(cell), cell), group.baseline.as_ref()?)
}

/// Corrects the p values of a family of comparisons.
pub fn correct(family: &mut [&mut Comparison]) {
    let p_values: Vec<Option<f64>> = family.iter().map(|comparison| comparison.p).collect();
    let count = p_values.iter().flatten().count();
    for (comparison, p) in family.iter_mut().zip(holm(&p_values)) {
        comparison.p_holm = p;
        comparison.family = count;
    }
}
