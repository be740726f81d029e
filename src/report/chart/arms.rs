use std::collections::{BTreeMap, BTreeSet};

use plotters::style::RGBColor;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::config::Form;
use crate::report::figures::palette;
use crate::report::{format, words};
use crate::results::RunRow;
use crate::stats::{Cell, Group, Rule, group_by_rule};

/// The arms of an experiment with what tells them apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chart {
    pub name: String,
    pub question: Option<String>,
    /// Names of the rules, in the order of the spec.
    pub rules: Vec<String>,
    pub arms: Vec<Arm>,
    /// Identity of every run.
    pub ids: Vec<String>,
    /// Seed of every run.
    pub seeds: Vec<u64>,
    /// Numbers in which arms differ, by key; λ is `weight_decay`.
    pub axes: Vec<String>,
    /// Whether a search asked for runs, so that arms have other seeds.
    pub is_search: bool,
}

/// One arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Arm {
    /// Stays the same whatever else the experiment gets.
    pub key: String,
    pub label: String,
    /// Place of its rule.
    pub rule: usize,
    /// What is no number of it: form, mask, published recipe, and words such as `schedule=linear`.
    pub decay: String,
    /// Its numbers, by key.
    pub at: BTreeMap<String, f64>,
    /// `#rrggbb`, from the palette of all figures.
    pub colour: String,
    /// Whether it decays nothing and has nothing else against overfitting.
    pub is_baseline: bool,
    /// Places of its runs.
    pub runs: Vec<usize>,
}

impl Chart {
    /// Of the rows of an experiment; arms in the order of the spec, λ rising.
    pub fn of(name: &str, question: Option<&str>, rows: &[RunRow]) -> Self {
        let groups = group_by_rule(rows);
        let rules = words::labels(&groups.iter().map(|group| &group.rule).collect::<Vec<&Rule>>());
        let (mut ids, mut seeds, mut places) = (Vec::new(), Vec::new(), BTreeMap::new());
        for row in rows {
            places.entry(row.run.as_str()).or_insert_with(|| {
                ids.push(row.run.clone());
                seeds.push(row.seed);
                ids.len() - 1
            });
        }
        let colours = Colours::of(&groups);
        let mut arms = Vec::new();
        for (rule, group) in groups.iter().enumerate() {
            let lambdas: Vec<f64> =
                group.cells.iter().filter_map(|cell| cell.weight_decay).collect();
            let mut lambdas = format::labels(&lambdas).into_iter();
            for (place, cell) in group.cells.iter().enumerate() {
                let lambda = cell.weight_decay.and_then(|_| lambdas.next());
                let lambda = lambda.map_or(String::new(), |lambda| format!(", λ = {lambda}"));
                let at = numbers(&cell.runs[0]);
                let runs = cell.runs.iter().filter_map(|run| places.get(run.run.as_str()).copied());
                arms.push(Arm {
                    key: key(&group.rule, cell),
                    label: format!("{}{lambda}", rules[rule]),
                    rule,
                    decay: beside_numbers(&group.rule, &cell.runs[0]),
                    at,
                    colour: colours.of_cell(group, rule, place),
                    is_baseline: !cell.is_treated(),
                    runs: runs.collect(),
                });
            }
        }
        let axes = axes(&arms);
        Chart {
            name: name.to_owned(),
            question: question.map(str::to_owned),
            rules,
            arms,
            ids,
            seeds,
            axes,
            is_search: rows.iter().any(RunRow::is_explored),
        }
    }
}

/// What tells an arm beside its numbers.
fn beside_numbers(rule: &Rule, row: &RunRow) -> String {
    let is_word =
        |word: &&str| word.split_once('=').is_some_and(|(_, value)| value.parse::<f64>().is_err());
    let words = words_of(row).filter(is_word).map(str::to_owned);
    let recipe = rule.recipe.clone();
    let decay = words::decay_label(rule.form, rule.mask);
    [decay].into_iter().chain(recipe).chain(words).collect::<Vec<_>>().join(", ")
}

/// The words in which arms differ, such as `lr=0.01`.
fn words_of(row: &RunRow) -> impl Iterator<Item = &str> {
    [&row.variant, &row.axes, &row.treatment].into_iter().flat_map(|text| text.split(' '))
}

/// The numbers of an arm by key, and those that it has in common with `[model]` and `[train]` where other arms have others;
/// one without decay has λ = 0.
fn numbers(row: &RunRow) -> BTreeMap<String, f64> {
    let words = row.common.split(' ').chain(words_of(row));
    let words = words.filter_map(|word| word.split_once('='));
    let numbers = words.filter_map(|(key, value)| Some((key.to_owned(), value.parse().ok()?)));
    let lambda = row.weight_decay.or((row.form == Form::None).then_some(0.0));
    let lambda = lambda.map(|value| ("weight_decay".to_owned(), value));
    numbers.chain([("lr".to_owned(), row.lr)]).chain(lambda).collect()
}

