//! The recipe of an arm: defaults, then a published recipe, then `[train]`, then the arm's own lists.

use anyhow::{Context, Result, ensure};

use super::given::{Given, WrongKey};
use crate::config::{HYPERPARAMETERS, Named, OptimizerKind, Recipe};
use crate::published::Published;

/// What a spec says before its arms do, whether its optimizer reads it or not: an arm may have another.
///
/// # Errors
/// Numbers that do not fit each other.
pub fn base(published: Option<&Published>, train: &Given) -> Result<Recipe> {
    let mut recipe = Recipe::DEFAULT;
    if let Some(published) = published {
        published.apply(&mut recipe);
    }
    for row in HYPERPARAMETERS {
        if let Some(value) = train.one(row.key.name) {
            row.set(&mut recipe, value);
        }
    }
    recipe.hold = hold(published, train, &recipe);
    check_phases(&recipe, "train")?;
    Ok(recipe)
}

/// The recipes of an arm: every combination of its lists, on top of `base`.
///
/// # Errors
/// Numbers that do not fit each other, or a key that the arm's optimizer does not read.
pub fn varied(
    arm: &Given,
    base: &Recipe,
    published: Option<&Published>,
    train: &Given,
) -> Result<Vec<Recipe>> {
    let mut recipes = vec![*base];
    for row in HYPERPARAMETERS {
        if row.key.name == "hold" {
            recipes.iter_mut().for_each(|recipe| recipe.hold = hold(published, train, recipe));
        }
        let Some(values) = arm.list(row.key.name) else { continue };
        let with = |recipe: &Recipe, value| {
            let mut varied = *recipe;
            row.set(&mut varied, value);
            varied
        };
        recipes = recipes
            .iter()
            .flat_map(|recipe| values.iter().map(move |value| with(recipe, value)))
            .collect();
    }
    for recipe in &recipes {
        check_phases(recipe, "arm")?;
        let unread = arm.keys().find(|key| !recipe.optimizer.reads(key));
        if let Some(key) = unread {
            return Err(unread_by(&[recipe.optimizer], arm, key).into());
        }
    }
    Ok(recipes.into_iter().map(Recipe::normalised).collect())
}

/// Says that none of these optimizers has a use for a key.
pub fn unread_by(optimizers: &[OptimizerKind], given: &Given, key: &str) -> WrongKey {
    let uses = optimizers.iter().map(|optimizer| {
        format!("the optimizer `{}` reads {}", optimizer.name(), optimizer.keys().join(" and "))
    });
    let uses = uses.collect::<Vec<_>>().join("; ");
    WrongKey::new(given.at(key), format!(": nothing here has a use for it; {uses}"))
}

/// Steps at the peak learning rate: as said, or the share that they have of the published run.
fn hold(published: Option<&Published>, train: &Given, recipe: &Recipe) -> usize {
    let rest = recipe.steps.saturating_sub(recipe.warmup);
    let share = || published.map_or(0, |published| published.hold(recipe.steps).min(rest));
    train.count("hold").unwrap_or_else(share)
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
