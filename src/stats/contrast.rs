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

use super::inference::t_cdf;
use super::rotations::{Rotation, Rotations};

/// An arm's losses by seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// On the windows that choose.
    pub choose: Vec<f64>,
    /// On the windows that report.
    pub score: Vec<f64>,
}

/// The difference between the best of two lots of arms, left − right.
#[derive(Clone, Debug)]
pub struct Contrast {
    differences: Vec<f64>,
    below: Tail,
    above: Tail,
}

/// For each seed the arm that the other seeds choose: the lowest sum, the first of several.
pub fn chosen(arms: &[Scores]) -> Vec<usize> {
    let seeds = arms.first().map_or(0, |arm| arm.choose.len());
    let sums: Vec<f64> = arms.iter().map(|arm| arm.choose.iter().sum()).collect();
    (0..seeds).map(|seed| lowest(arms.len(), |arm| sums[arm] - arms[arm].choose[seed])).collect()
}

/// The arm that all seeds choose.
pub fn chosen_by_all(arms: &[Scores]) -> usize {
    lowest(arms.len(), |arm| arms[arm].choose.iter().sum())
}

fn lowest(count: usize, of: impl Fn(usize) -> f64) -> usize {
    let mut best = 0;
    let mut value = f64::INFINITY;
    for arm in 0..count {
        let own = of(arm);
        if own < value {
            (best, value) = (arm, own);
        }
    }
    best
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

    /// Whether the interval that leaves `tail` outside at each end holds a difference.
    pub fn covers(&self, difference: f64, tail: f64) -> bool {
        self.below.p(difference) > tail && self.above.p(-difference) > tail
    }

    /// The interval that leaves `tail` outside at each end; an end that so few seeds and rotations do
    /// not tell is infinite.
    pub fn interval(&self, tail: f64) -> [f64; 2] {
        let middle = self.differences.iter().sum::<f64>() / self.differences.len() as f64;
        [-self.above.bound(tail, -middle), self.below.bound(tail, middle)]
    }
}

/// What the data say for the claim that the best of some arms is below the best of others plus δ.
#[derive(Clone, Debug)]
struct Tail {
    /// Chosen − other, for every other arm.
    observed: Vec<Moments>,
    /// The same for rotated data, a row a rotation; empty where there is no choice.
    rotated: Vec<Moments>,
    seeds: f64,
}

/// Enough of differences x and of a shift q over seeds for the t statistic of x − δ q.
#[derive(Clone, Copy, Debug)]
struct Moments {
    x: f64,
    q: f64,
    xx: f64,
    xq: f64,
    qq: f64,
}

impl Moments {
    fn of(x: impl Iterator<Item = f64> + Clone, q: &[f64]) -> Self {
        let n = q.len() as f64;
        let (mean_x, mean_q) = (x.clone().sum::<f64>() / n, q.iter().sum::<f64>() / n);
        let mut moments = Moments { x: mean_x, q: mean_q, xx: 0.0, xq: 0.0, qq: 0.0 };
        for (x, q) in x.zip(q) {
            let (x, q) = (x - mean_x, q - mean_q);
            moments.xx += x * x;
            moments.xq += x * q;
            moments.qq += q * q;
        }
        moments
    }

    fn t(&self, delta: f64, seeds: f64) -> f64 {
        let mean = self.x - delta * self.q;
        let squares = self.xx - 2.0 * delta * self.xq + delta * delta * self.qq;
        match squares > 0.0 {
            true => mean * (seeds * (seeds - 1.0) / squares).sqrt(),
            false if mean == 0.0 => 0.0,
            false => mean.signum() * f64::INFINITY,
        }
    }
}

