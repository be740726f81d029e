use crate::config::ModelShape;
use crate::corpus::{Corpus, Learned, Tokenizer};

/// What weights are read for.
#[derive(Clone, Copy, Debug)]
pub struct Purpose<'a> {
    pub shape: &'a ModelShape,
    /// Number of different tokens.
    pub vocabulary: usize,
    /// Their characters, where they are characters.
    pub alphabet: Option<&'a [char]>,
    /// Digest of their pieces of text, where those were learned.
    pub pieces: Option<&'a str>,
}

impl<'a> Purpose<'a> {
    /// A model for these data.
    pub fn of(shape: &'a ModelShape, corpus: &'a Corpus) -> Self {
        let learned = corpus.tokenizer.as_ref().and_then(Tokenizer::learned);
        Purpose {
            shape,
            vocabulary: corpus.vocabulary,
            alphabet: corpus.alphabet(),
            pieces: learned.map(Learned::pieces_digest),
        }
    }
}
