use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};

use super::Request;
use crate::config::{InitialWeights, ModelShape};
use crate::corpus::Corpus;
use crate::exit::usage;
use crate::experiment::{Changes, Plan, Spec};
use crate::model::{Purpose, ReadWeights, read_weights};
use crate::record::LaneWeights;

/// A spec with its data, planned.
pub struct Inputs {
    pub spec: Spec,
    /// The spec's file, as it was written.
    pub text: String,
    pub corpus: Corpus,
    /// Weights that every run starts from.
    pub initial: Option<Arc<LaneWeights>>,
    /// What was done with weights that were not taken as they stood.
    pub notes: Vec<String>,
    pub plan: Plan,
}

impl Inputs {
    /// Reads everything that a request names.
    ///
    /// # Errors
    /// A usage error that names the file and what is wrong with it.
    pub fn load(request: &Request) -> Result<Self> {
        usage(Self::read(request))
    }

    fn read(Request { spec: path, changes, init }: &Request) -> Result<Self> {
        let (text, spec) = read_spec(path, changes)?;
        let corpus = spec.load_corpus()?;
        let models = spec.models();
        corpus.check_context(models[0].context)?;
        let read = init.as_ref().map(|init| read_initial(init, &models, &corpus)).transpose()?;
        let plan = Plan::new(&spec, &corpus, read.as_ref().map(|read| read.digest.as_str()));
        let (initial, notes) = read.map(|read| (Arc::new(read.weights), read.notes)).unzip();
        Ok(Inputs { spec, text, corpus, initial, notes: notes.unwrap_or_default(), plan })
    }
}

fn read_spec(path: &Path, changes: &Changes) -> Result<(String, Spec)> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the spec {}", path.display()))?;
    let spec = Spec::parse(&text, changes).with_context(|| format!("in {}", path.display()))?;
    Ok((text, spec))
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
