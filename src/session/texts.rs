//! What worker processes train on.

use std::path::PathBuf;

use tempfile::TempDir;

use super::Inputs;
use crate::corpus::Source;

/// A source and, where this process has read it, a folder in which workers find it read.
pub struct Texts {
    pub source: Source,
    folder: Option<TempDir>,
}

impl Texts {
    /// Of what was read; it is put into a folder where runs are still to train.
    pub fn of(inputs: &Inputs, is_needed: bool) -> Self {
        let folder = is_needed.then(|| inputs.corpus.hand_over()).flatten();
        Texts { source: inputs.spec.source.clone(), folder }
    }

    /// Of what every worker reads itself.
    pub fn unread(source: Source) -> Self {
        Texts { source, folder: None }
    }

    /// The folder, if there is one whose path JSON can hold.
    pub fn handed(&self) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.path().to_str()?.into())
    }
}
