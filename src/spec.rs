//! What an experiment is: a TOML file, checked and resolved into arms and seeds.

mod file;
mod grid;
mod keys;
mod model;
mod overrides;
mod recipe;
mod settings;

use std::collections::HashSet;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::corpus::{Order, Source, Split};
use crate::published::{Published, Transfer};
use crate::run::{Decay, ModelShape, Recipe};
use file::{ArmTable, DataTable, SpecFile};

pub use grid::find as find_recipe;
pub use settings::Setting;

/// Tokens of a split, at most: they are held in memory.
const MOST_TOKENS: usize = 2_000_000_000;

/// Changes to a spec that the command line asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
    /// The arms, in the order of the spec.
    pub arms: Vec<Arm>,
    /// Arms that were asked for and cannot be, and why.
    pub notes: Vec<String>,
    /// The spec as a table, after the changes of the command line.
    table: Table,
}

/// One cell of the grid: a model, a way to decay and a recipe.
#[derive(Clone, Debug)]
pub struct Arm {
    /// The model; arms differ in what their families imply alone.
    pub model: ModelShape,
    /// Form, mask and λ as the spec names them.
    pub decay: Decay,
    /// The recipe.
    pub recipe: Recipe,
    /// The published recipe by name and the numbers in which the arm differs from `[train]`; empty
    /// where there is neither.
    pub variant: String,
    /// The published recipe that the arm takes over.
    pub published: Option<&'static Published>,
    /// How its decay is carried over.
    pub transfer: Option<Transfer>,
    /// Place of its `[[arm]]` in the spec.
    table: usize,
}

impl Arm {
    /// Form, mask, λ and variant in one line.
    pub fn label(&self) -> String {
        match self.variant.as_str() {
            "" => self.decay.label(),
            variant => format!("{} {variant}", self.decay.label()),
        }
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
            return resolve(file, table, changes);
        }
        for assignment in &changes.set {
            overrides::apply(&mut table, assignment)?;
        }
        let context = || format!("after --set {}", changes.set.join(" --set "));
        keys::check(&table).with_context(context)?;
        let file = table.clone().try_into().with_context(context)?;
        resolve(file, table, changes).with_context(context)
    }

    /// The shapes of its models, each once.
    pub fn models(&self) -> Vec<ModelShape> {
        let mut models: Vec<ModelShape> = Vec::new();
        for arm in &self.arms {
            if !models.contains(&arm.model) {
                models.push(arm.model);
            }
        }
        models
    }
}

fn resolve(mut file: SpecFile, table: Table, changes: &Changes) -> Result<Spec> {
    check_name(&file.name)?;
    let seeds = changes.seeds.clone().unwrap_or(file.seeds);
    check_seeds(&seeds)?;
    let source = Source::parse(changes.data.as_deref().unwrap_or(&file.data.source));
    let split = split(&file.data)?;
    let published = file.recipe.map(|recipe| grid::find(&recipe.name)).transpose()?;
    if file.arm.is_empty() {
        ensure!(
            published.is_some(),
            "a spec needs at least one [[arm]], such as form = \"adamw\", weight_decay = [0.0, 0.1], \
             or a [recipe]"
        );
        file.arm.push(ArmTable::default());
    }
    let (model, train) = (&file.model, &file.train);
    let common = grid::Common { model, train, published, seeds: seeds.len() };
    let grid::Grid { arms, notes } = grid::expand(&file.arm, &common)?;
    let (name, question) = (file.name, file.question);
    Ok(Spec { name, question, seeds, source, split, arms, notes, table })
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

/// Checks a count. The bounds are far beyond what any machine trains here: they catch slips of the
/// keyboard before those cost time and memory.
fn count(key: &str, value: usize, most: usize) -> Result<()> {
    ensure!(value > 0, "{key} = 0: expected a whole number above 0");
    ensure!(value <= most, "{key} = {value}: expected at most {most}");
    Ok(())
}

#[cfg(test)]
mod tests;
