//! Text to tokens and back: characters, bytes, or a learned vocabulary as Hugging Face's `tokenizer.json`
//! holds it.

mod anew;
mod as_json;
mod cache;
mod choice;
mod dropped;
mod exact;
mod gaps;
mod kept;
mod learned;
mod merges;
mod pieces;
mod reading;
mod same;
mod survived;
mod training;

use std::sync::Arc;

use anyhow::{Context, Result};

use super::Token;

pub use cache::learn;
pub use choice::{Choice, MOST as MOST_TOKENS};
pub use learned::Learned;
pub use pieces::{WHOLE, cuts_told, first_cut, last_cut};
pub use reading::read;
pub use training::{END_OF_TEXT, train};

/// Bytes that a byte can be.
const BYTES: usize = 256;

/// What text is cut into.
#[derive(Clone, Debug)]
pub enum Tokenizer {
    /// One token a character, in the order of this list.
    Characters(Vec<char>),
    /// One token a byte of UTF-8.
    Bytes,
    /// Pieces of text that were learned.
    Learned(Arc<Learned>),
}

impl Tokenizer {
    /// Of these characters, which are sorted and different.
    pub fn characters(alphabet: Vec<char>) -> Self {
        Tokenizer::Characters(alphabet)
    }

    /// Of bytes of UTF-8.
    pub fn bytes() -> Self {
        Tokenizer::Bytes
    }

    /// As a `tokenizer.json` of Hugging Face says.
    ///
    /// # Errors
    /// Bytes that are no such file, or a vocabulary that is too large for a token.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        Learned::from_json(json).map(|learned| Tokenizer::Learned(Arc::new(learned)))
    }

    /// Number of different tokens.
    pub fn vocabulary(&self) -> usize {
        match self {
            Tokenizer::Characters(alphabet) => alphabet.len(),
            Tokenizer::Bytes => BYTES,
            Tokenizer::Learned(learned) => learned.vocabulary(),
        }
    }

    /// The character of each token, where tokens are characters.
    pub fn alphabet(&self) -> Option<&[char]> {
        match self {
            Tokenizer::Characters(alphabet) => Some(alphabet),
            Tokenizer::Bytes | Tokenizer::Learned(_) => None,
        }
    }

    /// The learned vocabulary, if it is one.
    pub fn learned(&self) -> Option<&Learned> {
        match self {
            Tokenizer::Learned(learned) => Some(learned),
            Tokenizer::Characters(_) | Tokenizer::Bytes => None,
        }
    }

    /// Text as tokens, without any that would mark its beginning or end.
    ///
    /// # Errors
    /// A character that is in no token.
    pub fn encode(&self, text: &str) -> Result<Vec<Token>> {
        match self {
            Tokenizer::Characters(alphabet) => text
                .chars()
                .map(|c| {
                    let known = alphabet.binary_search(&c).ok();
                    let place = known.or_else(|| alphabet.iter().position(|one| *one == c));
                    place.map(|place| place as Token).with_context(|| {
                        format!(
                            "the character {c:?} is none of the {} that are tokens",
                            alphabet.len()
                        )
                    })
                })
                .collect(),
            Tokenizer::Bytes => Ok(text.bytes().map(Token::from).collect()),
            Tokenizer::Learned(learned) => learned.encode(text),
        }
    }

    /// Tokens as text; bytes that form no character become the replacement character.
    pub fn decode(&self, tokens: &[Token]) -> String {
        match self {
            Tokenizer::Characters(alphabet) => {
                let character = |token: &Token| alphabet.get(usize::from(*token)).copied();
                tokens
                    .iter()
                    .map(|token| character(token).unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect()
            }
            Tokenizer::Bytes => {
                let bytes: Vec<u8> = tokens.iter().map(|token| *token as u8).collect();
                String::from_utf8_lossy(&bytes).into_owned()
            }
            Tokenizer::Learned(learned) => learned.decode(tokens),
        }
    }

    /// The first token that is another piece of text in another tokenizer, of those that both have.
    pub fn first_difference(&self, other: &Self) -> Option<Token> {
        let count = self.vocabulary().min(other.vocabulary());
        let mut tokens = (0..count).map(|token| token as Token);
        tokens.find(|token| self.decode(&[*token]) != other.decode(&[*token]))
    }

    /// Whether the tokens of a text read as it. A space at its beginning, which some tokenizers add and others leave out,
    /// is no loss.
    pub fn gives_back(&self, text: &str, tokens: &[Token]) -> bool {
        match self {
            Tokenizer::Characters(_) | Tokenizer::Bytes => true,
            Tokenizer::Learned(learned) => {
                let read = learned.decode(tokens);
                read.trim_start_matches(' ') == text.trim_start_matches(' ')
            }
        }
    }

    /// Tokens that its models expect before any text.
    pub fn before_text(&self) -> Vec<Token> {
        self.learned().map_or_else(Vec::new, Learned::before_text)
    }

    /// The token that stands between documents, if it has one.
    pub fn end_of_text(&self) -> Option<Token> {
        self.learned().and_then(Learned::end_of_text)
    }

    /// For people.
    pub fn told(&self) -> String {
        match self {
            Tokenizer::Characters(_) => "characters".to_owned(),
            Tokenizer::Bytes => "bytes".to_owned(),
            Tokenizer::Learned(learned) => learned.told(),
        }
    }
}
