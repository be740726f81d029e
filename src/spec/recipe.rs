//! The recipe of an arm: defaults, then a published recipe, then `[train]`, then the arm's own lists.

use anyhow::{Context, Result, ensure};

use super::file::{ArmTable, OneOrMany, TrainTable};
use super::{count, keys};
use crate::published::Published;
use crate::run::{OptimizerKind, Recipe};
use crate::schedule::LrShape;

/// What a spec says before its arms do.
pub fn base(published: Option<&Published>, train: &TrainTable) -> Result<Recipe> {
    let mut recipe = Recipe::DEFAULT;
    if let Some(published) = published {
        published.apply(&mut recipe);
    }
    set(&mut recipe.steps, train.steps);
    set(&mut recipe.batch, train.batch);
    set(&mut recipe.lr, train.lr);
    set(&mut recipe.warmup, train.warmup);
    set(&mut recipe.min_lr_ratio, train.min_lr_ratio);
    set(&mut recipe.betas, train.betas);
    set(&mut recipe.eps, train.eps);
    set(&mut recipe.clip, train.clip);
    set(&mut recipe.eval_every, train.eval_every);
    set(&mut recipe.eval_windows, train.eval_windows);
    set(&mut recipe.log_every, train.log_every);
    set(&mut recipe.optimizer, train.optimizer.as_deref().map(optimizer).transpose()?);
    set(&mut recipe.schedule, train.schedule.as_deref().map(schedule).transpose()?);
    recipe.hold = hold(published, train, &recipe);
    check(&recipe.normalised(), "train")?;
    Ok(recipe.normalised())
}

/// The recipes of an arm: every combination of its lists, on top of `base`.
pub fn varied(
    table: &ArmTable,
    base: &Recipe,
    published: Option<&Published>,
    train: &TrainTable,
) -> Result<Vec<Recipe>> {
    let mut recipes = vec![*base];
    vary(&mut recipes, "steps", &table.steps, |recipe, value| recipe.steps = value)?;
    vary(&mut recipes, "batch", &table.batch, |recipe, value| recipe.batch = value)?;
    vary(&mut recipes, "lr", &table.lr, |recipe, value| recipe.lr = value)?;
    vary(&mut recipes, "warmup", &table.warmup, |recipe, value| recipe.warmup = value)?;
    vary(&mut recipes, "min_lr_ratio", &table.min_lr_ratio, |recipe, value| {
        recipe.min_lr_ratio = value
    })?;
    let betas = table.betas.clone().map(super::file::Pairs::into_list);
    vary(&mut recipes, "betas", &betas, |recipe, value| recipe.betas = value)?;
    vary(&mut recipes, "eps", &table.eps, |recipe, value| recipe.eps = value)?;
    vary(&mut recipes, "clip", &table.clip, |recipe, value| recipe.clip = value)?;
    vary(&mut recipes, "eval_every", &table.eval_every, |recipe, value| recipe.eval_every = value)?;
    vary(&mut recipes, "eval_windows", &table.eval_windows, |recipe, value| {
        recipe.eval_windows = value
    })?;
    vary(&mut recipes, "log_every", &table.log_every, |recipe, value| recipe.log_every = value)?;
    let optimizers = parsed(&table.optimizer, optimizer)?;
    vary(&mut recipes, "optimizer", &optimizers, |recipe, value| recipe.optimizer = value)?;
    let schedules = parsed(&table.schedule, schedule)?;
    vary(&mut recipes, "schedule", &schedules, |recipe, value| recipe.schedule = value)?;
    for recipe in &mut recipes {
        recipe.hold = hold(published, train, recipe);
    }
    vary(&mut recipes, "hold", &table.hold, |recipe, value| recipe.hold = value)?;
    recipes.iter().try_for_each(|recipe| check(recipe, "arm"))?;
    Ok(recipes.into_iter().map(Recipe::normalised).collect())
}

