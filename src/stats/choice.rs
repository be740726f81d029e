//! What rules choose among beside their decay, such as learning rates: where one side has values that the other has not,
//! a difference between them may be that of the values.

use std::collections::BTreeSet;

use super::point::Point;
use crate::config::{Stage, is_treatment};
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
    pub fn of(points: &[Point]) -> Self {
        let runs = points.iter().flat_map(|point| &point.cell.runs);
        Choice { places: runs.map(|run| run.axes.clone()).collect(), ..Choice::default() }
    }

    /// With other keys beside those that it tunes.
    pub fn with<'a>(&self, keys: impl Iterator<Item = &'a str>) -> Self {
        let keys = self.keys.iter().cloned().chain(keys.map(str::to_owned)).collect();
        Choice { keys, ..self.clone() }
    }

    pub fn is_free(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Whether a search finds the values: fresh seeds judge the one that it found.
    pub fn is_searched(&self) -> bool {
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
    pub fn values(&self, keys: &BTreeSet<String>) -> Vec<Values> {
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
    pub fn unlike(&self, other: &Choice) -> BTreeSet<String> {
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
