use serde::Serialize;

use super::headline;
use crate::judge::{Arm, Case, Contest, JudgedFamily, Test};
use crate::report::words;
use crate::stats::{Estimate, Kind};

/// Everything that was found, with the keys of an experiment's `summary.json`.
#[derive(Serialize)]
struct Judged<'a> {
    headline: String,
    verdicts: Vec<String>,
    fine_print: String,
    warnings: &'a [String],
    epsilon: Option<f64>,
    alpha: f64,
    comparisons: Vec<ComparisonRow<'a>>,
    arms: Vec<ArmRow>,
}

#[derive(Serialize)]
struct ComparisonRow<'a> {
    family: JudgedFamily,
    family_size: usize,
    quantity: &'a str,
    left: &'a str,
    right: &'a str,
    /// Missing where it was not tested.
    kind: Option<Kind>,
    test: Test,
    n: usize,
    n_left: usize,
    n_right: usize,
    /// Runs without a partner, which are left out.
    unpaired: usize,
    difference: f64,
    /// Ends of the interval, at a level that covers all of the family at once with 1 − `alpha`.
    ci95: Option<[Option<f64>; 2]>,
    /// Level of that interval by itself.
    level: Option<f64>,
    p: Option<f64>,
    p_holm: Option<f64>,
    seeds_needed: Option<usize>,
    within_epsilon: bool,
}

#[derive(Serialize)]
struct ArmRow {
    arm: String,
    n: usize,
    /// Runs without a finite number.
    without: usize,
    mean: Option<f64>,
    sd: Option<f64>,
    ci95: Option<f64>,
    /// Of the best mean, where no comparison says the opposite.
    best: bool,
}

/// The case as JSON.
///
/// # Errors
/// None that a caller can meet: all that it holds can be written.
pub fn json(case: &Case) -> serde_json::Result<String> {
    let arms = case.arms.iter().enumerate();
    serde_json::to_string_pretty(&Judged {
        headline: headline(case).join(" "),
        verdicts: case.contests.iter().map(|one| words::contest(one, case)).collect(),
        fine_print: words::judged_fine_print(case),
        warnings: &case.remarks,
        epsilon: case.terms.epsilon,
        alpha: case.terms.alpha,
        comparisons: case.contests.iter().map(|one| comparison(one, case)).collect(),
        arms: arms.map(|(place, one)| arm(one, case.is_best(place))).collect(),
    })
}

fn comparison<'a>(one: &'a Contest, case: &'a Case) -> ComparisonRow<'a> {
    let judgement = &one.judgement;
    let finite = |end: f64| Some(end).filter(|end| end.is_finite());
    ComparisonRow {
        family: one.family,
        family_size: judgement.family_size,
        quantity: &case.quantity,
        left: &one.left,
        right: &one.right,
        kind: Some(judgement.kind).filter(|kind| *kind != Kind::NoTest),
        test: one.test,
        n: one.difference.n,
        n_left: one.runs[0],
        n_right: one.runs[1],
        unpaired: one.unpaired,
        difference: one.difference.mean,
        ci95: judgement.interval.map(|ends| ends.map(finite)),
        level: judgement.interval.map(|_| 1.0 - 2.0 * case.terms.tail(judgement.family_size)),
        p: judgement.p,
        p_holm: judgement.p_holm,
        seeds_needed: judgement.further_seeds,
        within_epsilon: one.is_within_epsilon,
    }
}

fn arm(one: &Arm, best: bool) -> ArmRow {
    let estimate = Estimate::of(&one.values());
    ArmRow {
        arm: one.label(),
        n: one.runs.len(),
        without: one.without,
        mean: estimate.map(|one| one.mean),
        sd: estimate.and_then(|one| one.sd),
        ci95: estimate.and_then(|one| one.half_width),
        best,
    }
}
