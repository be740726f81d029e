//! What rules choose among beside their decay, such as learning rates: where one side has values that the other has not,
//! a difference between them may be that of the values.

use std::collections::BTreeSet;

use super::contenders::{Contender, Point};
use super::families::unlike_pairs;
use super::groups::Rule;
use crate::config::{Stage, TestFamily, is_treatment};
use crate::results::RunRow;

/// The keys that a rule tunes beside what it does against overfitting, and where its points lie.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    keys: BTreeSet<String>,
    /// Values of all that some arm tunes: `lr=0.001 steps=600`.
    places: BTreeSet<String>,
    is_explored: bool,
    is_fresh: bool,
}

/// A rule that chooses among values which others have not, against which it would be held otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Unlike {
    pub rule: Rule,
    /// Whether a search finds them, so that every rule has its own.
    pub is_searched: bool,
    /// What it chooses among.
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

/// The values that one side has of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    pub key: String,
    pub values: Vec<String>,
}

impl Choice {
    /// Takes up a row of the rule.
    pub fn add(&mut self, row: &RunRow) {
        let is_term = |key: &&str| !key.is_empty() && *key != "weight_decay" && !is_treatment(key);
        self.keys.extend(row.tuned.split(' ').filter(is_term).map(str::to_owned));
        self.places.insert(row.axes.clone());
        self.is_explored |= row.is_explored();
        self.is_fresh |= row.stage == Some(Stage::Confirm);
    }

    /// Of points of no decay.
    fn of(points: &[Point]) -> Self {
        let runs = points.iter().flat_map(|point| &point.cell.runs);
        Choice { places: runs.map(|run| run.axes.clone()).collect(), ..Choice::default() }
    }

    fn is_free(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Whether a search finds the values: fresh seeds judge the one that it found.
    fn is_searched(&self) -> bool {
        self.is_free() && (self.is_explored || self.is_fresh && self.at(&self.keys).len() == 1)
    }

    /// Where its points lie, by the values of some keys.
    fn at(&self, keys: &BTreeSet<String>) -> BTreeSet<Vec<String>> {
        self.places.iter().map(|place| values_at(place, keys)).collect()
    }

    /// Of the points of no decay those that lie where points of this rule do; none where it has a place that they have
    /// not. A search finds the values of no decay for itself.
    pub fn of_same(&self, none: &[Point]) -> Vec<Point> {
        if !self.is_free() || self.is_searched() {
            return none.to_vec();
        }
        let (own, others) = (self.at(&self.keys), Choice::of(none).at(&self.keys));
        let at = |point: &Point| Choice::of(std::slice::from_ref(point)).at(&self.keys);
        let is_same = |point: &&Point| at(point).is_subset(&own);
        if own.is_subset(&others) { none.iter().filter(is_same).cloned().collect() } else { vec![] }
    }

    /// Whether another rule chooses among the same.
    pub fn is_as(&self, other: &Choice) -> bool {
        let mut keys: BTreeSet<String> = self.keys.union(&other.keys).cloned().collect();
        if self.is_searched() && other.is_searched() {
            keys.retain(|key| !(self.keys.contains(key) && other.keys.contains(key)));
        }
        self.at(&keys) == other.at(&keys)
    }

    /// Its values of some keys.
    fn values(&self, keys: &BTreeSet<String>) -> Vec<Values> {
        let of = |key: &String| {
            let all = self.at(&BTreeSet::from([key.clone()]));
            let mut values: Vec<String> = all.into_iter().flatten().collect();
            let number = |value: &String| value.parse::<f64>().unwrap_or(f64::INFINITY);
            values.sort_by(|a, b| number(a).total_cmp(&number(b)));
            Values { key: key.clone(), values }
        };
        keys.iter().map(of).collect()
    }

    /// The keys over which both differ; all of them where only their combinations do.
    fn unlike(&self, other: &Choice) -> BTreeSet<String> {
        let all: BTreeSet<String> = self.keys.union(&other.keys).cloned().collect();
        let differs = |key: &&String| {
            let key = BTreeSet::from([(*key).clone()]);
            self.at(&key) != other.at(&key)
        };
        let differing: BTreeSet<String> = all.iter().filter(differs).cloned().collect();
        if differing.is_empty() { all } else { differing }
    }
}

/// The values of some keys, in their order; empty for a key that a place does not name.
fn values_at(place: &str, keys: &BTreeSet<String>) -> Vec<String> {
    let value = |key: &String| {
        let mut words = place.split(' ').filter_map(|word| word.split_once('='));
        words.find(|(name, _)| name == key).map_or(String::new(), |(_, value)| value.to_owned())
    };
    keys.iter().map(value).collect()
}

/// Rules that are not held against others of these families, or against no decay, since those have other values of what
/// the rules choose among.
pub fn unlike(contenders: &[Contender], families: &[TestFamily]) -> Vec<Unlike> {
    let pairs = pairs(contenders, families);
    let asks_none = [TestFamily::AgainstNone, TestFamily::AgainstStopping];
    let asks_none = asks_none.iter().any(|family| families.contains(family));
    let of = |place: usize| {
        let one = &contenders[place];
        let none =
            Some(Choice::of(&one.elsewhere)).filter(|_| asks_none && !one.elsewhere.is_empty());
        let none = none.map(|choice| (None, choice));
        let own = pairs.iter().filter(|[left, _]| *left == place);
        let rules = own.map(|[_, other]| &contenders[*other]);
        let rules = rules.map(|other| (Some(other.rule.clone()), other.choice.clone()));
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

/// A rule with what is not held against it; `None` where there is nothing.
fn unlike_of(one: &Contender, others: Vec<(Option<Rule>, Choice)>) -> Option<Unlike> {
    let mut keys = BTreeSet::new();
    let other = |(rule, choice): (Option<Rule>, Choice)| {
        let differing = one.choice.unlike(&choice);
        let values = choice.values(&differing);
        keys.extend(differing);
        Other { rule, values }
    };
    let others: Vec<Other> = others.into_iter().map(other).collect();
    let (rule, is_searched) = (one.rule.clone(), one.choice.is_searched());
    let values = one.choice.values(&keys);
    (!others.is_empty()).then_some(Unlike { rule, is_searched, values, others })
}
