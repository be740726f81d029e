use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, ensure};

use super::Request;
use crate::config::{InitialWeights, ModelShape};
use crate::corpus::Corpus;
use crate::exit::usage;
use crate::experiment::{Plan, Spec};
use crate::model::{Purpose, ReadWeights, read_weights};
use crate::record::LaneWeights;
use crate::search::Course;

/// A spec with its data, planned.
pub struct Inputs {
    pub spec: Spec,
    /// The spec's file, as it was written.
    pub text: String,
    pub corpus: Corpus,
    /// Weights that every run starts from.
    pub initial: Option<Arc<LaneWeights>>,
    /// Their file.
    pub init: Option<PathBuf>,
    /// Its SHA-256.
    pub digest: Option<String>,
    /// What was done with weights that were not taken as they stood.
    pub notes: Vec<String>,
    pub plan: Plan,
    /// Where a search stands.
    pub course: Option<Course>,
}

impl Inputs {
    /// Reads everything that a request names. The plan of a search is empty: what it asks for depends on what
    /// is known.
    ///
    /// # Errors
    /// A usage error that names the file and what is wrong with it.
    pub fn load(request: &Request) -> Result<Self> {
        usage(Self::read(request))
    }

    /// The same, with what a search asks for now that the runs in `out` are there.
    ///
    /// # Errors
    /// A usage error that names the file and what is wrong with it.
    pub fn planned(request: &Request, out: &Path) -> Result<Self> {
        let mut inputs = Self::load(request)?;
        inputs.follow(out)?;
        Ok(inputs)
    }

    fn read(Request { spec: path, changes, init }: &Request) -> Result<Self> {
        let (text, spec) = Spec::read(path, changes)?;
        let corpus = spec.load_corpus()?;
        let models = spec.models();
        models.iter().try_for_each(|model| corpus.check_context(model.context))?;
        let read = init.as_ref().map(|init| read_initial(init, &models, &corpus)).transpose()?;
        let digest = read.as_ref().map(|read| read.digest.clone());
        let plan = match spec.is_search() {
            true => Plan::of([], &corpus, None),
            false => Plan::new(&spec, &corpus, digest.as_deref()),
        };
        let (initial, notes) = read.map(|read| (Arc::new(read.weights), read.notes)).unzip();
        let notes = notes.unwrap_or_default();
        let init = init.as_ref().map(|init| init.path.clone());
        Ok(Inputs { spec, text, corpus, initial, init, digest, notes, plan, course: None })
    }
}

fn read_initial(
    initial: &InitialWeights,
    models: &[ModelShape],
    corpus: &Corpus,
) -> Result<ReadWeights> {
    ensure!(
        models.len() == 1,
        "--init reads the weights of one model, but the arms have {} of different families",
        models.len()
    );
    read_weights(initial, Purpose::of(&models[0], corpus))
}
