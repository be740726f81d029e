//! A response surface over two hyperparameters: its lowest point, and the direction in which it hardly rises.

use std::f64::consts::PI;

use chacha20::ChaCha8Rng;
use rand_distr::{ChiSquared, Distribution, StandardNormal};

use super::optimum::{Layout, basin};
use super::quadratic::Quadratic;
use crate::random::stream;

/// Draws of the surface behind an interval.
const DRAWS: usize = 1000;
/// The surface is told by places no more than so many times above or below the best on any axis: a factor of 4, and what
/// rounding adds. Farther out it may be flat, where a quadratic is steep.
const NEAR: f64 = 4.1;
/// Places span the other axis if their values there are so many times apart: a factor of 4, less what rounding takes.
const SPAN: f64 = 3.9;
/// Share of searches in which the best is not among the places that may be.
const ALPHA: f64 = 0.05;

/// Values of two hyperparameters that were tried, and their losses from seed 0 on; +∞ is a run that diverged
/// or collapsed.
#[derive(Clone, Debug, PartialEq)]
pub struct TriedPair {
    pub values: [f64; 2],
    pub losses: Vec<f64>,
}

/// A quadratic over the logarithms of two hyperparameters.
#[derive(Clone, Debug)]
pub struct Surface {
    /// Where it is lowest; missing for a saddle, and where that is beyond what was tried or above what was measured.
    pub best: Option<[f64; 2]>,
    /// For each axis, where 95% of the draws that have a lowest point have it, and as far as the next values beyond all
    /// places that may be the best, whatever the shape; 0 and +∞ for ends beyond what was tried, and beyond the points of
    /// the fit unless other places close them.
    pub intervals: [[f64; 2]; 2],
    /// The loss at the lowest point.
    pub predicted_loss: Option<f64>,
    pub ridge: Ridge,
}

/// The direction of least curvature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ridge {
    /// In degrees from the first axis, above −90 and up to 90: −45 says that the product of both decides, 0
    /// that the first hardly matters, 90 that the second hardly matters.
    pub angle: f64,
    /// Its 95% interval around the angle; [angle − 90, angle + 90] says nothing.
    pub interval: [f64; 2],
    /// Curvature along it over curvature across it: 1 is round, 0 a trough, below 0 a saddle.
    pub ratio: f64,
}

impl Surface {
    /// Of the points that were tried, on the same seeds, those near the best, of which higher ones count less; `None`
    /// where they do not tell the six terms and one more.
    pub fn of(tried: &[TriedPair], epsilon: f64) -> Option<Self> {
        let all = Points::of(tried, epsilon);
        let (near, fit) = all.near_fit().or_else(|| all.fit(all.ended.clone()))?;
        let draws = draws(&fit, all.layout.noise()?.freedom)?;
        let lowest = fit.lowest().filter(|lowest| all.tell(&near, &fit, lowest));
        Some(Surface {
            best: lowest.as_ref().map(|lowest| [lowest[0].exp(), lowest[1].exp()]),
            intervals: [0, 1].map(|axis| all.widened(of_lowest(&draws, axis), &near, axis)),
            predicted_loss: lowest.map(|lowest| fit.at(&lowest)),
            ridge: Ridge::of(&fit, &draws),
        })
    }
}

/// What was tried, of which places where a run diverged tell nothing.
struct Points<'a> {
    tried: &'a [TriedPair],
    layout: Layout,
    ended: Vec<usize>,
}

impl<'a> Points<'a> {
    fn of(tried: &'a [TriedPair], epsilon: f64) -> Self {
        let layout = Layout::new(tried.iter().map(|one| one.losses.clone()).collect(), epsilon);
        let ended = (0..tried.len()).filter(|point| layout.means()[*point].is_finite()).collect();
        Points { tried, layout, ended }
    }

