//! What a text goes on from.

use anyhow::{Result, anyhow, ensure};

use super::source::Source;
use super::tokenizer;
use crate::corpus::Token;
use crate::plural::counted;

/// The beginning of a text.
pub struct Prompt {
    /// As it was given.
    pub text: String,
    /// At least one.
    pub tokens: Vec<Token>,
}

/// A text as tokens, or what stands before any text.
pub fn prompt(source: &Source, text: &str) -> Result<(Prompt, Option<String>)> {
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
