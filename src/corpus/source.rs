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
    /// A file of text or of tokens, a folder of texts, or a folder with token files such as nanoGPT's
    /// `train.bin` and `val.bin`.
    Path(#[serde(with = "crate::paths")] PathBuf),
}

impl Source {
    /// The built-in grammar.
    pub const GRAMMAR: Source = Source { place: Place::Grammar, tokenizer: None, text_field: None };

    /// Reads a source as users write it: `grammar`, a file, or a folder.
    pub fn parse(text: &str) -> Self {
        let place = match text {
            "grammar" => Place::Grammar,
            _ => Place::Path(Path::new(text).to_owned()),
        };
        Source { place, tokenizer: None, text_field: None }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Grammar => f.write_str("grammar"),
            Place::Path(path) => path.display().fmt(f),
        }
    }
}
