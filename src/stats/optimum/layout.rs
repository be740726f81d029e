//! Points tried on the same seeds: a two-way layout of points and seeds without interaction.
//!
//! A seed shifts the losses of all points alike, so points are compared by differences on the seeds that they
//! share. What is left varies by an amount that is taken from all points near the best together: five
//! seeds of one pair say little of it. Where points are not alike, a pair's own seeds count beside it.

use super::additive::{Additive, Noise};
use super::evenness::prior_freedom;
use crate::stats::inference::t_quantile;

/// Losses by point and seed, and what they say of means and noise.
#[derive(Clone, Debug)]
pub struct Layout {
    /// By point, from seed 0 on; +∞ is a run that diverged.
    losses: Vec<Vec<f64>>,
    /// Means over the seeds of the layout, corrected for those that a point lacks; +∞ where a run
    /// diverged.
    means: Vec<f64>,
    noise: Option<Noise>,
    /// Degrees of freedom of the noise beside what a pair's own seeds tell; +∞ where it counts alone.
    prior_freedom: f64,
    epsilon: f64,
}

/// How far above the best a loss is still near it, in ε: only those tell the noise.
const NEAR: f64 = 10.0;
/// Degrees of freedom of the noise near the best where a point is farther: with more of them its own seeds count too
/// little where it scatters eight times as far, with fewer the few seeds that it has tell next to nothing.
const OF_FAR: f64 = 2.0;

impl Layout {
    pub fn new(losses: Vec<Vec<f64>>, epsilon: f64) -> Self {
        let means = Additive::of(&losses, |_| true).means(&losses);
        let lowest = means.iter().copied().fold(f64::INFINITY, f64::min);
        let close = Additive::of(&losses, |point| means[point] <= lowest + NEAR * epsilon);
        let noise = close.noise(&losses).or_else(|| Additive::of(&losses, |_| true).noise(&losses));
        Layout { losses, means, noise, prior_freedom: f64::INFINITY, epsilon }
    }

    /// Without the assumption that runs scatter alike at all points, where those near the best tell
    /// otherwise.
    pub fn with_uneven_noise(self) -> Self {
        let close = Additive::of(&self.losses, |point| self.is_near(point));
        let prior_freedom = prior_freedom(&close.variances(&self.losses));
        Layout { prior_freedom, ..self }
    }

    fn is_near(&self, point: usize) -> bool {
        let lowest = self.means.iter().copied().fold(f64::INFINITY, f64::min);
        self.means[point] <= lowest + NEAR * self.epsilon
    }

    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// The smallest difference that matters.
    pub fn epsilon(&self) -> f64 {
        self.epsilon
    }

    pub fn noise(&self) -> Option<Noise> {
        self.noise
    }

    pub fn seeds(&self, point: usize) -> usize {
        self.losses[point].len()
    }

    /// The point with the lowest mean, the first of several; `None` if every point diverged.
    pub fn best(&self) -> Option<usize> {
        let finite = (0..self.means.len()).filter(|point| self.means[*point].is_finite());
        finite.min_by(|a, b| self.means[*a].total_cmp(&self.means[*b]))
    }

    /// The mean of a − b over the seeds that both have, and its standard error; infinite where one of them
    /// diverged.
    pub fn difference(&self, a: usize, b: usize) -> Difference {
        self.with_prior(a, b, self.prior_freedom)
    }

    /// As `difference`, for how far a is above b: what is far from the best may scatter more than what is near it, which
    /// alone told the noise.
    pub fn cost(&self, a: usize, b: usize) -> Difference {
        let is_far = |point: usize| !self.is_near(point);
        let most = if is_far(a) || is_far(b) { OF_FAR } else { f64::INFINITY };
        self.with_prior(a, b, self.prior_freedom.min(most))
    }

    fn with_prior(&self, a: usize, b: usize, prior_freedom: f64) -> Difference {
        let pairs = || self.losses[a].iter().zip(&self.losses[b]).map(|(a, b)| a - b);
        let shared = pairs().count().max(1) as f64;
        let mean = pairs().sum::<f64>() / shared;
        let sure = |mean: f64| Difference { mean, error: 0.0, freedom: f64::INFINITY };
        match (self.means[a].is_finite(), self.means[b].is_finite()) {
            (true, true) => {
                let own = pairs().map(|one| (one - mean).powi(2)).sum();
                let noise = self.noise_of_pair(own, shared - 1.0, prior_freedom);
                let error = noise.map_or(f64::INFINITY, |noise| noise.sd * (2.0 / shared).sqrt());
                Difference { mean, error, freedom: noise.map_or(0.0, |noise| noise.freedom) }
            }
            (false, _) => sure(f64::INFINITY),
            (true, false) => sure(f64::NEG_INFINITY),
        }
    }

