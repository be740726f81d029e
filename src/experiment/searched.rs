//! Rules whose λ, learning rate or steps are to be found.

use super::axis::{AxisTerms, SEARCHABLE};
use super::{Arm, Seed, recipe};
use crate::config::{
    Decay, Form, HYPERPARAMETERS, Hyperparameter, RIVALS, Recipe, SearchTerms, Value, is_treatment,
    to_digits, total_decay,
};

/// A rule with values to be found.
#[derive(Clone, Debug)]
pub struct SearchedRule {
    /// Its arm with every value where the search starts.
    pub first: Arm,
    /// The values to be found.
    pub axes: Vec<SearchedAxis>,
    /// What the spec says for all arms of its table.
    base: Recipe,
}

/// A value to be found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SearchedAxis {
    /// A key that a search may find, such as `weight_decay`.
    pub key: &'static str,
    /// The first value to try.
    pub start: f64,
    /// The ratio of the first values that are tried.
    pub factor: f64,
    /// The smallest value that a run may have.
    pub least: Option<f64>,
    /// The largest value that a run may have.
    pub most: Option<f64>,
    /// What a search tries where the spec does not say where it starts; missing where it cannot end at nothing.
    pub usual: Option<[f64; 2]>,
}

/// A larger share of numbers, windows or targets leaves next to nothing to learn from.
const MOST_SHARE: f64 = 0.9;

/// The start for L2, whose pull has no rate of its own: where small models were best.
const START_OF_L2: f64 = 1e-3;

impl SearchedRule {
    /// The rule behind an arm, some of whose values are to be found.
    pub fn new(first: Arm, asked: &[(&'static str, AxisTerms)], base: &Recipe) -> Self {
        let axis = |key: &'static str| {
            let terms = asked.iter().find(|(asked, _)| *asked == key)?.1;
            Some(SearchedAxis::new(key, terms, &first))
        };
        let axes: Vec<SearchedAxis> = SEARCHABLE.into_iter().filter_map(axis).collect();
        let mut rule = SearchedRule { first, axes, base: *base };
        let starts: Vec<f64> = rule.axes.iter().map(|axis| axis.start).collect();
        rule.first.tuned = rule.axes.iter().map(|axis| axis.key).collect();
        rule.first = rule.at(&starts);
        rule
    }

    /// Its arm at these values, in the order of its axes.
    pub fn at(&self, values: &[f64]) -> Arm {
        let mut arm = self.first.clone();
        for (axis, value) in self.axes.iter().zip(values) {
            axis.set(&mut arm, *value);
        }
        arm.describe(&self.base);
        arm
    }

    /// The same without decay: where λ alone was to be found, an arm like any other.
    pub fn without_decay(&self) -> SearchedRule {
        let mut rule = self.clone();
        let stays = |key: &str| key != "weight_decay" && !is_treatment(key);
        rule.axes.retain(|axis| stays(axis.key));
        rule.first.tuned.retain(|key| stays(key));
        rule.first.decay = Decay::NONE;
        rule.first.by_role = rule.first.by_role.without_decay();
        rule.first.transfer = None;
        rule.first.recipe = rule.first.untreated;
        rule.first.describe(&rule.base);
        rule
    }

    /// Whether another rule differs from it in its decay alone.
    pub fn is_twin_of(&self, other: &SearchedRule) -> bool {
        let keys = |rule: &SearchedRule| rule.axes.iter().map(|axis| axis.key).collect::<Vec<_>>();
        keys(self) == keys(other) && self.first.is_twin_of(&other.first)
    }

    /// What is to be found, such as `weight_decay and lr`.
    pub fn keys(&self) -> String {
        self.axes.iter().map(|axis| axis.key).collect::<Vec<_>>().join(" and ")
    }
}

impl Arm {
    /// Whether another arm differs from it in its decay alone.
    pub(super) fn is_twin_of(&self, other: &Arm) -> bool {
        let rates = |arm: &Arm| arm.by_role.without_decay();
        let same_recipe = self.recipe == other.recipe && rates(self) == rates(other);
        self.model == other.model && same_recipe
    }
}

impl SearchedAxis {
    fn new(key: &'static str, terms: AxisTerms, first: &Arm) -> Self {
        let (start, factor, least) = match key {
            "weight_decay" => (start_of_decay(first), 4.0, None),
            "lr" => (first.recipe.lr, 2.0, None),
            "steps" => (first.recipe.steps as f64, 2.0, Some(shortest(&first.recipe))),
            "label_smoothing" => (0.03, 2.0, None),
            _ => (0.1, 2.0, None),
        };
        let most = RIVALS.contains(&key).then_some(MOST_SHARE);
        let ends_at_none = key == "weight_decay" || is_treatment(key);
        let usual = ends_at_none.then(|| around(start, factor));
        let (start, factor) = (terms.start.unwrap_or(start), terms.factor.unwrap_or(factor));
        SearchedAxis { key, start, factor, least, most, usual }
    }

    fn set(&self, arm: &mut Arm, value: f64) {
        let row = HYPERPARAMETERS.iter().find(|row: &&Hyperparameter| row.key.name == self.key);
        let value_of = |row: &Hyperparameter| match (row.get)(&arm.recipe) {
            Value::Count(_) => Value::Count(value as usize),
            _ => Value::Number(value),
        };
        match row {
            None => arm.decay.weight_decay = Some(value),
            Some(row) => {
                let value = value_of(row);
                row.set(&mut arm.recipe, &value);
                recipe::imply(&mut arm.recipe, &arm.implied);
            }
        }
    }
}

/// λ with which a run takes away as much of a weight as it has (Λ = 1), to one digit.
fn start_of_decay(first: &Arm) -> f64 {
    let (form, recipe): (Form, &Recipe) = (first.decay.form, &first.recipe);
    let of_one = total_decay(form, 1.0, &recipe.lr_schedule(), recipe.steps);
    match of_one.filter(|total| *total > 0.0) {
        None => START_OF_L2,
        Some(total) => to_digits(total.recip(), 1),
    }
}

/// Two factors to both sides of a start, as values are rounded.
fn around(start: f64, factor: f64) -> [f64; 2] {
    let way = factor * factor;
    [start / way, start * way].map(|value| to_digits(value, 3))
}

/// Steps that a warm-up and a hold need.
fn shortest(recipe: &Recipe) -> f64 {
    (recipe.warmup + recipe.hold).max(1) as f64
}

/// Seeds on which everything that is found is judged: those after the largest that had a part in finding it, for which
/// `seeds::of_search` leaves room.
pub fn fresh_seeds(seeds: &[Seed], terms: &SearchTerms) -> Vec<Seed> {
    let most = terms.looks.last().copied().unwrap_or(0) as u64;
    let first = seeds.iter().map(|seed| seed.label).max().map_or(0, |largest| largest + 1);
    (first..first + most).map(Seed::of).collect()
}
