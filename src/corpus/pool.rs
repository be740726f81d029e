//! What train texts are cut from.

use anyhow::Result;

use super::Tokens;
use super::equations::Equations;
use super::grammar::{self, Dialect, Stream};
use super::train_file::TrainFile;
use crate::config::Excerpts;

/// The part of a source outside of val and test.
#[derive(Debug)]
pub enum Pool {
    /// Any number of streams.
    Grammar,
    /// As many, of two kinds of sentences each.
    ShiftedGrammar,
    /// The sums that are not held out.
    Modular(Equations),
    /// All of it.
    Memory(Tokens),
    /// The beginning of a file of tokens.
    File(TrainFile),
}

impl Pool {
    /// `length` tokens: the text of a seed, or the one for all seeds, which is the beginning.
    ///
    /// # Errors
    /// A file that cannot be read, or holds a token outside its vocabulary.
    pub fn text(&self, seed: Option<u64>, length: usize) -> Result<Tokens> {
        let start = self.start(seed, length);
        match self {
            Pool::Grammar => {
                Ok(written(&grammar::characters(Dialect::Plain, stream(seed), length)))
            }
            Pool::ShiftedGrammar => Ok(written(&grammar::shifted(stream(seed), length))),
            Pool::Modular(equations) => Ok(equations.text(seed, length).into()),
            Pool::Memory(tokens) => Ok(tokens.part(start, length)),
            Pool::File(file) => file.excerpt(start, length),
        }
    }

    /// Where the text of a seed begins, or the one for all; 0 where texts are written for each.
    pub fn start(&self, seed: Option<u64>, length: usize) -> usize {
        let pool = self.length().unwrap_or(length);
        seed.map_or(0, |seed| Excerpts { pool, length }.start(seed))
    }

    /// Tokens that texts are cut from; `None` where they are written for each.
    pub fn length(&self) -> Option<usize> {
        match self {
            Pool::Memory(tokens) => Some(tokens.len()),
            Pool::File(file) => Some(file.length),
            Pool::Grammar | Pool::ShiftedGrammar | Pool::Modular(_) => None,
        }
    }
}

fn stream(seed: Option<u64>) -> Stream {
    seed.map_or(Stream::Fixed, Stream::Seed)
}

fn written(characters: &[char]) -> Tokens {
    grammar::encode(characters, &grammar::alphabet()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_for_all_seeds_is_the_beginning() {
        let pool = Pool::Memory(Tokens::Owned((0..50).collect()));
        assert_eq!(pool.text(None, 3).unwrap(), [0, 1, 2]);
        assert_eq!(pool.text(Some(0), 3).unwrap(), [0, 1, 2]);
        assert_ne!(pool.text(Some(1), 3).unwrap(), [0, 1, 2]);
    }
}
