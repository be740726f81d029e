use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config::Named;

/// How a learning rate falls from its peak, as the literature names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fall {
    /// Half a cosine.
    Cosine,
    /// A straight line from the end of the warm-up.
    Linear,
    /// Warm-up, stable, decay: constant, then a straight line over the last part of the run, a fifth where nothing else is said.
    Wsd,
    /// With the square root of the steps taken.
    InverseSqrt,
    /// Not at all.
    Constant,
}

impl Named for Fall {
    const ALL: &'static [Self] =
        &[Fall::Cosine, Fall::Linear, Fall::Wsd, Fall::InverseSqrt, Fall::Constant];

    fn name(self) -> &'static str {
        match self {
            Fall::Cosine => "cosine",
            Fall::Linear => "linear",
            Fall::Wsd => "wsd",
            Fall::InverseSqrt => "inverse-sqrt",
            Fall::Constant => "constant",
        }
    }
}

impl fmt::Display for Fall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
