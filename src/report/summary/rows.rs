use serde::Serialize;

use crate::config::{Form, Mask, TestFamily};
use crate::report::words;
use crate::stats::memorisation::{Finding, Measure, Moment};
use crate::stats::{Analysis, Comparison, Contender, Kind, Point, Quantity, best_at_full_length};

/// A rule at its own best point, as numbers: the reported loss, means over seeds.
#[derive(Clone, Debug, Serialize)]
pub struct RuleRow {
    form: Form,
    mask: Option<Mask>,
    variant: String,
    /// Points among which the best is chosen.
    points: usize,
    /// λ of the best, and the values of what else is tuned, such as `lr=0.001`.
    weight_decay: Option<f64>,
    at: Option<String>,
    /// At the longest horizon.
    r#final: Option<f64>,
    stopped: Option<f64>,
    /// At the best horizon, where `steps` is tuned.
    horizon_tuned: Option<f64>,
    /// The smallest and the largest λ whose mean loss is within ε of the best; it describes the grid.
    within_epsilon: Option<[f64; 2]>,
}

impl RuleRow {
    pub fn of(analysis: &Analysis, contender: &Contender) -> Self {
        let best = contender.best();
        let full = best_at_full_length(&contender.points);
        let mean = |point: Option<&Point>, quantity: Quantity| {
            point.and_then(|point| point.cell.mean(|run| quantity.of(run)))
        };
        let horizon_tuned = best.filter(|point| point.side.value("steps").is_some());
        let rule = &contender.rule;
        RuleRow {
            form: rule.form,
            mask: rule.mask,
            variant: rule.variant.clone(),
            points: contender.points.len(),
            weight_decay: best.and_then(|point| point.side.weight_decay),
            at: best.map(|point| point.side.at.clone()),
            r#final: mean(full, analysis.loss),
            stopped: mean(full, analysis.loss.stopped()),
            horizon_tuned: mean(horizon_tuned, analysis.loss),
            within_epsilon: contender.within(analysis.epsilon.map(|one| one.value), analysis.loss),
        }
    }
}

/// A comparison as numbers.
#[derive(Clone, Debug, Serialize)]
pub struct ComparisonRow {
    family: Option<TestFamily>,
    /// Tests that are corrected together.
    family_size: usize,
    quantity: Quantity,
    left: String,
    right: String,
    /// Missing where it was not tested.
    kind: Option<Kind>,
    n: usize,
    /// Left − right.
    difference: f64,
    /// The ends of the interval that covers all differences of the family at once; an end that the seeds
    /// do not tell is missing.
    ci95: Option<[Option<f64>; 2]>,
    p: Option<f64>,
    p_holm: Option<f64>,
    /// Further seeds with which most experiments would decide what is undecided.
    seeds_needed: Option<usize>,
    /// Whether the difference is shown to be smaller than ε.
    within_epsilon: bool,
}

impl ComparisonRow {
    pub fn of(comparison: &Comparison, analysis: &Analysis) -> Self {
        let judgement = &comparison.judgement;
        let finite = |end: f64| Some(end).filter(|end| end.is_finite());
        ComparisonRow {
            family: comparison.family,
            family_size: judgement.family_size,
            quantity: comparison.quantity,
            left: words::arm(&comparison.left),
            right: words::other_side(comparison, analysis, words::arm).join(" and "),
            kind: Some(judgement.kind).filter(|kind| *kind != Kind::NoTest),
            n: comparison.difference.n,
            difference: comparison.difference.mean,
            ci95: judgement.interval.map(|ends| ends.map(finite)),
            p: judgement.p,
            p_holm: judgement.p_holm,
            seeds_needed: judgement.further_seeds,
            within_epsilon: comparison.is_within_epsilon,
        }
    }
}

/// What an arm knows by heart against no decay, as numbers.
#[derive(Clone, Debug, Serialize)]
pub struct MemorisationRow {
    measure: Measure,
    moment: Moment,
    arm: String,
    /// Mean test loss at which they are compared; missing at the last step.
    test_loss: Option<f64>,
    /// Tests that are corrected together.
    family_size: usize,
    /// Missing where it was not tested.
    kind: Option<Kind>,
    n: usize,
    /// Arm − no decay.
    difference: f64,
    /// The ends of the interval that covers all differences of the family at once.
    ci95: Option<[Option<f64>; 2]>,
    p: Option<f64>,
    p_holm: Option<f64>,
}

impl MemorisationRow {
    pub fn of(finding: &Finding) -> Self {
        let judgement = &finding.judgement;
        let finite = |end: f64| Some(end).filter(|end| end.is_finite());
        MemorisationRow {
            measure: finding.measure,
            moment: finding.moment,
            arm: words::arm(&finding.arm),
            test_loss: finding.test_loss,
            family_size: judgement.family_size,
            kind: Some(judgement.kind).filter(|kind| *kind != Kind::NoTest),
            n: finding.difference.n,
            difference: finding.difference.mean,
            ci95: judgement.interval.map(|ends| ends.map(finite)),
            p: judgement.p,
            p_holm: judgement.p_holm,
        }
    }
}
