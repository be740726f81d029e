//! Public runs with their λ, tuned or merely used: what rules can be held against.

use std::sync::LazyLock;

use serde::Deserialize;

use super::algorithm::Algorithm;
use super::fall::Fall;

/// A run whose λ is public.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicRun {
    /// Whose run, and of what size.
    pub run: String,
    /// Its optimizer.
    pub optimizer: Algorithm,
    /// Parameters, as its authors count them.
    pub params: f64,
    /// Tokens read.
    pub tokens: f64,
    /// Tokens a step.
    pub batch_tokens: f64,
    /// Peak learning rate.
    pub lr: f64,
    /// λ.
    pub weight_decay: f64,
    /// Channels.
    pub width: Option<f64>,
    /// Blocks.
    pub depth: Option<f64>,
    /// Tokens of the text, where it is read several times.
    pub unique_tokens: Option<f64>,
    /// How its learning rate falls to 0; missing where that was not read, or where it ends elsewhere.
    pub schedule: Option<Fall>,
    /// How its λ was found.
    pub how: How,
}

/// How a λ was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// It was the best of several.
    Searched,
    /// It was compared with values far from it.
    Coarse,
    /// It was taken over from a smaller run.
    Inherited,
    /// It was used, and no search is published.
    Used,
}

static ALL: LazyLock<Vec<PublicRun>> = LazyLock::new(|| {
    let mut reader = csv::Reader::from_reader(include_str!("public-runs.csv").as_bytes());
    reader.deserialize().map(|row| row.expect("the tests read every row")).collect()
});

impl PublicRun {
    /// Every run.
    pub fn all() -> &'static [PublicRun] {
        &ALL
    }
}
