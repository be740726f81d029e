//! From `[[arm]]` tables to arms: lists multiply out, and the sweep is the union of the tables.

mod rules;

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value as Json, json};

use super::given::{Given, WrongKey};
use super::searched::SearchedRule;
use super::{Arm, meaning, model, recipe};
use crate::config::{Form, HYPERPARAMETERS, Named, Recipe, SHAPE_KEYS, Value, plain, suggestion};
use crate::published::{Published, Transfer};
use rules::Rules;

/// A spec with more runs than this is a mistake.
pub const MOST_RUNS: u128 = 1_000_000;

/// What a spec says for all of its arms.
pub struct Common<'a> {
    /// `[model]`.
    pub model: &'a Given,
    /// `[train]`.
    pub train: &'a Given,
    /// The published recipe of `[recipe]`.
    pub published: Option<&'static Published>,
    /// Runs per arm.
    pub seeds: usize,
    /// Tokens of the train text.
    pub train_tokens: usize,
}

/// The arms of a spec, and what was left out of them.
#[derive(Default)]
pub struct Grid {
    /// In the order of the spec.
    pub arms: Vec<Arm>,
    /// Rules with values to be found, and what no decay on their terms has to find.
    pub searched: Vec<SearchedRule>,
    /// Arms that cannot be, and why.
    pub notes: Vec<String>,
    /// What people should know of the others.
    pub remarks: Vec<String>,
}

/// Expands all tables.
///
/// # Errors
/// An empty list, a wrong value, a combination that says nothing, the same arm twice, or more than
/// [`MOST_RUNS`] runs; the message names the key.
pub fn expand(tables: &[Given], common: &Common) -> Result<Grid> {
    let cells: u128 = tables.iter().map(Given::combinations).fold(0, u128::saturating_add);
    let runs = cells.saturating_mul(common.seeds as u128);
    ensure!(runs <= MOST_RUNS, "the grid has {runs} runs; at most {MOST_RUNS} are accepted");
    let mut grid = Grid::default();
    for (index, table) in tables.iter().enumerate() {
        let context = || format!("in arm {index} (counted from 0)");
        let before = grid.arms.len() + grid.searched.len();
        let notes = grid.notes.len();
        expand_one(index, table, common, &mut grid).with_context(context)?;
        if grid.arms.len() + grid.searched.len() == before {
            bail!("{}: nothing is left to train: {}", context(), grid.notes[notes..].join("; "));
        }
    }
    grid.add_no_decay();
    refuse_duplicates(&grid)?;
    let axes = tuned_by_any(&grid.all().collect::<Vec<_>>());
    let varied = varied_by_any(&grid.all().collect::<Vec<_>>());
    let first = grid.searched.iter_mut().map(|rule| &mut rule.first);
    for arm in grid.arms.iter_mut().chain(first) {
        (arm.axes, arm.varied) = (axes.clone(), varied.clone());
    }
    refuse_unread(&grid.all().collect::<Vec<_>>(), common.train)?;
    grid.remarks.extend(short_falls(&grid, common.train));
    Ok(grid)
}

/// That a learning rate falls over less than half of the share of steps over which the published one does: a toy's
/// warm-up takes a larger share of few steps.
fn short_falls(grid: &Grid, train: &Given) -> Vec<String> {
    let mut told = Vec::new();
    for arm in grid.all().filter(|_| train.count("hold").is_none()) {
        let Some(published) = arm.published else { continue };
        let (recipe, Some(share)) = (&arm.recipe, published.fall_after_hold()) else { continue };
        let fall = recipe.steps.saturating_sub(recipe.warmup + recipe.hold);
        let line = format!(
            "{}: the learning rate falls over {fall} of {} steps, where the original's falls over the last {}%; a shorter \
             train.warmup, or train.hold, leaves it more",
            published.name,
            recipe.steps,
            plain((100.0 * share).round())
        );
        if (fall as f64) < 0.5 * share * recipe.steps as f64 && !told.contains(&line) {
            told.push(line);
        }
    }
    told
}

impl Grid {
    /// Every arm, searched ones where their search starts.
    pub fn all(&self) -> impl Iterator<Item = &Arm> {
        self.arms.iter().chain(self.searched.iter().map(|rule| &rule.first))
    }

    /// Searched rules are held against no decay on their own terms, whether the spec names it or not.
    fn add_no_decay(&mut self) {
        for rule in self.searched.clone() {
            let none = rule.without_decay();
            let is_none = |arm: &Arm| arm.decay.form == Form::None;
            let is_given = |arm: &Arm| is_none(arm) && arm.is_twin_of(&none.first);
            let is_searched = |one: &SearchedRule| is_none(&one.first) && one.is_twin_of(&none);
            if none.axes.is_empty() && !self.arms.iter().any(is_given) {
                self.arms.push(none.first);
            } else if !none.axes.is_empty() && !self.searched.iter().any(is_searched) {
                self.searched.push(none);
            }
        }
    }
}

