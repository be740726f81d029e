//! What the losses say of the places that were tried.

use super::{Axis, Best, Place, Point};
use crate::stats::optimum::{Difference, Layout, around_best, basin};
use crate::stats::quadratic::{Quadratic, terms};

/// How far from the best a point of the fit may be: a step of the bracket. On one axis only where enough are so near.
const FITTED_WITHIN: i32 = 4;
/// Points that near that are enough on one axis: one more than a quadratic has terms.
const FITTED_NEAR: usize = 4;
/// The best that was tried is sure to be below another place from so many errors of their difference on.
pub const SURELY: f64 = 2.0;

/// The places that were tried, with their losses.
pub struct View<'a> {
    axes: &'a [Axis],
    places: Vec<Place>,
    /// The places in their order, then no decay.
    layout: Layout,
    has_none: bool,
}

/// What the fit says of its lowest place.
struct Lowest {
    place: Place,
    /// The loss there.
    loss: f64,
    /// How far it is below the best place that was tried.
    gain: f64,
}

impl<'a> View<'a> {
    pub fn new(
        axes: &'a [Axis],
        points: Vec<(Place, Vec<f64>)>,
        none: Option<Vec<f64>>,
        epsilon: f64,
    ) -> Self {
        let has_none = none.is_some();
        let (places, losses): (Vec<Place>, Vec<Vec<f64>>) = points.into_iter().unzip();
        let layout = Layout::new(losses.into_iter().chain(none).collect(), epsilon);
        View { axes, places, layout, has_none }
    }

    /// The place with the lowest mean, and that mean.
    pub fn leader(&self) -> Option<(&Place, f64)> {
        let means = self.places.iter().zip(self.layout.means().iter().copied());
        means.filter(|one| one.1.is_finite()).min_by(|a, b| a.1.total_cmp(&b.1))
    }

    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The places whose mean is no farther above the lowest.
    pub fn within(&self, distance: f64) -> Vec<&Place> {
        let Some((_, lowest)) = self.leader() else { return Vec::new() };
        let means = self.places.iter().zip(self.layout.means());
        means.filter(|one| *one.1 <= lowest + distance).map(|one| one.0).collect()
    }

    /// Whether it was tried and a run of it diverged.
    pub fn diverged(&self, place: &Place) -> bool {
        self.index(place).is_some_and(|index| !self.layout.means()[index].is_finite())
    }

    /// A place against no decay, on the seeds that both have.
    pub fn against_none(&self, place: &Place) -> Option<Difference> {
        let none = self.has_none.then_some(self.places.len())?;
        Some(self.layout.difference(self.index(place)?, none))
    }

    /// A place against another, on the seeds that both have.
    pub fn difference(&self, place: &Place, other: &Place) -> Option<Difference> {
        Some(self.layout.difference(self.index(place)?, self.index(other)?))
    }

    /// The places that may be the best, at 95%; the two lowest where single seeds tell no noise.
    pub fn contenders(&self) -> Vec<&Place> {
        if self.layout.noise().is_some() {
            let contenders = self.layout.contenders(0.05).into_iter();
            return contenders.filter_map(|index| self.places.get(index)).collect();
        }
        let means = self.places.iter().zip(self.layout.means());
        let mut finite: Vec<_> = means.filter(|one| one.1.is_finite()).collect();
        finite.sort_by(|a, b| a.1.total_cmp(b.1));
        finite.into_iter().take(2).map(|one| one.0).collect()
    }

    /// How far the fit falls below the best place that was tried.
    pub fn gain(&self) -> f64 {
        self.lowest().map_or(0.0, |lowest| lowest.gain)
    }

    /// What the search would confirm if it ended now: as it asks no more, what lies near the best decides.
    pub fn recommended(&self) -> Best {
        let near = self.near_leader().map(|points| self.nearer(points));
        let lowest = near.and_then(|points| self.lowest_through(&points));
        self.best(lowest.filter(|lowest| !self.is_misled(lowest)))
    }

