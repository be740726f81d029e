//! What train texts are cut from.

use anyhow::Result;

use super::equations::Equations;
use super::grammar::{self, Dialect, Stream};
use super::train_file::TrainFile;
use super::{Token, Tokens};

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
    Memory(Vec<Token>),
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
            Pool::Memory(tokens) => Ok(tokens[start..start + length].to_vec().into()),
            Pool::File(file) => file.excerpt(start, length),
        }
    }

    /// Where the text of a seed begins, or the one for all; 0 where texts are written for each.
    pub fn start(&self, seed: Option<u64>, length: usize) -> usize {
        let all = match self {
            Pool::Memory(tokens) => tokens.len(),
            Pool::File(file) => file.length,
            Pool::Grammar | Pool::ShiftedGrammar | Pool::Modular(_) => length,
        };
        seed.map_or(0, |seed| excerpt_start(seed, all, length))
    }
}

fn stream(seed: Option<u64>) -> Stream {
    seed.map_or(Stream::Fixed, Stream::Seed)
}

fn written(characters: &[char]) -> Tokens {
    grammar::encode(characters, &grammar::alphabet()).into()
}

/// Where the excerpt of a seed begins, in tokens from the start of a pool: at the fractional part of
/// seed · (√5 − 1)/2, of the places that there are. Consecutive seeds lie as far apart as so many places can
/// (Knuth, The Art of Computer Programming, vol. 3, section 6.4, Theorem S), and seed 0 is the beginning.
fn excerpt_start(seed: u64, pool: usize, length: usize) -> usize {
    /// (√5 − 1)/2 in units of 2⁻⁶⁴.
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    let places = (pool - length + 1) as u128;
    ((u128::from(seed.wrapping_mul(GOLDEN)) * places) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_excerpt_lies_in_its_pool(seed: u64, length in 1_usize..900, more in 0_usize..99_999) {
            prop_assert!(excerpt_start(seed, length + more, length) <= more);
        }
    }

    #[test]
    fn five_excerpts_of_a_text_ten_times_as_long_do_not_overlap() {
        let mut starts: Vec<usize> = (0..5).map(|seed| excerpt_start(seed, 1000, 100)).collect();
        assert_eq!(starts, [0, 556, 212, 769, 425]);
        starts.sort_unstable();
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= 100), "{starts:?}");
    }

    #[test]
    fn the_text_for_all_seeds_is_the_beginning() {
        let pool = Pool::Memory((0..50).collect());
        assert_eq!(pool.text(None, 3).unwrap(), [0, 1, 2]);
        assert_eq!(pool.text(Some(0), 3).unwrap(), [0, 1, 2]);
        assert_ne!(pool.text(Some(1), 3).unwrap(), [0, 1, 2]);
    }
}
