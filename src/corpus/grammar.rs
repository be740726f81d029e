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

use std::collections::HashMap;
use std::rc::Rc;

use chacha20::ChaCha8Rng;

use super::lexicon::{
    ADJECTIVES, ADVERBS, CONJUNCTIONS, DETERMINERS, INTRANSITIVE, NAMES, NOUNS, PREPOSITIONS,
    TRANSITIVE,
};
use crate::random;

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

impl Dialect {
    /// The share of the word at a place of a list of so many.
    fn share(self, place: usize, count: usize) -> f64 {
        match self {
            Dialect::Plain => zipf(place, count),
            Dialect::Shifted => zipf((place + count - count / 3) % count, count),
        }
    }
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

/// A place in the grammar, with all that its future depends on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct State {
    slot: Slot,
    /// Number of the subject of the running clause (`true` is plural).
    plural: bool,
    /// Clauses begun in this sentence.
    clauses: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Slot {
    /// First word of a sentence; the number of the last subject allows a pronoun.
    Start { before: Option<bool> },
    /// First word of a further clause.
    Clause,
    /// After a determiner or an adjective: a noun, or another adjective.
    Noun { phrase: Phrase, number: Option<bool>, adjectives: u8, taste: u8 },
    /// After the subject: what delays the verb, or the verb.
    Subject { may_extend: bool },
    /// The verb, after an adverb.
    Verb,
    /// The verb of a relative clause.
    RelativeVerb,
    /// Determiner or name of a noun phrase.
    Determiner { phrase: Phrase, taste: u8 },
    /// After a complete predicate that goes on.
    Tail,
}

/// What a noun phrase is for; it decides what may follow the noun.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Phrase {
    Subject,
    /// "the bird near the rivers sees": the verb still agrees with the bird.
    SubjectPlace,
    RelativeObject,
    Object,
    Place,
}

struct Piece {
    text: String,
    probability: f64,
    next: State,
}

/// Verbs fall into this many classes, each with its own favourite objects.
const TASTES: usize = 4;

impl State {
    fn start(before: Option<bool>) -> Self {
        State { slot: Slot::Start { before }, plural: false, clauses: 1 }
    }

    fn at(self, slot: Slot) -> Self {
        State { slot, ..self }
    }
}

/// The pieces of each state, computed once.
#[derive(Default)]
struct Pieces(HashMap<State, Rc<Vec<Piece>>>);

impl Pieces {
    fn of(&mut self, state: State, dialect: Dialect) -> Rc<Vec<Piece>> {
        Rc::clone(self.0.entry(state).or_insert_with(|| Rc::new(pieces(state, dialect))))
    }
}

fn pieces(state: State, dialect: Dialect) -> Vec<Piece> {
    let mut list = Builder { state, dialect, pieces: Vec::new() };
    match state.slot {
        Slot::Start { before } => list.start(before),
        Slot::Clause => {
            list.determiners(0.75, Phrase::Subject, 0, false);
            list.subject_names(0.25);
        }
        Slot::Noun { phrase, number, adjectives, taste } => {
            list.nouns(phrase, number, adjectives, taste);
        }
        Slot::Subject { may_extend } => list.after_subject(may_extend),
        Slot::Verb => list.verbs(1.0),
        Slot::RelativeVerb => list.transitive(1.0, state.plural, Phrase::RelativeObject),
        Slot::Determiner { phrase, taste } => {
            list.determiners(0.85, phrase, taste, false);
            list.names(0.15, phrase);
        }
        Slot::Tail => list.tail(),
    }
    list.pieces
}

struct Builder {
    state: State,
    dialect: Dialect,
    pieces: Vec<Piece>,
}

impl Builder {
    fn push(&mut self, text: String, probability: f64, next: State) {
        self.pieces.push(Piece { text, probability, next });
    }

    fn start(&mut self, before: Option<bool>) {
        let pronoun = if before.is_some() { 0.2 } else { 0.0 };
        self.determiners(0.78 - pronoun, Phrase::Subject, 0, true);
        self.subject_names(0.22);
        if let Some(plural) = before {
            let word = if plural { "They " } else { "It " };
            let subject = Slot::Subject { may_extend: false };
            self.push(word.into(), pronoun, State { plural, ..self.state.at(subject) });
        }
    }

    fn determiners(&mut self, share: f64, phrase: Phrase, taste: u8, capital: bool) {
        for (rank, (word, number)) in DETERMINERS.iter().enumerate() {
            let word = if capital { capitalised(word) } else { (*word).to_owned() };
            let slot = Slot::Noun { phrase, number: *number, adjectives: 0, taste };
            let probability = share * zipf(rank, DETERMINERS.len());
            self.push(format!("{word} "), probability, self.state.at(slot));
        }
    }

    fn subject_names(&mut self, share: f64) {
        let next = State { plural: false, ..self.state.at(Slot::Subject { may_extend: true }) };
        for (rank, name) in NAMES.iter().enumerate() {
            self.push(format!("{name} "), share * self.dialect.share(rank, NAMES.len()), next);
        }
    }

    fn names(&mut self, share: f64, phrase: Phrase) {
        for (rank, name) in NAMES.iter().enumerate() {
            self.ending(name, share * self.dialect.share(rank, NAMES.len()), phrase, false);
        }
    }

