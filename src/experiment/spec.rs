use anyhow::Result;
use toml::Table;

use super::arm::Arm;
use super::claims::Asked;
use super::searched::SearchedRule;
use super::seeds::{self, Seed};
use crate::config::{AnalysisTerms, Cut, ModelShape, SearchTerms};
use crate::corpus::{Corpus, Source};

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
    pub(super) asked_claims: Vec<Asked>,
    /// The spec as a table, after the changes of the command line.
    pub(super) table: Table,
}

impl Spec {
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
