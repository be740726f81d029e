//! What arms know by heart against no decay, paired by seed: at the last step, and at equal test loss.
//!
//! A run that has learned less, or has overfitted less, also knows less by heart. Whether decay does more than that shows
//! where two runs are compared at the same test loss: of the losses that both of them have had, the one nearest to the
//! lower of their last ones. Each run is taken where it had that loss last, which for one of the two is its end unless the
//! other never was as good; what it knows by heart there is read off between the two evaluations around that place.

use std::collections::BTreeMap;

use serde::Serialize;

use super::contrast::Contrast;
use super::evidence::Evidence;
use super::groups::{Cell, Group, Side};
use super::inference::{Estimate, FEWEST_SEEDS};
use super::verdict::{Judgement, Terms, judge};
use crate::config::Canaries;
use crate::record::CurveRow;
use crate::results::{CurveCsvRow, RunRow};

/// A number of what is known by heart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Share of train prompts that are continued verbatim, less that of val prompts.
    ByHeart,
    /// Mean exposure of canaries, in bits.
    Exposure,
}

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

/// The evaluated rows of every run.
type Curves = BTreeMap<String, Vec<CurveCsvRow>>;

impl Measure {
    pub const ALL: [Measure; 2] = [Measure::ByHeart, Measure::Exposure];

    /// Of a run at its last step.
    pub fn of(self, run: &RunRow) -> Option<f64> {
        match self {
            Measure::ByHeart => run.by_heart(),
            Measure::Exposure => run.exposure,
        }
    }

    /// Of an evaluation.
    pub fn at(self, row: &CurveRow) -> Option<f64> {
        match self {
            Measure::ByHeart => Some(row.memory.verbatim_train? - row.memory.verbatim_val?),
            Measure::Exposure => row.memory.exposure,
        }
    }
}

impl Measure {
    /// The largest that it can be.
    fn largest(self) -> f64 {
        match self {
            Measure::ByHeart => 1.0,
            Measure::Exposure => ((Canaries::CANDIDATES + 1) as f64).log2(),
        }
    }
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
            let Differences { values, test_losses } = match moment {
                Moment::LastStep => Differences::at_the_end(cell, none, measure),
                Moment::EqualTestLoss => Differences::at_equal_loss(cell, none, measure, curves),
            };
            let Some(difference) = Estimate::of(&values) else { continue };
            // A measure that is at its end in every run has no spread that a test could go by.
            let varies = !difference.is_constant(measure.largest());
            let has_seeds = values.len() >= FEWEST_SEEDS;
            let may_test = varies && has_seeds && cell.is_complete() && none.is_complete();
            contrasts.push(may_test.then(|| Contrast::paired(&values)));
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

/// Differences by seed, and the test losses at which they are.
#[derive(Default)]
struct Differences {
    values: Vec<f64>,
    test_losses: Vec<f64>,
}

impl Differences {
    fn at_the_end(cell: &Cell, none: &Cell, measure: Measure) -> Self {
        let values = cell.differences(none, |run| measure.of(run));
        Differences { values, test_losses: Vec::new() }
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
                Some((loss, own.at(loss)? - other.at(loss)?))
            });
            if let Some((loss, difference)) = both {
                found.values.push(difference);
                found.test_losses.push(loss);
            }
        }
        found
    }
}

/// Test loss and a measure at every evaluation of a run.
struct Path(Vec<(f64, f64)>);

impl Path {
    fn of(curve: &[CurveCsvRow], measure: Measure) -> Self {
        let point = |row: &CurveCsvRow| Some((row.row.memory.test_loss?, measure.at(&row.row)?));
        Path(curve.iter().filter_map(point).collect())
    }

    fn lowest(&self) -> Option<f64> {
        self.0.iter().map(|(loss, _)| *loss).min_by(f64::total_cmp)
    }

    fn end(&self) -> Option<f64> {
        self.0.last().map(|(loss, _)| *loss)
    }

