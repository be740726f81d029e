//! A file of tokens that train texts are read of.

use anyhow::Result;

use super::Tokens;
use super::layout::Layout;
use super::meta::Vocabulary;
use super::tokens::TokenFile;

/// The part of a file of tokens that train texts are cut from.
#[derive(Debug)]
pub struct TrainFile {
    pub file: TokenFile,
    pub layout: Layout,
    pub vocabulary: Vocabulary,
    /// Tokens of that part.
    pub length: usize,
}

impl TrainFile {
    /// `count` tokens after the first `skip`.
    ///
    /// # Errors
    /// A file that cannot be read, or holds a token outside its vocabulary.
    pub fn excerpt(&self, skip: usize, count: usize) -> Result<Tokens> {
        let tokens = self.file.stored(self.layout, skip, count)?;
        self.vocabulary.check(&self.file.path, &tokens)?;
        self.file.check_holes(&tokens).map(|()| tokens)
    }

    /// Whether it was written to since it was opened.
    ///
    /// # Errors
    /// It has another length.
    pub fn was_written(&self) -> Result<bool> {
        self.file.was_written()
    }
}
