//! What a search is to reach, and what it may cost.

/// On what terms a search is carried out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    pub epsilon: Epsilon,
    /// Seeds of a point of the bracket, unless its first seed is far above the best.
    pub bracket_seeds: usize,
    /// Seeds of every point that the seeds of the bracket do not rule out.
    pub refine_seeds: usize,
    /// Runs after which it ends whatever it knows; those without decay do not count.
    pub most_runs: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Terms { epsilon: Epsilon::Value(0.02), bracket_seeds: 2, refine_seeds: 5, most_runs: 60 }
    }
}

/// The smallest difference in loss that matters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Epsilon {
    Value(f64),
    /// A share of the distance of the loss without decay from a level. It is taken from the seeds of the
    /// bracket alone, so that it stays what it is.
    Share {
        share: f64,
        level: f64,
    },
}

impl Epsilon {
    /// Given the losses without decay on the seeds of the bracket.
    pub fn value(self, none: &[f64]) -> f64 {
        match self {
            Epsilon::Value(value) => value,
            Epsilon::Share { share, level } => {
                let mean = none.iter().sum::<f64>() / none.len().max(1) as f64;
                (share * (mean - level)).max(0.0)
            }
        }
    }

    pub(super) fn asks_for_none(self) -> bool {
        matches!(self, Epsilon::Share { .. })
    }
}
