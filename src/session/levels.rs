//! The reference levels of the texts of a plan: computed once a text and kept beside the runs, in `.levels`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rayon::prelude::*;

use crate::config::RunConfig;
use crate::corpus::{Corpus, Levels};
use crate::files::{create_folder, json_of, write_atomically};

/// The levels of the texts of a plan.
pub struct LevelsOfTexts(BTreeMap<Key, Levels>);

/// The levels of the text of a run, where they were computed before; not what hangs on more than its tokens.
pub fn known(run: &RunConfig, out: &Path) -> Option<Levels> {
    let known = Key::of(run).kept(&out.join(".levels"))?;
    Some(Levels { floor: None, bytes: None, ..known })
}

/// What levels depend on: a digest of the text, of val and of test, and the windows that are cut.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    digest: String,
    /// Tokens of the text that are read.
    train: usize,
    context: usize,
    windows: usize,
}

impl LevelsOfTexts {
    /// Of runs on a corpus whose results lie in `out`.
    ///
    /// # Errors
    /// A folder that cannot be written; the message names the file.
    pub fn load(runs: &[RunConfig], corpus: &Corpus, out: &Path) -> Result<Self> {
        let seeds: BTreeMap<Key, Option<u64>> =
            runs.iter().map(|run| (Key::of(run), run.data.text_seed)).collect();
        let folder = out.join(".levels");
        let found = seeds.into_par_iter().filter_map(|(key, seed)| {
            let levels = key.levels(corpus, seed, &folder).transpose()?;
            Some(levels.map(|levels| (key, levels)))
        });
        found.collect::<Result<_>>().map(LevelsOfTexts)
    }

    /// Of the text of a run; `None` without test tokens.
    pub fn of(&self, run: &RunConfig) -> Option<Levels> {
        self.0.get(&Key::of(run)).copied()
    }
}

impl Key {
    fn of(run: &RunConfig) -> Self {
        let (digest, train) = (run.data.digest.clone(), run.train_tokens());
        Key { digest, train, context: run.model.context, windows: run.recipe.eval_windows }
    }

    /// A file that cannot be read is written again.
    fn levels(&self, corpus: &Corpus, seed: Option<u64>, folder: &Path) -> Result<Option<Levels>> {
        let path = self.path(folder);
        if let Some(known) = self.kept(folder) {
            return Ok(Some(known.of_source(corpus, self.context, self.windows)));
        }
        let text = corpus.beginning(seed, self.train);
        let levels = corpus.levels(&text, self.context, self.windows);
        if let Some(levels) = &levels {
            create_folder(folder)?;
            write_atomically(&path, &json_of(levels)?)?;
        }
        Ok(levels)
    }

    fn kept(&self, folder: &Path) -> Option<Levels> {
        serde_json::from_slice(&std::fs::read(self.path(folder)).ok()?).ok()
    }

    fn path(&self, folder: &Path) -> PathBuf {
        let Key { digest, context, windows, .. } = self;
        folder.join(format!("{}-{context}-{windows}.json", &digest[..16.min(digest.len())]))
    }
}