    fn nouns(&mut self, phrase: Phrase, number: Option<bool>, adjectives: u8, taste: u8) {
        let adjective = [0.35, 0.12, 0.0][usize::from(adjectives.min(2))];
        if adjective > 0.0 {
            let next =
                self.state.at(Slot::Noun { phrase, number, adjectives: adjectives + 1, taste });
            for (rank, word) in ADJECTIVES.iter().enumerate() {
                self.push(
                    format!("{word} "),
                    adjective * self.dialect.share(rank, ADJECTIVES.len()),
                    next,
                );
            }
        }
        let numbers: &[(bool, f64)] = match number {
            Some(false) => &[(false, 1.0)],
            Some(true) => &[(true, 1.0)],
            None => &[(false, 0.65), (true, 0.35)],
        };
        for (place, noun) in NOUNS.iter().enumerate() {
            let rank = favour(place, taste);
            for (plural, share) in numbers {
                let word = if *plural { plural_of(noun) } else { (*noun).to_owned() };
                let probability = (1.0 - adjective) * share * self.dialect.share(rank, NOUNS.len());
                self.ending(&word, probability, phrase, *plural);
            }
        }
    }

    /// The pieces of a word that ends a noun phrase: the word with each mark that may follow it.
    fn ending(&mut self, word: &str, probability: f64, phrase: Phrase, plural: bool) {
        match phrase {
            Phrase::Subject => {
                let next = State { plural, ..self.state.at(Slot::Subject { may_extend: true }) };
                self.push(format!("{word} "), probability, next);
            }
            Phrase::SubjectPlace | Phrase::RelativeObject => {
                let next = self.state.at(Slot::Subject { may_extend: false });
                self.push(format!("{word} "), probability, next);
            }
            Phrase::Object => self.predicate_end(word, probability, 0.4),
            Phrase::Place => self.predicate_end(word, probability, 0.15),
        }
    }

    fn predicate_end(&mut self, word: &str, probability: f64, goes_on: f64) {
        let start = State::start(Some(self.state.plural));
        self.push(format!("{word} "), probability * goes_on, self.state.at(Slot::Tail));
        self.push(format!("{word}. "), probability * (1.0 - goes_on) * 0.85, start);
        self.push(format!("{word}.\n"), probability * (1.0 - goes_on) * 0.15, start);
    }

    fn after_subject(&mut self, may_extend: bool) {
        let mut verb = 0.85;
        if may_extend {
            verb -= 0.25;
            self.push("that ".into(), 0.1, self.state.at(Slot::RelativeVerb));
            self.prepositions(0.15, Phrase::SubjectPlace);
        }
        for (rank, word) in ADVERBS.iter().enumerate() {
            let probability = 0.15 * self.dialect.share(rank, ADVERBS.len());
            self.push(format!("{word} "), probability, self.state.at(Slot::Verb));
        }
        self.verbs(verb);
    }

    fn prepositions(&mut self, share: f64, phrase: Phrase) {
        for (rank, word) in PREPOSITIONS.iter().enumerate() {
            let next = self.state.at(Slot::Determiner { phrase, taste: 0 });
            self.push(format!("{word} "), share * zipf(rank, PREPOSITIONS.len()), next);
        }
    }

    fn verbs(&mut self, share: f64) {
        let plural = self.state.plural;
        self.transitive(share * 0.7, plural, Phrase::Object);
        for (rank, (singular, many)) in INTRANSITIVE.iter().enumerate() {
            let word = if plural { many } else { singular };
            self.predicate_end(
                word,
                share * 0.3 * self.dialect.share(rank, INTRANSITIVE.len()),
                0.5,
            );
        }
    }

    fn transitive(&mut self, share: f64, plural: bool, phrase: Phrase) {
        for (rank, (singular, many)) in TRANSITIVE.iter().enumerate() {
            let word = if plural { many } else { singular };
            let taste = (rank % TASTES) as u8;
            let next = self.state.at(Slot::Determiner { phrase, taste });
            self.push(format!("{word} "), share * self.dialect.share(rank, TRANSITIVE.len()), next);
        }
    }

    fn tail(&mut self) {
        let second_clause = if self.state.clauses < 2 { 0.3 } else { 0.0 };
        self.prepositions(0.55, Phrase::Place);
        self.push("and ".into(), 0.45 - second_clause, self.state.at(Slot::Verb));
        if second_clause > 0.0 {
            let next = State { clauses: self.state.clauses + 1, ..self.state.at(Slot::Clause) };
            for (rank, word) in CONJUNCTIONS.iter().enumerate() {
                self.push(format!("{word} "), second_clause * zipf(rank, CONJUNCTIONS.len()), next);
            }
        }
    }
}

/// Zipf–Mandelbrot: p ∝ 1 / (rank + 2.7), over `count` ranks.
fn zipf(rank: usize, count: usize) -> f64 {
    let weight = |rank: usize| 1.0 / (rank as f64 + 2.7);
    weight(rank) / (0..count).map(weight).sum::<f64>()
}

/// The rank of the noun at `place` for a verb class: each class rotates the list by a quarter.
fn favour(place: usize, taste: u8) -> usize {
    (place + usize::from(taste) * NOUNS.len() / TASTES) % NOUNS.len()
}

fn plural_of(noun: &str) -> String {
    match noun {
        "child" => "children".into(),
        _ if noun.ends_with("ss") => format!("{noun}es"),
        _ => match noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
            Some(stem) => format!("{stem}ies"),
            None => format!("{noun}s"),
        },
    }
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
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

#[cfg(test)]
mod tests;
