//! What a search has decided and where it stands, in sentences.

use super::optima::symbol;
use crate::config::Named;
use crate::experiment::{Arm, SearchedRule};
use crate::plural::counted;
use crate::report::format;
use crate::search::{
    Best, Course, Decision, Leader, Look, Point, RuleCourse, Runs, Standing, Wanted, Why,
};

/// Where a search stands, for people who watch it: a line a rule while rules are searched.
pub fn standing(course: &Course) -> Vec<String> {
    match course.standing {
        Standing::Searching => course.rules.iter().map(rule_standing).collect(),
        Standing::Confirming { seeds } => {
            let found = course.rules.iter().map(rule_standing);
            found.chain([format!("confirm: {}", fresh_seeds(seeds))]).collect()
        }
        Standing::Over { seeds } => {
            vec![format!("the search is over: judged on {}", counted(seeds, "fresh seed"))]
        }
    }
}

/// Of a search that ended before it was sure.
const CUT_OFF: &str = " (not sure: most_runs of [search] allowed no more)";

/// "bracket: AdamW on matrices, λ between 0.15 and 2.4 (8 runs)".
fn rule_standing(rule: &RuleCourse) -> String {
    let title = searched_title(&rule.rule);
    if let Some(found) = &rule.found {
        let cut_off = if is_cut_off(rule) { CUT_OFF } else { "" };
        return format!("found: {title}, {}{cut_off}", self::found(rule, found));
    }
    let Some(decision) = rule.log.last() else { return title };
    let stage = decision.stage.name();
    let so_far = match &decision.leader {
        None => "nothing is known yet".to_owned(),
        Some(leader) => format!("{} ({})", around(rule, leader), counted(decision.runs, "run")),
    };
    format!("{stage}: {title}, {so_far}")
}

/// Rules whose search ended before it was sure, by their titles.
pub fn cut_off(course: &Course) -> Vec<String> {
    let cut_off = course.rules.iter().filter(|rule| is_cut_off(rule));
    cut_off.map(|rule| searched_title(&rule.rule)).collect()
}

fn is_cut_off(rule: &RuleCourse) -> bool {
    rule.log.last().is_some_and(|last| matches!(last.why, Why::MostRuns))
}

/// What a search may still cost, with so many runs finished and so many asked for. Later looks are expected of none.
pub fn left(finished: usize, pending: usize, runs: Runs) -> String {
    let expected = runs.expected.saturating_sub(finished).max(pending);
    let most = runs.most.saturating_sub(finished).max(expected);
    let or_more = if expected < most { " or more" } else { "" };
    format!("about {}{or_more} left by estimate, at most {most}", counted(expected, "run"))
}

/// The rule of an arm: "AdamW on matrices".
fn rule_title(arm: &Arm) -> String {
    let mask = arm.decay.mask.map_or(String::new(), |mask| format!(" on {}", mask.title()));
    let recipe = arm.published.map_or(String::new(), |one| format!(" ({})", one.name));
    format!("{}{mask}{recipe}", arm.decay.form.title())
}

/// A searched rule with the numbers in which it differs from others, "AdamW on matrices, lr=0.01": not those that it
/// searches.
pub fn searched_title(rule: &SearchedRule) -> String {
    let title = rule_title(&rule.first);
    if rule.first.published.is_some() {
        return title;
    }
    let is_searched = |key: &str| rule.axes.iter().any(|axis| axis.key == key);
    let is_told = |word: &&str| word.split_once('=').is_some_and(|(key, _)| !is_searched(key));
    let told: Vec<&str> = rule.first.variant.split(' ').filter(is_told).collect();
    if told.is_empty() { title } else { format!("{title}, {}", told.join(" ")) }
}

fn found(rule: &RuleCourse, found: &Best) -> String {
    match found {
        Best::At(point) => values(rule, point),
        Best::NoDecay => "no decay is as good as any".to_owned(),
        Best::Nothing => "every run of it diverged".to_owned(),
    }
}

/// Between which tried values the best so far lies; the best itself where more than one value is searched.
fn around(rule: &RuleCourse, leader: &Leader) -> String {
    let [axis] = &rule.axes[..] else {
        return format!("best so far {}", values(rule, &leader.point));
    };
    let key = symbol(axis.tuned.key());
    let best = leader.point.values[0];
    let asked = rule.log.iter().rev().skip(1).flat_map(|decision| &decision.points);
    let tried: Vec<f64> = asked.map(|one| one.point.values[0]).collect();
    let below = tried.iter().copied().filter(|value| *value < best).fold(f64::NAN, f64::max);
    let above = tried.iter().copied().filter(|value| *value > best).fold(f64::NAN, f64::min);
    match (below.is_nan(), above.is_nan()) {
        (false, false) => {
            format!("{key} between {} and {}", format::number(below), format::number(above))
        }
        (true, false) => format!("{key} below {}", format::number(above)),
        (false, true) => format!("{key} above {}", format::number(below)),
        (true, true) => format!("{key} near {}", format::number(best)),
    }
}

