//! What happened to a tensor in the step.

use super::number::Format;
use super::sums::{Rounding, Sums};

/// Standard errors of a mean that count as its uncertainty.
const ERRORS: f64 = 3.0;
/// Numbers of a rounded copy that would have changed, had the weights shrunk; e^−8 is the chance that none did.
const EXPECTED_CHANGES: f64 = 8.0;
/// How alike distances are, and how many lead towards zero, where an optimizer has divided out their sizes.
pub const ALIKE: f64 = 0.2;
const TOWARDS: f64 = 0.95;

/// Roundings that several steps may have left, and the share of the way that these may be of, for numbers to have shrunk
/// by nearly one factor. L2 in the gradient of Adam leaves more of both where λ|w| is as small as its ε, and as little as
/// they where it is far below.
const MOST_ROUNDINGS: f64 = 1000.0;
const NEARLY: f64 = 1e-4;

/// A factor with its uncertainty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factor {
    pub value: f64,
    pub error: f64,
}

impl Factor {
    /// The share that a weight lost.
    pub fn shrink(self) -> f64 {
        1.0 - self.value
    }

    /// Whether two may be one.
    pub fn agrees(self, other: Factor) -> bool {
        (self.value - other.value).abs() <= self.error + other.error
    }
}

/// How the shrink of a tensor differs within it.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// In stretches of rows, or of columns.
    Stretches { axis: Axis, runs: Vec<Run> },
    /// Some rows or columns stay, the others shrink by one factor.
    Some { axis: Axis, moved: usize, of: usize, factor: Factor },
    /// Some numbers stay, the others shrink by one factor.
    Numbers { moved: usize, of: usize, factor: f64 },
    /// By one factor, but for more than the rounding of one step leaves.
    Nearly { factor: f64 },
    /// By many factors.
    Various,
}

/// Along which a tensor is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    Rows,
    Columns,
}

/// Neighbouring rows or columns of one factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    pub from: usize,
    /// The last one.
    pub to: usize,
    pub factor: Factor,
}

/// What happened to a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// All of it shrank by one factor.
    Decays(Factor),
    /// Nothing changed, and the decay of the others, or an ordinary one, would have been seen.
    Stays {
        limit: f64,
    },
    /// Nothing to be told from rounding; a shrink below `limit` would not show.
    TooCoarse {
        limit: f64,
    },
    /// All of it grew by one factor.
    Grows(Factor),
    /// Every number moved by about the same distance towards zero.
    Normalised {
        step: f64,
    },
    /// Numbers shrank or stayed, not by one factor.
    Unequal(Pattern),
    /// It moved otherwise than by shrinking.
    Moved,
    /// All zeros before and after.
    Zeros,
    /// No numbers.
    Empty,
    /// Infinite numbers, or none.
    NotFinite {
        count: usize,
    },
    /// No numbers that a step trains: integers and booleans.
    NotTrained,
    /// In a format of fewer than 16 bits, or another that cannot be read.
    Unread,
    /// Of another shape or type after the step.
    Changed {
        now: String,
    },
    OnlyBefore,
    OnlyAfter,
}

impl Verdict {
    /// As JSON has it.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Decays(_) => "decays",
            Verdict::Stays { .. } => "stays",
            Verdict::TooCoarse { .. } => "too-coarse",
            Verdict::Grows(_) => "grows",
            Verdict::Normalised { .. } => "l2-normalised",
            Verdict::Unequal(_) => "unequal",
            Verdict::Moved => "moved",
            Verdict::Zeros => "all-zeros",
            Verdict::Empty => "empty",
            Verdict::NotFinite { .. } => "not-finite",
            Verdict::NotTrained => "not-trained",
            Verdict::Unread => "unread",
            Verdict::Changed { .. } => "changed-shape-or-type",
            Verdict::OnlyBefore => "only-before",
            Verdict::OnlyAfter => "only-after",
        }
    }

    /// Whether weight decay acted; `None` where the step could not tell.
    pub fn decays(&self) -> Option<bool> {
        match self {
            Verdict::Decays(_) | Verdict::Normalised { .. } => Some(true),
            Verdict::Stays { .. } => Some(false),
            _ => None,
        }
    }

    /// Whether a step trains the tensor and did not tell whether it decays: zeros are the same with decay and without.
    pub fn is_unclear(&self) -> bool {
        !matches!(self, Verdict::Empty | Verdict::NotTrained) && self.decays().is_none()
    }

    pub fn factor(&self) -> Option<Factor> {
        match self {
            Verdict::Decays(factor) | Verdict::Grows(factor) => Some(*factor),
            Verdict::Stays { limit } | Verdict::TooCoarse { limit } => {
                Some(Factor { value: 1.0, error: *limit })
            }
            _ => None,
        }
    }
}

