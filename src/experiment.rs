//! What an experiment is: a TOML file, checked and resolved into arms and seeds, and planned as runs.

mod arm;
mod axis;
mod by_role;
mod canaries;
mod changes;
mod claims;
pub mod cost;
mod data;
mod excerpts;
mod file;
mod foreign;
mod given;
mod grid;
mod idle;
mod lines;
mod meaning;
mod model;
mod overrides;
mod plan;
mod recipe;
mod resolve;
mod searched;
mod sections;
mod seeds;
mod settings;
pub mod shards;
mod slips;
mod terms;
mod top;
mod wrong_key;

use anyhow::{Context, Result};
use toml::Table;

use crate::config::{AnalysisTerms, Cut, ModelShape, SearchTerms};
use crate::corpus::{Corpus, Source};
use given::WrongKey;
use resolve::resolve;

pub use arm::Arm;
pub use changes::{Changes, CommandLine};
pub use grid::find as find_recipe;
pub use plan::{Asked, Entry, Plan};
pub use searched::{SearchedAxis, SearchedRule};
pub use seeds::Seed;
pub use settings::Setting;

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
    /// What people should know of the others: keys that nothing reads, numbers that mean something else here.
    pub remarks: Vec<String>,
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
        let recipe = recipes.find(|recipe| recipe.eval_every >= recipe.steps)?;
        Some(format!(
            "train.eval_every = {} and train.steps = {}: loss is measured before and after training alone, so that there is no \
             best step to stop at, and nothing is said of stopping",
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

#[cfg(test)]
mod tests;
