//! Stretches of documents, joined and cut again where their tokens stay the same.

use crate::corpus::documents::Stretch;
use crate::corpus::tokenizer::{Tokenizer, WHOLE, first_cut};

/// What is still held of a document.
pub struct Joined {
    /// Bytes of the pieces, at least.
    least: usize,
    /// Whether a text may be cut anywhere.
    anywhere: bool,
    starts_anew: bool,
    split: usize,
    held: String,
    /// At how many places a document was cut where another token may be made of it than of the whole.
    pub unproven: u64,
}

impl Joined {
    pub fn of(tokenizer: &Tokenizer) -> Self {
        Joined {
            least: tokenizer.least(),
            anywhere: tokenizer.learned().is_none(),
            starts_anew: tokenizer.starts_anew(),
            split: 0,
            held: String::new(),
            unproven: 0,
        }
    }

    /// Takes a stretch of a split; gives the pieces that can be read, with their splits. What is of another split than
    /// the stretch before is read for itself.
    pub fn take(&mut self, split: usize, stretch: Stretch) -> Vec<(usize, Stretch)> {
        let mut pieces = if split == self.split { Vec::new() } else { self.rest() };
        self.split = split;
        self.held.push_str(&stretch.text);
        let mut given = 0;
        while let Some(length) = self.next_piece(&self.held[given..]) {
            self.unproven += u64::from(!self.is_proven(given + length));
            pieces.push(self.piece(given..given + length, false));
            given += length;
        }
        if stretch.ends {
            pieces.push(self.piece(given..self.held.len(), true));
            given = self.held.len();
        }
        self.held.drain(..given);
        pieces
    }

    /// What is held of a document whose end is not in this split.
    pub fn rest(&mut self) -> Vec<(usize, Stretch)> {
        let text = std::mem::take(&mut self.held);
        if text.is_empty() { Vec::new() } else { vec![(self.split, Stretch { text, ends: false })] }
    }

    fn piece(&self, range: std::ops::Range<usize>, ends: bool) -> (usize, Stretch) {
        (self.split, Stretch { text: self.held[range].to_owned(), ends })
    }

    /// Bytes of the next piece; `None` where it may go on. So that a text need not fit the memory, one without spaces is
    /// cut at the end of a character.
    fn next_piece(&self, text: &str) -> Option<usize> {
        let most = self.least + WHOLE;
        let found = first_cut(text, self.least).filter(|place| *place <= most);
        let anywhere = if self.anywhere { self.least } else { most };
        found.or_else(|| (text.len() > anywhere).then(|| text.floor_char_boundary(anywhere)))
    }

    /// Whether the tokens before and after a place are those of the whole.
    fn is_proven(&self, place: usize) -> bool {
        let after = &self.held[place..];
        self.anywhere || self.starts_anew && after.starts_with(' ')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(least: usize) -> Joined {
        Joined {
            least,
            anywhere: false,
            starts_anew: true,
            split: 0,
            held: String::new(),
            unproven: 0,
        }
    }

    fn stretch(text: &str, ends: bool) -> Stretch {
        Stretch { text: text.to_owned(), ends }
    }

    #[test]
    fn stretches_are_cut_where_the_whole_would_be() {
        let mut joined = joined(3);
        assert!(joined.take(0, stretch("to", false)).is_empty());
        let found = joined.take(0, stretch(" be or", false));
        assert_eq!(found, [(0, stretch("to be", false))]);
        let found = joined.take(0, stretch("ders", true));
        assert_eq!(found, [(0, stretch(" orders", true))]);
        joined.take(1, stretch("a", false));
        let found = joined.take(2, stretch("b", true));
        assert_eq!(found, [(1, stretch("a", false)), (2, stretch("b", true))]);
        assert_eq!((joined.rest(), joined.unproven), (Vec::new(), 0));
    }

    #[test]
    fn a_long_text_without_spaces_is_cut_and_counted() {
        let mut joined = joined(3);
        let text = "é".repeat(WHOLE);
        let found = joined.take(0, stretch(&text, true));
        assert_eq!(found.iter().map(|(_, piece)| piece.text.as_str()).collect::<String>(), text);
        assert_eq!((found.len(), joined.unproven), (2, 1));
    }
}
