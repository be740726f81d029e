//! The best value of one hyperparameter from losses at the values that were tried: where it lies, how sure
//! that is, and what it costs to miss it.
//!
//! Everything rests on differences paired by seed. The values that no other beats, at 95% for all of them
//! together, may be the best that was tried; the optimum then lies between the neighbours of the lowest
//! and of the highest of them, whatever the shape of the curve, as long as it has no basin narrower than
//! the points are apart. No fit enters the interval: a quadratic is sure of itself on curves that are none.

mod additive;
mod basin;
mod evenness;
mod layout;
mod regret;

pub use additive::Noise;
pub use basin::{around_best, basin};
pub use layout::{Difference, Layout};
pub use regret::{Regret, Within};

/// Share of experiments in which an interval may miss.
const ALPHA: f64 = 0.05;

/// A value that was tried, and its losses from seed 0 on; +∞ is a run that diverged.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    pub value: f64,
    pub losses: Vec<f64>,
}

/// Which ends of the range the losses leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// Both ends are beaten: an interior optimum.
    Inside,
    /// No decay, or the lowest value, may be the best; the highest is beaten.
    LowerEndOpen,
    /// The highest value may be the best; the lower end is beaten.
    UpperEndOpen,
    /// Neither end is beaten: nothing is said against a flat curve.
    Anywhere,
}

/// The answer of a search along one axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimum {
    /// The estimate of the best value, 0 for no decay: where a fit is lowest, or the best that was tried where that is not
    /// within ε of it by the means.
    pub best: f64,
    /// Its 95% interval, 0 and +∞ where it is open.
    pub interval: [f64; 2],
    pub whereabouts: Whereabouts,
    /// Whether every value that was tried is within ε of the best, at 95%.
    pub flat: bool,
    pub within: Within,
    /// By value, no decay first.
    pub curve: Vec<Regret>,
    /// The loss at the best, by the fit where that tells it. It was chosen for being low, so it is a little too low.
    pub predicted_loss: f64,
    /// Runs that it rests on, those without decay among them.
    pub runs: usize,
    /// What is left of a loss beside its value and its seed; missing without two seeds.
    pub noise: Option<Noise>,
}

impl Optimum {
    /// Of the values that were tried, in any order, with `none` for losses without decay on the same
    /// seeds; `None` if every run diverged.
    pub fn of(tried: &[Tried], none: Option<&[f64]>, epsilon: f64) -> Option<Self> {
        let none = none.map(|losses| Tried { value: 0.0, losses: losses.to_vec() });
        let mut points: Vec<Tried> = none.into_iter().chain(tried.iter().cloned()).collect();
        points.retain(|point| !point.losses.is_empty());
        points.sort_by(|a, b| a.value.total_cmp(&b.value));
        let values: Vec<f64> = points.iter().map(|point| point.value).collect();
        let layout = Layout::new(points.into_iter().map(|one| one.losses).collect(), epsilon);
        let layout = layout.with_uneven_noise();
        let contenders = layout.contenders(ALPHA);
        let (first, last) = (*contenders.first()?, *contenders.last()?);
        let curve = |between: fn(&Layout, usize, usize) -> Difference| {
            regret::curve(&values, &layout, &contenders, between)
        };
        let within = Within::of(&curve(Layout::difference), epsilon);
        let fitted = lowest(&values, &layout)?;
        let own = layout.best().map(|best| (values[best], layout.means()[best]))?;
        let is_outside = epsilon > 0.0 && !within.holds(fitted.0);
        let (best, predicted_loss) = if is_outside { own } else { fitted };
        let curve = curve(Layout::cost);
        Some(Optimum {
            best,
            interval: between_neighbours(&values, first, last),
            whereabouts: whereabouts(first > 0, last + 1 < values.len()),
            flat: curve.iter().all(|regret| regret.band[1] <= epsilon),
            within,
            curve,
            predicted_loss,
            runs: (0..values.len()).map(|point| layout.seeds(point)).sum(),
            noise: layout.noise(),
        })
    }

    /// Whether both ends of the range are beaten.
    pub fn is_interior(&self) -> bool {
        self.whereabouts == Whereabouts::Inside
    }

    /// The value that was tried with the lowest mean, 0 for no decay.
    pub fn lowest(&self) -> Option<f64> {
        let means = self.curve.iter();
        means.min_by(|a, b| a.regret.total_cmp(&b.regret)).map(|one| one.value)
    }

    /// Whether nothing tells what lies below the lowest value that was tried above 0: that is the best, and no decay is
    /// not within ε of it, or no decay is and it is not.
    pub fn is_open_below(&self) -> bool {
        let Some(first) = self.first_above_zero() else { return false };
        match self.lowest() {
            Some(0.0) => !self.within.holds(first),
            lowest => lowest == Some(first) && !self.within.holds(0.0),
        }
    }

    fn first_above_zero(&self) -> Option<f64> {
        self.curve.iter().map(|one| one.value).find(|value| *value > 0.0)
    }

    /// What a value costs, tried or between two that were; `None` outside of what was tried, and where nothing tells
    /// what lies between no decay and the lowest value above it.
    pub fn regret_at(&self, value: f64) -> Option<Regret> {
        let is_below = value > 0.0 && self.first_above_zero().is_some_and(|first| value < first);
        if is_below && self.is_open_below() {
            return None;
        }
        regret::between(&self.curve, value)
    }
}

/// The optimum is no farther out than the nearest values that are beaten, or at an end that is open.
fn between_neighbours(values: &[f64], first: usize, last: usize) -> [f64; 2] {
    let below = first.checked_sub(1).map_or(0.0, |below| values[below]);
    [below, values.get(last + 1).copied().unwrap_or(f64::INFINITY)]
}

fn whereabouts(lower_is_beaten: bool, upper_is_beaten: bool) -> Whereabouts {
    match (lower_is_beaten, upper_is_beaten) {
        (true, true) => Whereabouts::Inside,
        (false, true) => Whereabouts::LowerEndOpen,
        (true, false) => Whereabouts::UpperEndOpen,
        (false, false) => Whereabouts::Anywhere,
    }
}

/// The estimate of the best value and of the loss there: a quadratic in the logarithm through the points
/// nearest to the best, inside of them; the best point itself where that has no lowest.
fn lowest(values: &[f64], layout: &Layout) -> Option<(f64, f64)> {
    let means = layout.means();
    let best = layout.best()?;
    let own = (values[best], means[best]);
    if values[best] == 0.0 {
        return Some(own);
    }
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    let near = around_best(layout, &logs, best);
    let points: Vec<Vec<f64>> = near.iter().map(|at| vec![logs[*at]]).collect();
    Some(inside(layout, &near, &points).unwrap_or(own))
}

fn inside(layout: &Layout, near: &[usize], points: &[Vec<f64>]) -> Option<(f64, f64)> {
    let fit = basin(layout, near, points)?;
    let along = points.iter().map(|point| point[0]);
    let low = along.clone().fold(f64::INFINITY, f64::min);
    let at = fit.lowest()?[0].clamp(low, along.fold(low, f64::max));
    Some((at.exp(), fit.at(&[at])))
}

#[cfg(test)]
mod tests;
