use serde::Serialize;

use super::why_not;
use crate::advice::{Equivalent, Hindsight, Kept, Run, Said, equivalents, spread};
use crate::config::Named;
use crate::published::{Fall, Quantity, Status};

/// The advice as JSON.
#[derive(Serialize)]
struct Advice<'a> {
    run: RunJson,
    rules: Vec<RuleJson<'a>>,
    /// Lowest and highest λ of the rules in whose range the run lies.
    in_range: Option<[f64; 2]>,
    equivalents: Vec<EquivalentJson>,
    remarks: &'a [String],
}

#[derive(Serialize)]
struct RunJson {
    params: f64,
    tokens: f64,
    batch_tokens: f64,
    steps: f64,
    tokens_per_param: f64,
    epochs: f64,
    lr: f64,
    optimizer: &'static str,
    schedule: Option<&'static str>,
    /// Share of the run over which wsd falls.
    wsd_fall: Option<f64>,
    /// The step at which the fall ends, where that is far from the last.
    fall_ends: Option<f64>,
    weight_decay: Option<f64>,
    kappa: Option<f64>,
    /// As a share of the run.
    tau: Option<f64>,
    tau_steps: Option<f64>,
    tau_epochs: Option<f64>,
}

#[derive(Serialize)]
struct RuleJson<'a> {
    id: &'a str,
    name: &'a str,
    formula: &'a str,
    says: &'a str,
    weight_decay: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    kappa: Option<f64>,
    applies: bool,
    /// Whether its λ was found by a search.
    fitted: bool,
    /// The rules of others that it was joined from here.
    joins: &'a [String],
    why_not: Vec<String>,
    status: Status,
    basis: &'a str,
    /// Which parameters its N are.
    counts: Option<&'a str>,
    source: &'a str,
    /// The learning rate and the batch in tokens that belong to it.
    lr: Option<f64>,
    batch_tokens: Option<f64>,
    recovered: Option<RecoveredJson>,
}

#[derive(Serialize)]
struct RecoveredJson {
    runs: usize,
    within_factor_two: usize,
    /// Of those in the rule's own range.
    runs_in_range: usize,
    within_factor_two_in_range: usize,
    median_ratio: f64,
    worst_ratio: f64,
    in_sample: bool,
}

#[derive(Serialize)]
struct EquivalentJson {
    form: &'static str,
    users: &'static str,
    weight_decay: Option<f64>,
    kept: Kept,
}

/// The whole advice as JSON; `remarks` is what was concluded of the run before.
///
/// # Errors
/// None that a caller can meet: all that it holds can be written.
pub fn advice_json(run: &Run, said: &[Said], remarks: &[String]) -> serde_json::Result<String> {
    let weight_decay = run.weight_decay.filter(|value| *value > 0.0);
    let equivalents = weight_decay.map_or(Vec::new(), |value| equivalents(run, value));
    let equivalent = |one: Equivalent| EquivalentJson {
        form: one.form,
        users: one.users,
        weight_decay: one.weight_decay,
        kept: one.kept,
    };
    serde_json::to_string_pretty(&Advice {
        run: run_json(run),
        rules: said.iter().map(|one| rule_json(run, one)).collect(),
        in_range: spread(said),
        equivalents: equivalents.into_iter().map(equivalent).collect(),
        remarks,
    })
}

fn run_json(run: &Run) -> RunJson {
    let kappa = run.weight_decay.map(|value| run.kappa(value));
    let tau = kappa.filter(|kappa| *kappa > 0.0).map(f64::recip);
    RunJson {
        params: run.params,
        tokens: run.tokens,
        batch_tokens: run.batch,
        steps: run.steps(),
        tokens_per_param: run.tokens_per_param(),
        epochs: run.epochs(),
        lr: run.lr.peak,
        optimizer: run.optimizer.name(),
        schedule: run.lr.fall.map(Named::name),
        wsd_fall: (run.lr.fall == Some(Fall::Wsd)).then_some(run.lr.wsd_fall),
        fall_ends: run.fall_ends_elsewhere(),
        weight_decay: run.weight_decay,
        kappa,
        tau,
        tau_steps: tau.map(|tau| tau * run.steps()),
        tau_epochs: tau.map(|tau| tau * run.passes()),
    }
}

fn rule_json<'a>(run: &Run, one: &'a Said) -> RuleJson<'a> {
    let rule = one.rule;
    let also =
        |quantity| one.also.iter().find(|(gives, _)| *gives == quantity).map(|(_, value)| *value);
    RuleJson {
        id: &rule.id,
        name: &rule.name,
        formula: &rule.formula,
        says: &rule.says,
        weight_decay: one.weight_decay,
        low: one.band.map(|[low, _]| low),
        high: one.band.map(|[_, high]| high),
        kappa: one.weight_decay.map(|value| run.kappa(value)),
        applies: one.applies(),
        fitted: rule.fitted,
        joins: &rule.joins,
        why_not: one.why_not.iter().map(|why| why_not::words(rule, why)).collect(),
        status: rule.status,
        basis: &rule.basis,
        counts: rule.counts.as_deref(),
        source: &rule.source,
        lr: also(Quantity::Lr),
        batch_tokens: also(Quantity::Batch),
        recovered: one.hindsight.map(recovered),
    }
}

fn recovered(one: Hindsight) -> RecoveredJson {
    RecoveredJson {
        runs: one.runs,
        within_factor_two: one.within_two,
        runs_in_range: one.inside,
        within_factor_two_in_range: one.inside_within_two,
        median_ratio: one.median,
        worst_ratio: one.worst,
        in_sample: one.is_in_sample,
    }
}
