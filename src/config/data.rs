use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Named;

/// How many tokens each split has and in which order training reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Training tokens, from the start of the source.
    pub train: usize,
    /// Validation tokens, from the end of the source.
    pub val: usize,
    /// How batches are drawn from the training tokens.
    pub order: Order,
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

/// Where the first weights come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Drawn from a seed.
    Seed(u64),
    /// Read from a safetensors file with this SHA-256.
    Weights(String),
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
    /// [`Corpus::digest`](crate::corpus::Corpus::digest).
    pub digest: String,
    /// Number of different tokens.
    pub vocabulary: usize,
    /// Sizes and order.
    pub split: Split,
    /// Seed of the order.
    pub seed: u64,
}
