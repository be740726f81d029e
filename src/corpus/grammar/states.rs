//! The places in a text that the grammar tells apart.

/// A place in the grammar, with all that its future depends on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct State {
    /// What the next word is to be.
    pub slot: Slot,
    /// Number of the subject of the running clause (`true` is plural).
    pub plural: bool,
    /// Clauses begun in this sentence.
    pub clauses: u8,
}

/// What a word is to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Slot {
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
pub enum Phrase {
    Subject,
    /// "the bird near the rivers sees": the verb still agrees with the bird.
    SubjectPlace,
    RelativeObject,
    Object,
    Place,
}

/// Verbs fall into this many classes, each with its own favourite objects.
pub const TASTES: usize = 4;

impl State {
    /// The beginning of a sentence; after another, with the number of its subject.
    pub fn start(before: Option<bool>) -> Self {
        State { slot: Slot::Start { before }, plural: false, clauses: 1 }
    }

    /// At another place of the same sentence.
    pub fn at(self, slot: Slot) -> Self {
        State { slot, ..self }
    }
}
