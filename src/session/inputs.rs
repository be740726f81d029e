use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};

use super::Request;
use crate::config::{InitialWeights, ModelShape, Named, SHAPE_KEYS};
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
        let of_spec = || format!("in {}", path.display());
        let corpus = spec.load_corpus().with_context(of_spec)?;
        let models = spec.models();
        models
            .iter()
            .try_for_each(|model| corpus.check_context(model.context))
            .with_context(of_spec)?;
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
        "--init reads the weights of one model, but the arms have {} different models ({}); expected a spec for each",
        models.len(),
        differences(models)
    );
    read_weights(initial, Purpose::of(&models[0], corpus))
}

/// In what models differ: their families or, where all are of one, the numbers of their shape.
fn differences(models: &[ModelShape]) -> String {
    let differing = |key: &str, values: Vec<String>| {
        let mut each: Vec<String> = Vec::new();
        for value in values {
            if !each.contains(&value) {
                each.push(value);
            }
        }
        (each.len() > 1).then(|| format!("{key} {}", each.join(", ")))
    };
    let families = models.iter().map(|model| model.family.name().to_owned());
    let shapes = || {
        SHAPE_KEYS.iter().filter_map(|row| {
            let values = models.iter().map(|model| (row.get)(model));
            let told = values.map(|value| value.map_or("none".to_owned(), |one| one.to_string()));
            differing(row.key.name, told.collect())
        })
    };
    differing("family", families.collect())
        .unwrap_or_else(|| shapes().collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Family;

    #[test]
    fn models_are_told_apart_by_their_families_or_else_by_their_shapes() {
        let of = |change: fn(&mut ModelShape)| {
            let mut other = ModelShape::DEFAULT;
            change(&mut other);
            differences(&[ModelShape::DEFAULT, other])
        };
        let channels = ModelShape::DEFAULT.channels;
        assert_eq!(
            of(|other| other.channels += 64),
            format!("channels {channels}, {}", channels + 64)
        );
        assert_eq!(
            of(|other| (other.family, other.layers) = (Family::Llama, 9)),
            "family gpt2, llama"
        );
    }
}
