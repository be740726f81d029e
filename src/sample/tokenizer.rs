//! What the tokens of a model are.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::source::{Source, Voice};
use crate::corpus::{Token, Tokenizer, read_tokenizer};

/// The first of these files that is there.
pub fn kept(files: &[PathBuf]) -> Result<Option<Tokenizer>> {
    let Some(file) = files.iter().find(|file| file.is_file()) else { return Ok(None) };
    let json = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Tokenizer::from_kept(&json).map(Some).with_context(|| file.display().to_string())
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
        Some(path) if is_alphabet(path) => {
            Ok(kept(&[path.to_owned()])?.context("--tokenizer: there is no such file")?)
        }
        Some(path) => read_tokenizer(path).context("--tokenizer"),
        None => there()?.context(
            "nothing says of which text the model's tokens are: there is neither a tokenizer.json nor an alphabet.json; \
             `wane collect SPEC` writes it beside results of older versions, and --tokenizer takes a tokenizer.json or \
             GPT-2's merges",
        ),
    }
}

/// Whether a file is a list of characters by its name, alone or beside a model: `alphabet.json`, `model.alphabet.json`.
fn is_alphabet(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with("alphabet.json"))
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
    let notes = newline.is_none().then(|| first_told(&tokenizer));
    let notes = notes.into_iter().chain(fewer_characters(&tokenizer, known)).collect();
    let end = tokenizer.end_of_text();
    let begin = newline.unwrap_or(FIRST);
    Ok(Source { voices, before: Vec::new(), begin, end, notes, tokenizer })
}

/// Stands before a text where there is no newline.
const FIRST: Token = 0;

/// Lists of characters are as long as the model's vocabulary but for tokens that a folder of them declares and never
/// holds.
fn fewer_characters(tokenizer: &Tokenizer, known: usize) -> Option<String> {
    let characters = tokenizer.alphabet()?.len();
    (characters < known).then(|| {
        format!(
            "the model knows {known} tokens and only {characters} of them are characters here: this may be the list of \
             another text, and then what follows is not what the model says; --tokenizer FILE names another"
        )
    })
}

fn first_told(tokenizer: &Tokenizer) -> String {
    format!(
        "the model knows no newline: without a prompt its text goes on after {:?}",
        tokenizer.decode(&[FIRST])
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_characters_beside_a_model_is_read_by_the_name_that_it_was_saved_under() {
        let folder = tempfile::tempdir().unwrap();
        let (_, json) = Tokenizer::characters(vec!['a', 'b']).kept().unwrap();
        for name in ["alphabet.json", "model.alphabet.json"] {
            let path = folder.path().join(name);
            fs::write(&path, &json).unwrap();
            let read = of(Some(&path), || Ok(None)).unwrap();
            assert_eq!(read.alphabet(), Some(&['a', 'b'][..]), "{name}");
        }
    }
}
