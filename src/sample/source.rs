//! Which models a path stands for.

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::{Asked, hugging_face, results, saved};
use crate::config::{InitialWeights, ModelShape, RunConfig};
use crate::corpus::{Learned, Token, Tokenizer};
use crate::model::{Purpose, read_weights};
use crate::record::LaneWeights;
use crate::store::Store;

/// Bytes of weights that are in memory at once; models beyond them come after the others.
const MOST_WEIGHTS: usize = 1 << 30;

/// What a path leads to.
pub const EXPECTED: &str = "expected weights that `wane train --save` wrote, such as weights.safetensors, the folder of \
                            an experiment, such as results/overfit, or a folder from Hugging Face with \
                            model.safetensors, config.json and a tokenizer";

/// Models that share a tokenizer.
pub struct Source {
    /// At least one.
    pub voices: Vec<Voice>,
    pub tokenizer: Tokenizer,
    /// What stands before every text.
    pub before: Vec<Token>,
    /// What a text without a prompt goes on from, where nothing stands before it.
    pub begin: Token,
    /// What ends a text, if anything does.
    pub end: Option<Token>,
    /// What people should know.
    pub notes: Vec<String>,
}

/// A model that says what comes next.
pub struct Voice {
    /// What it is, in a few words.
    pub title: String,
    /// The same with what is known of it.
    pub name: String,
    /// Identity of its run, if it is one.
    pub run: Option<String>,
    pub shape: ModelShape,
    /// Number of different tokens.
    pub vocabulary: usize,
    pub weights: Weights,
}

/// Where weights are.
pub enum Weights {
    /// In a file, or several, under the names of the family.
    File(PathBuf),
    /// In the last checkpoint of a run.
    Checkpoint(Store, Box<RunConfig>),
}

impl Source {
    /// # Errors
    /// A path that leads to no model, or a run, an arm or a tokenizer that is not there; the message says what there is.
    pub fn open(asked: &Asked) -> Result<Self> {
        let path = asked.path;
        let shown = path.display();
        if path.join("experiment.json").is_file() && path.join("runs.csv").is_file() {
            return results::open(asked);
        }
        ensure!(
            asked.runs.is_empty() && asked.arm.is_none() && !asked.best,
            "--run, --arm and --best choose among the runs of an experiment, and {shown} is no folder of one"
        );
        let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
        match (path.is_file(), folder.join("config.json").is_file()) {
            (true, _) if saved::is_saved(path) => saved::open(asked),
            (_, true) if path.exists() => hugging_face::open(asked, folder),
            (true, false) => bail!(
                "{shown} has neither the {} that `wane train --save` writes beside weights nor Hugging Face's \
                 config.json beside it, so nothing says which model it is of; {EXPECTED}",
                saved::config_name(path)
            ),
            _ if path.try_exists().with_context(|| format!("cannot look at {shown}"))? => {
                bail!("{shown} holds no model; {EXPECTED}")
            }
            _ => bail!("{shown} is not there; {EXPECTED}"),
        }
    }
}

impl Voice {
    /// Its weights, and what was done with those that were not taken as they stood.
    ///
    /// # Errors
    /// Weights that cannot be read, or that are another model's.
    pub fn load(&self, tokenizer: &Tokenizer) -> Result<(LaneWeights, Vec<String>)> {
        match &self.weights {
            Weights::Checkpoint(store, run) => {
                Ok((store.checkpoint(run)?.into_evaluated(), Vec::new()))
            }
            Weights::File(path) => {
                let initial = InitialWeights { path: path.clone(), crop: false };
                let (shape, vocabulary) = (&self.shape, self.vocabulary);
                let alphabet = characters(tokenizer);
                let pieces = tokenizer.learned().filter(|_| alphabet.is_none());
                let pieces = pieces.map(Learned::pieces_digest);
                let purpose = Purpose { shape, vocabulary, alphabet: alphabet.as_deref(), pieces };
                let read = read_weights(&initial, purpose)?;
                Ok((read.weights, read.notes))
            }
        }
    }
}

/// The character of each token, where tokens are characters: also of a `tokenizer.json` that says so.
fn characters(tokenizer: &Tokenizer) -> Option<Vec<char>> {
    let character = |token: usize| {
        let text = tokenizer.decode(&[Token::try_from(token).ok()?]);
        let mut characters = text.chars();
        characters.next().filter(|_| characters.next().is_none())
    };
    match tokenizer {
        Tokenizer::Characters(alphabet) => Some(alphabet.clone()),
        Tokenizer::Bytes => None,
        Tokenizer::Learned(learned) => (0..learned.vocabulary()).map(character).collect(),
    }
}

/// Neighbours of one shape, as many as fit into memory.
pub fn cohorts(voices: &[Voice]) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (place, voice) in voices.iter().enumerate() {
        let bytes = voice.shape.parameter_count(voice.vocabulary) * size_of::<f32>();
        let joins = |group: &&mut Range<usize>| {
            let first = &voices[group.start];
            (first.shape, first.vocabulary) == (voice.shape, voice.vocabulary)
                && (group.len() + 1) * bytes <= MOST_WEIGHTS
        };
        match groups.last_mut().filter(joins) {
            Some(group) => group.end += 1,
            None => groups.push(place..place + 1),
        }
    }
    groups
}