    /// Around what a search goes on: where the fit is lowest.
    pub fn promising(&self) -> Best {
        self.best(self.lowest())
    }

    /// The lowest place of a fit, the best that was tried where there is none, or no decay.
    fn best(&self, lowest: Option<Lowest>) -> Best {
        let Some((leader, loss)) = self.leader() else { return Best::Nothing };
        let lowest_loss = lowest.as_ref().map_or(loss, |lowest| lowest.loss);
        if self.has_none && self.layout.means()[self.places.len()] <= lowest_loss {
            return Best::NoDecay;
        }
        let place = lowest.map_or_else(|| leader.clone(), |lowest| lowest.place);
        Best::At(Point::of(&place, self.axes))
    }

    /// Whether the fit is no guide on one axis: what was measured nearest to where it is lowest is above the best that
    /// was tried, on the seeds that both have, by more than ε/2 and more than noise explains.
    fn is_misled(&self, lowest: &Lowest) -> bool {
        let is_finite = |index: &usize| self.layout.means()[*index].is_finite();
        let finite = (0..self.places.len()).filter(is_finite);
        let nearest = finite.min_by_key(|index| self.places[*index].distance(&lowest.place));
        let leader = self.leader().and_then(|leader| self.index(leader.0));
        let (1, Some((nearest, leader))) = (self.axes.len(), nearest.zip(leader)) else {
            return false;
        };
        let Difference { mean, error, .. } = self.layout.difference(nearest, leader);
        mean > (self.layout.epsilon() / 2.0).max(SURELY * error)
    }

    fn index(&self, place: &Place) -> Option<usize> {
        self.places.binary_search(place).ok()
    }

    /// Whether places enough lie around the best for a fit.
    pub fn is_fitted(&self) -> bool {
        self.near_leader().is_some_and(|near| self.fit(&near).is_some())
    }

    /// A quadratic through some of the points, and where those are.
    fn fit(&self, through: &[usize]) -> Option<(Quadratic, Vec<Vec<f64>>)> {
        let points: Vec<Vec<f64>> =
            through.iter().map(|index| numbers(&self.places[*index])).collect();
        Some((basin(&self.layout, through, &points)?, points))
    }

    /// Where the fit through the points near the best is lowest.
    fn lowest(&self) -> Option<Lowest> {
        self.lowest_through(&self.near_leader()?)
    }

    /// Where a fit is lowest, of the places where it is known as well as at its points.
    fn lowest_through(&self, through: &[usize]) -> Option<Lowest> {
        let (fit, points) = self.fit(through)?;
        let lowest = match self.axes.len() {
            1 => self.inside(fit.lowest()?, &points),
            _ => well_known(&fit, &points, |place| !self.is_off_the_cliff(place))?,
        };
        let tried = points.iter().map(|point| fit.at(point)).fold(f64::INFINITY, f64::min);
        let loss = fit.at(&numbers(&lowest)).min(tried);
        Some(Lowest { place: lowest, loss, gain: tried - loss })
    }

    /// Places of the fit, if they are enough.
    fn near_leader(&self) -> Option<Vec<usize>> {
        let leader = self.index(self.leader()?.0)?;
        let near = match self.axes.len() {
            1 => {
                let line: Vec<f64> = self.places.iter().map(|place| numbers(place)[0]).collect();
                around_best(&self.layout, &line, leader)
            }
            _ => {
                let is_finite = |index: &usize| self.layout.means()[*index].is_finite();
                let is_near = |index: &usize| {
                    self.places[*index].distance(&self.places[leader]) <= FITTED_WITHIN
                };
                (0..self.places.len()).filter(is_finite).filter(is_near).collect()
            }
        };
        (near.len() >= terms(self.axes.len())).then_some(near)
    }