/// "λ = 0.6, learning rate = 0.004".
pub fn values(rule: &RuleCourse, point: &Point) -> String {
    let pairs = rule.axes.iter().zip(&point.values);
    let pairs: Vec<String> = pairs
        .map(|(axis, value)| format!("{} = {}", symbol(axis.tuned.key()), format::number(*value)))
        .collect();
    pairs.join(", ")
}

/// What a decision asks for, "0.1, 0.4 and 1.6 on 2 seeds", or what the last confirms.
pub fn decided(rule: &RuleCourse, decision: &Decision) -> String {
    let mut by_seeds: Vec<(usize, Vec<String>)> = Vec::new();
    for Wanted { point, seeds } in &decision.points {
        let values: Vec<String> = point.values.iter().map(|value| format::number(*value)).collect();
        match by_seeds.iter_mut().find(|(known, _)| known == seeds) {
            Some((_, points)) => points.push(values.join("/")),
            None => by_seeds.push((*seeds, vec![values.join("/")])),
        }
    }
    let points = by_seeds
        .iter()
        .map(|(seeds, points)| format!("{} on {}", points.join(", "), counted(*seeds, "seed")));
    let mut parts: Vec<String> = points.collect();
    let none = counted(decision.none_seeds, "seed");
    parts.extend((decision.none_seeds > 0).then(|| format!("no decay on {none}")));
    let confirmed = match &rule.found {
        Some(Best::At(point)) => {
            let is_lowest = decision.leader.as_ref().is_none_or(|one| one.point == *point);
            let why = if is_lowest { "" } else { ", where a curve through the means is lowest" };
            format!("; confirm {}{why}", values(rule, point))
        }
        Some(other) => format!("; {}", found(rule, other)),
        None => String::new(),
    };
    if parts.is_empty() { format!("train nothing more{confirmed}") } else { parts.join("; ") }
}

/// What a look asks for.
pub fn fresh_seeds(seeds: usize) -> String {
    format!("{} of what was found and of the given arms", counted(seeds, "fresh seed"))
}

/// What came of a look.
pub fn look(look: &Look) -> String {
    match look.undecided {
        None => "not all of their runs have ended".to_owned(),
        Some(0) => "every question is decided".to_owned(),
        Some(count) => format!("{} undecided", counted(count, "question")),
    }
}

/// Why.
pub fn why(rule: &RuleCourse, decision: &Decision) -> String {
    let key = |axis: usize| rule.axes.get(axis).map_or("", |axis| symbol(axis.tuned.key()));
    match decision.why {
        Why::First => "nothing is known yet".to_owned(),
        Why::BestAtLowerEdge { axis } => {
            format!("the best {} is the lowest that was tried", key(axis))
        }
        Why::BestAtUpperEdge { axis } => {
            format!("the best {} is the highest that was tried", key(axis))
        }
        Why::NeighboursUntried => "not all neighbours of the best were tried".to_owned(),
        Why::MayLieBelow { axis } => {
            format!("nothing that was tried is below no decay; lower {} may be", key(axis))
        }
        Why::MayLieAbove { axis } => {
            format!("the highest {} that was tried may be as good as any", key(axis))
        }
        Why::NothingFinite => "every run so far diverged".to_owned(),
        Why::Inside => "the best has worse neighbours on both sides".to_owned(),
        Why::Cliff => "beside the best, runs diverge".to_owned(),
        Why::SameAsNone => "the lowest that was tried does no better than no decay".to_owned(),
        Why::Flat { axis } => {
            format!("the last factor of 4 of {} changed nothing that matters", key(axis))
        }
        Why::AtTheEnd { axis } => format!("{} can go no farther", key(axis)),
        Why::NotRuledOut { points } => {
            format!("{} may be the best by the seeds so far", counted(points, "point"))
        }
        Why::GainAbove { predicted } => {
            format!("the fit promises {} between them", format::fixed(predicted, 4))
        }
        Why::GainBelow { predicted } => {
            let epsilon = rule.epsilon.map_or(String::new(), |value| {
                format!(", less than half of ε = {}", format::fixed(value, 4))
            });
            format!("the fit promises {}{epsilon}", format::fixed(predicted, 4))
        }
        Why::MostRuns => "the next step would train more runs than the search may".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_a_lower_bound_as_long_as_there_may_be_more() {
        let runs = Runs { expected: 25, most: 43 };
        assert_eq!(left(11, 2, runs), "about 14 runs or more left by estimate, at most 32");
        assert_eq!(left(40, 3, runs), "about 3 runs left by estimate, at most 3");
    }
}
