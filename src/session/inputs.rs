use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::Request;
use crate::config::ModelShape;
use crate::corpus::Corpus;
use crate::exit::usage;
use crate::experiment::{Changes, Plan, Spec};
use crate::model::read_weights;
use crate::record::LaneWeights;

/// A spec with its data, planned.
pub struct Inputs {
    pub spec: Spec,
    /// The spec's file, as it was written.
    pub text: String,
    pub corpus: Corpus,
    /// Weights that every run starts from.
    pub initial: Option<Arc<LaneWeights>>,
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
        let corpus = Corpus::load(&spec.source, &spec.split)?;
        let models = spec.models();
        corpus.check_context(models[0].context)?;
        let initial = init.as_ref().map(|path| read_initial(path, &models, corpus.vocabulary));
        let (initial, digest) = initial.transpose()?.unzip();
        let plan = Plan::new(&spec, &corpus, digest.as_deref());
        Ok(Inputs { spec, text, corpus, initial, plan })
    }
}

fn read_spec(path: &Path, changes: &Changes) -> Result<(String, Spec)> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the spec {}", path.display()))?;
    let spec = Spec::parse(&text, changes).with_context(|| format!("in {}", path.display()))?;
    Ok((text, spec))
}

/// Weights from a file, and the SHA-256 of the file.
fn read_initial(
    path: &Path,
    models: &[ModelShape],
    vocabulary: usize,
) -> Result<(Arc<LaneWeights>, String)> {
    ensure!(
        models.len() == 1,
        "--init reads the weights of one model, but the arms have {} of different families",
        models.len()
    );
    let bytes = std::fs::read(path)
        .with_context(|| format!("cannot read the weights {}", path.display()))?;
    let weights = read_weights(path, &models[0], vocabulary)?;
    Ok((Arc::new(weights), format!("{:x}", Sha256::digest(&bytes))))
}