    /// A quadratic through some of them, where they tell its terms and one more.
    fn fit(&self, points: Vec<usize>) -> Option<(Vec<usize>, Quadratic)> {
        let logs = points.iter().map(|point| self.tried[*point].values.map(f64::ln).to_vec());
        let fit = basin(&self.layout, &points, &logs.collect::<Vec<_>>())?;
        (fit.freedom > 0).then_some((points, fit))
    }

    /// That of those near the best, if they are enough.
    fn near_fit(&self) -> Option<(Vec<usize>, Quadratic)> {
        let best = self.tried[self.layout.best()?].values;
        let is_near = |point: &usize| {
            let mut times =
                self.tried[*point].values.iter().zip(best).map(|(one, best)| one / best);
            times.all(|times| times.max(times.recip()) <= NEAR)
        };
        self.fit(self.ended.iter().copied().filter(is_near).collect())
    }

    /// Whether a lowest point lies between the points of its fit, beyond which a quadratic is a guess, and is not above
    /// what was measured: such a fit is wrong there.
    fn tell(&self, points: &[usize], fit: &Quadratic, lowest: &[f64]) -> bool {
        let measured = points.iter().map(|point| self.layout.means()[*point]);
        let measured = measured.fold(f64::INFINITY, f64::min);
        let is_inside = |(axis, log): (usize, &f64)| {
            let [low, high] = self.range(points, axis);
            (low..=high).contains(&log.exp())
        };
        lowest.iter().enumerate().all(is_inside)
            && fit.at(lowest) <= measured + self.layout.epsilon()
    }

    /// An interval of the fit that ends no nearer than the next values beyond all places that may be the best. Where it
    /// leaves the points of the fit it is open, unless what was tried there closes it.
    fn widened(&self, of_fit: [f64; 2], fitted: &[usize], axis: usize) -> [f64; 2] {
        let [low, high] = within(of_fit, self.range(fitted, axis));
        let nearest = self.beaten(axis, |_| true);
        let closed = self.beaten(axis, |value| self.closes(axis, value));
        let low = if low > 0.0 { low } else { closed[0] };
        let high = if high.is_finite() { high } else { closed[1] };
        [low.min(nearest[0]), high.max(nearest[1])]
    }

    /// The next values of some beyond all places that may be the best; 0 and +∞ where there are none.
    fn beaten(&self, axis: usize, is_meant: impl Fn(f64) -> bool) -> [f64; 2] {
        let [first, last] = self.range(&self.layout.contenders(ALPHA), axis);
        let values = self.ended.iter().map(|point| self.tried[*point].values[axis]);
        let values: Vec<f64> = values.filter(|value| is_meant(*value)).collect();
        let below = values.iter().copied().filter(|value| *value < first).fold(0.0, f64::max);
        let above = values.iter().copied().filter(|value| *value > last);
        [below, above.fold(f64::INFINITY, f64::min)]
    }

    /// Whether a value is far from the best, and from there on places were tried at values of the other axis on both sides
    /// of the best, over a factor of 4: if none of them may be the best, it lies there along no ridge.
    fn closes(&self, axis: usize, end: f64) -> bool {
        let Some(best) = self.layout.best().map(|best| self.tried[best].values) else {
            return false;
        };
        let times = |value: f64| (value / best[axis]).ln() * (end / best[axis]).ln().signum();
        let is_there = |point: &usize| times(self.tried[*point].values[axis]) >= times(end);
        let there: Vec<usize> = self.ended.iter().copied().filter(is_there).collect();
        let [least, most] = self.range(&there, 1 - axis);
        let other = best[1 - axis];
        times(end) > NEAR.ln() && least <= other && other <= most && most >= SPAN * least
    }

    /// The smallest and the largest value of an axis.
    fn range(&self, points: &[usize], axis: usize) -> [f64; 2] {
        let values = || points.iter().map(|point| self.tried[*point].values[axis]);
        [values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max)]
    }
}

/// An interval whose ends are open where they lie beyond these.
fn within([low, high]: [f64; 2], [first, last]: [f64; 2]) -> [f64; 2] {
    [if low < first { 0.0 } else { low }, if high > last { f64::INFINITY } else { high }]
}

