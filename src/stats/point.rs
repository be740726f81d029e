//! Arms as points of a rule, and the best among them.

use super::groups::{Cell, Side};
use super::quantity::Quantity;
use super::scores::Scores;
use crate::results::{Draw, RunRow};

/// One arm as a point of a rule.
#[derive(Clone, Debug)]
pub struct Point {
    pub side: Side,
    pub cell: Cell,
    /// Whether it may be chosen.
    pub is_eligible: bool,
}

impl Point {
    /// Seeds whose run has it, and what chooses by it.
    pub fn seeds(&self, quantity: Quantity) -> Vec<Draw> {
        let measured =
            |run: &&RunRow| [quantity, quantity.chooser()].iter().all(|one| one.of(run).is_some());
        self.cell.done().filter(measured).map(RunRow::draw).collect()
    }

    /// Its losses by these seeds.
    pub fn scores(&self, quantity: Quantity, seeds: &[Draw]) -> Scores {
        let of = |quantity: Quantity| {
            let run = |seed: &Draw| self.cell.done().find(|run| run.draw() == *seed);
            seeds.iter().filter_map(|seed| quantity.of(run(seed)?)).collect()
        };
        Scores { choose: of(quantity.chooser()), score: of(quantity) }
    }
}

/// The best of these points at the longest horizon: its last step is what a run ends with that nobody
/// shortened. The best of all, where they share one horizon.
pub fn best_at_full_length(points: &[Point]) -> Option<&Point> {
    // Not every arm names its steps: a point may come of one that another arm tunes.
    let steps = |point: &Point| point.cell.done().map(|run| run.steps).max();
    let longest = points.iter().filter(|point| point.is_eligible).filter_map(steps).max();
    lowest(points.iter().filter(|point| steps(point) == longest))
}

/// The point with the lowest mean val loss.
pub fn best(points: &[Point]) -> Option<&Point> {
    lowest(points.iter())
}

fn lowest<'a>(points: impl Iterator<Item = &'a Point>) -> Option<&'a Point> {
    let loss = |point: &Point| point.cell.mean(|run| run.val_loss);
    let eligible = points.filter(|point| point.is_eligible);
    let known = eligible.filter_map(|point| Some((loss(point)?, point)));
    known.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, point)| point)
}
