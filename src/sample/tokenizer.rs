//! What the tokens of a model are.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::source::{Source, Voice};
use crate::corpus::{Token, Tokenizer, read_tokenizer};

/// What a `tokenizer.json` says, or else a list of characters, where either is there.
pub fn kept(json: &Path, alphabet: Option<&Path>) -> Result<Option<Tokenizer>> {
    let read =
        |file: &Path| fs::read(file).with_context(|| format!("cannot read {}", file.display()));
    if json.is_file() {
        let tokenizer = Tokenizer::from_json(&read(json)?);
        return tokenizer.map(Some).with_context(|| json.display().to_string());
    }
    let Some(alphabet) = alphabet.filter(|file| file.is_file()) else { return Ok(None) };
    let characters = serde_json::from_slice(&read(alphabet)?)
        .with_context(|| format!("{} is no list of characters", alphabet.display()))?;
    Ok(Some(Tokenizer::characters(characters)))
}

/// The first character of a text that is in no token.
pub fn unknown(tokenizer: &Tokenizer, text: &str) -> Option<char> {
    text.chars().find(|one| tokenizer.encode(&one.to_string()).is_err())
}

/// The tokenizer that was asked for, or the one that is there.
pub fn of(
    asked: Option<&Path>,
    there: impl FnOnce() -> Result<Option<Tokenizer>>,
) -> Result<Tokenizer> {
    match asked {
        Some(path) => read_tokenizer(path).context("--tokenizer"),
        None => there()?.context(
            "nothing says of which text the model's tokens are: there is no tokenizer.json; `wane collect SPEC` writes it \
             beside results of older versions, and --tokenizer takes one, or GPT-2's merges",
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
