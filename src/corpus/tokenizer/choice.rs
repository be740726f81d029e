use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, ensure};
use serde::{Deserialize, Serialize};

use super::BYTES;
use crate::corpus::Token;

/// Smallest vocabulary that is learned: every byte, and the token between documents.
const LEAST: usize = BYTES + 1;
/// Largest vocabulary, of any tokenizer.
pub const MOST: usize = Token::MAX as usize + 1;

/// Which tokenizer a spec asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Choice {
    /// Every character of the source is a token.
    Characters,
    /// Every byte of the source in UTF-8 is a token.
    Bytes,
    /// Byte-pair encoding over bytes with so many tokens, learned from what is neither val nor test.
    Bpe(usize),
    /// What a file or a folder holds.
    File(#[serde(with = "crate::paths")] PathBuf),
}

impl Choice {
    /// Reads a choice as users write it: `characters`, `bytes`, `bpe:512`, or a path.
    ///
    /// # Errors
    /// A vocabulary of byte-pair encoding that is no number, or too small or large a one.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "characters" => Ok(Choice::Characters),
            "bytes" => Ok(Choice::Bytes),
            _ => match text.strip_prefix("bpe:") {
                Some(size) => bpe(size),
                None => Ok(Choice::File(Path::new(text).to_owned())),
            },
        }
    }
}

fn bpe(size: &str) -> Result<Choice> {
    let expected = || {
        anyhow!(
            "bpe:{size}: expected the number of tokens after `bpe:`, such as bpe:512, from {LEAST} to {MOST}"
        )
    };
    let size: usize = size.parse().map_err(|_| expected())?;
    ensure!((LEAST..=MOST).contains(&size), expected());
    Ok(Choice::Bpe(size))
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choice::Characters => f.write_str("characters"),
            Choice::Bytes => f.write_str("bytes"),
            Choice::Bpe(size) => write!(f, "bpe:{size}"),
            Choice::File(path) => path.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_as_it_is_written() {
        for text in ["characters", "bytes", "bpe:257", "bpe:65536", "gpt2/tokenizer.json"] {
            assert_eq!(Choice::parse(text).unwrap().to_string(), text);
        }
        for text in ["bpe:256", "bpe:65537", "bpe:", "bpe:1e3", "bpe:-1"] {
            let error = Choice::parse(text).unwrap_err().to_string();
            assert!(error.contains("from 257 to 65536"), "{error}");
        }
    }
}
