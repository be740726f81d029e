use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Where tokens come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// The built-in probabilistic grammar, as characters.
    Grammar,
    /// A text file, as characters.
    Text(#[serde(with = "crate::paths")] PathBuf),
    /// A folder with token files, such as nanoGPT's `train.bin` and `val.bin`.
    Bins(#[serde(with = "crate::paths")] PathBuf),
}

impl Source {
    /// Reads a source as users write it: `grammar`, a file, or a folder.
    pub fn parse(text: &str) -> Self {
        let path = Path::new(text);
        match text {
            "grammar" => Source::Grammar,
            _ if path.is_dir() => Source::Bins(path.to_owned()),
            _ => Source::Text(path.to_owned()),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Grammar => f.write_str("grammar"),
            Source::Text(path) | Source::Bins(path) => path.display().fmt(f),
        }
    }
}
