//! Text from trained models: which models are meant, how a token is chosen from what a model says of it, and what is
//! shown of several texts while they grow.

mod characters;
mod choose;
mod generate;
mod hugging_face;
mod results;
mod saved;
mod source;
mod tokenizer;
mod turns;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};

use crate::corpus::Token;
use crate::exit::usage;
use crate::plural::counted;
use generate::{Cohort, generate};
use source::{Source, cohorts};
use turns::Turns;

pub use choose::Choice;
pub use turns::Form;

/// What text is asked for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub source: Asked<'a>,
    /// Text to go on from; empty for none.
    pub prompt: &'a str,
    pub terms: Terms,
    /// How it is shown.
    pub form: Form,
}

/// Whose text.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Saved weights, a folder of results, or a folder from Hugging Face.
    pub path: &'a Path,
    /// Runs of the results by identity.
    pub runs: &'a [String],
    /// An arm of the results, as `wane export` names it.
    pub arm: Option<&'a str>,
    /// The weights of the lowest val loss in the place of the last.
    pub best: bool,
    /// The tokenizer, where it is not beside the weights.
    pub tokenizer: Option<&'a Path>,
}

/// How much text, and how it is chosen.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Most tokens of a text.
    pub tokens: usize,
    /// Texts of every model.
    pub samples: usize,
    pub choice: Choice,
    /// Of the draws: text `i` of a model depends on this and `i`, and on nothing beside it.
    pub seed: u64,
}

/// What a call did.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Tokens that were chosen.
    pub tokens: usize,
    /// From the first token read to the last one chosen.
    pub took: Duration,
}

/// Takes what is shown; `false` where nobody listens any more.
pub type Write<'a> = &'a mut dyn FnMut(&str) -> Result<bool>;

/// Writes text, and says what people should know.
///
/// # Errors
/// A path that leads to no model, a prompt that it cannot read, weights that are damaged; a stdout that cannot be
/// written.
pub fn sample(request: &Request, write: Write, say: &dyn Fn(&str)) -> Result<Told> {
    let source = usage(Source::open(&request.source))?;
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

/// What a text goes on from.
pub struct Prompt {
    /// As it was given.
    pub text: String,
    /// At least one.
    pub tokens: Vec<Token>,
}

/// A text as tokens, or what stands before any text.
fn prompt(source: &Source, text: &str) -> Result<(Prompt, Option<String>)> {
    let mut tokens = source.before.clone();
    tokens.extend(source.tokenizer.encode(text).map_err(|error| {
        match tokenizer::unknown(&source.tokenizer, text) {
            Some(unknown) => {
                anyhow!("the prompt: the character {unknown:?} is in no token of the model")
            }
            None => error.context("the prompt"),
        }
    })?);
    if tokens.is_empty() {
        tokens.push(source.begin);
    }
    let voice = source.voices.iter().min_by_key(|voice| voice.vocabulary);
    let vocabulary = voice.map_or(0, |voice| voice.vocabulary);
    let beyond = tokens.iter().find(|token| usize::from(**token) >= vocabulary);
    ensure!(
        beyond.is_none(),
        "the prompt has the token {}, and the model knows {vocabulary}: the tokenizer is another model's; give its own \
         with --tokenizer",
        beyond.copied().unwrap_or_default()
    );
    let context = source.voices.iter().map(|voice| voice.shape.context).min().unwrap_or_default();
    let note = (tokens.len() > context).then(|| {
        format!(
            "the prompt has {}, and the model sees {context} at once: it reads the last {context}",
            counted(tokens.len(), "token")
        )
    });
    Ok((Prompt { text: text.to_owned(), tokens }, note))
}
