//! From `[[arm]]` tables to arms: lists multiply out, and the sweep is the union of the tables.

use anyhow::{Context, Result, bail, ensure};

use super::file::{ArmTable, OneOrMany};
use super::{Arm, check_recipe, keys};
use crate::decay::{Form, Mask};
use crate::run::{Decay, Recipe};

/// A spec with more runs than this is a mistake.
pub const MOST_RUNS: u128 = 1_000_000;

/// Expands all tables.
///
/// # Errors
/// An empty list, a wrong value, a combination that says nothing, the same arm twice, or more than
/// [`MOST_RUNS`] runs; the message names the key.
pub fn expand(tables: Vec<ArmTable>, base: &Recipe, seeds: usize) -> Result<Vec<Arm>> {
    ensure!(
        !tables.is_empty(),
        "a spec needs at least one [[arm]], such as form = \"adamw\", weight_decay = [0.0, 0.1]"
    );
    let cells: u128 = tables.iter().map(cells).fold(0, u128::saturating_add);
    let runs = cells.saturating_mul(seeds as u128);
    ensure!(runs <= MOST_RUNS, "the grid has {runs} runs; at most {MOST_RUNS} are accepted");
    let mut arms: Vec<Arm> = Vec::new();
    for (index, table) in tables.into_iter().enumerate() {
        for arm in
            expand_one(table, base).with_context(|| format!("in arm {index} (counted from 0)"))?
        {
            arms.push(arm);
        }
    }
    refuse_duplicates(&arms)?;
    Ok(arms)
}

/// Arms of a table, without building them.
fn cells(table: &ArmTable) -> u128 {
    fn length<T>(list: &Option<OneOrMany<T>>) -> u128 {
        list.as_ref().map_or(1, |list| list.0.len() as u128)
    }
    let betas = table.betas.clone().map(super::file::Pairs::into_list);
    [
        table.form.0.len() as u128,
        length(&table.mask),
        length(&table.weight_decay),
        length(&table.steps),
        length(&table.batch),
        length(&table.lr),
        length(&table.warmup),
        length(&table.min_lr_ratio),
        length(&betas),
        length(&table.eps),
        length(&table.clip),
        length(&table.eval_every),
        length(&table.eval_windows),
        length(&table.log_every),
    ]
    .into_iter()
    .fold(1, u128::saturating_mul)
}

fn expand_one(table: ArmTable, base: &Recipe) -> Result<Vec<Arm>> {
    let forms = names("form", &table.form, &Form::ALL.map(Form::name), Form::parse)?;
    let masks = match &table.mask {
        Some(masks) => names("mask", masks, &Mask::ALL.map(Mask::name), Mask::parse)?,
        None => vec![Mask::Matrices],
    };
    let coefficients = coefficients(table.weight_decay.as_ref(), &forms)?;
    if table.mask.is_some() && forms.contains(&Form::None) {
        bail!("form `none` decays nothing and takes no mask; give it an arm of its own");
    }
    let recipes = recipes(table, base)?;
    let mut arms = Vec::new();
    for form in forms {
        for mask in &masks {
            for recipe in &recipes {
                for weight_decay in &coefficients {
                    let mask = (form != Form::None).then_some(*mask);
                    let decay = Decay { form, mask, weight_decay: *weight_decay };
                    arms.push(Arm { decay, recipe: *recipe, variant: variant(recipe, base) });
                }
            }
        }
    }
    Ok(arms)
}

fn names<T>(
    key: &str,
    list: &OneOrMany<String>,
    known: &[&str],
    parse: fn(&str) -> Option<T>,
) -> Result<Vec<T>> {
    ensure!(!list.0.is_empty(), "{key} is an empty list");
    list.0
        .iter()
        .map(|name| {
            parse(name).with_context(|| {
                format!("unknown {key} `{name}`; {}", keys::suggestion(name, known))
            })
        })
        .collect()
}

