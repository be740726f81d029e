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
            Some("characters") => return Ok(Some(Tokenizer::characters(self.named()?))),
            None => return Ok(self.alphabet()?.map(Tokenizer::characters)),
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

    /// The characters of the first tokens, where all tokens are said to be characters. Trainers round vocabularies up, so
    /// that the last may have none: where such a token is used, its file is refused.
    fn named(&self) -> Result<Vec<char>> {
        let named = self.characters()?;
        let count = named.iter().take_while(|name| name.is_some()).count();
        ensure!(
            count > 0 && named[count..].iter().all(Option::is_none),
            "tokenizer is \"characters\", but itos and stoi name no single character for token {count} of {}; name it, \
             or leave tokenizer out",
            self.size
        );
        different(named.into_iter().flatten().collect())
    }

    /// The character of every token; `None` where some have none or a longer text.
    fn alphabet(&self) -> Result<Option<Vec<char>>> {
        let all: Option<Vec<char>> = self.characters()?.into_iter().collect();
        all.map(different).transpose()
    }

    /// The character of each token that has one.
    fn characters(&self) -> Result<Vec<Option<char>>> {
        let mut alphabet = vec![None; self.size];
        for (token, name) in &self.names {
            let place = alphabet.get_mut(*token).with_context(|| {
                format!("vocab_size is {}, but it names a token {token}", self.size)
            })?;
            let mut characters = name.chars();
            *place = characters.next().filter(|_| characters.next().is_none());
        }
        Ok(alphabet)
    }
}

/// Characters, of which no two may be the same.
fn different(characters: Vec<char>) -> Result<Vec<char>> {
    let mut known = BTreeSet::new();
    let twice = characters.iter().find(|c| !known.insert(**c));
    ensure!(twice.is_none(), "it names two tokens {:?}", twice.unwrap_or(&' '));
    Ok(characters)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tokenizer(meta: Value) -> Result<Option<Tokenizer>> {
        Meta::new(meta)?.tokenizer(Path::new("."))
    }

    #[test]
    fn characters_that_are_said_to_be_tokens_are_named_from_the_first_on() {
        let said = |itos: Value| json!({"vocab_size": 3, "tokenizer": "characters", "itos": itos});
        let padded = tokenizer(said(json!(["a", "b"]))).unwrap().unwrap();
        assert_eq!(padded.alphabet(), Some(&['a', 'b'][..]));
        for (itos, token) in
            [(json!([]), 0), (json!({"0": "a", "2": "c"}), 1), (json!(["a", "bc", "d"]), 1)]
        {
            let error = tokenizer(said(itos.clone())).unwrap_err().to_string();
            assert!(error.contains(&format!("for token {token} of 3")), "{itos}: {error}");
        }
        assert!(tokenizer(json!({"vocab_size": 3, "itos": ["a", "b"]})).unwrap().is_none());
    }
}
