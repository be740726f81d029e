use serde::{Deserialize, Serialize};

use super::Named;

/// A stage of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Finds two points between which the best lies.
    Bracket,
    /// Finds the best between them.
    Refine,
    /// Judges what was found, on seeds that had no part in finding it.
    Confirm,
}

impl Named for Stage {
    const ALL: &'static [Self] = &[Stage::Bracket, Stage::Refine, Stage::Confirm];

    fn name(self) -> &'static str {
        match self {
            Stage::Bracket => "bracket",
            Stage::Refine => "refine",
            Stage::Confirm => "confirm",
        }
    }
}

/// What a spec says about how it searches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchTerms {
    /// Seeds of a point while the best is bracketed.
    pub bracket_seeds: usize,
    /// Seeds of a point that may be the best.
    pub refine_seeds: usize,
    /// Numbers of fresh seeds after which the verdicts are looked at; the last is the most.
    pub looks: Vec<usize>,
    /// The smallest difference in loss that is worth another point; missing for that of the analysis.
    pub epsilon: Option<f64>,
    /// Most runs of one rule before it is confirmed.
    pub most_runs: usize,
}

impl Default for SearchTerms {
    fn default() -> Self {
        SearchTerms {
            bracket_seeds: 2,
            refine_seeds: 5,
            looks: vec![8, 12, 20],
            epsilon: None,
            most_runs: 120,
        }
    }
}