/// The keys in which arms differ, λ first.
fn axes(arms: &[Arm]) -> Vec<String> {
    let mut values: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for (key, value) in arms.iter().flat_map(|arm| &arm.at) {
        values.entry(key).or_default().insert(value.to_bits());
    }
    let varying = values.into_iter().filter(|(_, values)| values.len() > 1);
    let mut axes: Vec<String> = varying.map(|(key, _)| key.to_owned()).collect();
    axes.sort_by_key(|key| key != "weight_decay");
    axes
}

fn key(rule: &Rule, cell: &Cell) -> String {
    let Rule { form, mask, setting, recipe, in_values_table, treatment, .. } = rule;
    let text = format!(
        "{form:?} {mask:?} {setting} {recipe:?} {in_values_table} {treatment} {:?}",
        cell.weight_decay
    );
    Sha256::digest(text).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// One rule has the dark-to-bright ramp over λ; of several each has a colour, lighter for little decay: that of its
/// form, where each has another form. What does nothing against overfitting has the colour of text.
struct Colours {
    is_one: bool,
    of_rules: Vec<RGBColor>,
}

impl Colours {
    fn of(groups: &[Group]) -> Self {
        let decaying = groups.iter().filter(|group| group.rule.form != Form::None);
        let forms: Vec<Form> = decaying.map(|group| group.rule.form).collect();
        let differ = forms.iter().collect::<BTreeSet<_>>().len() == forms.len();
        let of_rule = |(place, group): (usize, &Group)| match differ {
            true => palette::form(group.rule.form),
            false => palette::place(place),
        };
        let of_rules = groups.iter().enumerate().map(of_rule).collect();
        Colours { is_one: forms.len() <= 1, of_rules }
    }

    fn of_cell(&self, group: &Group, rule: usize, place: usize) -> String {
        let share = place as f64 / (group.cells.len().max(2) - 1) as f64;
        let RGBColor(red, green, blue) = match (self.is_one, group.cells[place].is_treated()) {
            (_, false) => palette::INK,
            (true, _) => palette::ramp(share),
            (false, _) => palette::lighter(self.of_rules[rule], 0.55 * (1.0 - share)),
        };
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Mask;
    use crate::stats::tests::row;

    #[test]
    fn an_arm_keeps_its_key_whatever_else_there_is_and_has_its_own_runs() {
        let lambda = |lambda: f64, seed: u64| RunRow {
            run: format!("{lambda}-{seed}"),
            ..row(Form::AdamW, Mask::Matrices, lambda, seed, 1.0)
        };
        let of = |rows: &[RunRow]| Chart::of("a", None, rows);
        let few = of(&[lambda(0.0, 0), lambda(1.0, 0)]);
        let many = of(&[lambda(0.5, 0), lambda(0.0, 0), lambda(1.0, 0), lambda(1.0, 1)]);
        let keys = |chart: &Chart| -> Vec<String> {
            chart.arms.iter().map(|arm| arm.key.clone()).collect()
        };
        assert_eq!(keys(&few)[..], [keys(&many)[0].clone(), keys(&many)[2].clone()]);
        assert_eq!((many.arms[2].runs.clone(), many.seeds.clone()), (vec![2, 3], vec![0, 0, 0, 1]));
        assert!(many.arms[0].is_baseline && !many.arms[1].is_baseline);
        assert_eq!(
            (few.axes.clone(), few.arms[1].at["weight_decay"]),
            (vec!["weight_decay".to_owned()], 1.0)
        );
        assert!(many.arms[1].label.contains("λ = 0.5"), "{}", many.arms[1].label);
    }

    #[test]
    fn what_an_arm_has_as_the_spec_says_is_its_value_where_other_arms_have_others() {
        let of = |lambda: f64, variant: &str, common: &str| RunRow {
            run: format!("{lambda} {variant}"),
            setting: variant.to_owned(),
            variant: variant.to_owned(),
            common: common.to_owned(),
            ..row(Form::AdamW, Mask::Matrices, lambda, 0, 1.0)
        };
        let rows = [0.0, 0.1].map(|lambda| [of(lambda, "", "batch=4"), of(lambda, "batch=8", "")]);
        let chart = Chart::of("a", None, &rows.concat());
        assert_eq!(chart.axes, ["weight_decay", "batch"]);
        let batches: Vec<f64> = chart.arms.iter().map(|arm| arm.at["batch"]).collect();
        assert_eq!(batches, [4.0, 4.0, 8.0, 8.0]);
        assert!(chart.arms.iter().all(|arm| arm.decay == "adamw on matrices"), "{chart:?}");
    }
}
