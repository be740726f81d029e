//! The words of the built-in grammar, most frequent first: a word's place in its list sets its
//! Zipf-like probability.

/// Given names, all singular.
pub const NAMES: &[&str] = &[
    "Mara", "Tomas", "Ines", "Oskar", "Lena", "Pavel", "Ruth", "Anton", "Edith", "Hugo", "Vera",
    "Jonas", "Selma", "Karim", "Dora", "Felix", "Noor", "Gustav", "Wanda", "Emil", "Zara", "Quentin",
];

/// Countable nouns with a regular plural in `s`.
pub const NOUNS: &[&str] = &[
    "river", "house", "child", "road", "garden", "letter", "market", "bird", "window", "teacher",
    "boat", "mountain", "door", "farmer", "stone", "lamp", "story", "bridge", "horse", "sailor",
    "tree", "village", "captain", "map", "storm", "sister", "train", "song", "doctor", "field",
    "clock", "painter", "island", "book", "tower", "dog", "king", "basket", "forest", "neighbour",
    "wheel", "ship", "question", "cook", "hill", "table", "stranger", "cloud", "key", "baker",
    "wall", "engine", "flower", "soldier", "mirror", "coat", "valley", "judge", "apple", "miller",
    "harbour", "wagon", "picture", "lantern", "queen", "barrel", "owl", "tailor", "candle", "ladder",
    "student", "rope", "shadow", "orchard", "goat", "merchant", "carpet", "kettle", "poet", "gate",
    "feather", "hunter", "drum", "statue", "widow", "bottle", "meadow", "weaver", "hammer", "cart",
    "prisoner", "chimney", "spoon", "pilot", "quarry", "cellar", "bell", "nephew", "jar", "fountain",
    "scholar", "violin", "anchor", "button", "potter", "cabin", "needle", "glacier", "swan", "zebra",
    "chapel", "pillar", "beggar", "saddle", "vessel", "raven", "kitten", "juggler", "oven", "thread",
    "compass", "ferry", "gardener", "hat", "inn", "jewel", "knight", "lion", "mask", "nail",
    "oar", "puppet", "quilt", "ribbon", "scarf", "tunnel", "uncle", "vine", "wizard", "yard",
    "acorn", "blanket", "cradle", "dancer", "elder", "falcon", "glove", "helmet", "ink", "jacket",
];

/// Transitive verbs as `(third person singular, plural)`.
pub const TRANSITIVE: &[(&str, &str)] = &[
    ("sees", "see"), ("finds", "find"), ("follows", "follow"), ("carries", "carry"),
    ("remembers", "remember"), ("paints", "paint"), ("breaks", "break"), ("watches", "watch"),
    ("sells", "sell"), ("builds", "build"), ("loses", "lose"), ("guards", "guard"),
    ("repairs", "repair"), ("admires", "admire"), ("hides", "hide"), ("opens", "open"),
    ("describes", "describe"), ("borrows", "borrow"), ("pulls", "pull"), ("visits", "visit"),
    ("praises", "praise"), ("fears", "fear"), ("draws", "draw"), ("buries", "bury"),
    ("steals", "steal"), ("washes", "wash"), ("measures", "measure"), ("returns", "return"),
    ("forgets", "forget"), ("asks", "ask"), ("avoids", "avoid"), ("greets", "greet"),
    ("chooses", "choose"), ("drops", "drop"), ("examines", "examine"), ("joins", "join"),
    ("keeps", "keep"), ("lifts", "lift"), ("mends", "mend"), ("needs", "need"),
    ("offers", "offer"), ("polishes", "polish"), ("quotes", "quote"), ("rescues", "rescue"),
];

/// Intransitive verbs as `(third person singular, plural)`.
pub const INTRANSITIVE: &[(&str, &str)] = &[
    ("sleeps", "sleep"), ("waits", "wait"), ("sings", "sing"), ("falls", "fall"),
    ("laughs", "laugh"), ("arrives", "arrive"), ("trembles", "tremble"), ("shines", "shine"),
    ("listens", "listen"), ("disappears", "disappear"), ("dreams", "dream"), ("wanders", "wander"),
    ("grows", "grow"), ("hesitates", "hesitate"), ("whistles", "whistle"), ("vanishes", "vanish"),
    ("kneels", "kneel"), ("rests", "rest"), ("stumbles", "stumble"), ("jumps", "jump"),
];

/// Adjectives.
pub const ADJECTIVES: &[&str] = &[
    "old", "small", "quiet", "red", "dark", "young", "broken", "tall", "golden", "strange",
    "cold", "heavy", "bright", "lonely", "narrow", "clever", "silent", "dusty", "green", "gentle",
    "angry", "empty", "famous", "crooked", "patient", "silver", "wooden", "hungry", "pale", "proud",
    "foolish", "hidden", "rusty", "sleepy", "noisy", "yellow", "brave", "distant", "frozen", "humble",
    "jealous", "kind", "loyal", "muddy", "nervous", "ordinary", "polite", "quick", "ragged", "solemn",
    "timid", "upright", "velvet", "weary", "zealous",
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