    /// The noise of two points, of which `squares` is the sum of squares of differences around their mean.
    fn noise_of_pair(&self, squares: f64, freedom: f64, prior: f64) -> Option<Noise> {
        let noise = self.noise?;
        if prior.is_infinite() {
            return Some(noise);
        }
        // A difference has the noise of two points.
        let weighed = prior * noise.sd * noise.sd + squares / 2.0;
        let sum = prior + freedom;
        Some(Noise { sd: (weighed / sum).sqrt(), freedom: sum.min(noise.freedom) })
    }

    /// The points that may be the best, so that the best is among them with a certainty of 1 − `alpha`:
    /// those that no other beats (Hsu's multiple comparisons with the best, by Bonferroni's bound).
    pub fn contenders(&self, alpha: f64) -> Vec<usize> {
        let points = 0..self.means.len();
        let critical = self.certainty(alpha);
        let is_beaten = |point: usize| {
            points.clone().any(|other| self.difference(point, other).lower(critical) > 0.0)
        };
        points
            .clone()
            .filter(|point| self.means[*point].is_finite() && !is_beaten(*point))
            .collect()
    }

    /// That of differences from the best on one side, all of them together.
    pub fn certainty(&self, alpha: f64) -> Certainty {
        let finite = self.means.iter().filter(|mean| mean.is_finite()).count();
        Certainty::new(1.0 - alpha / finite.saturating_sub(1).max(1) as f64, self.noise)
    }
}

/// How sure a bound of a difference is.
#[derive(Clone, Copy, Debug)]
pub struct Certainty {
    share: f64,
    /// Degrees of freedom of most differences, and how many standard errors their bounds are off.
    common: (f64, f64),
}

impl Certainty {
    fn new(share: f64, noise: Option<Noise>) -> Self {
        let freedom = noise.map_or(0.0, |noise| noise.freedom);
        let errors = noise.map_or(f64::INFINITY, |noise| t_quantile(share, noise.freedom));
        Certainty { share, common: (freedom, errors) }
    }

    /// Standard errors between a mean and its bound.
    fn errors(self, freedom: f64) -> f64 {
        if freedom == self.common.0 { self.common.1 } else { t_quantile(self.share, freedom) }
    }
}

/// A difference of two means over shared seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    pub mean: f64,
    pub error: f64,
    /// Degrees of freedom of the error.
    freedom: f64,
}

impl Difference {
    /// It is above this.
    pub fn lower(self, certainty: Certainty) -> f64 {
        self.mean - self.margin(certainty)
    }

    /// It is below this.
    pub fn upper(self, certainty: Certainty) -> f64 {
        self.mean + self.margin(certainty)
    }

    fn margin(self, certainty: Certainty) -> f64 {
        if self.error > 0.0 { certainty.errors(self.freedom) * self.error } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points 1, 2, 4 and seeds 0, 10, 20, of which the last point lacks one: fitted exactly.
    #[test]
    fn missing_seeds_do_not_shift_a_mean() {
        let rows = vec![vec![1.0, 11.0, 21.0], vec![2.0, 12.0, 22.0], vec![4.0, 14.0]];
        let layout = Layout::new(rows, 100.0);
        for (mean, expected) in layout.means().iter().zip([11.0, 12.0, 14.0]) {
            assert!((mean - expected).abs() < 1e-9, "{mean}");
        }
        assert_eq!(layout.best(), Some(0));
        assert_eq!(layout.difference(2, 0).mean, 3.0);
        assert!(layout.noise().unwrap().sd < 1e-9);
        assert_eq!(layout.noise().unwrap().freedom, 3.0);
    }

    /// Two points, two seeds: differences −1 and −3, so the residuals are ±½ and the variance 1.
    #[test]
    fn noise_is_what_points_and_seeds_leave() {
        let layout = Layout::new(vec![vec![0.0, 0.0], vec![1.0, 3.0]], 10.0);
        let noise = layout.noise().unwrap();
        assert!((noise.sd - 1.0).abs() < 1e-12);
        assert_eq!(noise.freedom, 1.0);
        assert!((layout.difference(1, 0).error - 1.0).abs() < 1e-12);
        assert_eq!(layout.contenders(0.05), [0, 1]);
    }

    #[test]
    fn what_diverged_is_never_the_best_and_tells_no_noise() {
        let rows = vec![vec![1.0, f64::INFINITY], vec![2.0, 2.1], vec![2.5, 2.7]];
        let layout = Layout::new(rows, 10.0);
        assert_eq!(layout.best(), Some(1));
        assert!(layout.contenders(0.05).contains(&1) && !layout.contenders(0.05).contains(&0));
        assert_eq!(layout.noise().unwrap().freedom, 1.0);
        assert_eq!(Layout::new(vec![vec![f64::INFINITY; 2]], 1.0).best(), None);
    }
}
