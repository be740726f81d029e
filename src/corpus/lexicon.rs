//! The words of the built-in grammar, most frequent first: a word's place in its list sets its
//! Zipf-like probability. Frequent words are English; the long tail of rare ones is invented, so
//! that most words of a text are met a few times or never, as in real text.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::random;

/// The words of the open classes.
pub struct Lexicon {
    /// Given names, all singular.
    pub names: Vec<String>,
    /// Countable nouns.
    pub nouns: Vec<String>,
    /// Transitive verbs as `(third person singular, plural)`.
    pub transitive: Vec<(String, String)>,
    /// Intransitive verbs as `(third person singular, plural)`.
    pub intransitive: Vec<(String, String)>,
    /// Adjectives.
    pub adjectives: Vec<String>,
}

/// The lexicon; it never changes.
pub static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut inventor = Inventor::new();
    let verbs = |english: &[(&str, &str)], invented: Vec<String>| {
        let english = english.iter().map(|(one, many)| ((*one).to_owned(), (*many).to_owned()));
        let invented = invented.into_iter().map(|stem| (format!("{stem}s"), stem));
        english.chain(invented).collect()
    };
    Lexicon {
        names: lengthen(NAMES, inventor.names(INVENTED_NAMES)),
        nouns: lengthen(NOUNS, inventor.words(INVENTED_NOUNS)),
        transitive: verbs(TRANSITIVE, inventor.words(INVENTED_TRANSITIVE)),
        intransitive: verbs(INTRANSITIVE, inventor.words(INVENTED_INTRANSITIVE)),
        adjectives: lengthen(ADJECTIVES, inventor.words(INVENTED_ADJECTIVES)),
    }
});

const INVENTED_NAMES: usize = 400;
const INVENTED_NOUNS: usize = 3000;
const INVENTED_TRANSITIVE: usize = 600;
const INVENTED_INTRANSITIVE: usize = 300;
const INVENTED_ADJECTIVES: usize = 900;

fn lengthen(english: &[&str], invented: Vec<String>) -> Vec<String> {
    english.iter().map(|word| (*word).to_owned()).chain(invented).collect()
}

/// Makes words that can be pronounced, none of them twice.
struct Inventor {
    rng: chacha20::ChaCha8Rng,
    known: HashSet<String>,
}

impl Inventor {
    const ONSETS: &[&str] = &[
        "b", "br", "c", "d", "dr", "f", "g", "gl", "h", "j", "k", "l", "m", "n", "p", "pr", "r",
        "s", "st", "t", "tr", "v", "w", "z",
    ];
    const VOWELS: &[&str] = &["a", "e", "i", "o", "u", "ai", "ea", "oo"];
    const CODAS: &[&str] =
        &["b", "d", "g", "k", "l", "m", "n", "nd", "nt", "p", "r", "rn", "st", "t"];

    fn new() -> Self {
        let singles = [NAMES, NOUNS, ADJECTIVES, ADVERBS, PREPOSITIONS, CONJUNCTIONS];
        let pairs = TRANSITIVE.iter().chain(INTRANSITIVE).flat_map(|(one, many)| [*one, *many]);
        let known = singles.iter().flat_map(|list| list.iter().copied()).chain(pairs);
        Inventor { rng: random::stream("lexicon", &[]), known: known.map(str::to_owned).collect() }
    }

    fn words(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.word()).collect()
    }

    fn names(&mut self, count: usize) -> Vec<String> {
        self.words(count).iter().map(|word| capitalised(word)).collect()
    }

    fn word(&mut self) -> String {
        loop {
            let mut word = String::new();
            for _ in 0..=random::below(&mut self.rng, 2) {
                word += self.pick(Self::ONSETS);
                word += self.pick(Self::VOWELS);
            }
            word += self.pick(Self::CODAS);
            let with_ending = format!("{word}s");
            if !self.known.contains(&word) && self.known.insert(with_ending) {
                self.known.insert(word.clone());
                return word;
            }
        }
    }

    fn pick(&mut self, list: &[&'static str]) -> &'static str {
        list[random::below(&mut self.rng, list.len())]
    }
}

/// The word with a capital first letter.
pub fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}

const NAMES: &[&str] = &[
    "Mara", "Tomas", "Ines", "Oskar", "Lena", "Pavel", "Ruth", "Anton", "Edith", "Hugo", "Vera",
    "Jonas", "Selma", "Karim", "Dora", "Felix", "Noor", "Gustav", "Wanda", "Emil", "Zara",
    "Quentin",
];

