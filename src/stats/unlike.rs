//! Rules that are not compared because they have other values of what stands beside their decay.

use std::collections::BTreeSet;

use super::choice::{Choice, Values};
use super::contenders::Contender;
use super::families::unlike_pairs;
use super::groups::Rule;
use crate::config::TestFamily;

/// A rule that chooses among values, or holds one, which others have not, against which it would be held otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Unlike {
    pub rule: Rule,
    /// Whether a search finds them, so that every rule has its own.
    pub is_searched: bool,
    /// What it chooses among, or holds.
    pub values: Vec<Values>,
    pub others: Vec<Other>,
}

/// What is not held against such a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Other {
    /// `None` for no decay.
    pub rule: Option<Rule>,
    pub values: Vec<Values>,
}

/// Rules that are not held against others of these families, or against no decay, since those have other values of what
/// the rules choose among or hold.
pub fn unlike(contenders: &[Contender], families: &[TestFamily]) -> Vec<Unlike> {
    let pairs = pairs(contenders, families);
    let asks_none = [TestFamily::AgainstNone, TestFamily::AgainstStopping];
    let asks_none = asks_none.iter().any(|family| families.contains(family));
    let of = |place: usize| {
        let one = &contenders[place];
        let none =
            Some(Choice::of(&one.elsewhere)).filter(|_| asks_none && !one.elsewhere.is_empty());
        let none = none.map(|choice| [one.choice_beside_none(), choice]);
        let none = none.map(|choices| (None, choices));
        let own = pairs.iter().filter(|[left, _]| *left == place);
        let rules = own.map(|[_, other]| &contenders[*other]);
        let rules = rules
            .map(|other| (Some(other.rule.clone()), [one.choice.clone(), other.choice.clone()]));
        unlike_of(one, none.into_iter().chain(rules).collect())
    };
    (0..contenders.len()).filter_map(of).collect()
}

/// The pairs of rules among them; first the one that chooses, or the earlier of two that do.
fn pairs(contenders: &[Contender], families: &[TestFamily]) -> Vec<[usize; 2]> {
    let turned = |[left, right]: [usize; 2]| match contenders[left].choice.is_free() {
        true => [left, right],
        false => [right, left],
    };
    unlike_pairs(contenders, families).into_iter().map(turned).collect()
}

/// A rule with what is not held against it, each with both choices; `None` where there is nothing.
fn unlike_of(one: &Contender, others: Vec<(Option<Rule>, [Choice; 2])>) -> Option<Unlike> {
    let mut keys = BTreeSet::new();
    let other = |(rule, [own, its]): (Option<Rule>, [Choice; 2])| {
        let differing = own.unlike(&its);
        let values = its.values(&differing);
        keys.extend(differing);
        Other { rule, values }
    };
    let others: Vec<Other> = others.into_iter().map(other).collect();
    let (rule, is_searched) = (one.rule.clone(), one.choice.is_searched());
    let values = one.choice.values(&keys);
    (!others.is_empty()).then_some(Unlike { rule, is_searched, values, others })
}