/// The one factor of a tensor, where all its numbers allow one.
pub fn one_factor(sums: &Sums, format: &Format, rounding: Rounding) -> Option<Factor> {
    let allowed = sums.allowed(rounding);
    if sums.used == 0 || allowed.is_empty() {
        return None;
    }
    if sums.changed == 0 {
        return Some(Factor { value: 1.0, error: limit(sums, format, rounding) });
    }
    let (value, error) = match rounding {
        Rounding::Once => {
            (f64::midpoint(allowed.low, allowed.high), (allowed.high - allowed.low) / 2.0)
        }
        Rounding::Twice => (sums.mean_factor(), ERRORS * sums.mean_error()),
    };
    // In a format of few bits λ and η may have been rounded to it before they were multiplied.
    let on_the_way = (1.0 - value).abs() * format.half_step();
    let factor = Factor { value, error: error + format.multiplier + on_the_way };
    (factor.value.is_finite() && factor.error.is_finite()).then_some(factor)
}

/// The largest shrink of a tensor in which no number changed.
fn limit(sums: &Sums, format: &Format, rounding: Rounding) -> f64 {
    let by_each = 1.0 - sums.allowed(Rounding::Once).low;
    match rounding {
        Rounding::Twice if !sums.is_of_one_magnitude() => {
            by_each.min(EXPECTED_CHANGES * 2.0 * format.half_step() / sums.used as f64)
        }
        _ => by_each,
    }
}

/// What the sums of a tensor say on their own; a tensor in which nothing changed stays for now.
pub fn verdict(sums: &Sums, format: &Format, rounding: Rounding) -> Verdict {
    if sums.not_finite > 0 {
        return Verdict::NotFinite { count: sums.not_finite };
    }
    if sums.zeros_moved > 0 {
        return Verdict::Moved;
    }
    if sums.used == 0 {
        return Verdict::Zeros;
    }
    match one_factor(sums, format, rounding) {
        Some(factor) if sums.changed == 0 => Verdict::Stays { limit: factor.error },
        Some(factor) if factor.shrink() > factor.error => Verdict::Decays(factor),
        Some(factor) if -factor.shrink() > factor.error => Verdict::Grows(factor),
        Some(factor) => Verdict::TooCoarse { limit: factor.shrink().abs() + factor.error },
        None if sums.spread_of_distance() < ALIKE && sums.share_towards_zero() > TOWARDS => {
            Verdict::Normalised { step: sums.mean_distance() }
        }
        None if sums.grown == 0 => Verdict::Unequal(numbers(sums, rounding)),
        None => Verdict::Moved,
    }
}

fn numbers(sums: &Sums, rounding: Rounding) -> Pattern {
    let allowed = sums.allowed_by_changed(rounding);
    match allowed.is_empty() {
        false if sums.changed < sums.used => Pattern::Numbers {
            moved: sums.changed,
            of: sums.used,
            factor: f64::midpoint(allowed.low, allowed.high),
        },
        _ if is_nearly_one(sums) => Pattern::Nearly { factor: sums.mean_factor() },
        _ => Pattern::Various,
    }
}

/// Whether what one factor does not explain is as little as rounding in several steps leaves.
fn is_nearly_one(sums: &Sums) -> bool {
    sums.share_beside_one_factor() < NEARLY && sums.roundings() < MOST_ROUNDINGS
}

#[cfg(test)]
mod tests;
