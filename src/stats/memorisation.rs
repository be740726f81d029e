//! What arms know by heart against no decay, paired by seed: at the last step, and at equal test loss.
//!
//! A run that has learned less, or has overfitted less, also knows less by heart. Whether decay does more than that shows
//! where two runs are compared at the same test loss: of the losses that both of them have had, the one nearest to the
//! lower of their last ones. Each run is taken where it had that loss last, which for one of the two is its end unless the
//! other never was as good; what it knows by heart there is read off between the evaluations around that place, and by
//! how much that may be off is taken into account: by the bend of the curve, and by how far apart the places are that had
//! that loss.

mod measure;
mod path;
mod read_off;

use serde::Serialize;

pub use measure::Measure;

use path::Path;
use read_off::ReadOff;

use super::evidence::Evidence;
use super::groups::{Cell, Group, Side};
use super::inference::{Estimate, FEWEST_SEEDS};
use super::verdict::{Judgement, Terms, judge};
use crate::results::{Curves, RunRow};

/// When arms are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// After the last step.
    LastStep,
    /// Where both had the same test loss last, the lower of their last ones.
    EqualTestLoss,
}

/// An arm against no decay.
#[derive(Clone, Debug)]
pub struct Finding {
    pub measure: Measure,
    pub moment: Moment,
    pub arm: Side,
    /// Arm − no decay, with its own t-interval.
    pub difference: Estimate,
    /// Corrected over all arms that are compared in this measure at this moment.
    pub judgement: Judgement,
    /// The mean test loss at which they are compared; missing at the last step.
    pub test_loss: Option<f64>,
}

/// What an experiment found of what is known by heart.
#[derive(Clone, Debug)]
pub struct Memorisation {
    pub findings: Vec<Finding>,
}

impl Moment {
    pub const ALL: [Moment; 2] = [Moment::LastStep, Moment::EqualTestLoss];
}

impl Memorisation {
    /// Of rules at all their λ; `None` where no run was asked what it knows by heart.
    pub fn of(groups: &[Group], curves: &Curves, alpha: f64) -> Option<Self> {
        let cells = || groups.iter().flat_map(|group| &group.cells);
        let is_measured =
            |run: &RunRow| Measure::ALL.iter().any(|measure| measure.of(run).is_some());
        if !cells().flat_map(Cell::done).any(is_measured) {
            return None;
        }
        let families = Measure::ALL
            .into_iter()
            .flat_map(|measure| Moment::ALL.into_iter().map(move |moment| (measure, moment)));
        let family = |(measure, moment)| family(groups, curves, alpha, measure, moment);
        Some(Memorisation { findings: families.flat_map(family).collect() })
    }

    /// What was found of an arm.
    pub fn find(&self, measure: Measure, moment: Moment, arm: &Side) -> Option<&Finding> {
        let is_it = |one: &&Finding| (one.measure, one.moment) == (measure, moment);
        self.findings.iter().filter(is_it).find(|one| one.arm == *arm)
    }
}

/// Every treated arm against no decay of the same model and recipe, corrected together.
fn family(
    groups: &[Group],
    curves: &Curves,
    alpha: f64,
    measure: Measure,
    moment: Moment,
) -> Vec<Finding> {
    let terms = Terms { alpha, epsilon: None };
    let (mut found, mut contrasts) = (Vec::new(), Vec::new());
    for group in groups {
        let Some(none) = &group.baseline else { continue };
        for cell in group.cells.iter().filter(|cell| cell.is_treated()) {
            let Differences { values, bends, apart, test_losses } = match moment {
                Moment::LastStep => Differences::at_the_end(cell, none, measure),
                Moment::EqualTestLoss => Differences::at_equal_loss(cell, none, measure, curves),
            };
            let Some(difference) = Estimate::of(&values) else { continue };
            // A measure that is at its end in every run has no spread that a test could go by.
            let varies = !difference.is_constant(measure.largest());
            let has_seeds = values.len() >= FEWEST_SEEDS;
            let may_test = varies && has_seeds && cell.is_complete() && none.is_complete();
            let mean = |numbers: &[f64]| Estimate::of(numbers).map_or(0.0, |one| one.mean);
            let off = mean(&bends).abs() + mean(&apart);
            contrasts.push(may_test.then(|| ReadOff::new(&values, off)));
            found.push(Finding {
                measure,
                moment,
                arm: group.side(cell),
                difference,
                judgement: Judgement::untested(0),
                test_loss: Estimate::of(&test_losses).map(|losses| losses.mean),
            });
        }
    }
    let tested: Vec<&dyn Evidence> =
        contrasts.iter().flatten().map(|one| one as &dyn Evidence).collect();
    let mut judged = judge(&tested, &terms).into_iter();
    for (finding, contrast) in found.iter_mut().zip(&contrasts) {
        finding.judgement = match contrast {
            Some(contrast) => {
                let judgement = judged.next().expect("every contrast is judged");
                judgement.with_details(contrast, &terms)
            }
            None => Judgement::untested(tested.len()),
        };
    }
    found
}

/// Differences by seed, how much of each is bend of the curves that it was read off, by how much the places may be others,
/// and the test losses at which they are.
#[derive(Default)]
struct Differences {
    values: Vec<f64>,
    bends: Vec<f64>,
    apart: Vec<f64>,
    test_losses: Vec<f64>,
}

impl Differences {
    fn at_the_end(cell: &Cell, none: &Cell, measure: Measure) -> Self {
        let values = cell.differences(none, |run| measure.of(run));
        Differences { values, ..Differences::default() }
    }

    fn at_equal_loss(cell: &Cell, none: &Cell, measure: Measure, curves: &Curves) -> Self {
        let mut found = Differences::default();
        for run in cell.done() {
            let twin = none.done().find(|twin| twin.draw() == run.draw());
            let paths = twin.and_then(|twin| {
                Some([
                    Path::of(curves.get(&run.run)?, measure),
                    Path::of(curves.get(&twin.run)?, measure),
                ])
            });
            let both = paths.and_then(|[own, other]| {
                let loss = own.end()?.min(other.end()?).max(own.lowest()?).max(other.lowest()?);
                Some((loss, own.at(loss)?, other.at(loss)?))
            });
            if let Some((loss, own, other)) = both {
                found.values.push(own.value - other.value);
                found.bends.push(own.bend - other.bend);
                found.apart.push(own.apart + other.apart);
                found.test_losses.push(loss);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests;
