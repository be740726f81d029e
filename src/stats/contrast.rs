//! Two rules compared, each at its own best arm, where the best is chosen by the same seeds that it is judged
//! on.
//!
//! The arm that a seed is scored on is the one that the other seeds choose on val (leave-one-seed-out), and
//! it is scored on the seed's test loss, so no number takes part in its own choice. The folds share
//! their choices all the same, and a plain paired t-test of them errs in up to 15% instead of 5%. What holds
//! the level:
//!
//! - that the left rule is lower than the right is claimed where its chosen arms beat *every* arm of the right
//!   rule, its best among them, whichever that is (an intersection-union test, Berger 1982);
//! - the t statistic of each of these is judged by what the same choice makes of rotated data
//!   ([`Rotations`]); where there is one arm to choose from, that is Student's t-test.

use super::crossing::search;
use super::inference::t_cdf;
use super::moments::Moments;
use super::rotated::Rotated;
use super::rotations::Rotations;
use super::scores::{Scores, chosen};

/// The difference between the best of two lots of arms, left − right.
#[derive(Clone, Debug)]
pub struct Contrast {
    differences: Vec<f64>,
    below: Tail,
    above: Tail,
}

fn scored(arms: &[Scores]) -> Vec<f64> {
    chosen(arms).into_iter().enumerate().map(|(seed, arm)| arms[arm].score[seed]).collect()
}

impl Contrast {
    /// Of two lots of arms over the same seeds, at least two; each lot has an arm.
    pub fn new(left: &[Scores], right: &[Scores], rotations: &Rotations) -> Self {
        let pairs = scored(left).into_iter().zip(scored(right));
        Contrast {
            differences: pairs.map(|(left, right)| left - right).collect(),
            below: Tail::new(left, right, rotations),
            above: Tail::new(right, left, rotations),
        }
    }

    /// Of one arm against another, from their differences by seed, at least two: Student's paired t-test.
    pub fn paired(differences: &[f64]) -> Self {
        let arm = |score: Vec<f64>| [Scores { choose: score.clone(), score }];
        let (left, right) = (arm(differences.to_vec()), arm(vec![0.0; differences.len()]));
        Contrast::new(&left, &right, &Rotations::draw(differences.len(), 0))
    }

    /// By seed, each side at the arm that the other seeds choose.
    pub fn differences(&self) -> &[f64] {
        &self.differences
    }

    /// Two-sided p that there is no difference.
    pub fn p(&self) -> f64 {
        (2.0 * self.below.p(0.0).min(self.above.p(0.0))).min(1.0)
    }

    /// p that the difference is `epsilon` or more in either direction: two one-sided tests (Schuirmann
    /// 1987).
    pub fn p_beyond(&self, epsilon: f64) -> f64 {
        self.below.p(epsilon).max(self.above.p(epsilon))
    }

    /// p that the difference is `delta` or more: small where it is shown to be below.
    pub fn p_below(&self, delta: f64) -> f64 {
        self.below.p(delta)
    }

    /// p that the difference is `delta` or less: small where it is shown to be above.
    pub fn p_above(&self, delta: f64) -> f64 {
        self.above.p(-delta)
    }

    /// Whether the interval that leaves `tail` outside at each end holds a difference.
    pub fn covers(&self, difference: f64, tail: f64) -> bool {
        self.below.p(difference) > tail && self.above.p(-difference) > tail
    }

    /// The interval that leaves `tail` outside at each end; an end that so few seeds and rotations do
    /// not tell is infinite.
    pub fn interval(&self, tail: f64) -> [f64; 2] {
        let middle = self.differences.iter().sum::<f64>() / self.differences.len() as f64;
        let ends = (|| self.above.bound(tail, -middle), || self.below.bound(tail, middle));
        let (above, below) = rayon::join(ends.0, ends.1);
        [-above, below]
    }
}

/// The least step of a search for the end of an interval, as a share of the largest loss.
const GRAIN: f64 = 1e-12;

/// What the data say for the claim that the best of some arms is below the best of others plus δ.
#[derive(Clone, Debug)]
struct Tail {
    /// Chosen − other, for every other arm.
    observed: Vec<Moments>,
    /// The same for rotated data; missing where there is no choice.
    rotated: Option<Rotated>,
    seeds: f64,
    /// The least step of a search: differences may all be 0, where an arm is held against itself among others.
    grain: f64,
}

impl Tail {
    fn new(own: &[Scores], other: &[Scores], rotations: &Rotations) -> Self {
        let own_scores = scored(own);
        let seeds = own_scores.len();
        let against = |other: &Scores| {
            let pairs = own_scores.iter().zip(&other.score);
            Moments::of(pairs.map(|(own, other)| own - other), seeds)
        };
        let observed: Vec<Moments> = other.iter().map(against).collect();
        let is_choice = own.len() > 1;
        let rotated = is_choice.then(|| Rotated::new(own, other, &observed, rotations));
        let sizes = own.iter().chain(other).flat_map(|arm| &arm.score).map(|score| score.abs());
        let grain = GRAIN * sizes.fold(0.0, f64::max) + f64::MIN_POSITIVE;
        Tail { observed, rotated, seeds: seeds as f64, grain }
    }

    /// p of the hypothesis that the best is not below the other best + δ: the largest over the other arms.
    fn p(&self, delta: f64) -> f64 {
        let by_t = |moments: &Moments| t_cdf(moments.t(delta, self.seeds), self.seeds - 1.0);
        match &self.rotated {
            Some(rotated) => rotated.p(delta),
            None => self.observed.iter().map(by_t).fold(0.0, f64::max),
        }
    }

    /// The smallest δ at which p is no more than `tail`, searched from `start`; infinite where it never
    /// is.
    fn bound(&self, tail: f64, start: f64) -> f64 {
        let spread = self.observed.iter().map(|one| one.xx.sqrt() + (one.x - start).abs());
        let spread = spread.fold(start.abs() * 1e-12 + self.grain, f64::max);
        match &self.rotated {
            Some(rotated) => rotated.bound(tail, start, spread),
            None => search(start, spread, |delta| self.p(delta) <= tail),
        }
    }
}
