//! How far apart the rules are that speak of a run; never their mean.

use super::super::format::three_digits;
use super::rules::{rests_on, shown};
use crate::advice::{Said, speaking, spread};
use crate::published::{PublicRun, Status};

/// What the rules say together.
pub fn agreement(said: &[Said]) -> String {
    let parts = [Some(fitted(said)), joined(said), above_all(said)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// λ of the rules that were fitted on such runs.
fn fitted(said: &[Said]) -> String {
    let fitted: Vec<&Said> = speaking(said).filter(|one| one.rule.fitted).collect();
    let named = |one: &Said| match one.rule.status {
        Status::Primary => one.rule.name.clone(),
        status => format!("{}, {}", one.rule.name, rests_on(status)),
    };
    let names: Vec<String> = fitted.iter().map(|one| named(one)).collect();
    let names = names.join("; ");
    match (spread(said), fitted.len()) {
        (None, _) => none_fitted(said).to_owned(),
        (Some([low, high]), 1) if low == high => {
            format!(
                "One rule was fitted on runs like this one ({names}): λ = {}.",
                three_digits(low)
            )
        }
        (Some([low, high]), 1) => format!(
            "One rule was fitted on runs like this one ({names}): λ = {} to {}.",
            three_digits(low),
            three_digits(high)
        ),
        (Some([low, high]), count) => format!(
            "{count} rules were fitted on runs like this one ({names}): λ = {} to {}, a factor of {} apart. They are \
             not averaged: they disagree about what is held fixed.",
            three_digits(low),
            three_digits(high),
            three_digits(high / low)
        ),
    }
}

/// A λ that falls to 0 is held against no constant one, also where it was fitted on such runs.
fn none_fitted(said: &[Said]) -> &'static str {
    if shown(said).is_empty() {
        return "No rule was fitted on runs like this one, and none gives a λ for it.";
    }
    let falls = |one: &Said| one.applies() && one.rule.fitted && one.rule.falls_to_zero;
    match said.iter().any(falls) {
        true => {
            "No rule with a constant λ was fitted on runs like this one: numbers above are defaults and formulas that no \
             search stands behind, fall to 0 over the run, or are carried beyond their range (in parentheses)."
        }
        false => {
            "No rule was fitted on runs like this one: numbers above are defaults and formulas that no search stands \
             behind, or carried beyond their range (in parentheses)."
        }
    }
}

/// λ of the rule that was joined here and in whose range the run lies: near the runs that it was joined on by
/// construction.
fn joined(said: &[Said]) -> Option<String> {
    let one = speaking(said).find(|one| one.rule.is_joined())?;
    let near = one.hindsight.map_or(String::new(), |found| {
        format!(
            "; it is within a factor of two of the λ of {} of {} public runs, those that it was joined on among them",
            found.within_two, found.runs
        )
    });
    Some(format!(
        "Joined here from two published rules, and fitted by nobody ({}): λ = {}{near}.",
        one.rule.name,
        three_digits(one.weight_decay?)
    ))
}

/// λ that nobody has trained with, where a rule comes to such.
fn above_all(said: &[Said]) -> Option<String> {
    let highest = PublicRun::all().iter().map(|run| run.weight_decay).fold(0.0, f64::max);
    let given = |one: &&Said| one.band.map(|[_, high]| high).or(one.weight_decay);
    let is_above = |one: &&Said| given(one).is_some_and(|value| value > highest);
    shown(said).iter().any(is_above).then(|| {
        format!(
            "λ above {}, the highest of any public run, are not for use: the run is too far from those that such rules \
             were found on.",
            three_digits(highest)
        )
    })
}
