use std::path::Path;
use std::string::FromUtf8Error;
use std::sync::Arc;

use anyhow::{Context, Error, Result, anyhow, ensure};

use super::Request;
use crate::config::{InitialWeights, ModelShape};
use crate::corpus::Corpus;
use crate::exit::usage;
use crate::experiment::{Changes, Plan, Spec};
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
    /// The SHA-256 of their file.
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
        let (text, spec) = read_spec(path, changes)?;
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
        Ok(Inputs { spec, text, corpus, initial, digest, notes, plan, course: None })
    }
}

fn read_spec(path: &Path, changes: &Changes) -> Result<(String, Spec)> {
    let bytes =
        std::fs::read(path).with_context(|| format!("cannot read the spec {}", path.display()))?;
    let text = String::from_utf8(bytes).map_err(|error| no_utf8(path, &error))?;
    let spec = Spec::parse(&text, changes).with_context(|| format!("in {}", path.display()))?;
    Ok((text, spec))
}

/// What is wrong with a spec in another encoding, and how to convert it.
fn no_utf8(path: &Path, error: &FromUtf8Error) -> Error {
    let (bytes, whole) = (error.as_bytes(), error.utf8_error().valid_up_to());
    let line = 1 + bytes[..whole].iter().filter(|byte| **byte == b'\n').count();
    let is_wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let (looks, from) = if is_wide { ("is", "UTF-16") } else { ("may be", "ISO-8859-1") };
    let name = path.display();
    anyhow!(
        "line {line} of the spec {name} is not UTF-8, which is expected; it {looks} {from}, and \
         `iconv -f {from} -t UTF-8 {name} > utf-8.toml` writes a spec that can be read"
    )
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
