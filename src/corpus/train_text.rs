//! The train texts of a corpus: one of each seed, or one for all.

use std::borrow::Cow;

use anyhow::{Result, ensure};
use sha2::{Digest, Sha256};

use super::canaries::Planted;
use super::copied::Copied;
use super::pool::Pool;
use super::stored::Tokens;
use super::{Corpus, Token};
use crate::config::Texts;

/// The training tokens of a run.
#[derive(Clone, Debug)]
pub struct Text {
    /// Training tokens.
    pub tokens: Tokens,
    /// How many tokens of val and of test never occur in them.
    pub unseen: [usize; 2],
    /// What of val and test stands in them; `None` where that says nothing.
    pub copied: Option<Copied>,
    /// What is planted in them, if anything is.
    pub planted: Option<Planted>,
    /// SHA-256 over vocabulary, train, val and test tokens: runs with one digest train and are measured
    /// alike.
    pub digest: String,
}

impl Corpus {
    /// Reads a train text, unless it was read before: of a seed, or the one for all seeds.
    ///
    /// # Errors
    /// A file that cannot be read, or holds a token outside its vocabulary; canaries that leave too little of the text.
    pub fn read_text(&mut self, seed: Option<u64>) -> Result<()> {
        if !self.read.contains_key(&seed) {
            let mut tokens = self.pool.text(seed, self.split.train)?;
            let plant = |terms| Planted::plant(terms, self.vocabulary, seed, tokens.owned());
            let planted = self.canaries.as_ref().map(plant).transpose()?;
            let digest = digest(self.vocabulary, [&tokens, &self.val, &self.test]);
            let unseen = self.unseen(&tokens);
            let copied = self.copied(seed, &tokens);
            self.read.insert(seed, Text { tokens, unseen, copied, planted, digest });
        }
        Ok(())
    }

    /// The train text of a seed, or the one for all.
    ///
    /// # Panics
    /// If it was not read.
    pub fn text(&self, seed: Option<u64>) -> &Text {
        self.read.get(&seed).expect("texts are read before they are used")
    }

    /// Checks that what is read of files while runs are trained still is what it was.
    ///
    /// # Errors
    /// A file with other tokens now: what was trained on them is nobody's run.
    pub fn check_unchanged(&self) -> Result<()> {
        let Pool::File(file) = &self.pool else { return Ok(()) };
        let is_same = |text: &Text| {
            digest(self.vocabulary, [&text.tokens, &self.val, &self.test]) == text.digest
        };
        let was_written = file.was_written();
        let changed = match &was_written {
            Ok(was_written) => *was_written && !self.read.values().all(is_same),
            Err(_) => true,
        };
        ensure!(
            !changed,
            "{} was changed while runs were trained on it, and they are not kept; let files be while a call runs, \
             and call again",
            self.source
        );
        Ok(())
    }

    /// So many tokens from the beginning of the train text of a seed, or of the one for all.
    ///
    /// # Panics
    /// If it was not read, or is shorter.
    pub fn beginning(&self, seed: Option<u64>, tokens: usize) -> Cow<'_, Text> {
        let whole = self.text(seed);
        if tokens == whole.tokens.len() {
            return Cow::Borrowed(whole);
        }
        let tokens: Tokens = whole.tokens[..tokens].to_vec().into();
        let digest = digest(self.vocabulary, [&tokens, &self.val, &self.test]);
        let unseen = self.unseen(&tokens);
        let copied = self.copied(seed, &tokens);
        Cow::Owned(Text { tokens, unseen, copied, planted: None, digest })
    }

    /// How many tokens of val and of test never occur in train.
    fn unseen(&self, train: &[Token]) -> [usize; 2] {
        let mut seen = vec![false; self.vocabulary];
        train.iter().for_each(|token| seen[usize::from(*token)] = true);
        let is_unseen = |token: &&Token| !seen[usize::from(**token)];
        [&self.val, &self.test].map(|held| held.iter().filter(is_unseen).count())
    }

    /// The train texts that were read, by their seeds.
    pub fn read_texts(&self) -> impl Iterator<Item = (Option<u64>, &Text)> {
        self.read.iter().map(|(seed, text)| (*seed, text))
    }

    /// Digest of the train text where there is one for all, else of vocabulary, val and test.
    pub fn digest(&self) -> String {
        match self.texts {
            Texts::Fixed => self.text(None).digest.clone(),
            Texts::PerSeed => digest(self.vocabulary, [&[], &self.val, &self.test]),
        }
    }
}

/// Of train, val and test; without test, as before there was such a split.
pub fn digest(vocabulary: usize, splits: [&[Token]; 3]) -> String {
    let mut hash = Sha256::new();
    hash.update((vocabulary as u64).to_le_bytes());
    let [train, val, test] = splits;
    let test = (!test.is_empty()).then_some(test);
    for tokens in [train, val].into_iter().chain(test) {
        hash.update((tokens.len() as u64).to_le_bytes());
        for token in tokens {
            hash.update(token.to_le_bytes());
        }
    }
    format!("{:x}", hash.finalize())
}