    /// The measure where the test loss was this last, on the line between the evaluations around that place.
    fn at(&self, loss: f64) -> Option<f64> {
        let last = self.0.last().filter(|last| last.0 == loss);
        let crossing = |pair: &[(f64, f64)]| {
            let [(a, before), (b, after)] = [pair[0], pair[1]];
            let is_between = (a - loss) * (b - loss) <= 0.0 && a != b;
            is_between.then(|| before + (after - before) * (loss - a) / (b - a))
        };
        let crossed = || self.0.windows(2).rev().find_map(crossing);
        last.map(|(_, value)| *value).or_else(crossed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Form, Mask};
    use crate::record::Memory;
    use crate::stats::group_by_rule;
    use crate::stats::tests::row;
    use crate::stats::verdict::Kind;

    fn path(points: &[(f64, f64)]) -> Path {
        Path(points.to_vec())
    }

    #[test]
    fn a_path_is_read_where_it_had_the_loss_last() {
        let path = path(&[(4.0, 0.0), (2.0, 0.1), (1.5, 0.3), (1.8, 0.9)]);
        assert_eq!((path.lowest(), path.end()), (Some(1.5), Some(1.8)));
        assert_eq!(path.at(3.0), Some(0.05));
        assert_eq!(path.at(1.8), Some(0.9));
        assert!((path.at(1.65).unwrap() - 0.6).abs() < 1e-12, "on the way up again");
        assert!((path.at(1.5).unwrap() - 0.3).abs() < 1e-12);
        assert_eq!((path.at(5.0), path.at(1.0)), (None, None));
    }

    /// Two arms over so many seeds. What is known by heart is a function of the step alone or of the test loss alone.
    fn curve(run: &RunRow, points: &[(f64, f64)]) -> Vec<CurveCsvRow> {
        let at = |(step, (loss, share)): (usize, &(f64, f64))| CurveCsvRow {
            run: run.run.clone(),
            form: run.form,
            mask: run.mask,
            weight_decay: run.weight_decay,
            seed: run.seed,
            variant: String::new(),
            tokens: 0,
            row: CurveRow {
                val_loss: Some(*loss),
                memory: Memory {
                    test_loss: Some(*loss),
                    verbatim_train: Some(*share),
                    verbatim_val: Some(0.0),
                    ..Memory::default()
                },
                ..CurveRow::at(step)
            },
        };
        points.iter().enumerate().map(at).collect()
    }

    fn found(seeds: u64, of_arm: fn(f64) -> [(f64, f64); 3]) -> Memorisation {
        let (mut rows, mut curves) = (Vec::new(), Curves::new());
        for seed in 0..seeds {
            let noise = [0.0, 0.011, -0.008, 0.002, -0.003][seed as usize % 5];
            for (lambda, points) in [
                (0.0, [(4.0, 0.0), (2.0, 0.2 + noise), (3.0, 0.9 + noise)]),
                (1.0, of_arm(2.0 * noise)),
            ] {
                let mut run = row(Form::AdamW, Mask::Matrices, lambda, seed, 2.0);
                let last = points[2];
                (run.test_loss, run.verbatim_train, run.verbatim_val) =
                    (Some(last.0), Some(last.1), Some(0.0));
                curves.insert(run.run.clone(), curve(&run, &points));
                rows.push(run);
            }
        }
        Memorisation::of(&group_by_rule(&rows), &curves, 0.05).unwrap()
    }

    fn kinds(found: &Memorisation) -> Vec<(Moment, Kind)> {
        found.findings.iter().map(|one| (one.moment, one.judgement.kind)).collect()
    }

    /// No decay ends at a test loss of 3 with 0.9 known by heart, and had one of 2.5 at 0.55.
    #[test]
    fn an_arm_that_knows_less_at_its_end_may_know_as_much_at_the_same_loss_or_more() {
        let as_much = found(5, |noise| [(4.0, 0.0), (2.0, 0.1), (2.5, 0.55 + noise)]);
        let [last, equal] = &as_much.findings[..] else { panic!("{as_much:?}") };
        let (at_the_end, at_one_loss) = (Moment::LastStep, Moment::EqualTestLoss);
        assert_eq!(kinds(&as_much), [(at_the_end, Kind::Lower), (at_one_loss, Kind::Undecided)]);
        assert!((last.difference.mean + 0.35).abs() < 0.01 && last.test_loss.is_none());
        assert!(equal.difference.mean.abs() < 0.01 && equal.test_loss == Some(2.5));
        let more = found(5, |noise| [(4.0, 0.0), (2.0, 0.1), (2.5, 0.7 + noise)]);
        assert_eq!(kinds(&more), [(at_the_end, Kind::Lower), (at_one_loss, Kind::Higher)]);
        // An arm that never was as good as no decay at its end is compared at its own lowest loss.
        let worse = found(5, |noise| [(4.0, 0.0), (3.5, 0.1), (3.25, 0.2 + noise)]);
        assert_eq!(worse.findings[1].test_loss, Some(3.25));
        assert_eq!(kinds(&worse)[1], (at_one_loss, Kind::Higher));
    }

    #[test]
    fn what_is_the_same_for_every_seed_is_not_tested() {
        // The arm ends as no decay does.
        let found = found(5, |noise| [(4.0, 0.0), (2.5, 0.55 + noise), (3.0, 0.9 + noise / 2.0)]);
        assert_eq!(found.findings[0].difference.mean, 0.0);
        assert_eq!(found.findings[0].judgement.kind, Kind::NoTest);
    }

    #[test]
    fn few_seeds_are_described_and_not_judged() {
        let found = found(2, |noise| [(4.0, 0.0), (2.5, 0.04), (2.0, 0.06 + noise)]);
        assert_eq!(found.findings.len(), 2);
        assert!(found.findings.iter().all(|one| one.judgement.kind == Kind::NoTest));
        let none = group_by_rule(&[row(Form::AdamW, Mask::Matrices, 1.0, 0, 2.0)]);
        assert!(Memorisation::of(&none, &Curves::new(), 0.05).is_none());
    }
}
