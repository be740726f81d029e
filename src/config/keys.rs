//! The key table: everything that a spec may say, what it may be, and what it is for.

use super::family::Family;
use super::key::{Identity, Key, Kind, Range, Section};
use super::recipe::HYPERPARAMETERS;
use super::shape::SHAPE_KEYS;
use super::{Form, Mask, Named, Order, TestFamily, Texts};

/// Tokens of a split, at most: they are held in memory.
const MOST_TOKENS: usize = 2_000_000_000;
/// Planted sequences, at most: each is scored at every evaluation.
const MOST_CANARIES: usize = 10_000;

const fn key(
    section: Section,
    name: &'static str,
    kind: Kind,
    example: &'static str,
    doc: &'static str,
) -> Key {
    Key { section, name, kind, unit: "", doc, example, identity: Identity::Always }
}

const fn unidentified(key: Key, why: &'static str) -> Key {
    Key { identity: Identity::Not(why), ..key }
}

const fn in_tokens(key: Key) -> Key {
    Key { unit: "tokens", ..key }
}

/// What stands in no struct of its own.
const OTHERS: &[Key] = &[
    unidentified(
        key(
            Section::Top,
            "name",
            Kind::Text,
            "'other'",
            "Name of the experiment and of its folder.",
        ),
        "experiments of different names share their runs",
    ),
    unidentified(
        key(Section::Top, "question", Kind::Text, "'why?'", "What the experiment is to answer."),
        "it is for readers",
    ),
    key(
        Section::Top,
        "seeds",
        Kind::Seeds,
        "[7]",
        "A run per arm and seed; a seed draws the first weights, the order of the data and, where texts are per \
         seed, the train text. A table such as { model = 0, data = 3, text = 1 } draws each from its own.",
    ),
    key(Section::Recipe, "name", Kind::Text, "'llama-1'", "A published recipe to start from."),
    key(
        Section::Data,
        "source",
        Kind::Text,
        "'data/text.txt'",
        "`grammar`, `shifted-grammar`, sums such as `modular:31`, a file of text or of tokens, a folder of texts, or one with \
         train.bin and val.bin.",
    ),
    key(
        Section::Data,
        "tokenizer",
        Kind::Text,
        "'bytes'",
        "What text is cut into: `characters`, `bytes`, `bpe:N`, which learns N tokens of it, or a tokenizer.json.",
    ),
    key(
        Section::Data,
        "text_field",
        Kind::Text,
        "'other'",
        "The field of JSON lines that holds the text; `text`, or the only one, where it is missing.",
    ),
    in_tokens(key(
        Section::Data,
        "train",
        Kind::Count(1, MOST_TOKENS),
        "20000",
        "Training tokens: of the grammar or, with texts = \"fixed\", from the start of a file.",
    )),
    in_tokens(key(
        Section::Data,
        "val",
        Kind::Count(1, MOST_TOKENS),
        "10000",
        "Validation tokens, from the end of the source: everything is chosen on them.",
    )),
    in_tokens(key(
        Section::Data,
        "test",
        Kind::Count(0, MOST_TOKENS),
        "700",
        "Test tokens, on which nothing is chosen; as many as val unless given, 0 for none.",
    )),
    key(
        Section::Data,
        "texts",
        Kind::Name(Texts::names),
        "'fixed'",
        "Whether every seed trains on a text of its own; the default where the source is long enough.",
    ),
    key(
        Section::Data,
        "order",
        Kind::Name(Order::names),
        "'sequential'",
        "How batches are drawn from the training tokens.",
    ),
    key(
        Section::Data,
        "canaries",
        Kind::Count(0, MOST_CANARIES),
        "3",
        "Sequences of random tokens that are planted in every train text, to see which are learned by heart; 0 for \
         none.",
    ),
    in_tokens(key(
        Section::Data,
        "canary_length",
        Kind::Count(2, 10_000),
        "8",
        "Tokens of each of them; 16 where it is missing.",
    )),
    key(
        Section::Data,
        "canary_repeats",
        Kind::Rising(1, 1_000_000),
        "[1, 2]",
        "How often they stand in the train text: the first so often, the second so often, and from the start again; \
         [1, 4, 16] where it is missing.",
    ),
    key(Section::Arm, "form", Kind::Name(Form::names), "'independent'", "How weight decay acts."),
    key(Section::Arm, "mask", Kind::Name(Mask::names), "'global'", "Which parameters decay."),
    key(
        Section::Arm,
        "weight_decay",
        Kind::Number(Range::NotNegative),
        "0.3",
        "The coefficient λ.",
    ),
    key(
        Section::Train,
        "adam.weight_decay",
        Kind::Number(Range::NotNegative),
        "0.7",
        "λ of what `muon` and `soap` leave to Adam; that of the arm where it is missing.",
    ),
    key(
        Section::Arm,
        "recipe",
        Kind::Text,
        "'llama-1'",
        "A published recipe that this arm starts from.",
    ),
    key(
        Section::Arm,
        "transfer",
        Kind::Text,
        "'matched'",
        "How the decay of a published recipe is carried over.",
    ),
    unidentified(
        key(
            Section::Arm,
            "tune",
            Kind::Names(tunable),
            "['weight_decay', 'lr']",
            "Keys whose values in this arm are one rule, compared at its own best point; λ where it is missing.",
        ),
        "it says how runs are compared",
    ),
    unidentified(
        key(
            Section::Analysis,
            "families",
            Kind::Names(TestFamily::names),
            "['against-none']",
            "Families of tests, each corrected by itself; all where it is missing.",
        ),
        OF_ANALYSIS,
    ),
    unidentified(
        key(
            Section::Analysis,
            "epsilon",
            Kind::Number(Range::Positive),
            "0.01",
            "The smallest difference that matters; 2% of what decay could gain where it is missing.",
        ),
        OF_ANALYSIS,
    ),
    unidentified(
        key(
            Section::Analysis,
            "alpha",
            Kind::Number(Range::Inside),
            "0.01",
            "Share of families in which any claim may be false; where it is missing, 5% for differences, and 5% for \
             equivalences.",
        ),
        OF_ANALYSIS,
    ),
    unidentified(
        key(
            Section::Search,
            "bracket_seeds",
            Kind::Count(2, 100),
            "3",
            "Seeds of a point while the best is bracketed; 2 where it is missing.",
        ),
        OF_SEARCH,
    ),
    unidentified(
        key(
            Section::Search,
            "refine_seeds",
            Kind::Count(3, 100),
            "8",
            "Seeds of a point that may be the best; 5 where it is missing.",
        ),
        OF_SEARCH,
    ),
    unidentified(
        key(
            Section::Search,
            "looks",
            Kind::Rising(FEWEST_LOOKED_AT, MOST_LOOKED_AT),
            "[10]",
            "Numbers of fresh seeds after which the verdicts are looked at; [8, 12, 20] where it is missing.",
        ),
        OF_SEARCH,
    ),
    unidentified(
        key(
            Section::Search,
            "epsilon",
            Kind::Number(Range::Positive),
            "0.01",
            "The smallest difference in loss that is worth another point; that of [analysis] where it is missing.",
        ),
        OF_SEARCH,
    ),
    unidentified(
        key(
            Section::Search,
            "most_runs",
            Kind::Count(10, 100_000),
            "60",
            "Most runs of one rule before it is confirmed; 120 where it is missing.",
        ),
        OF_SEARCH,
    ),
];