/// Recipes that the lists of an arm make, without making them.
pub fn combinations(table: &ArmTable) -> u128 {
    fn length<T>(list: &Option<OneOrMany<T>>) -> u128 {
        list.as_ref().map_or(1, |list| list.0.len() as u128)
    }
    [
        length(&table.steps),
        length(&table.batch),
        length(&table.lr),
        length(&table.warmup),
        length(&table.min_lr_ratio),
        length(&table.betas.clone().map(super::file::Pairs::into_list)),
        length(&table.eps),
        length(&table.clip),
        length(&table.eval_every),
        length(&table.eval_windows),
        length(&table.log_every),
        length(&table.optimizer),
        length(&table.schedule),
        length(&table.hold),
    ]
    .into_iter()
    .fold(1, u128::saturating_mul)
}

/// The numbers in which a recipe differs from the one it is built on, such as `lr=0.001`.
pub fn variant(recipe: &Recipe, base: &Recipe) -> String {
    let (own, common) = (recipe.settings(), base.settings());
    own.into_iter()
        .zip(common)
        .filter(|(own, common)| own != common)
        .map(|((key, value), _)| format!("{key}={value}"))
        .collect::<Vec<_>>()
        .join(" ")
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn optimizer(name: &str) -> Result<OptimizerKind> {
    keys::named("optimizer", name, &OptimizerKind::ALL, OptimizerKind::name)
}

fn schedule(name: &str) -> Result<LrShape> {
    keys::named("schedule", name, &LrShape::ALL, LrShape::name)
}

fn parsed<T>(
    list: &Option<OneOrMany<String>>,
    parse: fn(&str) -> Result<T>,
) -> Result<Option<OneOrMany<T>>> {
    let Some(OneOrMany(names)) = list else { return Ok(None) };
    Ok(Some(OneOrMany(names.iter().map(|name| parse(name)).collect::<Result<_>>()?)))
}

/// Steps at the peak learning rate: as said, or the share that they have of the published run.
fn hold(published: Option<&Published>, train: &TrainTable, recipe: &Recipe) -> usize {
    let rest = recipe.steps.saturating_sub(recipe.warmup);
    let share = || published.map_or(0, |published| published.hold(recipe.steps).min(rest));
    train.hold.unwrap_or_else(share)
}

fn vary<T: Copy>(
    recipes: &mut Vec<Recipe>,
    key: &str,
    list: &Option<OneOrMany<T>>,
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

/// Checks the ranges of a recipe; `table` is where its numbers stand.
fn check(recipe: &Recipe, table: &str) -> Result<()> {
    let counts = [
        ("steps", recipe.steps, 1_000_000_000),
        ("batch", recipe.batch, 1_000_000),
        ("eval_every", recipe.eval_every, usize::MAX),
        ("eval_windows", recipe.eval_windows, 1_000_000),
        ("log_every", recipe.log_every, usize::MAX),
    ];
    for (key, value, most) in counts {
        count(&format!("{table}.{key}"), value, most)?;
    }
    let check = |key: &str, value: f64, valid: bool, expected: &str| {
        ensure!(valid && value.is_finite(), "{table}.{key} = {value}: expected {expected}");
        Ok(())
    };
    check("lr", recipe.lr, recipe.lr > 0.0, "a number above 0")?;
    check(
        "min_lr_ratio",
        recipe.min_lr_ratio,
        (0.0..=1.0).contains(&recipe.min_lr_ratio),
        "a number from 0 to 1",
    )?;
    for beta in recipe.betas {
        check("betas", beta, (0.0..1.0).contains(&beta), "two numbers from 0 to below 1")?;
    }
    check("eps", recipe.eps, recipe.eps > 0.0, "a number above 0")?;
    check("clip", recipe.clip, recipe.clip >= 0.0, "a number above 0, or 0 to turn clipping off")?;
    check_phases(recipe, table)
}

/// Warm-up and hold must end before the run does.
fn check_phases(recipe: &Recipe, table: &str) -> Result<()> {
    let Recipe { steps, warmup, hold, .. } = *recipe;
    ensure!(warmup <= steps, "{table}.warmup = {warmup} is longer than {table}.steps = {steps}");
    let before_the_fall = warmup.checked_add(hold).context("hold is too large")?;
    ensure!(
        before_the_fall <= steps,
        "{table}.hold = {hold} after {table}.warmup = {warmup} is longer than {table}.steps = {steps}"
    );
    Ok(())
}
