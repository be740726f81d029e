//! One side of a comparison.

use crate::results::Draw;
use crate::stats::point::Point;
use crate::stats::quantity::Quantity;
use crate::stats::scores::{Scores, chosen_by_all};

/// The points of one side of a comparison, and the loss that it is scored on.
#[derive(Clone, Debug)]
pub struct Operand {
    pub points: Vec<Point>,
    pub quantity: Quantity,
}

impl Operand {
    /// Losses of the points that may be chosen, by the seeds that all of them have.
    pub fn scores(&self, seeds: &[Draw]) -> Vec<Scores> {
        self.eligible().map(|point| point.scores(self.quantity, seeds)).collect()
    }

    pub fn eligible(&self) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(|point| point.is_eligible)
    }

    /// Seeds that all points that may be chosen have.
    pub fn seeds(&self) -> Vec<Draw> {
        let mut points = self.eligible();
        let Some(first) = points.next() else { return Vec::new() };
        let mut seeds = first.seeds(self.quantity);
        points.for_each(|point| {
            let own = point.seeds(self.quantity);
            seeds.retain(|seed| own.contains(seed));
        });
        seeds
    }

    /// The point that these seeds choose together; that with the lowest mean where there are no seeds, or none may be
    /// chosen.
    pub fn chosen(&self, seeds: &[Draw]) -> Option<&Point> {
        let chosen = chosen_by_all(&self.scores(seeds));
        chosen.and_then(|place| self.eligible().nth(place)).or_else(|| self.lowest())
    }

    /// The point that its own seeds choose, whatever the other side of a comparison has.
    pub fn chosen_alone(&self) -> Option<&Point> {
        self.chosen(&self.seeds())
    }

    /// The point with the lowest mean loss on the windows that choose, among those that may be chosen where any may.
    fn lowest(&self) -> Option<&Point> {
        let may_any = self.eligible().next().is_some();
        let chooser = self.quantity.chooser();
        let loss = |point: &Point| point.cell.mean(|run| chooser.of(run)).unwrap_or(f64::INFINITY);
        let points = self.points.iter().filter(|point| point.is_eligible || !may_any);
        points.min_by(|a, b| loss(a).total_cmp(&loss(b)))
    }
}