impl Tail {
    fn new(own: &[Scores], other: &[Scores], rotations: &Rotations) -> Self {
        let own_scores = scored(own);
        let seeds = own_scores.len();
        let ones = vec![1.0; seeds];
        let against = |other: &Scores| {
            Moments::of(own_scores.iter().zip(&other.score).map(|(own, other)| own - other), &ones)
        };
        let rotated = match own.len() {
            1 => Vec::new(),
            _ => {
                let turned = Turned::new(own, other);
                rotations.iter().flat_map(|rotation| turned.moments(rotation)).collect()
            }
        };
        Tail { observed: other.iter().map(against).collect(), rotated, seeds: seeds as f64 }
    }

    /// p of the hypothesis that the best is not below the other best + δ: the largest over the other arms.
    fn p(&self, delta: f64) -> f64 {
        let of = |(place, moments): (usize, &Moments)| self.p_against(place, moments, delta);
        self.observed.iter().enumerate().map(of).fold(0.0, f64::max)
    }

    fn p_against(&self, place: usize, moments: &Moments, delta: f64) -> f64 {
        let t = moments.t(delta, self.seeds);
        if self.rotated.is_empty() {
            return t_cdf(t, self.seeds - 1.0);
        }
        let rotated = self.rotated.iter().skip(place).step_by(self.observed.len());
        let (mut as_low, mut count) = (1, 1);
        for moments in rotated {
            as_low += usize::from(moments.t(delta, self.seeds) <= t);
            count += 1;
        }
        as_low as f64 / f64::from(count)
    }

    /// The smallest δ at which p is no more than `tail`, searched from `start`; infinite where it never
    /// is.
    fn bound(&self, tail: f64, start: f64) -> f64 {
        let spread = self.observed.iter().map(|one| one.xx.sqrt() + (one.x - start).abs());
        let spread = spread.fold(start.abs() * 1e-12 + f64::MIN_POSITIVE, f64::max);
        let (mut low, mut high) = (start, start + spread);
        for _ in 0..40 {
            if self.p(high) <= tail {
                break;
            }
            (low, high) = (high, start + 2.0 * (high - start));
        }
        if self.p(high) > tail {
            return f64::INFINITY;
        }
        if self.p(low) <= tail {
            low = start - spread;
        }
        for _ in 0..34 {
            let middle = f64::midpoint(low, high);
            let is_above = self.p(middle) <= tail;
            *if is_above { &mut high } else { &mut low } = middle;
        }
        high
    }
}

/// Rotated data, and the choice among its arms.
struct Turned<'a> {
    own: &'a [Scores],
    other: &'a [Scores],
    /// Losses that choose, a row a seed.
    choose: Vec<f64>,
}

impl<'a> Turned<'a> {
    fn new(own: &'a [Scores], other: &'a [Scores]) -> Self {
        let seeds = own[0].choose.len();
        let rows = (0..seeds).flat_map(|seed| own.iter().map(move |arm| arm.choose[seed]));
        Turned { own, other, choose: rows.collect() }
    }

    /// The moments against every other arm under a rotation, with a choice of its own.
    fn moments(&self, rotation: Rotation) -> Vec<Moments> {
        let chosen = self.chosen(rotation).into_iter().enumerate();
        let own: Vec<f64> =
            chosen.map(|(seed, arm)| rotation.at(seed, &self.own[arm].score)).collect();
        let shift = rotation.turn(&vec![1.0; own.len()]);
        let against = |other: &Scores| {
            let turned = rotation.turn(&other.score);
            Moments::of(own.iter().zip(&turned).map(|(own, other)| own - other), &shift)
        };
        self.other.iter().map(against).collect()
    }

    fn chosen(&self, rotation: Rotation) -> Vec<usize> {
        let arms = self.own.len();
        let turned = rotation.turn_rows(&self.choose);
        let mut sums = vec![0.0; arms];
        for row in turned.chunks_exact(arms) {
            sums.iter_mut().zip(row).for_each(|(sum, loss)| *sum += loss);
        }
        let without = |own: &[f64]| lowest(arms, |arm| sums[arm] - own[arm]);
        turned.chunks_exact(arms).map(without).collect()
    }
}
