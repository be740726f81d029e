//! Tokenizers in files beside what was trained with them.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Tokenizer;

/// What stands for bytes.
const BYTES: &str = "bytes";

impl Tokenizer {
    /// Names of the files that it may be kept in.
    pub const FILES: [&str; 2] = ["tokenizer.json", "alphabet.json"];

    /// The name of its file and what is in it: a `tokenizer.json` of Hugging Face, or an `alphabet.json` with a list of
    /// characters or the word `bytes`.
    ///
    /// # Errors
    /// None in practice: lists of characters are JSON.
    pub fn kept(&self) -> Result<(&'static str, Vec<u8>)> {
        let [learned, alphabet] = Self::FILES;
        Ok(match self {
            Tokenizer::Learned(one) => (learned, one.json().as_bytes().to_vec()),
            Tokenizer::Characters(list) => (alphabet, serde_json::to_vec_pretty(list)?),
            Tokenizer::Bytes => (alphabet, serde_json::to_vec(BYTES)?),
        })
    }

    /// What such a file holds.
    ///
    /// # Errors
    /// Anything else.
    pub fn from_kept(json: &[u8]) -> Result<Self> {
        let value: Value = serde_json::from_slice(json).context("it is no JSON")?;
        match value {
            Value::Object(_) => Self::from_json(json),
            Value::Array(_) => {
                let list = serde_json::from_value(value);
                list.map(Self::characters).context("it is no list of characters")
            }
            Value::String(text) if text == BYTES => Ok(Self::bytes()),
            _ => bail!("it is no tokenizer.json, no list of characters and not the word {BYTES}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::tokenizer::train;

    #[test]
    fn every_tokenizer_survives_its_file() {
        let text = "to be or not to be, λ";
        let learned = train([text].into_iter(), 270).unwrap();
        let characters = text.chars().collect::<std::collections::BTreeSet<_>>();
        for tokenizer in [
            Tokenizer::characters(characters.into_iter().collect()),
            Tokenizer::bytes(),
            Tokenizer::Learned(std::sync::Arc::new(learned)),
        ] {
            let (name, json) = tokenizer.kept().unwrap();
            let read = Tokenizer::from_kept(&json).unwrap();
            assert!(Tokenizer::FILES.contains(&name));
            assert_eq!(read.encode(text).unwrap(), tokenizer.encode(text).unwrap());
            assert_eq!(read.vocabulary(), tokenizer.vocabulary());
        }
        for wrong in ["", "7", "\"letters\"", "[\"ab\"]", "{}"] {
            assert!(Tokenizer::from_kept(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