impl Ridge {
    fn of(fit: &Quadratic, draws: &[Quadratic]) -> Self {
        let (angle, ratio) = flattest(fit);
        let turns = draws.iter().map(|draw| wrapped(flattest(draw).0 - angle)).collect();
        let [low, high] = middle_95(turns);
        Ridge { angle, interval: [angle + low, angle + high], ratio }
    }
}

/// The direction of least curvature in degrees, and that curvature over the other.
fn flattest(fit: &Quadratic) -> (f64, f64) {
    let [xx, xy, yy] = [fit.curvature[0][0], fit.curvature[0][1], fit.curvature[1][1]];
    let steepest = (2.0 * xy).atan2(xx - yy) / 2.0;
    let (middle, apart) = (f64::midpoint(xx, yy), ((xx - yy) / 2.0).hypot(xy));
    (wrapped((steepest + PI / 2.0).to_degrees()), (middle - apart) / (middle + apart))
}

/// A direction has no sign: above −90 and up to 90 degrees.
fn wrapped(degrees: f64) -> f64 {
    90.0 - (90.0 - degrees).rem_euclid(180.0)
}

fn of_lowest(draws: &[Quadratic], axis: usize) -> [f64; 2] {
    let lowest: Vec<f64> = draws.iter().filter_map(|draw| Some(draw.lowest()?[axis])).collect();
    // A saddle has its lowest point at no place at all.
    match lowest.len() * 2 > draws.len() {
        true => middle_95(lowest).map(f64::exp),
        false => [0.0, f64::INFINITY],
    }
}

fn middle_95(mut values: Vec<f64>) -> [f64; 2] {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1) as f64;
    [0.025, 0.975].map(|share| values[(share * last).round() as usize])
}

/// Surfaces as likely as the fit: by what the weights expect it to leave or by what it leaves, whichever is
/// more, so that what is no quadratic makes an interval wider.
fn draws(fit: &Quadratic, of_noise: f64) -> Option<Vec<Quadratic>> {
    let own = (fit.left / (fit.freedom > 0).then_some(fit.freedom as f64)?).sqrt();
    let (sd, freedom) = if own > 1.0 { (own, fit.freedom as f64) } else { (1.0, of_noise) };
    let (root, terms) = (root(&fit.spread)?, fit.to_terms());
    let squares = ChiSquared::new(freedom).ok()?;
    let mut rng = stream("surface", &[]);
    let mut draw = || {
        let scale = sd * (freedom / squares.sample(&mut rng)).sqrt();
        Quadratic::of_terms(&shifted(&terms, &root, scale, &mut rng), 2)
    };
    Some((0..DRAWS).map(|_| draw()).collect())
}

fn shifted(terms: &[f64], root: &[Vec<f64>], scale: f64, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let normals: Vec<f64> = terms.iter().map(|_| StandardNormal.sample(rng)).collect();
    let shift = root.iter().map(|row| row.iter().zip(&normals).map(|(a, b)| a * b).sum::<f64>());
    terms.iter().zip(shift).map(|(term, shift)| term + scale * shift).collect()
}

