//! Best values that lie at an end of what was tried: better ones may lie beyond.

use super::contenders::Contender;
use super::groups::{Cell, Rule};
use super::point::Point;
use super::search::{Found, FoundRule, ends_at_none};

/// The best value of an axis, where it is the largest or the smallest that was tried.
pub struct Edge {
    pub rule: Rule,
    /// `weight_decay` or a key of `[train]`.
    pub axis: String,
    pub best: f64,
    pub is_largest: bool,
}

/// The axes of a rule whose best value lies at an end of what was tried.
pub fn edges_of_the_grid(contender: &Contender) -> Vec<Edge> {
    let Some(best) = contender.best() else { return Vec::new() };
    // A point that may not be chosen, since a seed of it collapsed or has no end, may still lie lower on the seeds that it
    // has: then it is no edge of what is best.
    let is_lower = |point: &Point| {
        let difference = point.cell.paired(&best.cell, |run| run.val_loss);
        difference.is_some_and(|difference| difference.mean < 0.0)
    };
    if contender.points.iter().filter(|point| !point.is_eligible).any(is_lower) {
        return Vec::new();
    }
    let values = |axis: &str| -> Vec<f64> {
        let mut values: Vec<f64> =
            contender.points.iter().filter_map(|point| point.side.value(axis)).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        values
    };
    // What float32 makes of a tiny λ may be no decay, to the last bit: no smaller one is better.
    let is_none = contender.none.iter().any(|none| is_copy(&best.cell, &none.cell));
    let edge = |axis: String| {
        let (best, values) = (best.side.value(&axis)?, values(&axis));
        let rule = contender.rule.clone();
        match values[..] {
            [] | [_] => None,
            [.., last] if best == last => Some(Edge { rule, axis, best, is_largest: true }),
            // Nothing is below no decay.
            [first, ..] if best == first && !(ends_at_none(&axis) && (best == 0.0 || is_none)) => {
                Some(Edge { rule, axis, best, is_largest: false })
            }
            _ => None,
        }
    };
    best.side.axes().into_iter().filter_map(edge).collect()
}

/// Where a search ended at the lowest or the highest that it tried: at `most_runs`, or as far as values may go. Where no
/// decay is within ε of the best, nothing is lost there.
pub fn edges_of_the_search(found: &FoundRule) -> Vec<Edge> {
    let of = |one: &Found| {
        let optimum = one.optimum.as_ref().filter(|optimum| !optimum.within.holds(0.0))?;
        let mut tried = optimum.curve.iter().map(|one| one.value).filter(|value| *value > 0.0);
        let (first, last) = (tried.next()?, tried.next_back()?);
        let (rule, axis, best) = (found.rule.clone(), one.axis.clone(), one.best);
        [first, last].contains(&best).then_some(Edge { rule, axis, best, is_largest: best == last })
    };
    found.found.iter().filter_map(of).collect()
}

fn is_copy(cell: &Cell, other: &Cell) -> bool {
    let differences = cell.differences(other, |run| run.val_loss);
    !differences.is_empty() && differences.iter().all(|difference| *difference == 0.0)
}
