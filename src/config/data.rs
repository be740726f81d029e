use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Named;

/// How many tokens each split has and in which order training reads them. The splits never overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Split {
    /// Training tokens.
    pub train: usize,
    /// Validation tokens: what is chosen, such as λ or a step, is chosen on them.
    pub val: usize,
    /// How batches are drawn from the training tokens.
    pub order: Order,
    /// Test tokens: nothing is chosen on them. 0 where a run measures none; then its identity is that of
    /// the time before there was a test split.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub test: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What a spec asks of its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Training tokens.
    pub train: usize,
    /// Validation tokens.
    pub val: usize,
    /// Test tokens; `None` for as many as val has, or as the source has room for.
    pub test: Option<usize>,
    /// How batches are drawn from the training tokens.
    pub order: Order,
    /// Whether every seed has a text of its own; `None` for yes where the source can.
    pub texts: Option<Texts>,
    /// What is planted in train texts.
    pub canaries: Option<Canaries>,
}

impl Cut {
    /// The cut that gave a run its data.
    pub fn of(data: &RunData) -> Self {
        let Split { train, val, order, test } = data.split;
        Cut {
            train,
            val,
            test: Some(test),
            order,
            texts: Some(data.texts()),
            canaries: data.canaries.clone(),
        }
    }

    /// The split with this many test tokens.
    pub fn with_test(&self, test: usize) -> Split {
        Split { train: self.train, val: self.val, order: self.order, test }
    }
}

/// How training walks through its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Every window starts at a random place, drawn from (data seed, step).
    Random,
    /// Windows follow one another from the start and wrap around; the seed plays no part.
    Sequential,
}

impl Named for Order {
    const ALL: &'static [Self] = &[Order::Random, Order::Sequential];

    fn name(self) -> &'static str {
        match self {
            Order::Random => "random",
            Order::Sequential => "sequential",
        }
    }
}

/// Which text the runs of a seed train on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Texts {
    /// Every seed has a text of its own: another stream of the grammar, another excerpt of a file.
    PerSeed,
    /// All seeds have the same text.
    Fixed,
}

impl Named for Texts {
    const ALL: &'static [Self] = &[Texts::PerSeed, Texts::Fixed];

    fn name(self) -> &'static str {
        match self {
            Texts::PerSeed => "per-seed",
            Texts::Fixed => "fixed",
        }
    }
}

/// Random tokens that are planted in a train text, to see whether a model knows them by heart (Carlini et al. 2019,
/// The Secret Sharer).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Canaries {
    /// Different sequences.
    pub count: usize,
    /// Tokens of each.
    pub length: usize,
    /// How often each stands in the text, from the first on and over again.
    pub repeats: Vec<usize>,
}

impl Canaries {
    /// Sequences of the same kind that are planted nowhere, among which a planted one is ranked.
    pub const CANDIDATES: usize = 255;

    /// How often each of them is planted.
    pub fn plantings(&self) -> impl Iterator<Item = usize> + '_ {
        self.repeats.iter().copied().cycle().take(self.count)
    }

    /// Tokens of a train text that they take the place of.
    pub fn tokens(&self) -> usize {
        self.plantings().fold(0, usize::saturating_add).saturating_mul(self.length)
    }
}

/// Where the first weights come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Drawn from a seed.
    Seed(u64),
    /// Read from a safetensors file with this SHA-256.
    Weights(String),
}

impl Start {
    /// The seed that draws them, if one does.
    pub fn seed(&self) -> Option<u64> {
        match self {
            Start::Seed(seed) => Some(*seed),
            Start::Weights(_) => None,
        }
    }

    /// The first step after which a run may be stopped at its best: weights that were given may be taken as they are, and
    /// those of a fresh model are no choice.
    pub fn first_stop(&self) -> usize {
        match self {
            Start::Seed(_) => 1,
            Start::Weights(_) => 0,
        }
    }
}

/// Weights in files to start from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialWeights {
    /// A safetensors file, an index of several, or a folder that holds either.
    #[serde(with = "crate::paths")]
    pub path: PathBuf,
    /// Whether surplus rows of embeddings and positions are left out.
    pub crop: bool,
}

/// The data of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunData {
    /// Digest of the run's [`Text`](crate::corpus::Text).
    pub digest: String,
    /// Number of different tokens.
    pub vocabulary: usize,
    /// Sizes and order.
    pub split: Split,
    /// Seed of the order.
    pub seed: u64,
    /// Seed of the train text, where every seed has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_seed: Option<u64>,
    /// What is planted in the train text, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canaries: Option<Canaries>,
}

impl RunData {
    /// Whether every seed has a text of its own.
    pub fn texts(&self) -> Texts {
        if self.text_seed.is_some() { Texts::PerSeed } else { Texts::Fixed }
    }
}
