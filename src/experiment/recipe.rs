//! The recipe of an arm: defaults, then a published recipe, then `[train]`, then the arm's own lists.

use anyhow::{Context, Result, ensure};

use super::given::{Given, WrongKey};
use crate::config::{DecaySchedule, HYPERPARAMETERS, Named, OptimizerKind, Recipe};
use crate::published::Published;

/// What a spec says before its arms do, whether it fits and its optimizer reads it or not: an arm may have another.
pub fn base(published: Option<&Published>, train: &Given) -> Recipe {
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
    recipe
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
    for recipe in &mut recipes {
        let keys = implied(recipe, &[arm, train], published);
        imply(recipe, &keys);
    }
    let has_own = ["steps", "warmup", "hold"].iter().any(|key| arm.list(key).is_some());
    let table = if has_own { "arm" } else { "train" };
    for recipe in &recipes {
        check_phases(recipe, table)?;
        check_turns(recipe)?;
        let unread = arm.keys().find(|key| !recipe.reads(key));
        if let Some(key) = unread {
            return Err(unread_by(&[*recipe], arm, key).into());
        }
    }
    Ok(recipes.into_iter().map(Recipe::normalised).collect())
}

/// Keys that nobody gives and for which the recipe's optimizer or schedule of λ has a value of its own.
pub fn implied(
    recipe: &Recipe,
    given: &[&Given],
    published: Option<&Published>,
) -> Vec<&'static str> {
    let is_missing = |key: &&str| {
        let is_published = published.is_some_and(|published| published.basis(key).is_some());
        !is_published && given.iter().all(|given| given.list(key).is_none())
    };
    let of_optimizer: &[&str] = match recipe.optimizer {
        OptimizerKind::Muon => &["adam.lr", "momentum"],
        OptimizerKind::Soap => &["adam.lr", "betas"],
        _ => &[],
    };
    let of_schedule: &[&str] = match recipe.decay_schedule {
        DecaySchedule::HoldDecayRamp => &["decay_end"],
        _ => &[],
    };
    of_optimizer.iter().chain(of_schedule).copied().filter(is_missing).collect()
}

/// Gives implied keys their values.
pub fn imply(recipe: &mut Recipe, keys: &[&str]) {
    for key in keys {
        match *key {
            "adam.lr" => recipe.adam_lr = recipe.lr,
            "momentum" => recipe.momentum = MOMENTUM_OF_MUON,
            "betas" => recipe.betas = BETAS_OF_SOAP,
            "decay_end" => recipe.decay_end = END_OF_RAMP,
            key => unreachable!("nothing implies {key}"),
        }
    }
}

/// What Muon's authors train with.
const MOMENTUM_OF_MUON: f64 = 0.95;
/// What SOAP's authors train with.
const BETAS_OF_SOAP: [f64; 2] = [0.95, 0.95];

/// Where slowrun's ramp ends: λ from 0.8 to 0.1 to 1.25.
const END_OF_RAMP: f64 = 1.5625;

/// The hold of λ must end before its fall does.
fn check_turns(recipe: &Recipe) -> Result<()> {
    let [hold, turn] = recipe.decay_turns;
    ensure!(hold < turn, "decay_turns = [{hold}, {turn}]: expected the first below the second");
    Ok(())
}

/// Says that none of these recipes has a use for a key.
pub fn unread_by(recipes: &[Recipe], given: &Given, key: &str) -> WrongKey {
    let mut uses: Vec<String> = Vec::new();
    for recipe in recipes {
        let of = match (recipe.optimizer.reads(key), recipe.measures(key)) {
            (false, _) => uses_of_optimizer,
            (true, false) => uses_of_measuring,
            (true, true) => uses_of_schedule,
        };
        let words = of(recipe);
        if !uses.contains(&words) {
            uses.push(words);
        }
    }
    let uses = uses.join("; ");
    WrongKey::new(given.at(key), format!(": nothing here has a use for it; {uses}"))
}

fn uses_of_optimizer(recipe: &Recipe) -> String {
    let optimizer = recipe.optimizer;
    format!("the optimizer `{}` reads {}", optimizer.name(), optimizer.keys().join(" and "))
}

fn uses_of_measuring(_: &Recipe) -> String {
    "verbatim_prompts = 0 measures nothing; ask for some, such as verbatim_prompts = 64".to_owned()
}

fn uses_of_schedule(recipe: &Recipe) -> String {
    let schedule = recipe.decay_schedule;
    let keys = match schedule.keys() {
        [] => "no number".to_owned(),
        keys => keys.join(" and "),
    };
    format!("decay_schedule = \"{}\" reads {keys}", schedule.name())
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
