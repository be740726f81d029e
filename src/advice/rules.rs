use super::fit::{WhyNot, at_batch, halved, judged};
use super::hindsight::Hindsight;
use super::run::Run;
use crate::published::{Companion, LambdaRule, Quantity};

/// What a rule says of a run.
#[derive(Clone, Debug)]
pub struct Said {
    /// The rule.
    pub rule: &'static LambdaRule,
    /// Its λ; `None` where it needs what is not known.
    pub weight_decay: Option<f64>,
    /// The lowest and the highest λ that its own evidence allows, where that is an interval.
    pub band: Option<[f64; 2]>,
    /// Why it should not be asked; empty where the run lies in its range.
    pub why_not: Vec<WhyNot>,
    /// What else its authors set: a learning rate, or a batch in tokens.
    pub also: Vec<(Quantity, f64)>,
    /// How it does on public runs of the kind, whose λ was tuned.
    pub hindsight: Option<Hindsight>,
}

impl Said {
    /// Whether the run lies in the rule's range.
    pub fn applies(&self) -> bool {
        self.why_not.is_empty()
    }
}

/// What every rule says of a run, in the order of the rules.
pub fn ask(run: &Run) -> Vec<Said> {
    LambdaRule::all().iter().map(|rule| ask_one(rule, run)).collect()
}

/// Rules with a constant λ of their own in whose range the run lies.
pub fn speaking(said: &[Said]) -> impl Iterator<Item = &Said> + Clone {
    let is_own = |one: &&Said| {
        let is_constant = !one.rule.falls_to_zero && !one.rule.falls_with_lr;
        one.rule.repeats.is_none() && !one.rule.carries_over() && is_constant
    };
    said.iter().filter(|one| one.applies() && one.weight_decay.is_some()).filter(is_own)
}

/// The lowest and the highest λ of those that were fitted; `None` where there are none.
pub fn spread(said: &[Said]) -> Option<[f64; 2]> {
    let fitted = speaking(said).filter(|one| one.rule.fitted);
    let own = fitted.filter_map(|one| one.band.or(one.weight_decay.map(|value| [value, value])));
    let ends = own.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], own| {
        [low.min(own[0]), high.max(own[1])]
    });
    (ends[0] <= ends[1]).then_some(ends)
}

fn ask_one(rule: &'static LambdaRule, run: &Run) -> Said {
    let (weight_decay, why_not) = judged(rule, run);
    let companions = rule.also.iter().filter(|one| one.is_for(run.optimizer));
    let band = weight_decay.filter(|_| rule.law.band.is_some());
    Said {
        rule,
        weight_decay,
        band: band.map(|value| rule.law.band_around(value)),
        why_not,
        also: companions.flat_map(|one| beside(one, run)).collect(),
        hindsight: Hindsight::of(rule, run),
    }
}

/// What a rule sets beside λ, with the batch for that where it is not the run's.
fn beside(one: &Companion, run: &Run) -> Vec<(Quantity, f64)> {
    let batch = halved(one, run).filter(|batch| *batch < run.batch);
    let value = at_batch(one, run, batch.unwrap_or(run.batch));
    let value = value.map(|value| (one.gives, value));
    value.into_iter().chain(batch.map(|batch| (Quantity::Batch, batch))).collect()
}
