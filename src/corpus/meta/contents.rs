//! What `meta.json` or `meta.pkl` holds.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::corpus::tokenizer::{self, Tokenizer};

/// The contents of either file.
pub struct Meta {
    pub size: usize,
    /// `characters`, `bytes` or a file beside it.
    tokenizer: Option<String>,
    /// Tokens and their texts.
    names: Vec<(usize, String)>,
}

impl Meta {
    pub fn new(value: Value) -> Result<Self> {
        let names = names(&value)?;
        let size = match value.get("vocab_size") {
            Some(size) => size.as_u64().and_then(|size| usize::try_from(size).ok()),
            None => Some(names.len()).filter(|count| *count > 0),
        };
        let tokenizer = value.get("tokenizer").and_then(Value::as_str).map(str::to_owned);
        Ok(Meta { size: size.context("vocab_size is missing or no integer")?, tokenizer, names })
    }

    /// What made the tokens, if it says so.
    pub fn tokenizer(&self, folder: &Path) -> Result<Option<Tokenizer>> {
        let file = match self.tokenizer.as_deref() {
            Some("bytes") => return Ok(Some(Tokenizer::Bytes)),
            None | Some("characters") => return Ok(self.alphabet()?.map(Tokenizer::characters)),
            Some(file) => folder.join(file),
        };
        let tokenizer = tokenizer::read(&file)?;
        ensure!(
            tokenizer.vocabulary() <= self.size,
            "vocab_size is {}, but {} has {} tokens",
            self.size,
            file.display(),
            tokenizer.vocabulary(),
        );
        Ok(Some(tokenizer))
    }

    /// The character of every token; `None` where some have none or a longer text.
    fn alphabet(&self) -> Result<Option<Vec<char>>> {
        let mut alphabet = vec![None; self.size];
        for (token, name) in &self.names {
            let place = alphabet.get_mut(*token).with_context(|| {
                format!("vocab_size is {}, but it names a token {token}", self.size)
            })?;
            let mut characters = name.chars();
            *place = characters.next().filter(|_| characters.next().is_none());
        }
        let alphabet: Option<Vec<char>> = alphabet.into_iter().collect();
        let mut known = BTreeSet::new();
        let twice = alphabet.iter().flatten().find(|c| !known.insert(**c));
        ensure!(twice.is_none(), "it names two tokens {:?}", twice.unwrap_or(&' '));
        Ok(alphabet)
    }
}

/// Texts of tokens by `itos` (a dict or a list), or else by `stoi`.
///
/// # Errors
/// Both, and one contradicts the other.
fn names(value: &Value) -> Result<Vec<(usize, String)>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let itos: Vec<(usize, String)> = match value.get("itos") {
        Some(Value::Object(texts)) => texts
            .iter()
            .filter_map(|(token, name)| Some((token.parse().ok()?, text(name)?)))
            .collect(),
        Some(Value::Array(texts)) => texts
            .iter()
            .enumerate()
            .filter_map(|(token, name)| Some((token, text(name)?)))
            .collect(),
        _ => Vec::new(),
    };
    let stoi = value.get("stoi").and_then(Value::as_object);
    let number = |token: &Value| usize::try_from(token.as_u64()?).ok();
    if itos.is_empty() {
        let turned = stoi.into_iter().flatten();
        return Ok(turned
            .filter_map(|(name, token)| Some((number(token)?, name.clone())))
            .collect());
    }
    let other = |(token, name): &&(usize, String)| {
        let stated = stoi.and_then(|stoi| stoi.get(name)).and_then(number);
        stated.is_some_and(|stated| stated != *token)
    };
    if let Some((token, name)) = itos.iter().find(other) {
        bail!("itos names token {token} {name:?}, but stoi has another token for it");
    }
    Ok(itos)
}