    /// Of points of which the best is the first, on one axis those within a step of the bracket if they are enough. No
    /// quadratic holds over a valley that is flat on one side and steep on the other: far points would draw its lowest
    /// place out on the flat.
    fn nearer(&self, points: Vec<usize>) -> Vec<usize> {
        let best = points[0];
        let is_near =
            |index: &usize| self.places[*index].distance(&self.places[best]) <= FITTED_WITHIN;
        let enough = points.iter().filter(|index| is_near(index)).count() >= FITTED_NEAR;
        if self.axes.len() > 1 || !enough {
            return points;
        }
        points.into_iter().filter(is_near).collect()
    }

    /// Whether a place that was tried and diverged is nearer than any that the fit rests on.
    fn is_off_the_cliff(&self, place: &Place) -> bool {
        let nearest = |diverged: bool| {
            let tried = self.places.iter().filter(|tried| self.diverged(tried) == diverged);
            tried.map(|tried| tried.distance(place)).min().unwrap_or(i32::MAX)
        };
        nearest(true) < nearest(false)
    }

    /// The lawful place nearest to where the fit is lowest, inside of what was tried.
    fn inside(&self, lowest: Vec<f64>, points: &[Vec<f64>]) -> Place {
        let parts = lowest.into_iter().enumerate().map(|(axis, at)| {
            let along = points.iter().map(|point| point[axis]);
            let low = along.clone().fold(f64::INFINITY, f64::min);
            at.clamp(low, along.fold(low, f64::max)).round() as i32
        });
        Place(parts.collect())
    }
}

/// On several axes, the lowest place between the points at which a fit is known as well as at the worst known of them.
/// The bottom of a ridge that leaves their box is not where the nearest place of the box is, and a saddle has none.
fn well_known(
    fit: &Quadratic,
    points: &[Vec<f64>],
    is_safe: impl Fn(&Place) -> bool,
) -> Option<Place> {
    let spread = |at: &[f64]| fit.variance(at);
    let most = points.iter().map(|point| spread(point)).fold(0.0, f64::max);
    let along = (0..points.first()?.len()).map(|axis| {
        let parts = || points.iter().map(move |point| point[axis] as i32);
        parts().min().unwrap_or(0)..=parts().max().unwrap_or(0)
    });
    let places = along.fold(vec![Vec::new()], |places: Vec<Vec<i32>>, parts| {
        let longer = |place: &Vec<i32>| {
            parts.clone().map(|part| [&place[..], &[part]].concat()).collect::<Vec<_>>()
        };
        places.iter().flat_map(longer).collect()
    });
    let places = places.into_iter().map(Place).map(|place| (numbers(&place), place));
    // What rounding adds to the spread at the worst known point.
    let known = places.filter(|(at, _)| spread(at) <= most * (1.0 + 1e-9));
    let known = known.filter(|(_, place)| is_safe(place));
    known.min_by(|a, b| fit.at(&a.0).total_cmp(&fit.at(&b.0))).map(|(_, place)| place)
}

fn numbers(place: &Place) -> Vec<f64> {
    place.0.iter().map(|parts| f64::from(*parts)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Tuned;

    /// Losses fall with both values up to where runs diverge, which no fit through those that ended can see.
    #[test]
    fn a_place_that_diverged_or_lies_beyond_one_is_not_recommended() {
        let axes = [Axis::new(Tuned::WeightDecay, 0.1), Axis::new(Tuned::LearningRate, 0.003)];
        let loss = |x: i32, y: i32| match (x, y) {
            (2.., 2..) => f64::INFINITY,
            _ => 0.02 * f64::from((x - 4).pow(2) + (y - 4).pow(2)),
        };
        let places = (-4..=4).step_by(2).flat_map(|x| (-4..=4).step_by(2).map(move |y| (x, y)));
        let points = places.map(|(x, y)| (Place(vec![x, y]), vec![loss(x, y), loss(x, y) + 1e-3]));
        let view = View::new(&axes, points.collect(), None, 0.01);
        let lowest = view.lowest().expect("enough places").place;
        assert!(loss(lowest.0[0], lowest.0[1]).is_finite(), "{lowest:?}");
        assert!(!view.diverged(&lowest));
    }
}
