//! What weights say of themselves about the tokens that their rows are of.

use std::collections::HashMap;

use anyhow::{Result, bail, ensure};

use super::alphabet;
use crate::corpus::Tokenizer;

/// The entry of a file's metadata with every character, in the order of the tokens.
const ALPHABET: &str = "alphabet";
/// The entry with a digest of the pieces of text that the tokens are, or the word for bytes.
const PIECES: &str = "tokenizer";
/// What stands for bytes.
const BYTES: &str = "bytes";

/// The tokens of weights, as their metadata have them.
pub enum TokenKind<'a> {
    Characters(&'a str),
    Bytes,
    /// Learned pieces of text with this digest.
    Pieces(&'a str),
}

impl<'a> TokenKind<'a> {
    /// What metadata say; nothing in files of other programs, and in older files of bytes.
    pub fn of(metadata: &'a HashMap<String, String>) -> Option<Self> {
        let pieces = metadata.get(PIECES).map(|text| match text.as_str() {
            BYTES => TokenKind::Bytes,
            digest => TokenKind::Pieces(digest),
        });
        let characters = || metadata.get(ALPHABET).map(|text| TokenKind::Characters(text));
        pieces.or_else(characters)
    }

    /// What is written of a tokenizer.
    pub fn entry(tokenizer: &Tokenizer) -> (String, String) {
        let (key, value) = match tokenizer {
            Tokenizer::Characters(alphabet) => (ALPHABET, alphabet.iter().collect()),
            Tokenizer::Bytes => (PIECES, BYTES.to_owned()),
            Tokenizer::Learned(learned) => (PIECES, learned.pieces_digest().to_owned()),
        };
        (key.to_owned(), value)
    }

    /// Whether rows are of these tokens; returns what people should know.
    ///
    /// # Errors
    /// They are of others; the message goes on from the name of the file.
    pub fn check(&self, tokenizer: Option<&Tokenizer>, crop: bool) -> Result<Option<String>> {
        let Some(tokenizer) = tokenizer else {
            return Ok(Some(format!(
                "was trained on {}, and this data does not say what its tokens are: taken as the same",
                self.told()
            )));
        };
        match *self {
            TokenKind::Characters(text) => match tokenizer.single_characters() {
                Some(data) => alphabet::check(text, &data, crop)?,
                None => bail!(
                    "was trained on characters, and the data's tokens are {}; give data.tokenizer = \"characters\"",
                    tokenizer.told()
                ),
            },
            TokenKind::Bytes => ensure!(
                tokenizer.first_other(&Tokenizer::Bytes).is_none(),
                "was trained on bytes, and the data's tokens are {}; give data.tokenizer = \"bytes\"",
                tokenizer.told()
            ),
            TokenKind::Pieces(digest) => ensure!(
                tokenizer.pieces_digest().is_some_and(|own| own == digest),
                "was trained on the tokens of another tokenizer than the data's, which are {}; give its own by \
                 data.tokenizer",
                tokenizer.told()
            ),
        }
        Ok(None)
    }

    fn told(&self) -> &'static str {
        match self {
            TokenKind::Characters(_) => "characters",
            TokenKind::Bytes => "bytes",
            TokenKind::Pieces(_) => "learned pieces of text",
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A byte that stands before the next one, of two visible ones.
    pub fn bytes_in_another_order(byte: char) -> Tokenizer {
        let (one, other) = (u32::from(byte), u32::from(byte) + 1);
        let next = char::from_u32(other).unwrap();
        let json = Tokenizer::bytes().to_json();
        let json = json.replace(&format!("\"{byte}\":{one}"), &format!("\"{next}\":{one}"));
        let json = json.replace(&format!("\"{next}\":{other}"), &format!("\"{byte}\":{other}"));
        Tokenizer::from_json(json.as_bytes()).unwrap()
    }

    fn all() -> [Tokenizer; 4] {
        let characters = Tokenizer::characters(vec!['a', 'b']);
        [characters, Tokenizer::bytes(), bytes_in_another_order('a'), bytes_in_another_order('c')]
    }

    #[test]
    fn weights_are_those_of_their_own_tokens_and_of_no_others() {
        for (place, weights) in all().iter().enumerate() {
            let metadata = HashMap::from([TokenKind::entry(weights)]);
            let kind = TokenKind::of(&metadata).unwrap();
            for (other, data) in all().iter().enumerate() {
                let read = kind.check(Some(data), false);
                assert_eq!(read.is_ok(), place == other, "{} by {}", weights.told(), data.told());
            }
            // The same tokens as others read them.
            let as_json = Tokenizer::from_json(weights.to_json().as_bytes()).unwrap();
            assert!(kind.check(Some(&as_json), false).is_ok(), "{}", weights.told());
            assert!(kind.check(None, false).unwrap().unwrap().contains("taken as the same"));
        }
        assert!(TokenKind::of(&HashMap::new()).is_none());
    }
}
