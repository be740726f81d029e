//! What an experiment is: a TOML file, checked and resolved into arms and seeds, and planned as runs.

mod arm;
mod axis;
mod by_role;
mod canaries;
mod claims;
pub mod cost;
mod data;
mod excerpts;
mod file;
mod foreign;
mod given;
mod grid;
mod lines;
mod meaning;
mod model;
mod overrides;
mod plan;
mod recipe;
mod searched;
mod sections;
mod seeds;
mod settings;
pub mod shards;
mod slips;
mod terms;
mod top;
mod wrong_key;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use toml::{Table, Value as Toml};

use crate::config::Section;
use crate::config::{AnalysisTerms, Cut, ModelShape, SearchTerms, Value};
use crate::corpus::{Corpus, Source};
use crate::published::Published;
use given::{Given, WrongKey};
use top::Top;

pub use arm::Arm;
pub use grid::find as find_recipe;
pub use plan::{Asked, Entry, Plan};
pub use searched::{SearchedAxis, SearchedRule};
pub use seeds::Seed;
pub use settings::Setting;

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

impl Changes {
    /// That nothing is asked for in two ways.
    fn check(&self) -> Result<()> {
        let options = [
            ("--data", "data.source", self.data.is_some()),
            ("--seeds", "seeds", self.seeds.is_some()),
        ];
        for assignment in &self.set {
            let key = overrides::key(assignment);
            let twice = options.iter().find(|(_, own, given)| *given && *own == key);
            if let Some((option, key, _)) = twice {
                bail!("{option} and --set {key} say the same thing twice; give one of them");
            }
        }
        Ok(())
    }
}

/// An experiment, valid in itself. Whether the data is there and long enough shows when it is read.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Names the folder of results.
    pub name: String,
    /// What the experiment is to answer.
    pub question: Option<String>,
    /// One run per arm and seed; in a search, the seeds that find.
    pub seeds: Vec<Seed>,
    /// In a search, the seeds that judge what was found.
    pub fresh_seeds: Vec<Seed>,
    /// Where the text comes from.
    pub source: Source,
    /// How it is to be cut.
    pub cut: Cut,
    /// The arms, in the order of the spec; without those that are to be found.
    pub arms: Vec<Arm>,
    /// Rules with values to be found.
    pub searched: Vec<SearchedRule>,
    /// How they are searched.
    pub search: SearchTerms,
    /// Arms that were asked for and cannot be, and why.
    pub notes: Vec<String>,
    /// How its runs are judged.
    pub analysis: AnalysisTerms,
    /// What it says of its outcome.
    asked_claims: Vec<claims::Asked>,
    /// The spec as a table, after the changes of the command line.
    table: Table,
}

impl Spec {
    /// Reads the text of a spec and applies the changes of the command line.
    ///
    /// # Errors
    /// Anything wrong in the text or the changes: the message names the key and what was expected.
    pub fn parse(text: &str, changes: &Changes) -> Result<Self> {
        let mut table: Table = text.parse()?;
        // The text alone first: its errors point at a line.
        let alone = resolve(&table, &Changes::default()).map_err(|error| at_line(text, error));
        if *changes == Changes::default() {
            return alone;
        }
        changes.check()?;
        if changes.set.is_empty() {
            alone?;
            return resolve(&table, changes);
        }
        for assignment in &changes.set {
            overrides::apply(&mut table, assignment)?;
        }
        let context = || format!("after --set {}", changes.set.join(" --set "));
        resolve(&table, changes).with_context(context)
    }

    /// Reads and cuts its source, with the train texts of its seeds.
    ///
    /// # Errors
    /// A source that cannot be read or is too short, and seeds that draw nothing different of it.
    pub fn load_corpus(&self) -> Result<Corpus> {
        let seeds = [&self.seeds[..], &self.fresh_seeds].concat();
        let text_seeds: Vec<u64> = seeds.iter().map(|seed| seed.text).collect();
        let corpus = Corpus::load(&self.source, &self.cut, &text_seeds)?;
        seeds::check_drawn(&seeds, corpus.texts, self.cut.order)?;
        Ok(corpus)
    }

    /// Whether anything of it is to be found.
    pub fn is_search(&self) -> bool {
        !self.searched.is_empty()
    }

    /// That no loss is measured between the beginning and the end of some run, if it is so: stopping it early is then
    /// no other than not stopping it.
    pub fn measured_at_ends_told(&self) -> Option<String> {
        let mut recipes = self.every_arm().map(|arm| &arm.recipe);
        let recipe = recipes.find(|recipe| recipe.eval_every > recipe.steps)?;
        Some(format!(
            "train.eval_every = {} is beyond train.steps = {}: loss is measured before and after training alone, so that \
             what is said of stopping at the best step says nothing",
            recipe.eval_every, recipe.steps
        ))
    }

