//! What an experiment is: a TOML file, checked and resolved into arms and seeds.

mod file;
mod grid;
mod keys;
mod model;
mod overrides;

use std::collections::HashSet;

use anyhow::{Context, Result, bail, ensure};
use toml::Table;

use crate::corpus::{Order, Source, Split};

use crate::run::{Decay, ModelShape, Recipe};
use file::{DataTable, SpecFile, TrainTable};

/// Tokens of a split, at most: they are held in memory.
const MOST_TOKENS: usize = 2_000_000_000;

/// Changes to a spec that the command line asks for.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// `KEY=VALUE` assignments.
    pub set: Vec<String>,
    /// Another `data.source`.
    pub data: Option<String>,
    /// Other seeds.
    pub seeds: Option<Vec<u64>>,
}

/// An experiment, valid in itself. Whether the data is there and long enough shows when it is read.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Names the folder of results.
    pub name: String,
    /// What the experiment is to answer.
    pub question: Option<String>,
    /// One run per arm and seed; a seed sets both the first weights and the order of the data.
    pub seeds: Vec<u64>,
    /// Where the text comes from.
    pub source: Source,
    /// How it is split.
    pub split: Split,
    /// The model.
    pub model: ModelShape,
    /// The recipe of `[train]`, which arms may vary.
    pub recipe: Recipe,
    /// The arms, in the order of the spec.
    pub arms: Vec<Arm>,
}

/// One cell of the grid: a way to decay and a recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Form, mask and λ as the spec names them.
    pub decay: Decay,
    /// The recipe.
    pub recipe: Recipe,
    /// The numbers in which the recipe differs from `[train]`; empty where it does not.
    pub variant: String,
}

impl Arm {
    /// Form, mask, λ and variant in one line.
    pub fn label(&self) -> String {
        let mut words = vec![self.decay.form.name().to_owned()];
        words.extend(self.decay.mask.map(|mask| mask.name().to_owned()));
        words.extend(self.decay.weight_decay.map(|value| format!("λ={value}")));
        if !self.variant.is_empty() {
            words.push(self.variant.clone());
        }
        words.join(" ")
    }
}

impl Spec {
    /// Reads the text of a spec and applies the changes of the command line.
    ///
    /// # Errors
    /// Anything wrong in the text or the changes: the message names the key and what was expected.
    pub fn parse(text: &str, changes: &Changes) -> Result<Self> {
        let mut table: Table = text.parse()?;
        keys::check(&table)?;
        // The text alone first: its errors point at a line.
        let file: SpecFile = toml::from_str(text)?;
        if changes.set.is_empty() {
            return resolve(file, changes);
        }
        for assignment in &changes.set {
            overrides::apply(&mut table, assignment)?;
        }
        let context = || format!("after --set {}", changes.set.join(" --set "));
        keys::check(&table).with_context(context)?;
        let file = table.try_into().with_context(context)?;
        resolve(file, changes).with_context(context)
    }
}

fn resolve(file: SpecFile, changes: &Changes) -> Result<Spec> {
    check_name(&file.name)?;
    let seeds = changes.seeds.clone().unwrap_or(file.seeds);
    check_seeds(&seeds)?;
    let source = Source::parse(changes.data.as_deref().unwrap_or(&file.data.source));
    let split = split(&file.data)?;
    let model = model::resolve(&file.model)?;
    let recipe = recipe(&file.train);
    check_recipe(&recipe, "train")?;
    let arms = grid::expand(file.arm, &recipe, seeds.len())?;
    Ok(Spec { name: file.name, question: file.question, seeds, source, split, model, recipe, arms })
}

fn check_name(name: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    ensure!(
        !name.is_empty() && name.chars().all(plain) && !name.starts_with('.'),
        "name = \"{name}\": it names a folder; expected letters, digits, `-`, `_` and `.`, not starting with `.`"
    );
    Ok(())
}

fn check_seeds(seeds: &[u64]) -> Result<()> {
    ensure!(
        !seeds.is_empty(),
        "seeds is an empty list; expected one seed or more, such as [0, 1, 2]"
    );
    let mut seen = HashSet::new();
    for seed in seeds {
        ensure!(seen.insert(seed), "seeds holds {seed} twice");
    }
    Ok(())
}

fn split(data: &DataTable) -> Result<Split> {
    let order = match data.order.as_str() {
        "random" => Order::Random,
        "sequential" => Order::Sequential,
        other => {
            let hint = keys::suggestion(other, &["random", "sequential"]);
            bail!("data.order = \"{other}\": {hint}")
        }
    };
    count("data.train", data.train, MOST_TOKENS)?;
    count("data.val", data.val, MOST_TOKENS)?;
    Ok(Split { train: data.train, val: data.val, order })
}

fn recipe(train: &TrainTable) -> Recipe {
    let TrainTable {
        steps,
        batch,
        lr,
        warmup,
        min_lr_ratio,
        betas,
        eps,
        clip,
        eval_every,
        eval_windows,
        log_every,
    } = *train;
    Recipe {
        steps,
        batch,
        lr,
        warmup,
        min_lr_ratio,
        betas,
        eps,
        clip,
        eval_every,
        eval_windows,
        log_every,
    }
}

/// Checks the ranges of a recipe; `table` is where its numbers stand.
fn check_recipe(recipe: &Recipe, table: &str) -> Result<()> {
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
    ensure!(
        recipe.warmup <= recipe.steps,
        "{table}.warmup = {} is longer than {table}.steps = {}",
        recipe.warmup,
        recipe.steps
    );
    Ok(())
}

/// Checks a count. The bounds are far beyond what any machine trains here: they catch slips of the
/// keyboard before those cost time and memory.
fn count(key: &str, value: usize, most: usize) -> Result<()> {
    ensure!(value > 0, "{key} = 0: expected a whole number above 0");
    ensure!(value <= most, "{key} = {value}: expected at most {most}");
    Ok(())
}

#[cfg(test)]
mod tests;
