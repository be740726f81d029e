//! What a search decides, and why: values, which `report` puts into words.

use super::{Axis, Place};
use crate::config::Stage;

/// A place and the values of its axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub place: Place,
    /// One for each axis, in their order.
    pub values: Vec<f64>,
}

impl Point {
    pub fn of(place: &Place, axes: &[Axis]) -> Self {
        let values = axes.iter().zip(&place.0).map(|(axis, parts)| axis.value(*parts)).collect();
        Point { place: place.clone(), values }
    }
}

/// A point that is to be known on seeds 0 to `seeds` − 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub point: Point,
    pub seeds: usize,
}

/// Why something is trained, or no more is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    /// Nothing is known yet.
    First,
    /// The best is the lowest that was tried: there may be better below.
    BestAtLowerEdge { axis: usize },
    /// The best is the highest that was tried.
    BestAtUpperEdge { axis: usize },
    /// Of several values, no end of any is the best, and some next to it were not tried beside the others.
    NeighboursUntried,
    /// Nothing that was tried is below no decay, and usual values lie below all of it.
    MayLieBelow { axis: usize },
    /// The highest that was tried may be as low as the best, and usual values lie above it.
    MayLieAbove { axis: usize },
    /// Every run that was tried diverged.
    NothingFinite,
    /// The best has worse neighbours on both sides.
    Inside,
    /// The best is next to values that diverge.
    Cliff,
    /// The best is the lowest that was tried, and it cannot be told from no decay.
    SameAsNone,
    /// The best is at an end of what was tried of the axis, and the last factor of 4 has changed nothing that matters.
    Flat { axis: usize },
    /// The best is at a bound of the axis, or farther from the start than a search goes.
    AtTheEnd { axis: usize },
    /// Points that their seeds do not rule out as the best get the seeds of the stage.
    NotRuledOut { points: usize },
    /// Between the points there is this much to be gained, by the fit.
    GainAbove { predicted: f64 },
    /// There is less than ε/2 to be gained.
    GainBelow { predicted: f64 },
    /// The search has cost what it may.
    MostRuns,
}

/// The best point so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Leader {
    pub point: Point,
    /// Its mean over seeds; what it has fewer seeds than others is corrected for.
    pub loss: f64,
    pub seeds: usize,
}

/// A line of the log: what was known, what was decided, why.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub stage: Stage,
    /// Runs that had been asked for before, those without decay not among them.
    pub runs: usize,
    pub leader: Option<Leader>,
    pub why: Why,
    /// What is asked for now; empty where it is decided to go on to the next stage.
    pub points: Vec<Wanted>,
    /// Seeds asked for without decay.
    pub none_seeds: usize,
}

/// What a search comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Best {
    /// Nothing that decays does better than no decay.
    NoDecay,
    /// The place nearest to the optimum of the fit; not always one that was trained.
    At(Point),
    /// Every run diverged.
    Nothing,
}

/// What is to be done now.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Train these, each on seeds 0 to `seeds` − 1, of which some may be there already; and `none_seeds`
    /// without decay.
    Train { stage: Stage, points: Vec<Wanted>, none_seeds: usize },
    /// Nothing is left to search: confirm this on fresh seeds.
    Confirm(Best),
}
