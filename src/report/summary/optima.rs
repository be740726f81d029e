use serde::Serialize;

use crate::config::{Form, Mask};
use crate::stats::{Analysis, Found, FoundRule, Regret, Search};

/// The best value of one searched key of a rule: losses on val, by the seeds that searched.
#[derive(Clone, Debug, Serialize)]
pub struct OptimumRow {
    form: Form,
    mask: Option<Mask>,
    variant: String,
    /// `weight_decay`, `lr` or `steps`.
    axis: String,
    best: f64,
    /// The ends of the 95% interval of the best value; 0 for an end at no decay, missing where the range is
    /// open above.
    ci95: [Option<f64>; 2],
    /// Whether both ends of the range are beaten.
    interior: bool,
    /// Whether every value that was tried is within ε of the best; missing where several were searched
    /// together.
    flat: Option<bool>,
    /// The values that are within ε of the best by the means, and those that are not excluded at 95%.
    within_epsilon: Option<[f64; 2]>,
    possibly_within_epsilon: Option<[Option<f64>; 2]>,
    predicted_loss: Option<f64>,
    runs: usize,
    /// What no decay and λ = 0.1 cost against the best, with their 95% bands.
    regret_of_none: Option<RegretRow>,
    regret_of_tenth: Option<RegretRow>,
    /// Of two searched values: the direction in which both may change at little cost, in degrees from the
    /// first axis over their logarithms; −45 says that their product decides.
    ridge_degrees: Option<f64>,
    ridge_ci95: Option<[f64; 2]>,
    /// By value: what it costs against the best.
    curve: Vec<RegretRow>,
}

/// What a value costs against the best, nats per token.
#[derive(Clone, Copy, Debug, Serialize)]
struct RegretRow {
    value: f64,
    regret: Option<f64>,
    ci95: [Option<f64>; 2],
    seeds: usize,
}

impl OptimumRow {
    /// Every searched key of every rule, and of no decay.
    pub fn all(analysis: &Analysis) -> Vec<Self> {
        let rules = analysis.search.iter().flat_map(Search::all);
        rules.flat_map(|rule| rule.found.iter().map(|found| Self::of(rule, found))).collect()
    }

    fn of(rule: &FoundRule, found: &Found) -> Self {
        let optimum = found.optimum.as_ref();
        let is_lambda = found.axis == "weight_decay";
        let cost = |value: f64| found.regret_at(value).filter(|_| is_lambda).map(RegretRow::of);
        OptimumRow {
            form: rule.rule.form,
            mask: rule.rule.mask,
            variant: rule.rule.variant.clone(),
            axis: found.axis.clone(),
            best: found.best,
            ci95: found.interval.map(finite),
            interior: found.is_interior,
            flat: optimum.map(|one| one.flat),
            within_epsilon: optimum
                .map(|one| one.within.estimate)
                .filter(|ends| ends[0].is_finite()),
            possibly_within_epsilon: optimum.map(|one| one.within.possible.map(finite)),
            predicted_loss: found.predicted_loss,
            runs: found.runs,
            regret_of_none: cost(0.0),
            regret_of_tenth: cost(0.1),
            ridge_degrees: rule.ridge.map(|ridge| ridge.angle),
            ridge_ci95: rule.ridge.map(|ridge| ridge.interval),
            curve: optimum
                .map(|one| one.curve.iter().copied().map(RegretRow::of).collect())
                .unwrap_or_default(),
        }
    }
}

impl RegretRow {
    fn of(regret: Regret) -> Self {
        RegretRow {
            value: regret.value,
            regret: finite(regret.regret),
            ci95: regret.band.map(finite),
            seeds: regret.seeds,
        }
    }
}

fn finite(number: f64) -> Option<f64> {
    Some(number).filter(|number| number.is_finite())
}
