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

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Display;
use std::rc::Rc;

use super::lexicon::{ADVERBS, CONJUNCTIONS, DETERMINERS, LEXICON, PREPOSITIONS, capitalised};
use crate::random;

/// Text with the exact negative log-likelihood of each of its characters.
pub struct Text {
    /// The characters.
    pub characters: Vec<char>,
    /// For each character, −ln P(character | all characters before it), in nats.
    pub nats: Vec<f64>,
}

/// Writes `length` characters. The same length always gives the same text, and a longer text
/// starts with the shorter one.
pub fn write(length: usize) -> Text {
    let mut rng = random::stream("grammar corpus", &[]);
    let mut pieces = Pieces::default();
    let mut text =
        Text { characters: Vec::with_capacity(length), nats: Vec::with_capacity(length) };
    let mut state = State::start(None);
    while text.characters.len() < length {
        let choices = pieces.of(state);
        let chosen = choices.draw(random::unit(&mut rng));
        choices.append(chosen, &mut text);
        state = choices.pieces[chosen].next;
    }
    text.characters.truncate(length);
    text.nats.truncate(length);
    text
}

/// Every character the grammar can write, sorted by code point.
pub fn alphabet() -> Vec<char> {
    let mut pieces = Pieces::default();
    let mut characters = BTreeSet::new();
    let mut seen = HashSet::new();
    let mut open = vec![State::start(None)];
    while let Some(state) = open.pop() {
        if seen.insert(state) {
            for piece in &pieces.of(state).pieces {
                characters.extend(piece.text.chars());
                open.push(piece.next);
            }
        }
    }
    characters.into_iter().collect()
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
/// Nouns that are favourites of some class.
const FAVOURITES: usize = 100;

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
struct Pieces(HashMap<State, Rc<Choices>>);

impl Pieces {
    fn of(&mut self, state: State) -> Rc<Choices> {
        Rc::clone(self.0.entry(state).or_insert_with(|| Rc::new(Choices::new(pieces(state)))))
    }
}

/// The pieces of a state in alphabetical order, so that those with a common prefix stand together.
struct Choices {
    pieces: Vec<Piece>,
    /// Probability of all pieces before each place; one longer than the pieces.
    before: Vec<f64>,
}

impl Choices {
    fn new(mut pieces: Vec<Piece>) -> Self {
        pieces.sort_by(|a, b| a.text.cmp(&b.text));
        let mut before = vec![0.0];
        for piece in &pieces {
            before.push(before[before.len() - 1] + piece.probability);
        }
        Choices { pieces, before }
    }

    /// The piece on which a number from 0 to 1 falls.
    fn draw(&self, unit: f64) -> usize {
        let target = unit * self.before[self.pieces.len()];
        self.before[1..].partition_point(|before| *before <= target).min(self.pieces.len() - 1)
    }

    /// Writes a piece with the likelihood of each of its characters.
    fn append(&self, chosen: usize, text: &mut Text) {
        let written = &self.pieces[chosen].text;
        let (mut start, mut end) = (0, self.pieces.len());
        for (offset, character) in written.char_indices() {
            let possible = self.before[end] - self.before[start];
            let prefix = &written[..offset + character.len_utf8()];
            let among = &self.pieces[start..end];
            let first = among.partition_point(|piece| piece.text.as_str() < prefix);
            let count = among[first..].partition_point(|piece| piece.text.starts_with(prefix));
            (start, end) = (start + first, start + first + count);
            let rest = self.before[end] - self.before[start];
            text.characters.push(character);
            // Written this way round so that a certain character costs 0 and not −0.
            text.nats.push((possible / rest).ln());
        }
    }
}

fn pieces(state: State) -> Vec<Piece> {
    let mut list = Builder { state, pieces: Vec::new() };
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
        for ((word, number), weight) in DETERMINERS.iter().zip(zipf(DETERMINERS.len())) {
            let word = if capital { capitalised(word) } else { (*word).to_owned() };
            let slot = Slot::Noun { phrase, number: *number, adjectives: 0, taste };
            self.push(format!("{word} "), share * weight, self.state.at(slot));
        }
    }

    fn words<T: Display>(&mut self, share: f64, words: &[T], next: State) {
        for (word, weight) in words.iter().zip(zipf(words.len())) {
            self.push(format!("{word} "), share * weight, next);
        }
    }

    fn subject_names(&mut self, share: f64) {
        let next = State { plural: false, ..self.state.at(Slot::Subject { may_extend: true }) };
        self.words(share, &LEXICON.names, next);
    }

    fn names(&mut self, share: f64, phrase: Phrase) {
        for (name, weight) in LEXICON.names.iter().zip(zipf(LEXICON.names.len())) {
            self.ending(name, share * weight, phrase, false);
        }
    }

    fn nouns(&mut self, phrase: Phrase, number: Option<bool>, adjectives: u8, taste: u8) {
        let adjective = [0.35, 0.12, 0.0][usize::from(adjectives.min(2))];
        if adjective > 0.0 {
            let slot = Slot::Noun { phrase, number, adjectives: adjectives + 1, taste };
            self.words(adjective, &LEXICON.adjectives, self.state.at(slot));
        }
        let numbers: &[(bool, f64)] = match number {
            Some(false) => &[(false, 1.0)],
            Some(true) => &[(true, 1.0)],
            None => &[(false, 0.65), (true, 0.35)],
        };
        let weights = zipf(LEXICON.nouns.len());
        for (place, noun) in LEXICON.nouns.iter().enumerate() {
            let weight = (1.0 - adjective) * weights[favour(place, taste)];
            for (plural, share) in numbers {
                let word = if *plural { plural_of(noun) } else { noun.clone() };
                self.ending(&word, weight * share, phrase, *plural);
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
        self.words(0.15, ADVERBS, self.state.at(Slot::Verb));
        self.verbs(verb);
    }

    fn prepositions(&mut self, share: f64, phrase: Phrase) {
        self.words(share, PREPOSITIONS, self.state.at(Slot::Determiner { phrase, taste: 0 }));
    }

    fn verbs(&mut self, share: f64) {
        let plural = self.state.plural;
        self.transitive(share * 0.7, plural, Phrase::Object);
        for (verb, weight) in LEXICON.intransitive.iter().zip(zipf(LEXICON.intransitive.len())) {
            let word = if plural { &verb.1 } else { &verb.0 };
            self.predicate_end(word, share * 0.3 * weight, 0.5);
        }
    }

    fn transitive(&mut self, share: f64, plural: bool, phrase: Phrase) {
        let weights = zipf(LEXICON.transitive.len());
        for (rank, (verb, weight)) in LEXICON.transitive.iter().zip(weights).enumerate() {
            let word = if plural { &verb.1 } else { &verb.0 };
            let taste = (rank % TASTES) as u8;
            let next = self.state.at(Slot::Determiner { phrase, taste });
            self.push(format!("{word} "), share * weight, next);
        }
    }

    fn tail(&mut self) {
        let second_clause = if self.state.clauses < 2 { 0.3 } else { 0.0 };
        self.prepositions(0.55, Phrase::Place);
        self.push("and ".into(), 0.45 - second_clause, self.state.at(Slot::Verb));
        if second_clause > 0.0 {
            let next = State { clauses: self.state.clauses + 1, ..self.state.at(Slot::Clause) };
            self.words(second_clause, CONJUNCTIONS, next);
        }
    }
}

/// Zipf–Mandelbrot: p ∝ 1 / (rank + 2.7), over `count` ranks.
fn zipf(count: usize) -> Vec<f64> {
    let weights = (0..count).map(|rank| 1.0 / (rank as f64 + 2.7));
    let total: f64 = weights.clone().sum();
    weights.map(|weight| weight / total).collect()
}

/// The rank of the noun at `place` for a verb class: each class likes another part of the frequent
/// nouns best.
fn favour(place: usize, taste: u8) -> usize {
    if place >= FAVOURITES {
        return place;
    }
    (place + usize::from(taste) * FAVOURITES / TASTES) % FAVOURITES
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

#[cfg(test)]
mod tests {
    use super::*;

    fn reachable() -> Vec<(State, Rc<Choices>)> {
        let mut cache = Pieces::default();
        let mut seen = HashSet::new();
        let mut open = vec![State::start(None)];
        let mut all = Vec::new();
        while let Some(state) = open.pop() {
            if seen.insert(state) {
                let list = cache.of(state);
                open.extend(list.pieces.iter().map(|piece| piece.next));
                all.push((state, list));
            }
        }
        all
    }

    #[test]
    fn every_state_is_a_distribution_over_pieces_none_of_which_starts_another() {
        for (state, list) in reachable() {
            let total = list.before[list.pieces.len()];
            assert!((total - 1.0).abs() < 1e-12, "{state:?} sums to {total}");
            assert!(list.pieces.iter().all(|piece| piece.probability > 0.0), "{state:?}");
            for pair in list.pieces.windows(2) {
                let (a, b) = (&pair[0].text, &pair[1].text);
                assert!(!b.starts_with(a.as_str()), "{state:?}: {a:?} starts {b:?}");
            }
        }
    }

    #[test]
    fn a_longer_text_starts_with_the_shorter_one() {
        let (short, long) = (write(500), write(2000));
        assert_eq!(short.characters, long.characters[..500]);
        assert_eq!(short.nats, long.nats[..500]);
    }

    #[test]
    fn the_likelihood_of_the_characters_of_a_piece_multiplies_to_that_of_the_piece() {
        for (state, list) in reachable() {
            for (chosen, piece) in list.pieces.iter().enumerate().step_by(7) {
                let mut text = Text { characters: Vec::new(), nats: Vec::new() };
                list.append(chosen, &mut text);
                let nats: f64 = text.nats.iter().sum();
                assert!((nats + piece.probability.ln()).abs() < 1e-6, "{state:?} {}", piece.text);
            }
        }
    }

    #[test]
    fn the_alphabet_covers_the_text_and_reads_like_english() {
        let alphabet = alphabet();
        let text = write(5000);
        assert!(text.characters.iter().all(|c| alphabet.binary_search(c).is_ok()));
        assert!(alphabet.len() < 60, "{alphabet:?}");
        let string: String = text.characters.iter().collect();
        assert!(string.contains(". ") && string.contains(" the "));
    }
}
