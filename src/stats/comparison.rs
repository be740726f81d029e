use serde::Serialize;

use super::groups::{Cell, Group, Side};
use super::inference::{Estimate, holm, p_of_no_difference};
use crate::results::RunRow;

/// What is compared, at the last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// Val loss, in nats per token.
    ValLoss,
    /// Generalization gap, in nats per token.
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

    /// For axes and sentences.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::ValLoss => "val loss",
            Quantity::Gap => "gap",
        }
    }
}

/// A difference between two rules, paired by seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What is compared.
    pub quantity: Quantity,
    /// One side.
    pub left: Side,
    /// The other; `None` for no decay.
    pub right: Option<Side>,
    /// Left − right, in nats per token.
    pub difference: Estimate,
    /// Two-sided p that there is none; missing for too few seeds.
    pub p: Option<f64>,
    /// The same after Holm's correction over the family.
    pub p_holm: Option<f64>,
    /// Tests in the family.
    pub family: usize,
}

impl Comparison {
    /// Whether the corrected p is below 5%.
    pub fn is_distinguishable(&self) -> bool {
        self.p_holm.is_some_and(|p| p < 0.05)
    }
}

/// Every decayed cell against no decay, in val loss and in gap; each quantity is a family.
pub fn against_none(groups: &[Group]) -> Vec<Comparison> {
    let mut all = Vec::new();
    for quantity in [Quantity::ValLoss, Quantity::Gap] {
        let mut family = Vec::new();
        for group in groups {
            let decayed = group.cells.iter().filter(|cell| group.decays(cell));
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
    let own = groups.iter().filter(|group| !group.is_published());
    let bests: Vec<(&Group, &Cell)> =
        own.filter_map(|group| Some((group, group.best_decayed()?))).collect();
    let mut family: Vec<Comparison> = bests
        .iter()
        .filter_map(|(group, cell)| with_baseline(Quantity::ValLoss, group, cell))
        .collect();
    for (place, left) in bests.iter().enumerate() {
        for right in &bests[place + 1..] {
            let (a, b) = (&left.0.key, &right.0.key);
            let one_thing_differs = (a.form != b.form) != (a.mask != b.mask);
            if one_thing_differs && a.variant == b.variant {
                family.extend(between(Quantity::ValLoss, *left, *right));
            }
        }
    }
    correct(&mut family.iter_mut().collect::<Vec<_>>());
    family
}

fn with_baseline(quantity: Quantity, group: &Group, cell: &Cell) -> Option<Comparison> {
    let differences = cell.differences(group.baseline.as_ref()?, |run| quantity.of(run));
    compare(quantity, group.side(cell), None, &differences)
}

fn between(
    quantity: Quantity,
    left: (&Group, &Cell),
    right: (&Group, &Cell),
) -> Option<Comparison> {
    let differences = left.1.differences(right.1, |run| quantity.of(run));
    compare(quantity, left.0.side(left.1), Some(right.0.side(right.1)), &differences)
}

/// A comparison of differences, not yet corrected; `None` where there are none.
pub fn compare(
    quantity: Quantity,
    left: Side,
    right: Option<Side>,
    differences: &[f64],
) -> Option<Comparison> {
    let difference = Estimate::of(differences)?;
    let p = p_of_no_difference(differences);
    Some(Comparison { quantity, left, right, difference, p, p_holm: None, family: 0 })
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
