//! Text as tokens: where it comes from, how it is cut into train, val and test, which batches and
//! evaluation windows are cut from it, and how well it is predicted by counting.

mod batches;
mod bins;
mod canaries;
mod copied;
mod cut;
mod description;
mod documents;
pub mod download;
mod encoding;
mod equations;
mod evidence;
mod foreign;
mod grammar;
mod handed;
mod input;
mod layout;
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
mod prepared_bytes;
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
mod train_file;
mod train_text;

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use indicatif::HumanCount;

use crate::config::{Canaries, Cut, Split, Texts};
use pool::Pool;
use token_bytes::TokenBytes;

pub use batches::{Batches, TokenBlock, evaluation_windows, spread_windows};
pub use canaries::Planted;
pub use copied::Copied;
pub use levels::{BytesPerToken, Levels};
pub use source::{Place, Source};
pub use stored::{Token, Tokens};
pub use tokenizer::{Choice as TokenizerChoice, Learned, Tokenizer, read as read_tokenizer};
pub use train_text::Text;

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
    /// Which documents it has; `None` where that is not known, and of one.
    documents: Option<copied::Documents>,
    pool: Pool,
    read: BTreeMap<Option<u64>, Text>,
}

/// Exact negative log-likelihood of each held-out token in nats.
#[derive(Clone, Debug)]
struct HeldOutNats {
    val: Vec<f64>,
    test: Vec<f64>,
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
        for (name, tokens) in [("val", &corpus.val), ("test", &corpus.test)] {
            ensure!(
                !is_one(tokens),
                "the {} {name} tokens of {} are all the same: there is nothing to predict in it",
                HumanCount(tokens.len() as u64),
                corpus.source,
            );
        }
        corpus.canaries.clone_from(&cut.canaries);
        match corpus.texts {
            Texts::Fixed => corpus.read_text(None)?,
            Texts::PerSeed => {
                text_seeds.iter().try_for_each(|seed| corpus.read_text(Some(*seed)))?
            }
        }
        Ok(corpus)
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
            documents: None,
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
                 {least}; raise data.{name} or lower `context` in [model], or in the [[arm]] that sets it{room}",
            );
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
