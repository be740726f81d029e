//! Text from trained models: which models are meant, how a token is chosen from what a model says of it, and what is
//! shown of several texts while they grow.

mod characters;
mod choose;
mod generate;
mod hugging_face;
mod path;
mod prompt;
mod request;
mod results;
mod saved;
mod source;
mod tokenizer;
mod turns;

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::exit::usage;
use generate::{Cohort, generate};
use prompt::prompt;
use source::cohorts;
use turns::Turns;

pub use choose::Choice;
pub use request::{Asked, Form, Request, Terms};
pub use turns::Write;

/// What a call did.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Tokens that were chosen.
    pub tokens: usize,
    /// From the first token read to the last one chosen.
    pub took: Duration,
}

/// Writes text, and says what people should know.
///
/// # Errors
/// A path that leads to no model, a prompt that it cannot read, weights that are damaged; a stdout that cannot be
/// written.
pub fn sample(request: &Request, write: Write, say: &dyn Fn(&str)) -> Result<Told> {
    let source = usage(path::open(&request.source))?;
    let (prompt, note) = usage(prompt(&source, request.prompt))?;
    source.notes.iter().chain(&note).for_each(|note| say(note));
    source.voices.iter().for_each(|voice| say(&voice.name));
    let mut turns = Turns::new(&source, &prompt, request, write);
    let mut told = Told { tokens: 0, took: Duration::ZERO };
    for group in cohorts(&source.voices) {
        let mut lanes = Vec::new();
        for voice in &source.voices[group.clone()] {
            let (weights, notes) = voice.load(&source.tokenizer)?;
            notes.iter().for_each(|note| say(note));
            lanes.push(weights);
        }
        let voice = &source.voices[group.start];
        let (shape, vocabulary) = (&voice.shape, voice.vocabulary);
        let cohort = Cohort { shape, vocabulary, lanes, first: group.start, end: source.end };
        let start = Instant::now();
        told.tokens += generate(cohort, &prompt.tokens, &request.terms, &mut turns)?;
        told.took += start.elapsed();
        if !turns.is_heard() {
            break;
        }
    }
    Ok(told)
}
