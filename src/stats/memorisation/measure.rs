//! Numbers of what is known by heart.

use serde::Serialize;

use crate::config::Canaries;
use crate::record::CurveRow;
use crate::results::RunRow;

/// A number of what is known by heart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Share of train prompts that are continued verbatim, less that of val prompts.
    ByHeart,
    /// Mean exposure of canaries, in bits.
    Exposure,
}

impl Measure {
    pub const ALL: [Measure; 2] = [Measure::ByHeart, Measure::Exposure];

    /// Of a run at its last step.
    pub fn of(self, run: &RunRow) -> Option<f64> {
        match self {
            Measure::ByHeart => run.by_heart(),
            Measure::Exposure => run.exposure,
        }
    }

    /// Of an evaluation.
    pub fn at(self, row: &CurveRow) -> Option<f64> {
        match self {
            Measure::ByHeart => Some(row.memory.verbatim_train? - row.memory.verbatim_val?),
            Measure::Exposure => row.memory.exposure,
        }
    }

    /// The largest that it can be.
    pub fn largest(self) -> f64 {
        match self {
            Measure::ByHeart => 1.0,
            Measure::Exposure => ((Canaries::CANDIDATES + 1) as f64).log2(),
        }
    }
}
