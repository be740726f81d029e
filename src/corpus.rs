//! Text as tokens: where it comes from, how it is cut into train, val and test, which batches and
//! evaluation windows are cut from it, and how well it is predicted by counting.

mod batches;
mod bins;
mod canaries;
mod compression;
mod copied;
mod cut;
mod description;
mod documents;
pub mod download;
mod encoding;
mod evidence;
mod foreign;
mod grammar;
mod input;
mod levels;
mod lexicon;
mod llmc;
mod meta;
mod modular;
mod ngram;
mod npy;
mod padding;
mod pickle;
mod pool;
pub mod prepare;
mod recognise;
mod refusal;
mod sentences;
mod source;
mod stored;
mod text;
mod token_bytes;
mod tokenized;
mod tokenizer;
mod tokens;

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use indicatif::HumanCount;
use sha2::{Digest, Sha256};

use crate::config::{Canaries, Cut, Split, Texts};
use pool::Pool;
use token_bytes::TokenBytes;

pub use batches::{Batches, TokenBlock, evaluation_windows, spread_windows};
pub use canaries::Planted;
pub use copied::Copied;
pub use levels::{BytesPerToken, Levels};
pub use source::{Place, Source};
pub use stored::Tokens;
pub use tokenizer::{Choice as TokenizerChoice, Learned, Tokenizer, read as read_tokenizer};

/// A token's index in the vocabulary.
pub type Token = u16;

/// A source, cut once into train, val and test, and the train texts that were read of it.
#[derive(Debug)]
pub struct Corpus {
    /// Where it came from, for people.
    pub source: String,
    /// What the source was recognised as, for people.
    pub recognised: String,
    /// Number of different tokens a model must tell apart; of the whole source, so that it is the same for
    /// every train text.
    pub vocabulary: usize,
    /// What made the tokens, where it is known.
    pub tokenizer: Option<Tokenizer>,
    /// How it was cut.
    pub split: Split,
    /// Whether every seed has a train text of its own.
    pub texts: Texts,
    /// What was decided for lack of a word in the spec, for people.
    pub decided: Vec<String>,
    /// Validation tokens, the same for every train text.
    pub val: Vec<Token>,
    /// Test tokens, the same for every train text; empty for none.
    pub test: Vec<Token>,
    /// What is planted in its train texts.
    pub canaries: Option<Canaries>,
    /// Tokens from one place where a window may begin to the next.
    pub stride: usize,
    nats: Option<HeldOutNats>,
    bytes: Option<TokenBytes>,
    pool: Pool,
    read: BTreeMap<Option<u64>, Text>,
}

/// Exact negative log-likelihood of each held-out token in nats.
#[derive(Clone, Debug)]
struct HeldOutNats {
    val: Vec<f64>,
    test: Vec<f64>,
}

/// The training tokens of a run.
#[derive(Clone, Debug)]
pub struct Text {
    /// Training tokens.
    pub tokens: Tokens,
    /// How many tokens of val never occur in them.
    pub unseen: usize,
    /// What of val and test stands in them; `None` where that says nothing.
    pub copied: Option<Copied>,
    /// What is planted in them, if anything is.
    pub planted: Option<Planted>,
    /// SHA-256 over vocabulary, train, val and test tokens: runs with one digest train and are measured
    /// alike.
    pub digest: String,
}