    /// Its arms; those that are to be found where their search starts.
    pub fn every_arm(&self) -> impl Iterator<Item = &Arm> {
        self.arms.iter().chain(self.searched.iter().map(|rule| &rule.first))
    }

    /// The shapes of its models, each once.
    pub fn models(&self) -> Vec<ModelShape> {
        let mut models: Vec<ModelShape> = Vec::new();
        for arm in self.every_arm() {
            if !models.contains(&arm.model) {
                models.push(arm.model);
            }
        }
        models
    }
}

/// Puts the line of a wrong key before the error.
fn at_line(text: &str, error: anyhow::Error) -> anyhow::Error {
    let wrong = error.chain().find_map(|cause| cause.downcast_ref::<WrongKey>());
    match wrong.and_then(|wrong| lines::find(text, &wrong.place)) {
        Some(line) => error.context(format!("line {line}")),
        None => error,
    }
}

fn resolve(table: &Table, changes: &Changes) -> Result<Spec> {
    let part = |section: Section| match table.get(section.name()) {
        None => Ok(Given::default().under(section)),
        Some(Toml::Table(inner)) => Given::read(section, inner, section.name()),
        Some(_) => {
            let problem = format!(" is a value; expected a table [{}]", section.name());
            Err(WrongKey::new(section.name(), problem).into())
        }
    };
    let top = Top::read(table)?;
    let (data, model, train) = (part(Section::Data)?, part(Section::Model)?, part(Section::Train)?);
    let asked = changes.seeds.as_ref().map(|seeds| seeds.iter().copied().map(Seed::of).collect());
    let asked: Option<Vec<Seed>> = asked.or(top.seeds);
    asked.iter().try_for_each(|seeds| seeds::check(seeds))?;
    let search = terms::search(&part(Section::Search)?);
    let source = data::source(&data, changes.data.as_deref())?;
    let cut = data::cut(&data)?;
    let published = published(table, part(Section::Recipe)?)?;
    let arms = arms(table, published.is_some())?;
    let count = asked.as_ref().map_or(DEFAULT_SEEDS, Vec::len);
    let common = grid::Common {
        model: &model,
        train: &train,
        published,
        seeds: count,
        train_tokens: cut.train,
    };
    let grid::Grid { arms, searched, notes } = grid::expand(&arms, &common)?;
    canaries::check(
        cut.canaries.as_ref(),
        arms.iter().chain(searched.iter().map(|one| &one.first)),
    )?;
    excerpts::check(&cut, arms.iter().chain(searched.iter().map(|one| &one.first)))?;
    let mut analysis = terms::analysis(&part(Section::Analysis)?);
    let (mut seeds, mut fresh_seeds) = (asked.clone(), Vec::new());
    if !searched.is_empty() {
        let found = seeds::of_search(asked, &search)?;
        fresh_seeds = searched::fresh_seeds(&found, &search);
        analysis.looks.clone_from(&search.looks);
        seeds = Some(found);
    }
    let asked_claims = claims::read(table, &arms, !searched.is_empty())?;
    let Top { name, question, .. } = top;
    let seeds = seeds.unwrap_or_else(|| (0..DEFAULT_SEEDS as u64).map(Seed::of).collect());
    let table = table.clone();
    Ok(Spec {
        name,
        question,
        seeds,
        fresh_seeds,
        source,
        cut,
        arms,
        searched,
        search,
        notes,
        analysis,
        asked_claims,
        table,
    })
}

/// Seeds of a spec that names none.
const DEFAULT_SEEDS: usize = 3;

fn text(value: Option<&Value>) -> Option<&str> {
    match value? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The published recipe that all arms start from.
fn published(table: &Table, recipe: Given) -> Result<Option<&'static Published>> {
    if !table.contains_key("recipe") {
        return Ok(None);
    }
    let name =
        text(recipe.one("name")).context("recipe.name is missing, such as name = \"gpt-3\"")?;
    grid::find(name).map(Some)
}

/// The arms as they are written; a recipe alone is one arm.
fn arms(table: &Table, has_recipe: bool) -> Result<Vec<Given>> {
    let no_list = || WrongKey::new("arm", " is not a list of tables; expected [[arm]]");
    let written = match table.get("arm") {
        None => Vec::new(),
        Some(Toml::Array(list)) => list.iter().map(|arm| arm.as_table()).collect(),
        Some(_) => return Err(no_list().into()),
    };
    let mut arms = Vec::new();
    for (index, arm) in written.into_iter().enumerate() {
        let arm = arm.ok_or_else(no_list)?;
        arms.push(Given::read(Section::Arm, arm, &format!("arm.{index}"))?);
    }
    if arms.is_empty() {
        ensure!(
            has_recipe,
            "a spec needs at least one [[arm]], such as form = \"adamw\", weight_decay = [0.0, 0.1], \
             or a [recipe]"
        );
        arms.push(Given::default().under(Section::Arm));
    }
    Ok(arms)
}

#[cfg(test)]
mod tests;
