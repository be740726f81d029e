//! What a search may cost, before anything is trained.

use super::{Axis, Epsilon, Known, Next, Place, Terms, replay};
use crate::random::{normals, stream};

/// Runs of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runs {
    /// The mean over made-up curves.
    pub expected: usize,
    pub most: usize,
}

/// Curves on which a search is tried.
const CURVES: u64 = 24;
/// The best lies at most so many parts of a factor from the start of an axis.
const FARTHEST: f64 = 6.0;
/// What the wrong half of a factor costs, in ε.
const STEEPNESS: f64 = 0.5;
/// The standard deviation of a run beside its seed, in ε.
const NOISE: f64 = 1.0;

/// Runs of one rule: on parabolas over the logarithms whose lowest points lie within a factor and a half of
/// the start.
pub fn runs(axes: &[Axis], terms: &Terms) -> Runs {
    let terms = Terms { epsilon: Epsilon::Value(1.0), ..*terms };
    let all: usize = (0..CURVES).map(|curve| of_curve(axes, &terms, curve)).sum();
    Runs { expected: all.div_ceil(CURVES as usize), most: terms.most_runs }
}

fn of_curve(axes: &[Axis], terms: &Terms, curve: u64) -> usize {
    let lowest = normals(&mut stream("forecast", &[&curve.to_le_bytes()]), 0.5, axes.len());
    let lowest: Vec<f64> =
        lowest.iter().map(|at| FARTHEST * f64::from(*at).clamp(-1.0, 1.0)).collect();
    let noise = |place: &Place, seed: usize| {
        let parts: Vec<u8> = place.0.iter().flat_map(|part| part.to_le_bytes()).collect();
        let mut rng = stream("noise", &[&curve.to_le_bytes(), &parts, &seed.to_le_bytes()]);
        NOISE * f64::from(normals(&mut rng, 1.0, 1)[0])
    };
    let loss = |place: &Place, seed: usize| {
        let away = place.0.iter().zip(&lowest).map(|(at, best)| (f64::from(*at) - best) / 2.0);
        STEEPNESS * away.map(|away| away * away).sum::<f64>() + noise(place, seed)
    };
    let none = STEEPNESS * 40.0;
    let mut known = Known::default();
    loop {
        let replay = replay(axes, terms, &known);
        let Next::Train { points, none_seeds, .. } = replay.next else {
            return replay.asked.iter().map(|wanted| wanted.seeds).sum();
        };
        for wanted in points {
            let place = &wanted.point.place;
            (0..wanted.seeds).for_each(|seed| known.add(place, seed, loss(place, seed)));
        }
        (0..none_seeds).for_each(|seed| known.add_none(seed, none));
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::search::Tuned;

    #[test]
    fn more_axes_and_more_seeds_cost_more_and_no_search_costs_more_than_it_may() {
        let (decay, lr) =
            (Axis::new(Tuned::WeightDecay, 0.1), Axis::new(Tuned::LearningRate, 3e-3));
        let terms = Terms { most_runs: 200, ..Terms::default() };
        let one = runs(from_ref(&decay), &terms);
        let two = runs(&[decay.clone(), lr], &terms);
        assert!((15..60).contains(&one.expected), "{one:?}");
        assert!(one.expected < two.expected && two.expected <= two.most, "{one:?} {two:?}");
        let many = runs(from_ref(&decay), &Terms { refine_seeds: 12, ..terms });
        assert!(one.expected < many.expected, "{one:?} {many:?}");
        let few = runs(&[decay], &Terms { most_runs: 12, ..terms });
        assert!(few.expected <= few.most && few.most == 12, "{few:?}");
    }
}
