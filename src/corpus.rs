//! Text as tokens: where it comes from, how it splits into train and val, which batches and
//! evaluation windows are cut from it.

mod batches;
mod bins;
pub mod download;
mod grammar;
mod lexicon;
mod text;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::Split;

pub use batches::{Batches, TokenBlock, evaluation_windows};

/// A token's index in the vocabulary.
pub type Token = u16;

/// Where tokens come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// The built-in probabilistic grammar, as characters.
    Grammar,
    /// A UTF-8 text file, as characters.
    Text(PathBuf),
    /// A folder with nanoGPT's `train.bin` and `val.bin`.
    Bins(PathBuf),
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

/// Tokens of both splits.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// Where they came from, for people.
    pub source: String,
    /// Number of different tokens a model must tell apart.
    pub vocabulary: usize,
    /// Training tokens.
    pub train: Vec<Token>,
    /// Validation tokens.
    pub val: Vec<Token>,
    /// The characters in the order of their tokens, where tokens are characters.
    pub alphabet: Option<Vec<char>>,
    /// Exact negative log-likelihood of each validation token in nats, where it is known.
    pub val_nats: Option<Vec<f64>>,
    /// SHA-256 over vocabulary and tokens: two corpora with one digest train alike.
    pub digest: String,
}

impl Corpus {
    /// Reads `split.train` tokens from the start of the source and `split.val` from its end.
    ///
    /// # Errors
    /// A source that cannot be read, is too short, or holds a token outside its vocabulary; the
    /// message names the file and the numbers.
    pub fn load(source: &Source, split: &Split) -> Result<Self> {
        match source {
            Source::Grammar => Ok(Self::from_grammar(split)),
            Source::Text(path) => text::read(path, split),
            Source::Bins(folder) => bins::read(folder, split),
        }
    }

    fn from_grammar(split: &Split) -> Self {
        let alphabet = grammar::alphabet();
        let text = grammar::write(split.train + split.val);
        let tokens = text::encode(&text.characters, &alphabet);
        let (train, val) = tokens.split_at(split.train);
        let mut corpus = Self::new("grammar".into(), alphabet.len(), train.into(), val.into());
        corpus.val_nats = Some(text.nats[split.train..].to_vec());
        corpus.alphabet = Some(alphabet);
        corpus
    }

    fn new(source: String, vocabulary: usize, train: Vec<Token>, val: Vec<Token>) -> Self {
        let digest = digest(vocabulary, &train, &val);
        Corpus { source, vocabulary, train, val, alphabet: None, val_nats: None, digest }
    }

    /// Checks that each split holds at least one window of `context` tokens and its targets.
    ///
    /// # Errors
    /// A split that is too short, with the numbers.
    pub fn check_context(&self, context: usize) -> Result<()> {
        for (name, tokens) in [("train", &self.train), ("val", &self.val)] {
            ensure!(
                tokens.len() >= context + 2,
                "{}: the {name} split has {} tokens, but one window of context {context} needs {}; \
                 raise data.{name} or lower model.context",
                self.source,
                tokens.len(),
                context + 2,
            );
        }
        Ok(())
    }

    /// Mean exact negative log-likelihood, in nats per token, of the targets in the evaluation
    /// windows of val: no model does better on average. `None` where the source is not known
    /// exactly.
    pub fn val_floor(&self, context: usize, windows: usize) -> Option<f64> {
        let nats = self.val_nats.as_ref()?;
        let starts = evaluation_windows(nats.len(), context, windows);
        let total: f64 = starts.iter().flat_map(|start| &nats[start + 1..=start + context]).sum();
        Some(total / (starts.len() * context) as f64)
    }

    /// Mean loss, in nats per token, on the targets in the evaluation windows of val, of a model that
    /// knows only how often each token occurs in train (with one added to every count, so that no token
    /// is impossible).
    pub fn val_unigram(&self, context: usize, windows: usize) -> f64 {
        let mut counts = vec![1_u64; self.vocabulary];
        self.train.iter().for_each(|token| counts[usize::from(*token)] += 1);
        let total = (self.train.len() + self.vocabulary) as f64;
        let nats: Vec<f64> = counts.iter().map(|count| (total / *count as f64).ln()).collect();
        let starts = evaluation_windows(self.val.len(), context, windows);
        let targets = starts.iter().flat_map(|start| &self.val[start + 1..=start + context]);
        let sum: f64 = targets.map(|token| nats[usize::from(*token)]).sum();
        sum / (starts.len() * context) as f64
    }
}

fn digest(vocabulary: usize, train: &[Token], val: &[Token]) -> String {
    let mut hash = Sha256::new();
    hash.update((vocabulary as u64).to_le_bytes());
    for tokens in [train, val] {
        hash.update((tokens.len() as u64).to_le_bytes());
        for token in tokens {
            hash.update(token.to_le_bytes());
        }
    }
    format!("{:x}", hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Order;

    const SPLIT: Split = Split { train: 3000, val: 2000, order: Order::Random };

    #[test]
    fn the_grammar_fills_both_splits_and_knows_its_floor() {
        let corpus = Corpus::load(&Source::Grammar, &SPLIT).unwrap();
        assert_eq!((corpus.train.len(), corpus.val.len()), (3000, 2000));
        let floor = corpus.val_floor(64, 16).unwrap();
        assert!((0.3..2.0).contains(&floor), "{floor}");
    }

    /// Train counts 3, 1, 0 become 4, 2, 1 of 7; the only window of val has targets 1, 2, 0.
    #[test]
    fn the_unigram_loss_smooths_the_frequencies_of_train() {
        let corpus = Corpus::new("test".into(), 3, vec![0, 0, 0, 1], vec![2, 1, 2, 0]);
        let expected = ((7.0 / 2.0f64).ln() + 7f64.ln() + (7.0 / 4.0f64).ln()) / 3.0;
        assert!((corpus.val_unigram(3, 9) - expected).abs() < 1e-12);
    }

    #[test]
    fn the_unigram_loss_lies_between_the_floor_and_a_guess_among_all_tokens() {
        let corpus = Corpus::load(&Source::Grammar, &SPLIT).unwrap();
        let unigram = corpus.val_unigram(64, 16);
        assert!(unigram > corpus.val_floor(64, 16).unwrap(), "{unigram}");
        assert!(unigram < (corpus.vocabulary as f64).ln(), "{unigram}");
    }

    #[test]
    fn a_split_shorter_than_a_window_is_refused_with_its_numbers() {
        let split = Split { train: 3000, val: 10, order: Order::Random };
        let corpus = Corpus::load(&Source::Grammar, &split).unwrap();
        let error = corpus.check_context(64).unwrap_err().to_string();
        assert!(error.contains("val") && error.contains("10") && error.contains("66"), "{error}");
    }

    #[test]
    fn the_digest_tells_the_splits_apart() {
        assert_ne!(digest(9, &[1, 2], &[3]), digest(9, &[1], &[2, 3]));
        assert_ne!(digest(9, &[1, 2], &[3]), digest(8, &[1, 2], &[3]));
    }
}
