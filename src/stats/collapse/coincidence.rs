//! How far lines lie apart, beside what seeds alone would do.

use super::{Line, shared_places};
use crate::random::{below, stream};
use crate::results::Draw;
use crate::stats::FEWEST_SEEDS;

/// With fewer places that all lines have there is no curve to compare.
const FEWEST_PLACES: usize = 3;
/// All signs of so many seeds are tried; of more, as many draws of signs.
const ALL_SIGNS: usize = 12;

/// How well lines are one, over the places that all have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coincidence {
    /// Root mean square of the distances of the lines from their common mean, in nats per token.
    pub apart: f64,
    /// The same if only seeds set them apart.
    pub by_seeds: f64,
    /// Chance of lines as far apart if only seeds set them apart: signs of whole seeds are flipped.
    pub p: f64,
    /// Seeds that every line has.
    pub seeds: usize,
    /// Places that were compared.
    pub places: usize,
}

impl Coincidence {
    /// Of two lines or more, seed by seed: what a seed shifts in all of them alike sets none apart.
    pub fn of(lines: &[Line]) -> Option<Self> {
        let places = shared_places(lines);
        let mut draws = lines.iter().map(|line| line.draws(&places));
        let first = draws.next()?;
        let draws: Vec<Draw> =
            draws.fold(first, |common, next| &common & &next).into_iter().collect();
        if lines.len() < 2 || places.len() < FEWEST_PLACES || draws.len() < FEWEST_SEEDS {
            return None;
        }
        let deviations = draws.iter().map(|draw| deviations(lines, &places, draw));
        let deviations: Vec<Vec<f64>> = deviations.collect::<Option<_>>()?;
        let apart = root_mean_square(&mean(&deviations, &vec![1.0; draws.len()]));
        let places = places.len();
        let p = share_as_far(&deviations, apart);
        Some(Coincidence { apart, by_seeds: by_seeds(&deviations), p, seeds: draws.len(), places })
    }

    /// Whether seeds alone do not set lines so far apart, at a level; `None` where there are too few seeds for any
    /// lines to be told apart at it: of n seeds p is 2¹⁻ⁿ at the least.
    pub fn is_told_apart(&self, alpha: f64) -> Option<bool> {
        let least = 0.5_f64.powi(self.seeds as i32 - 1);
        (least <= alpha).then_some(self.p <= alpha)
    }
}

/// Every line's distance from their mean at every place, for one seed.
fn deviations(lines: &[Line], places: &[f64], draw: &Draw) -> Option<Vec<f64>> {
    let mut all = Vec::new();
    for place in places {
        let losses: Vec<f64> =
            lines.iter().map(|line| line.at(*place)?.get(draw).copied()).collect::<Option<_>>()?;
        let mean = losses.iter().sum::<f64>() / losses.len() as f64;
        all.extend(losses.into_iter().map(|loss| loss - mean));
    }
    Some(all)
}

/// Over seeds, each with its sign.
fn mean(deviations: &[Vec<f64>], signs: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; deviations[0].len()];
    for (seed, sign) in deviations.iter().zip(signs) {
        sums.iter_mut().zip(seed).for_each(|(sum, deviation)| *sum += sign * deviation);
    }
    sums.into_iter().map(|sum| sum / deviations.len() as f64).collect()
}

fn root_mean_square(values: &[f64]) -> f64 {
    (values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).sqrt()
}

/// What the mean over seeds would be of deviations without a mean: their standard error.
fn by_seeds(deviations: &[Vec<f64>]) -> f64 {
    let n = deviations.len() as f64;
    let means = mean(deviations, &vec![1.0; deviations.len()]);
    let squares = deviations.iter().flat_map(|seed| {
        seed.iter().zip(&means).map(|(deviation, mean)| (deviation - mean).powi(2))
    });
    (squares.sum::<f64>() / (n - 1.0) / n / means.len() as f64).sqrt()
}

/// Share of the choices of signs of seeds that set lines as far apart.
fn share_as_far(deviations: &[Vec<f64>], apart: f64) -> f64 {
    let is_as_far =
        |signs: &[f64]| root_mean_square(&mean(deviations, signs)) >= apart * (1.0 - 1e-12);
    let seeds = deviations.len();
    if seeds <= ALL_SIGNS {
        // The first keeps its sign: flipping all changes nothing.
        let choices = 1_usize << (seeds - 1);
        let signs = |choice: usize| -> Vec<f64> {
            (0..seeds).map(|seed| if choice << 1 >> seed & 1 == 1 { -1.0 } else { 1.0 }).collect()
        };
        let as_far = (0..choices).filter(|choice| is_as_far(&signs(*choice))).count();
        return as_far as f64 / choices as f64;
    }
    let mut random = stream("signs of seeds", &[]);
    let draws = 1 << (ALL_SIGNS - 1);
    let mut signs = || -> Vec<f64> {
        (0..seeds).map(|_| if below(&mut random, 2) == 1 { -1.0 } else { 1.0 }).collect()
    };
    let as_far = (0..draws).filter(|_| is_as_far(&signs())).count();
    // The signs that were found are one of the choices.
    (as_far + 1) as f64 / (draws + 1) as f64
}