/// With fewer seeds there is no test.
const FEWEST_LOOKED_AT: usize = 3;
/// More seeds than anyone trains.
const MOST_LOOKED_AT: usize = 1000;

const OF_SEARCH: &str = "it says which runs are trained, not what one is";

const OF_ANALYSIS: &str = "it says how finished runs are judged";

/// What an arm may tune.
fn tunable() -> Vec<&'static str> {
    let train = HYPERPARAMETERS.iter().map(|row| row.key.name);
    std::iter::once("weight_decay").chain(train).collect()
}

/// Every key of every section.
pub fn all() -> impl Iterator<Item = &'static Key> {
    let shape = SHAPE_KEYS.iter().map(|row| &row.key);
    OTHERS.iter().chain(shape).chain(HYPERPARAMETERS.iter().map(|row| &row.key))
}

/// The key of a section with this name. An arm has its own keys and those of `[model]` and `[train]`.
pub fn find(section: Section, name: &str) -> Option<&'static Key> {
    all().find(|key| key.stands_in(section) && key.name == name)
}

impl Section {
    /// Its keys.
    pub fn keys(self) -> Vec<&'static str> {
        all().filter(|key| key.stands_in(self)).map(|key| key.name).collect()
    }

    /// As error messages name it.
    pub fn name(self) -> &'static str {
        match self {
            Section::Top => "",
            Section::Recipe => "recipe",
            Section::Data => "data",
            Section::Model => "model",
            Section::Train => "train",
            Section::Arm => "arm",
            Section::Analysis => "analysis",
            Section::Search => "search",
        }
    }
}

impl Key {
    fn stands_in(&self, section: Section) -> bool {
        let is_of_arms = matches!(self.section, Section::Train | Section::Model);
        self.section == section || section == Section::Arm && is_of_arms
    }

    /// The families that read it; `None` for all.
    pub fn families(&self) -> Option<Vec<Family>> {
        let of = |family: &Family| family.facts().keys.contains(&self.name);
        let own: Vec<Family> = Family::ALL.iter().copied().filter(of).collect();
        (self.section == Section::Model && !own.is_empty()).then_some(own)
    }
}
