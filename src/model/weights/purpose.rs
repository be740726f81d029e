use crate::config::ModelShape;
use crate::corpus::{Corpus, Tokenizer};

/// What weights are read for.
#[derive(Clone, Copy, Debug)]
pub struct Purpose<'a> {
    pub shape: &'a ModelShape,
    /// Number of different tokens.
    pub vocabulary: usize,
    /// What the tokens are, where that is known.
    pub tokenizer: Option<&'a Tokenizer>,
    /// What is trained on, if anything is: then it is asked whether the rows of the weights are of its tokens, by what
    /// stands beside them where they do not say so themselves.
    pub text: Option<&'a str>,
}

impl<'a> Purpose<'a> {
    /// A model for these data.
    pub fn of(shape: &'a ModelShape, corpus: &'a Corpus) -> Self {
        Purpose {
            shape,
            vocabulary: corpus.vocabulary,
            tokenizer: corpus.tokenizer.as_ref(),
            text: Some(corpus.source.as_str()),
        }
    }
}
