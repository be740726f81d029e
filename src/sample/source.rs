//! Models that text is taken from.

use std::ops::Range;
use std::path::PathBuf;

use anyhow::Result;

use crate::config::{InitialWeights, ModelShape, RunConfig};
use crate::corpus::{Token, Tokenizer};
use crate::model::{Purpose, read_weights};
use crate::record::LaneWeights;
use crate::store::Store;

/// Bytes of weights that are in memory at once; models beyond them come after the others.
const MOST_WEIGHTS: usize = 1 << 30;

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
                let purpose = Purpose { shape, vocabulary, tokenizer: Some(tokenizer), text: None };
                let read = read_weights(&initial, purpose)?;
                Ok((read.weights, read.notes))
            }
        }
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
