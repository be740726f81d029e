//! What worker processes train on.

use std::cell::OnceCell;
use std::path::PathBuf;

use tempfile::TempDir;

use super::Inputs;
use crate::config::{Cut, RunConfig};
use crate::corpus::{Corpus, Source};

/// A source and, where it is a text, a folder in which workers find it read.
pub struct Texts {
    pub source: Source,
    /// `None` where workers read the source themselves.
    folder: OnceCell<Option<TempDir>>,
    /// How the source is cut, where this process has not read it.
    cut: Option<Cut>,
}

impl Texts {
    /// Of what was read; it is put into a folder where runs are still to train.
    pub fn of(inputs: &Inputs, is_needed: bool) -> Self {
        let folder = is_needed.then(|| inputs.corpus.hand_over()).flatten();
        Texts { source: inputs.spec.source.clone(), folder: OnceCell::from(folder), cut: None }
    }

    /// Of what is to be read for these runs, which all have the same data.
    pub fn unread(source: Source, runs: &[RunConfig]) -> Self {
        let cut = runs.first().map(|run| Cut::of(&run.data));
        Texts { source, folder: OnceCell::new(), cut }
    }

    /// The folder, if there is one whose path JSON can hold. What cannot be read is no error here: workers find out and
    /// say so.
    pub fn handed(&self) -> Option<PathBuf> {
        let read = |cut: &Cut| Corpus::load(&self.source, cut, &[]).ok()?.hand_over();
        let folder = self.folder.get_or_init(|| self.cut.as_ref().and_then(read));
        Some(folder.as_ref()?.path().to_str()?.into())
    }
}