impl Corpus {
    /// Cuts a source and reads its train texts: the one of each seed, or the one for all seeds.
    ///
    /// # Errors
    /// A source that cannot be read or is something else than text or tokens, is too short, or holds a
    /// token outside its vocabulary; texts per seed of a source that has but one. The message names the
    /// file, the keys and the numbers.
    pub fn load(source: &Source, cut: &Cut, text_seeds: &[u64]) -> Result<Self> {
        let mut corpus = match &source.place {
            Place::Grammar => sentences::read(Pool::Grammar, source, cut)?,
            Place::ShiftedGrammar => sentences::read(Pool::ShiftedGrammar, source, cut)?,
            Place::Modular(modulus) => modular::read(*modulus, source, cut)?,
            Place::Path(path) if bins::holds_tokens(path) => bins::read(path, source, cut)?,
            Place::Path(path) => text::read(path, source, cut)?,
        };
        let is_one =
            |tokens: &[Token]| tokens.len() > 1 && tokens.iter().all(|one| *one == tokens[0]);
        ensure!(
            !is_one(&corpus.val),
            "the {} val tokens of {} are all the same: there is nothing to predict in it",
            HumanCount(corpus.val.len() as u64),
            corpus.source,
        );
        corpus.canaries.clone_from(&cut.canaries);
        match corpus.texts {
            Texts::Fixed => corpus.read_text(None)?,
            Texts::PerSeed => {
                text_seeds.iter().try_for_each(|seed| corpus.read_text(Some(*seed)))?
            }
        }
        Ok(corpus)
    }

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
            let unseen = unseen(self.vocabulary, &tokens, &self.val);
            let copied = self.copied(&tokens);
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
        let unseen = unseen(self.vocabulary, &tokens, &self.val);
        let copied = self.copied(&tokens);
        Cow::Owned(Text { tokens, unseen, copied, planted: None, digest })
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

    /// Without test tokens, alphabet and words for people.
    fn new(source: String, vocabulary: usize, split: Split, val: Vec<Token>, pool: Pool) -> Self {
        Corpus {
            source,
            recognised: String::new(),
            vocabulary,
            tokenizer: None,
            split,
            texts: Texts::Fixed,
            decided: Vec::new(),
            val,
            test: Vec::new(),
            canaries: None,
            stride: 1,
            nats: None,
            bytes: None,
            pool,
            read: BTreeMap::new(),
        }
    }

    fn with_tokenizer(self, tokenizer: Tokenizer) -> Self {
        Corpus { tokenizer: Some(tokenizer), ..self }
    }

    fn with_test(self, test: Vec<Token>) -> Self {
        Corpus { test, ..self }
    }

    /// The character of each token, where tokens are characters and it is known.
    pub fn alphabet(&self) -> Option<&[char]> {
        self.tokenizer.as_ref().and_then(Tokenizer::alphabet)
    }

    /// For each token of test the true probabilities of all tokens, given everything before it; `None` where the source
    /// is not known exactly.
    pub fn test_truth(&self) -> Option<Vec<Vec<f64>>> {
        sentences::test_truth(&self.pool, self.split.test)
    }

    /// Checks that each split holds at least one window of `context` tokens and its targets.
    ///
    /// # Errors
    /// A split that is too short, with the numbers.
    pub fn check_context(&self, context: usize) -> Result<()> {
        let Split { train, val, test, .. } = self.split;
        for (name, tokens) in [("train", train), ("val", val), ("test", test)] {
            let (source, least) = (&self.source, context + 2);
            if name == "test" && test == 0 {
                continue;
            }
            let room = match name {
                "test" => {
                    " (where the source has no room for it, lower data.train or data.val, or go without \
                     by data.test = 0)"
                }
                _ => "",
            };
            ensure!(
                tokens >= least,
                "{source}: the {name} split has {tokens} tokens, but one window of context {context} needs \
                 {least}; raise data.{name} or lower model.context{room}",
            );
        }
        Ok(())
    }
}

fn unseen(vocabulary: usize, train: &[Token], val: &[Token]) -> usize {
    let mut seen = vec![false; vocabulary];
    train.iter().for_each(|token| seen[usize::from(*token)] = true);
    val.iter().filter(|token| !seen[usize::from(**token)]).count()
}

/// Of train, val and test; without test, as before there was such a split.
fn digest(vocabulary: usize, splits: [&[Token]; 3]) -> String {
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

#[cfg(test)]
pub(crate) mod tests;
