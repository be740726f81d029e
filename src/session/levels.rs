//! The reference levels of the texts of a plan: computed once a text and kept beside the runs, in `.levels`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::RunConfig;
use crate::corpus::{Copied, Corpus, Levels};
use crate::files::{create_folder, json_of, write_atomically};

/// The levels of the texts of a plan, and what of val and test stands in them.
pub struct LevelsOfTexts {
    levels: BTreeMap<Key, Levels>,
    copied: BTreeMap<Key, Copied>,
}

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

/// Levels as they stand in their file; an older version wrote them without a checksum.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    levels: Levels,
    sha256: String,
}

impl LevelsOfTexts {
    /// Of runs on a corpus whose results lie in `out`.
    ///
    /// # Errors
    /// A folder that cannot be written; the message names the file.
    pub fn load(runs: &[RunConfig], corpus: &Corpus, out: &Path) -> Result<Self> {
        let seeds: BTreeMap<Key, Option<u64>> =
            runs.iter().map(|run| (Key::of(run), run.data.text_seed)).collect();
        let copied = seeds.iter().filter_map(|(key, seed)| {
            let copied = corpus.beginning(*seed, key.train).copied?;
            Some((key.clone(), copied))
        });
        let copied = copied.collect();
        let folder = out.join(".levels");
        let found = seeds.into_par_iter().filter_map(|(key, seed)| {
            let levels = key.levels(corpus, seed, &folder).transpose()?;
            Some(levels.map(|levels| (key, levels)))
        });
        Ok(LevelsOfTexts { levels: found.collect::<Result<_>>()?, copied })
    }

    /// Of the text of a run; `None` without test tokens.
    pub fn of(&self, run: &RunConfig) -> Option<Levels> {
        self.levels.get(&Key::of(run)).copied()
    }

    /// What of val and test stands in the text of a run; `None` where that says nothing.
    pub fn copied(&self, run: &RunConfig) -> Option<Copied> {
        self.copied.get(&Key::of(run)).copied()
    }
}

impl Key {
    fn of(run: &RunConfig) -> Self {
        let (digest, train) = (run.data.digest.clone(), run.train_tokens());
        Key { digest, train, context: run.model.context, windows: run.recipe.eval_windows }
    }

    /// A file that cannot be read, or whose checksum does not match, is written again.
    fn levels(&self, corpus: &Corpus, seed: Option<u64>, folder: &Path) -> Result<Option<Levels>> {
        if let Some(known) = self.kept(folder) {
            return Ok(Some(known.of_source(corpus, self.context, self.windows)));
        }
        let text = corpus.beginning(seed, self.train);
        let levels = corpus.levels(&text, self.context, self.windows);
        if let Some(levels) = &levels {
            self.keep(levels, folder)?;
        }
        Ok(levels)
    }

    fn keep(&self, levels: &Levels, folder: &Path) -> Result<()> {
        create_folder(folder)?;
        let sha256 = self.checksum(levels)?;
        write_atomically(&self.path(folder), &json_of(&Kept { levels: *levels, sha256 })?)
    }

    fn kept(&self, folder: &Path) -> Option<Levels> {
        let Kept { levels, sha256 } =
            serde_json::from_slice(&std::fs::read(self.path(folder)).ok()?).ok()?;
        self.checksum(&levels).is_ok_and(|sum| sum == sha256).then_some(levels)
    }

    /// SHA-256 over the numbers and what they depend on: those of another text are not taken for them.
    fn checksum(&self, levels: &Levels) -> Result<String> {
        let Key { digest, context, windows, .. } = self;
        let numbers = serde_json::to_string(levels)?;
        let sum = Sha256::digest(format!("{digest} {context} {windows} {numbers}"));
        Ok(format!("{sum:x}"))
    }

    fn path(&self, folder: &Path) -> PathBuf {
        let Key { digest, context, windows, .. } = self;
        folder.join(format!("{}-{context}-{windows}.json", &digest[..16.min(digest.len())]))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn levels_are_taken_only_as_they_were_kept_and_for_the_same_text() {
        let folder = tempfile::tempdir().unwrap();
        let key = Key { digest: "0123456789abcdef01".into(), train: 9, context: 8, windows: 7 };
        let (ngram, bytes) = (0.1 + 0.2, None);
        let levels =
            Levels { uniform: 3.5, unigram: 1e-9, ngram, ngram_order: 3, floor: None, bytes };
        key.keep(&levels, folder.path()).unwrap();
        assert_eq!(key.kept(folder.path()), Some(levels));
        let other = Key { digest: "0123456789abcdef02".into(), ..key.clone() };
        assert_eq!(key.path(folder.path()), other.path(folder.path()));
        assert_eq!(other.kept(folder.path()), None);
        let text = fs::read_to_string(key.path(folder.path())).unwrap();
        let without = String::from_utf8(json_of(&levels).unwrap()).unwrap();
        for changed in [text.replacen("3.5", "3.6", 1), without, String::new()] {
            assert_ne!(changed, text);
            fs::write(key.path(folder.path()), changed).unwrap();
            assert_eq!(key.kept(folder.path()), None);
        }
    }
}
