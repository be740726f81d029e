//! What the tokens of a model are.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::source::{Source, Voice};
use crate::corpus::{Token, Tokenizer, read_tokenizer};

/// The tokenizer that was asked for, or the one that is there.
pub fn of(
    asked: Option<&Path>,
    there: impl FnOnce() -> Result<Option<Tokenizer>>,
) -> Result<Tokenizer> {
    match asked {
        Some(path) => read_tokenizer(path).context("--tokenizer"),
        None => there()?.context(
            "the model's tokens are numbers, and nothing beside it says of which text; give a tokenizer.json, or \
             GPT-2's merges, with --tokenizer",
        ),
    }
}

/// Models that were trained here: a text without a prompt begins after a newline, as a line of the text that they were
/// trained on does.
pub fn source(voices: Vec<Voice>, tokenizer: Tokenizer) -> Result<Source> {
    let known = voices.iter().map(|voice| voice.vocabulary).min().unwrap_or_default();
    ensure!(
        tokenizer.vocabulary() <= known,
        "the tokenizer has {} tokens, and the model knows {known}: it is another model's",
        tokenizer.vocabulary()
    );
    let newline = tokenizer.encode("\n").ok().and_then(|tokens| tokens.last().copied());
    let notes = newline.is_none().then(|| first_told(&tokenizer)).into_iter().collect();
    let end = tokenizer.end_of_text();
    let begin = newline.unwrap_or(FIRST);
    Ok(Source { voices, before: Vec::new(), begin, end, notes, tokenizer })
}

/// Stands before a text where there is no newline.
const FIRST: Token = 0;

fn first_told(tokenizer: &Tokenizer) -> String {
    format!(
        "the model knows no newline: without a prompt its text goes on after {:?}",
        tokenizer.decode(&[FIRST])
    )
}