/// The lower triangle whose product with its transpose is the matrix (Cholesky).
fn root(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    let mut root = vec![vec![0.0; size]; size];
    for i in 0..size {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| root[i][k] * root[j][k]).sum();
            let left = matrix[i][j] - known;
            root[i][j] = if i == j { left.max(0.0).sqrt() } else { left / root[j][j] };
            if !root[i][j].is_finite() {
                return None;
            }
        }
    }
    Some(root)
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;
    use crate::random::normals;

    /// Nine points of a star and a square on five seeds, as a search leaves them, around 0.1 and 0.003.
    fn points(of: impl Fn(f64, f64) -> f64, sd: f64, search: u64) -> Vec<TriedPair> {
        let noise = normals(&mut stream("noise", &[&search.to_le_bytes()]), sd, 45);
        let star = [(0, 0), (-4, 0), (4, 0), (0, -4), (0, 4), (-2, -2), (2, -2), (-2, 2), (2, 2)];
        let point = |((x, y), noise): ((i32, i32), &[f32])| {
            let [x, y] = [x, y].map(|parts| f64::from(parts) * 4f64.ln() / 4.0);
            let losses = noise.iter().map(|noise| of(x, y) + f64::from(*noise)).collect();
            TriedPair { values: [0.1 * x.exp(), 0.003 * y.exp()], losses }
        };
        star.into_iter().zip(noise.chunks_exact(5)).map(point).collect()
    }

    /// Only the product of both decides, nearly.
    fn product(x: f64, y: f64) -> f64 {
        0.05 * (x + y - 0.4).powi(2) + 0.005 * (x - y).powi(2)
    }

    #[test]
    fn a_ridge_along_the_product_lies_at_minus_45_degrees() {
        let surface = Surface::of(&points(product, 1e-6, 0), 0.02).unwrap();
        assert!((surface.ridge.angle + 45.0).abs() < 0.1, "{:?}", surface.ridge);
        assert!((surface.ridge.ratio - 0.1).abs() < 0.01);
        let best = surface.best.unwrap().map(f64::ln);
        assert!((best[0] - (0.1_f64.ln() + 0.2)).abs() < 0.01, "{best:?}");
        assert!((best[1] - (0.003_f64.ln() + 0.2)).abs() < 0.01, "{best:?}");
    }

    #[test]
    fn an_axis_that_hardly_matters_is_the_ridge() {
        let of = |x: f64, y: f64| 0.004 * x * x + 0.06 * y * y;
        let ridge = Surface::of(&points(of, 0.002, 1), 0.02).unwrap().ridge;
        assert!(ridge.angle.abs() < 5.0 && ridge.interval[0] < 0.0 && ridge.interval[1] > 0.0);
        assert!((wrapped(180.0), wrapped(-90.0), wrapped(135.0)) == (0.0, 90.0, -45.0));
    }

    #[test]
    fn intervals_of_the_angle_and_of_the_lowest_point_hold_what_they_promise() {
        let covered = |sd: f64| {
            let hits = (0..300_u64).into_par_iter().map(|search| {
                let surface = Surface::of(&points(product, sd, search), 0.02).unwrap();
                let [low, high] = surface.ridge.interval;
                let [first, second] = surface.intervals[0];
                let truth = 0.1 * 0.2_f64.exp();
                [low <= -45.0 && -45.0 <= high, first <= truth && truth <= second].map(usize::from)
            });
            hits.reduce(|| [0, 0], |a, b| [a[0] + b[0], a[1] + b[1]])
        };
        for sd in [0.005, 0.02, 0.05] {
            let [angle, place] = covered(sd);
            assert!(angle >= 279 && place >= 279, "sd {sd}: {angle} {place} of 300");
        }
    }

    /// The fit near the best does not tell how large the first value may be, and what was tried farther out does.
    #[test]
    fn an_end_beyond_the_fit_is_closed_by_what_was_beaten_there_along_all_of_the_other_axis() {
        let few = points(|_, y| 0.06 * y * y, 0.005, 1);
        assert_eq!(Surface::of(&few, 0.02).unwrap().intervals[0], [0.0, f64::INFINITY]);
        let far = |second: f64| TriedPair { values: [6.4, second], losses: vec![2.0, 2.01, 1.99] };
        let high = |seconds: &[f64]| {
            let beaten = seconds.iter().map(|second| far(*second));
            let all: Vec<TriedPair> = few.iter().cloned().chain(beaten).collect();
            Surface::of(&all, 0.02).unwrap().intervals[0][1]
        };
        assert_eq!(high(&[0.003]), f64::INFINITY);
        assert_eq!(high(&[0.00075, 0.003, 0.012]), 6.4);
    }

    #[test]
    fn six_points_are_too_few() {
        assert!(Surface::of(&points(product, 0.01, 0)[..6], 0.02).is_none());
    }
}