const NOUNS: &[&str] = &[
    "river",
    "house",
    "child",
    "road",
    "garden",
    "letter",
    "market",
    "bird",
    "window",
    "teacher",
    "boat",
    "mountain",
    "door",
    "farmer",
    "stone",
    "lamp",
    "story",
    "bridge",
    "horse",
    "sailor",
    "tree",
    "village",
    "captain",
    "map",
    "storm",
    "sister",
    "train",
    "song",
    "doctor",
    "field",
    "clock",
    "painter",
    "island",
    "book",
    "tower",
    "dog",
    "king",
    "basket",
    "forest",
    "neighbour",
    "wheel",
    "ship",
    "question",
    "cook",
    "hill",
    "table",
    "stranger",
    "cloud",
    "key",
    "baker",
    "wall",
    "engine",
    "flower",
    "soldier",
    "mirror",
    "coat",
    "valley",
    "judge",
    "apple",
    "miller",
    "harbour",
    "wagon",
    "picture",
    "lantern",
    "queen",
    "barrel",
    "owl",
    "tailor",
    "candle",
    "ladder",
    "student",
    "rope",
    "shadow",
    "orchard",
    "goat",
    "merchant",
    "carpet",
    "kettle",
    "poet",
    "gate",
    "feather",
    "hunter",
    "drum",
    "statue",
    "widow",
    "bottle",
    "meadow",
    "weaver",
    "hammer",
    "cart",
    "prisoner",
    "chimney",
    "spoon",
    "pilot",
    "quarry",
    "cellar",
    "bell",
    "nephew",
    "jar",
    "fountain",
    "scholar",
    "violin",
    "anchor",
    "button",
    "potter",
    "cabin",
    "needle",
    "glacier",
    "swan",
    "zebra",
    "chapel",
    "pillar",
    "beggar",
    "saddle",
    "vessel",
    "raven",
    "kitten",
    "juggler",
    "oven",
    "thread",
    "compass",
    "ferry",
    "gardener",
    "hat",
    "inn",
    "jewel",
    "knight",
    "lion",
    "mask",
    "nail",
    "oar",
    "puppet",
    "quilt",
    "ribbon",
    "scarf",
    "tunnel",
    "uncle",
    "vine",
    "wizard",
    "yard",
    "acorn",
    "blanket",
    "cradle",
    "dancer",
    "elder",
    "falcon",
    "glove",
    "helmet",
    "ink",
    "jacket",
];

const TRANSITIVE: &[(&str, &str)] = &[
    ("sees", "see"),
    ("finds", "find"),
    ("follows", "follow"),
    ("carries", "carry"),
    ("remembers", "remember"),
    ("paints", "paint"),
    ("breaks", "break"),
    ("watches", "watch"),
    ("sells", "sell"),
    ("builds", "build"),
    ("loses", "lose"),
    ("guards", "guard"),
    ("repairs", "repair"),
    ("admires", "admire"),
    ("hides", "hide"),
    ("opens", "open"),
    ("describes", "describe"),
    ("borrows", "borrow"),
    ("pulls", "pull"),
    ("visits", "visit"),
    ("praises", "praise"),
    ("fears", "fear"),
    ("draws", "draw"),
    ("buries", "bury"),
    ("steals", "steal"),
    ("washes", "wash"),
    ("measures", "measure"),
    ("returns", "return"),
    ("forgets", "forget"),
    ("asks", "ask"),
    ("avoids", "avoid"),
    ("greets", "greet"),
    ("chooses", "choose"),
    ("drops", "drop"),
    ("examines", "examine"),
    ("joins", "join"),
    ("keeps", "keep"),
    ("lifts", "lift"),
    ("mends", "mend"),
    ("needs", "need"),
    ("offers", "offer"),
    ("polishes", "polish"),
    ("quotes", "quote"),
    ("rescues", "rescue"),
];

const INTRANSITIVE: &[(&str, &str)] = &[
    ("sleeps", "sleep"),
    ("waits", "wait"),
    ("sings", "sing"),
    ("falls", "fall"),
    ("laughs", "laugh"),
    ("arrives", "arrive"),
    ("trembles", "tremble"),
    ("shines", "shine"),
    ("listens", "listen"),
    ("disappears", "disappear"),
    ("dreams", "dream"),
    ("wanders", "wander"),
    ("grows", "grow"),
    ("hesitates", "hesitate"),
    ("whistles", "whistle"),
    ("vanishes", "vanish"),
    ("kneels", "kneel"),
    ("rests", "rest"),
    ("stumbles", "stumble"),
    ("jumps", "jump"),
];

const ADJECTIVES: &[&str] = &[
    "old", "small", "quiet", "red", "dark", "young", "broken", "tall", "golden", "strange", "cold",
    "heavy", "bright", "lonely", "narrow", "clever", "silent", "dusty", "green", "gentle", "angry",
    "empty", "famous", "crooked", "patient", "silver", "wooden", "hungry", "pale", "proud",
    "foolish", "hidden", "rusty", "sleepy", "noisy", "yellow", "brave", "distant", "frozen",
    "humble", "jealous", "kind", "loyal", "muddy", "nervous", "ordinary", "polite", "quick",
    "ragged", "solemn", "timid", "upright", "velvet", "weary", "zealous",
];

/// Adverbs that stand before a verb.
pub const ADVERBS: &[&str] = &[
    "often", "never", "always", "slowly", "quickly", "rarely", "gladly", "secretly", "softly",
    "suddenly", "still", "once", "calmly", "bitterly", "again", "wisely",
];

/// Prepositions.
pub const PREPOSITIONS: &[&str] = &[
    "near", "behind", "under", "with", "beside", "above", "without", "beyond", "inside", "against",
    "among", "across",
];

/// Words that open a second clause.
pub const CONJUNCTIONS: &[&str] = &["because", "while", "but", "until", "when", "though"];

/// Determiners as `(word, plural)`; `None` leaves the number to the noun.
pub const DETERMINERS: &[(&str, Option<bool>)] = &[
    ("the", None),
    ("a", Some(false)),
    ("some", Some(true)),
    ("every", Some(false)),
    ("many", Some(true)),
    ("this", Some(false)),
    ("these", Some(true)),
    ("no", None),
    ("few", Some(true)),
    ("each", Some(false)),
    ("both", Some(true)),
];