fn coefficients(list: Option<&OneOrMany<f64>>, forms: &[Form]) -> Result<Vec<Option<f64>>> {
    let Some(list) = list else {
        if let Some(form) = forms.iter().find(|form| form.takes_weight_decay()) {
            bail!("form `{form}` needs weight_decay, a number or a list such as [0.0, 0.1, 1.0]");
        }
        return Ok(vec![None]);
    };
    ensure!(!list.0.is_empty(), "weight_decay is an empty list");
    if let Some(form) = forms.iter().find(|form| !form.takes_weight_decay()) {
        bail!("form `{form}` takes no weight_decay; give it an arm of its own without one");
    }
    for value in &list.0 {
        ensure!(
            value.is_finite() && *value >= 0.0,
            "weight_decay = {value}: expected a finite number, 0 or above"
        );
    }
    Ok(list.0.iter().map(|value| Some(*value)).collect())
}

fn recipes(table: ArmTable, base: &Recipe) -> Result<Vec<Recipe>> {
    let mut recipes = vec![*base];
    vary(&mut recipes, "steps", table.steps, |recipe, value| recipe.steps = value)?;
    vary(&mut recipes, "batch", table.batch, |recipe, value| recipe.batch = value)?;
    vary(&mut recipes, "lr", table.lr, |recipe, value| recipe.lr = value)?;
    vary(&mut recipes, "warmup", table.warmup, |recipe, value| recipe.warmup = value)?;
    vary(&mut recipes, "min_lr_ratio", table.min_lr_ratio, |recipe, value| {
        recipe.min_lr_ratio = value
    })?;
    let betas = table.betas.map(super::file::Pairs::into_list);
    vary(&mut recipes, "betas", betas, |recipe, value| recipe.betas = value)?;
    vary(&mut recipes, "eps", table.eps, |recipe, value| recipe.eps = value)?;
    vary(&mut recipes, "clip", table.clip, |recipe, value| recipe.clip = value)?;
    vary(&mut recipes, "eval_every", table.eval_every, |recipe, value| recipe.eval_every = value)?;
    vary(&mut recipes, "eval_windows", table.eval_windows, |recipe, value| {
        recipe.eval_windows = value
    })?;
    vary(&mut recipes, "log_every", table.log_every, |recipe, value| recipe.log_every = value)?;
    recipes.iter().try_for_each(|recipe| check_recipe(recipe, "arm"))?;
    Ok(recipes)
}

fn vary<T: Copy>(
    recipes: &mut Vec<Recipe>,
    key: &str,
    list: Option<OneOrMany<T>>,
    set: fn(&mut Recipe, T),
) -> Result<()> {
    let Some(OneOrMany(values)) = list else { return Ok(()) };
    ensure!(!values.is_empty(), "{key} is an empty list");
    *recipes = recipes
        .iter()
        .flat_map(|recipe| {
            values.iter().map(move |value| {
                let mut varied = *recipe;
                set(&mut varied, *value);
                varied
            })
        })
        .collect();
    Ok(())
}

/// The numbers in which an arm's recipe differs from the spec's `[train]`, such as `lr=0.001`.
fn variant(recipe: &Recipe, base: &Recipe) -> String {
    let fields = |recipe: &Recipe| {
        [
            ("steps", recipe.steps.to_string()),
            ("batch", recipe.batch.to_string()),
            ("lr", recipe.lr.to_string()),
            ("warmup", recipe.warmup.to_string()),
            ("min_lr_ratio", recipe.min_lr_ratio.to_string()),
            ("betas", format!("{}/{}", recipe.betas[0], recipe.betas[1])),
            ("eps", recipe.eps.to_string()),
            ("clip", recipe.clip.to_string()),
            ("eval_every", recipe.eval_every.to_string()),
            ("eval_windows", recipe.eval_windows.to_string()),
            ("log_every", recipe.log_every.to_string()),
        ]
    };
    fields(recipe)
        .into_iter()
        .zip(fields(base))
        .filter(|(own, common)| own != common)
        .map(|((key, value), _)| format!("{key}={value}"))
        .collect::<Vec<_>>()
        .join(" ")
}

fn refuse_duplicates(arms: &[Arm]) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for arm in arms {
        let key = serde_json::to_string(&(arm.decay, arm.recipe))?;
        ensure!(seen.insert(key), "the arm {} stands twice in the spec; remove one", arm.label());
    }
    Ok(())
}