fn expand_one(index: usize, table: &Given, common: &Common, grid: &mut Grid) -> Result<()> {
    let published = match table.texts("recipe") {
        None => vec![common.published],
        Some(names) => {
            let find = |name: &&str| find(name).map(Some).with_context(|| table.at("recipe"));
            names.iter().map(find).collect::<Result<_>>()?
        }
    };
    let transfers = match table.texts("transfer") {
        None => None,
        Some(names) => {
            let parse = |name: &&str| {
                let hint = || format!(" = \"{name}\": {}", suggestion(name, &Transfer::names()));
                Transfer::parse(name).ok_or_else(|| WrongKey::new(table.at("transfer"), hint()))
            };
            Some(names.iter().map(parse).collect::<Result<Vec<_>, _>>()?)
        }
    };
    let searched = table.searched();
    check_searched(table)?;
    let finds_lambda = searched.iter().any(|(key, _)| *key == "weight_decay");
    // The arms where a search starts are those of a table that names some λ.
    let table = match finds_lambda {
        true => &table.clone().with("weight_decay", Value::Number(1.0)),
        false => table,
    };
    let shapes = model::varied(table, common.model);
    let pairs = published.iter().flat_map(|one| shapes.iter().map(move |shape| (*one, shape)));
    for (published, shape) in pairs {
        let rules = Rules::new(index, table, shape, common, published)?;
        match &transfers {
            None => {
                let arms = rules.tried()?;
                if searched.is_empty() {
                    grid.arms.extend(arms);
                } else {
                    let rule = |arm| SearchedRule::new(arm, searched, &rules.base);
                    grid.searched.extend(arms.into_iter().map(rule));
                }
            }
            Some(transfers) => rules.carried_over(transfers, grid)?,
        }
    }
    Ok(())
}

/// What a searched table may not say beside.
fn check_searched(table: &Given) -> Result<()> {
    let Some((key, _)) = table.searched().first() else { return Ok(()) };
    let refused = |other: &str, why: &str| Err(WrongKey::new(table.at(other), why).into());
    if table.list("tune").is_some() {
        return refused("tune", &format!(": {key} is searched; what is searched is tuned"));
    }
    if table.list("transfer").is_some() {
        return refused(
            "transfer",
            &format!(": {key} is searched; give transfer an arm of its own"),
        );
    }
    Ok(())
}

/// The published recipe with this name.
pub fn find(name: &str) -> Result<&'static Published> {
    let known: Vec<&str> = Published::all().iter().map(|p| p.name.as_str()).collect();
    Published::find(name).with_context(|| {
        format!("no published recipe is called `{name}`: {}", suggestion(name, &known))
    })
}

/// Keys of `[train]` that some arm tunes, in the order of the key table.
fn tuned_by_any(arms: &[&Arm]) -> Vec<&'static str> {
    let keys = HYPERPARAMETERS.iter().map(|row| row.key.name);
    keys.filter(|key| arms.iter().any(|arm| arm.tuned.contains(key))).collect()
}

/// Keys of `[model]` and `[train]` that some arm has otherwise than they say, or may have in a search.
fn varied_by_any(arms: &[&Arm]) -> Vec<&'static str> {
    let model = SHAPE_KEYS.iter().map(|row| row.key.name);
    let keys = model.chain(HYPERPARAMETERS.iter().map(|row| row.key.name));
    let varies =
        |arm: &&Arm, key: &str| arm.tuned.contains(&key) || arm.named_keys().contains(&key);
    keys.filter(|key| arms.iter().any(|arm| varies(arm, key))).collect()
}

/// Refuses a key of `[train]` that no arm reads.
fn refuse_unread(arms: &[&Arm], train: &Given) -> Result<()> {
    let recipes: Vec<Recipe> = arms.iter().map(|arm| arm.recipe).collect();
    let unread = train.keys().find(|key| !recipes.iter().any(|one| one.reads(key)));
    match unread {
        Some(key) => Err(recipe::unread_by(&recipes, train, key).into()),
        None => meaning::refuse_unread(arms, train),
    }
}

/// Refuses an arm that stands twice. One that is searched is another than one that is given, even where its search
/// starts at that one's values, and so is one of which other values are searched: what they have in common is trained
/// once.
fn refuse_duplicates(grid: &Grid) -> Result<()> {
    let mut seen = HashMap::new();
    let given = grid.arms.iter().map(|arm| (arm, String::new()));
    let searched = grid.searched.iter().map(|rule| (&rule.first, rule.keys()));
    for (arm, searched) in given.chain(searched) {
        let published = arm.published.map(|published| (&published.name, arm.transfer));
        let key = (published, arm.model, arm.decay, arm.recipe, &arm.by_role, searched);
        let key = serde_json::to_value(&key)?;
        let Some((other, same)) = seen.insert(in_32_bits(&key).to_string(), (arm, key.clone()))
        else {
            continue;
        };
        ensure!(same != key, "the arm {} stands twice in the spec; remove one", arm.label());
        bail!(
            "the arms {} and {} are one: training computes in 32 bits, which do not tell their numbers apart; remove one",
            other.label(),
            arm.label()
        );
    }
    Ok(())
}

/// With every number that is no integer as training has it.
fn in_32_bits(value: &Json) -> Json {
    match value {
        Json::Number(number) if number.is_f64() => {
            number.as_f64().map_or(Json::Null, |number| json!((number as f32).to_string()))
        }
        Json::Array(all) => all.iter().map(in_32_bits).collect(),
        Json::Object(all) => all
            .iter()
            .map(|(key, one)| (key.clone(), in_32_bits(one)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}
