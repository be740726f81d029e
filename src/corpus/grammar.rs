//! The built-in corpus: a probabilistic grammar that writes readable English-like sentences.
//!
//! The grammar is a finite automaton. In every [`State`] it draws one *piece* (a word with the
//! space or punctuation that follows) from a known distribution. No two pieces of a state are
//! equal and each ends in a space or a newline, so no piece is the prefix of another: a text has
//! exactly one derivation, and the probability of each next character given all before it is a
//! ratio of two sums. That makes the negative log-likelihood per character *exact*: the floor that
//! no model can beat on average.
//!
//! What a model can learn: spelling, word frequencies (Zipf), agreement in number across phrases
//! and relative clauses, pronouns that agree with the sentence before, and verbs that prefer some
//! objects. What it can only memorise: which word came next in the training text.

mod pieces;
mod states;

use chacha20::ChaCha8Rng;

use super::Token;
use crate::random;
use pieces::{Piece, Pieces};
use states::State;

/// Text with the exact negative log-likelihood of each of its characters.
pub struct Text {
    /// The characters.
    pub characters: Vec<char>,
    /// For each character, −ln P(character | all characters before it), in nats.
    pub nats: Vec<f64>,
}

/// How the words of a kind share its probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// In the order of the lexicon.
    Plain,
    /// Names, nouns, verbs, adjectives and adverbs in the order of the lexicon from a third of each list on: the same
    /// words and sentences, other favourites.
    Shifted,
}

/// Texts that are drawn independently of one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// The train text of all seeds, and val after it.
    Fixed,
    /// The train text of a seed.
    Seed(u64),
    /// Test.
    Test,
}

impl Stream {
    fn rng(self, dialect: Dialect) -> ChaCha8Rng {
        if dialect == Dialect::Shifted {
            let seed = match self {
                Stream::Seed(seed) => seed.to_le_bytes(),
                Stream::Fixed | Stream::Test => [0xff; 8],
            };
            return random::stream("shifted grammar", &[&seed, &[u8::from(self == Stream::Test)]]);
        }
        match self {
            Stream::Fixed => random::stream("grammar corpus", &[]),
            Stream::Seed(seed) => random::stream("grammar text", &[&seed.to_le_bytes()]),
            Stream::Test => random::stream("grammar test", &[]),
        }
    }
}

/// Writes `length` characters of a stream. The same length always gives the same text, and a longer text
/// starts with the shorter one.
pub fn write(dialect: Dialect, stream: Stream, length: usize) -> Text {
    let (characters, nats) = (Vec::with_capacity(length), Vec::with_capacity(length));
    let mut text = Text { characters, nats };
    derive(dialect, stream, |choices, chosen| {
        append(&mut text, choices, chosen);
        text.characters.len() < length
    });
    text.characters.truncate(length);
    text.nats.truncate(length);
    text
}

/// The characters of [`write`](fn@write) alone.
pub fn characters(dialect: Dialect, stream: Stream, length: usize) -> Vec<char> {
    let mut characters = Vec::with_capacity(length);
    derive(dialect, stream, |choices, chosen| {
        characters.extend(choices[chosen].text.chars());
        characters.len() < length
    });
    characters.truncate(length);
    characters
}

/// For each of the characters of [`write`](fn@write) the probabilities of all characters given those before it, in the
/// order of the [`alphabet`].
pub fn distributions(dialect: Dialect, stream: Stream, length: usize) -> Vec<Vec<f64>> {
    let alphabet = alphabet();
    let mut all = Vec::with_capacity(length);
    derive(dialect, stream, |choices, chosen| {
        let written = &choices[chosen].text;
        for offset in written.char_indices().map(|(offset, _)| offset) {
            all.push(next_characters(choices, &written[..offset], &alphabet));
        }
        all.len() < length
    });
    all.truncate(length);
    all
}

/// Probabilities of the character that follows `prefix`, the beginning of one of the pieces of a state.
fn next_characters(pieces: &[Piece], prefix: &str, alphabet: &[char]) -> Vec<f64> {
    let mut shares = vec![0.0; alphabet.len()];
    let possible = pieces.iter().filter_map(|piece| {
        Some((piece.text.strip_prefix(prefix)?.chars().next()?, piece.probability))
    });
    let mut mass = 0.0;
    for (character, probability) in possible {
        let place = alphabet.binary_search(&character).expect("the alphabet has every character");
        shares[place] += probability;
        mass += probability;
    }
    shares.iter_mut().for_each(|share| *share /= mass);
    shares
}

/// Draws piece after piece while `more` wants it; it gets the pieces of a state and which was drawn.
fn derive(dialect: Dialect, stream: Stream, mut more: impl FnMut(&[Piece], usize) -> bool) {
    let mut rng = stream.rng(dialect);
    let (mut pieces, mut state) = (Pieces::default(), State::start(None));
    loop {
        let choices = pieces.of(state, dialect);
        let chosen = draw(&choices, &mut rng);
        state = choices[chosen].next;
        if !more(&choices, chosen) {
            break;
        }
    }
}

/// Every character the grammar can write, sorted by code point.
pub fn alphabet() -> Vec<char> {
    "\n .ABDEFGHIJKLMNOPQRSTVWZabcdefghijklmnopqrstuvwxyz".chars().collect()
}

fn draw(pieces: &[Piece], rng: &mut ChaCha8Rng) -> usize {
    let mut remaining = random::unit(rng);
    for (index, piece) in pieces.iter().enumerate() {
        remaining -= piece.probability;
        if remaining < 0.0 {
            return index;
        }
    }
    pieces.len() - 1
}

fn append(text: &mut Text, pieces: &[Piece], chosen: usize) {
    let mut possible: Vec<&Piece> = pieces.iter().collect();
    let mut mass: f64 = possible.iter().map(|piece| piece.probability).sum();
    let written = &pieces[chosen].text;
    for (offset, character) in written.char_indices() {
        let prefix = &written[..offset + character.len_utf8()];
        possible.retain(|piece| piece.text.starts_with(prefix));
        let rest: f64 = possible.iter().map(|piece| piece.probability).sum();
        text.characters.push(character);
        // Written this way round so that a certain character costs 0 and not −0.
        text.nats.push((mass / rest).ln());
        mass = rest;
    }
}

/// So many characters of the train text of a seed, or of the one for all, in sentences that change their kind in the
/// middle.
pub fn shifted(stream: Stream, length: usize) -> Vec<char> {
    let before = length.div_ceil(2);
    let mut both = characters(Dialect::Plain, stream, before);
    both.extend(characters(Dialect::Shifted, stream, length - before));
    both
}

/// Characters as indices into a sorted alphabet that holds all of them.
pub fn encode(characters: &[char], alphabet: &[char]) -> Vec<Token> {
    characters
        .iter()
        .map(|c| alphabet.binary_search(c).expect("the alphabet holds every character") as Token)
        .collect()
}

#[cfg(test)]
mod tests;
