//! Whether a run lies where a rule was found, and why not.

use std::collections::BTreeSet;

use super::run::Run;
use crate::published::{Algorithm, Ceiling, Companion, Fall, LambdaRule, Quantity};

/// A run that is within this share of a range is in it.
const TOLERANCE: f64 = 1.1;
/// A last learning rate within this share of the peak of that of a rule is alike.
const LAST_ALIKE: f64 = 0.05;
/// The same for a learning rate beside which λ was tuned: rounding alone.
const ROUNDING: f64 = 1.0 + 1e-9;

/// Why a rule should not be asked.
#[derive(Clone, Debug, PartialEq)]
pub enum WhyNot {
    /// It needs what is not known.
    Missing(BTreeSet<Quantity>),
    /// It was fitted for other optimizers.
    Optimizer(Algorithm),
    /// It is for other schedules; `None` where the run's is not known.
    Schedule(Option<Fall>),
    /// The run lies outside of what it was fitted on.
    Outside { quantity: Quantity, value: f64, range: [f64; 2] },
    /// The run lies in each range, and beyond what was fitted together.
    Beyond { ceiling: &'static Ceiling, value: f64, by: f64 },
    /// Its learning rate ends at another share of its peak.
    FallsTo { last: f64, fitted: f64 },
    /// The fall of its learning rate ends at another step than the run.
    FallEnds { ends: f64, steps: f64 },
    /// Its λ was tuned beside another learning rate, or batch.
    Beside { quantity: Quantity, value: f64, tuned: f64, within: f64 },
    /// Its learning rate, or batch, is too many times the best.
    Above { quantity: Quantity, value: f64, best: f64, times: f64 },
    /// Its learning rate is above its own limit at this batch, which it would halve first.
    SmallerBatch { lr: f64, limit: f64, batch: f64 },
    /// It was found for something else than language models.
    Domain,
    /// What comes out says that it does not hold.
    TooLarge,
}

/// Whether a run lies where a rule was found.
pub fn lies_in_range(rule: &'static LambdaRule, run: &Run) -> bool {
    judged(rule, run).1.is_empty()
}

/// λ of a rule, and why it should not be asked.
pub fn judged(rule: &'static LambdaRule, run: &Run) -> (Option<f64>, Vec<WhyNot>) {
    let mut why_not = misfits(rule, run);
    why_not.extend(rule.together.iter().filter_map(|ceiling| beyond(ceiling, run)));
    let companions = || rule.also.iter().filter(|one| one.is_for(run.optimizer));
    why_not.extend(companions().filter_map(|one| unlike(one, run)));
    if why_not.is_empty() {
        companions().for_each(|one| need(&mut why_not, needed(one, run)));
    }
    let weight_decay = match rule.law.at(&|quantity| run.quantity(quantity)) {
        Ok(value) => Some(value),
        Err(missing) => {
            need(&mut why_not, missing);
            None
        }
    };
    let is_large =
        weight_decay.zip(rule.weight_decay_at_most).is_some_and(|(value, most)| value > most);
    if is_large && !why_not.iter().any(explains_size) {
        why_not.push(WhyNot::TooLarge);
    }
    (weight_decay, why_not)
}

/// Whether a reason that is told already explains a λ without measure.
fn explains_size(why: &WhyNot) -> bool {
    match why {
        WhyNot::Beside { .. } | WhyNot::Above { .. } => true,
        WhyNot::Outside { quantity, .. } => matches!(quantity, Quantity::Batch | Quantity::Lr),
        _ => false,
    }
}

fn beyond(ceiling: &'static Ceiling, run: &Run) -> Option<WhyNot> {
    let (value, by) = (run.quantity(ceiling.of)?, run.quantity(ceiling.by)?);
    (value > ceiling.at(by) * TOLERANCE).then_some(WhyNot::Beyond { ceiling, value, by })
}

/// Whether a run is unlike those that a rule is for by what its authors set beside λ.
fn unlike(one: &Companion, run: &Run) -> Option<WhyNot> {
    let here = at_batch(one, run, run.batch)?;
    if let Some((batch, limit)) = halved(one, run).zip(one.halve_batch_above) {
        return (batch < run.batch).then_some(WhyNot::SmallerBatch { lr: here, limit, batch });
    }
    let (quantity, value) = (one.gives, run.quantity(one.gives)?);
    if let Some(times) = one.up_to.filter(|times| value > here * times * ROUNDING) {
        return Some(WhyNot::Above { quantity, value, best: here, times });
    }
    let within = one.within?;
    let is_far = (value / here).max(here / value) > within * ROUNDING;
    is_far.then_some(WhyNot::Beside { quantity, value, tuned: here, within })
}

/// What has to be known of a run for it to be held against what a rule's authors set.
fn needed(one: &Companion, run: &Run) -> BTreeSet<Quantity> {
    let missing = one.law.at(&|quantity| run.quantity(quantity)).err();
    missing.filter(|_| one.is_bound()).unwrap_or_default()
}

pub fn at_batch(one: &Companion, run: &Run, batch: f64) -> Option<f64> {
    let run = Run { batch, ..run.clone() };
    one.law.at(&|quantity| run.quantity(quantity)).ok()
}

/// The batch that a rule comes to which halves it until its learning rate is low enough.
pub fn halved(one: &Companion, run: &Run) -> Option<f64> {
    let limit = one.halve_batch_above?;
    let batches = std::iter::successors(Some(run.batch), |batch| Some(batch / 2.0));
    let is_low = |batch: &f64| at_batch(one, run, *batch).is_some_and(|lr| lr <= limit);
    batches.take_while(|batch| *batch >= 1.0).find(is_low)
}

fn misfits(rule: &LambdaRule, run: &Run) -> Vec<WhyNot> {
    let mut why_not = Vec::new();
    if rule.domain.is_some() {
        why_not.push(WhyNot::Domain);
    }
    if !rule.optimizers.is_empty() && !rule.optimizers.contains(&run.optimizer) {
        why_not.push(WhyNot::Optimizer(run.optimizer));
    }
    if why_not.is_empty() {
        why_not.extend(unlike_fall(rule, run));
    }
    // A rule for another kind of run needs nothing more than to say so.
    let is_epochs = |(quantity, _): &(&Quantity, &[f64; 2])| **quantity == Quantity::Epochs;
    let (first, rest): (Vec<_>, Vec<_>) = rule.range.iter().partition(is_epochs);
    for (quantity, range) in first.into_iter().chain(rest) {
        match run.quantity(*quantity) {
            None => need(&mut why_not, BTreeSet::from([*quantity])),
            Some(value) if value * TOLERANCE < range[0] || value > range[1] * TOLERANCE => {
                why_not.push(WhyNot::Outside { quantity: *quantity, value, range: *range });
            }
            Some(_) => {}
        }
    }
    why_not
}

/// Whether the learning rate of a run falls otherwise than those that a rule was found with.
fn unlike_fall(rule: &LambdaRule, run: &Run) -> Option<WhyNot> {
    if rule.schedules.is_empty() {
        return None;
    }
    if !run.lr.fall.is_some_and(|fall| rule.schedules.contains(&fall)) {
        return Some(WhyNot::Schedule(run.lr.fall));
    }
    if let Some(ends) = run.fall_ends_elsewhere() {
        return Some(WhyNot::FallEnds { ends, steps: run.steps() });
    }
    let (last, fitted) = (run.lr.min_ratio, rule.last_lr_ratio?);
    ((last - fitted).abs() > LAST_ALIKE).then_some(WhyNot::FallsTo { last, fitted })
}

/// Adds what is needed to what is needed already. A rule for another kind of run needs nothing more.
fn need(why_not: &mut Vec<WhyNot>, quantities: BTreeSet<Quantity>) {
    let is_for_others = |why: &WhyNot| {
        matches!(why, WhyNot::Optimizer(_) | WhyNot::Outside { quantity: Quantity::Epochs, .. })
    };
    if quantities.is_empty() || why_not.iter().any(is_for_others) {
        return;
    }
    match why_not.iter_mut().find_map(|why| match why {
        WhyNot::Missing(known) => Some(known),
        _ => None,
    }) {
        Some(known) => known.extend(quantities),
        None => why_not.push(WhyNot::Missing(quantities)),
    }
}
