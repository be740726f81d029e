//! What the grammar can write in each of its states, and how likely.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::LazyLock;

use super::Dialect;
use super::states::{Phrase, Slot, State, TASTES};
use crate::corpus::lexicon::{
    ADJECTIVES, ADVERBS, CONJUNCTIONS, DETERMINERS, INTRANSITIVE, NAMES, NOUNS, PREPOSITIONS,
    TRANSITIVE,
};

/// A word with what follows it up to the next.
pub struct Piece {
    pub text: String,
    /// In its state.
    pub probability: f64,
    /// The state after it.
    pub next: State,
}

/// The pieces of each state, computed once.
#[derive(Default)]
pub struct Pieces(HashMap<State, Rc<Vec<Piece>>>);

impl Pieces {
    /// Those of a state.
    pub fn of(&mut self, state: State, dialect: Dialect) -> Rc<Vec<Piece>> {
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

/// A list of pieces on its way.
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

impl Dialect {
    /// The share of the word at a place of a list of so many.
    fn share(self, place: usize, count: usize) -> f64 {
        match self {
            Dialect::Plain => zipf(place, count),
            Dialect::Shifted => zipf((place + count - count / 3) % count, count),
        }
    }
}

/// Zipf–Mandelbrot: p ∝ 1 / (rank + 2.7), over `count` ranks.
fn zipf(rank: usize, count: usize) -> f64 {
    weight(rank) / TOTALS[count]
}

fn weight(rank: usize) -> f64 {
    1.0 / (rank as f64 + 2.7)
}

/// The sum of the weights of so many ranks, up to the longest list of words.
static TOTALS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let nouns_and_names = NOUNS.len().max(NAMES.len()).max(DETERMINERS.len());
    let verbs = TRANSITIVE.len().max(INTRANSITIVE.len());
    let others = [ADJECTIVES.len(), ADVERBS.len(), PREPOSITIONS.len(), CONJUNCTIONS.len()];
    let longest = others.into_iter().fold(nouns_and_names.max(verbs), usize::max);
    (0..=longest).map(|count| (0..count).map(weight).sum()).collect()
});

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
