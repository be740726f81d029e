use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::tokenizer::Choice;

/// Where tokens come from, and how they are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Where the text or the tokens are.
    pub place: Place,
    /// What text is cut into, where the spec says it; characters otherwise.
    pub tokenizer: Option<Choice>,
    /// The field of JSON lines that holds the text, where the spec says it.
    pub text_field: Option<String>,
}

/// Where a source is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// The built-in probabilistic grammar, as characters.
    Grammar,
    /// That grammar, whose words are used otherwise from the middle of the train text on; val is of the first half's
    /// kind, test of the second's.
    ShiftedGrammar,
    /// Sums modulo this number.
    Modular(u16),
    /// A file of text or of tokens, a folder of texts, or a folder with token files such as nanoGPT's
    /// `train.bin` and `val.bin`.
    Path(#[serde(with = "crate::paths")] PathBuf),
}

impl Source {
    /// The built-in grammar.
    pub const GRAMMAR: Source = Source { place: Place::Grammar, tokenizer: None, text_field: None };

    /// Reads a source as users write it: `grammar`, `shifted-grammar`, `modular:31`, a file, or a folder.
    pub fn parse(text: &str) -> Self {
        let modulus = text.strip_prefix("modular:").and_then(|number| number.parse().ok());
        let place = match (text, modulus) {
            ("grammar", _) => Place::Grammar,
            ("shifted-grammar", _) => Place::ShiftedGrammar,
            (_, Some(modulus)) => Place::Modular(modulus),
            _ => Place::Path(Path::new(text).to_owned()),
        };
        Source { place, tokenizer: None, text_field: None }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Grammar => f.write_str("grammar"),
            Place::ShiftedGrammar => f.write_str("shifted-grammar"),
            Place::Modular(modulus) => write!(f, "modular:{modulus}"),
            Place::Path(path) => path.display().fmt(f),
        }
    }
}
