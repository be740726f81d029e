//! The additive model of points and seeds, and what it leaves.

/// What is left of a loss beside its point and its seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    pub sd: f64,
    pub freedom: f64,
}

/// Losses as the sum of what a point and what a seed has, by least squares over some of the points.
pub struct Additive {
    points: Vec<usize>,
    of_seed: Vec<f64>,
}

/// Most sweeps of the alternating fit.
const SWEEPS: usize = 200;
/// A sweep that moves no seed by more is the last.
const SETTLED: f64 = 1e-10;

impl Additive {
    pub fn of(losses: &[Vec<f64>], is_used: impl Fn(usize) -> bool) -> Self {
        let is_finite = |point: &usize| losses[*point].iter().all(|loss| loss.is_finite());
        let is_told = |point: &usize| is_finite(point) && !losses[*point].is_empty();
        let points: Vec<usize> =
            (0..losses.len()).filter(|point| is_told(point) && is_used(*point)).collect();
        let seeds = points.iter().map(|point| losses[*point].len()).max().unwrap_or(0);
        let mut fit = Additive { points, of_seed: vec![0.0; seeds] };
        for _ in 0..SWEEPS {
            if fit.sweep(losses) < SETTLED {
                break;
            }
        }
        fit
    }

    /// Fits the points to the seeds, then the seeds to the points; seeds sum to 0. Gives the largest change.
    fn sweep(&mut self, losses: &[Vec<f64>]) -> f64 {
        let before = self.of_seed.clone();
        let levels: Vec<f64> =
            self.points.iter().map(|point| self.level(&losses[*point])).collect();
        for seed in 0..self.of_seed.len() {
            let left = self.points.iter().zip(&levels);
            let left = left.filter_map(|(point, level)| Some(losses[*point].get(seed)? - level));
            self.of_seed[seed] = mean(left);
        }
        let middle = mean(self.of_seed.iter().copied());
        self.of_seed.iter_mut().for_each(|effect| *effect -= middle);
        self.of_seed.iter().zip(before).map(|(new, old)| (new - old).abs()).fold(0.0, f64::max)
    }

    /// The mean of a point's losses, were its seeds all seeds.
    fn level(&self, losses: &[f64]) -> f64 {
        mean(losses.iter().zip(&self.of_seed).map(|(loss, effect)| loss - effect))
    }

    pub fn means(&self, losses: &[Vec<f64>]) -> Vec<f64> {
        let mut means = vec![f64::INFINITY; losses.len()];
        self.points.iter().for_each(|point| means[*point] = self.level(&losses[*point]));
        means
    }

    /// `None` where there is nothing left to tell it from.
    pub fn noise(&self, losses: &[Vec<f64>]) -> Option<Noise> {
        let runs: usize = self.points.iter().map(|point| losses[*point].len()).sum();
        let freedom = (runs + 1).checked_sub(self.points.len() + self.of_seed.len())?;
        let squares = self.points.iter().map(|point| self.left(&losses[*point]));
        let variance = squares.sum::<f64>() / freedom as f64;
        (freedom > 0).then(|| Noise { sd: variance.sqrt(), freedom: freedom as f64 })
    }

    /// The variance at each point that has several seeds, and the degrees of freedom that it rests on.
    pub fn variances(&self, losses: &[Vec<f64>]) -> Vec<(f64, f64)> {
        let points = self.points.len() as f64;
        let several = self.points.iter().filter(|point| losses[**point].len() > 1);
        let of = |point: &usize| {
            let losses = &losses[*point];
            // The points share what the seeds were taken from.
            let freedom = (losses.len() - 1) as f64 * (points - 1.0) / points;
            (self.left(losses) / freedom, freedom)
        };
        several.map(of).collect()
    }

    /// The squares that the fit leaves of a point.
    fn left(&self, losses: &[f64]) -> f64 {
        let level = self.level(losses);
        let left = losses.iter().zip(&self.of_seed);
        left.map(|(loss, effect)| (loss - effect - level).powi(2)).sum()
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}
