use chacha20::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::*;
use crate::random::stream;

fn tried(value: f64, losses: &[f64]) -> Tried {
    Tried { value, losses: losses.to_vec() }
}

/// Losses of a curve on five seeds, with a little noise that no pair of points shares.
fn on_seeds(value: f64, loss: f64) -> Tried {
    let noise = |seed: usize| 0.002 * ((value * 1e4 + 7.0 * seed as f64).sin());
    Tried { value, losses: (0..5).map(|seed| loss + 0.1 * seed as f64 + noise(seed)).collect() }
}

#[test]
fn the_interval_runs_between_the_neighbours_that_are_beaten() {
    let points = [(0.025, 0.2), (0.05, 0.05), (0.1, 0.0), (0.2, 0.06), (0.4, 0.25)];
    let points: Vec<Tried> = points.iter().map(|(value, loss)| on_seeds(*value, *loss)).collect();
    let none = on_seeds(0.0, 0.4).losses;
    let optimum = Optimum::of(&points, Some(&none), 0.02).unwrap();
    assert_eq!(optimum.interval, [0.05, 0.2]);
    assert!(optimum.is_interior() && !optimum.flat);
    assert!((0.08..0.12).contains(&optimum.best), "{}", optimum.best);
    assert_eq!(optimum.runs, 30);
    assert!((optimum.predicted_loss - 0.2).abs() < 0.02);
    let cost = optimum.regret_at(0.0).unwrap();
    assert!((cost.regret - 0.4).abs() < 0.01 && cost.band[0] > 0.38 && cost.band[1] < 0.42);
    let cost = optimum.regret_at(0.05 * 2f64.sqrt()).unwrap();
    assert!((cost.regret - 0.025).abs() < 0.005 && cost.seeds == 0);
    assert_eq!(optimum.regret_at(0.5), None);
    assert_eq!(optimum.within.certain, Some([0.1, 0.1]));
    assert_eq!(optimum.within.possible, [0.05, 0.2]);
    assert!(optimum.within.estimate[0] > 0.07 && optimum.within.estimate[1] < 0.14);
}

#[test]
fn an_end_that_is_not_beaten_is_open() {
    let rising: Vec<Tried> =
        [(0.1, 0.01), (0.4, 0.1), (1.6, 0.3)].map(|(v, l)| on_seeds(v, l)).to_vec();
    let zero = Optimum::of(&rising, Some(&on_seeds(0.0, 0.0).losses), 0.02).unwrap();
    assert_eq!((zero.best, zero.interval), (0.0, [0.0, 0.1]));
    assert_eq!(zero.whereabouts, Whereabouts::LowerEndOpen);
    let falling: Vec<Tried> =
        [(0.1, 0.3), (0.4, 0.1), (1.6, 0.0)].map(|(v, l)| on_seeds(v, l)).to_vec();
    let top = Optimum::of(&falling, None, 0.02).unwrap();
    assert_eq!(top.interval, [0.4, f64::INFINITY]);
    assert_eq!(top.whereabouts, Whereabouts::UpperEndOpen);
}

#[test]
fn a_flat_curve_is_called_flat_and_has_no_interior_optimum() {
    let flat: Vec<Tried> = [0.025, 0.1, 0.4].map(|value| on_seeds(value, 0.0)).to_vec();
    let optimum = Optimum::of(&flat, None, 0.02).unwrap();
    assert!(optimum.flat && optimum.whereabouts == Whereabouts::Anywhere);
    assert_eq!(optimum.interval, [0.0, f64::INFINITY]);
}

/// A plateau below the best, a steep rise above it and much noise: a quadratic is lowest at 0.6.
#[test]
fn the_best_value_lies_among_those_within_epsilon_of_it() {
    let points = [
        tried(0.125, &[2.925, 3.024, 2.688, 2.708, 3.051]),
        tried(0.5, &[2.929, 3.024, 2.689, 2.707, 3.042]),
        tried(1.0, &[2.912, 3.013, 2.693, 2.710, 3.006]),
        tried(2.0, &[2.910, 2.993, 2.712, 2.727, 2.961]),
        tried(8.0, &[2.961, 2.985, 2.866, 2.866, 2.994]),
    ];
    let optimum = Optimum::of(&points, None, 0.001).unwrap();
    let [low, high] = optimum.within.estimate;
    assert!(low <= optimum.best && optimum.best <= high, "{optimum:?}");
    assert_eq!((optimum.best, low > 1.0 && high < 3.0), (2.0, true));
}

#[test]
fn a_cliff_closes_the_interval() {
    let points = [
        tried(0.1, &[0.3, 0.4, 0.35]),
        tried(0.4, &[0.0, 0.1, 0.06]),
        tried(1.6, &[0.0, f64::INFINITY, 0.1]),
    ];
    let optimum = Optimum::of(&points, None, 0.02).unwrap();
    assert_eq!(optimum.interval, [0.1, 1.6]);
    assert!(optimum.is_interior());
    assert_eq!(optimum.regret_at(1.0).unwrap().regret, f64::INFINITY);
    assert!(Optimum::of(&points[2..], None, 0.02).is_none());
}

/// The losses on val of results/reference: AdamW on matrices, 8 seeds. At 10 all seeds are alike, so far from
/// the best they would tell a noise that is none.
#[test]
fn the_reference_sweep_has_its_optimum_between_zero_and_three() {
    let none = [1.740, 1.792, 1.707, 1.747, 1.751, 1.697, 1.746, 1.790];
    let points = [
        tried(0.1, &[1.727, 1.758, 1.686, 1.736, 1.761, 1.697, 1.747, 1.758]),
        tried(0.3, &[1.710, 1.734, 1.643, 1.699, 1.757, 1.673, 1.727, 1.785]),
        tried(1.0, &[1.731, 1.739, 1.719, 1.719, 1.744, 1.712, 1.682, 1.769]),
        tried(3.0, &[2.035, 2.006, 1.991, 1.919, 1.978, 1.914, 2.060, 1.992]),
        tried(10.0, &[2.276, 2.295, 2.293, 2.284, 2.297, 2.272, 2.326, 2.300]),
    ];
    let optimum = Optimum::of(&points, Some(&none), 0.02).unwrap();
    assert_eq!((optimum.interval, optimum.whereabouts), ([0.0, 3.0], Whereabouts::Inside));
    assert!((0.25..0.45).contains(&optimum.best), "{}", optimum.best);
    assert!((optimum.regret_at(0.1).unwrap().regret - 0.018).abs() < 0.001);
    assert!((optimum.noise.unwrap().sd - 0.019).abs() < 0.001);
}

/// No decay is 0.5 above the best, which is 25 ε, and scatters more than the runs near the best do.
fn cost_of_none(number: u64, seeds: usize, scatter: f64) -> Regret {
    let mut rng = stream("cost", &[&number.to_le_bytes()]);
    let normal = |rng: &mut ChaCha8Rng| -> f64 { StandardNormal.sample(rng) };
    let of_seed: Vec<f64> = (0..seeds).map(|_| 0.1 * normal(&mut rng)).collect();
    let mut point = |mean: f64, sd: f64| -> Vec<f64> {
        of_seed.iter().map(|shared| mean + shared + sd * normal(&mut rng)).collect()
    };
    let none = point(0.5, scatter);
    let levels = [(0.25, 0.03), (0.5, 0.005), (1.0, 0.0), (2.0, 0.01), (4.0, 0.04), (16.0, 0.6)];
    let points: Vec<Tried> =
        levels.map(|(value, mean)| Tried { value, losses: point(mean, 0.01) }).to_vec();
    Optimum::of(&points, Some(&none), 0.02).unwrap().regret_at(0.0).unwrap()
}

#[test]
fn what_no_decay_costs_is_held_by_its_interval_where_its_runs_scatter_more_than_those_near_the_best()
 {
    let worlds = 2000;
    for seeds in [3, 5, 8] {
        for scatter in [0.01, 0.02, 0.04, 0.08] {
            let holds = |number: &u64| {
                let [low, high] = cost_of_none(*number, seeds, scatter).band;
                low <= 0.5 && 0.5 <= high
            };
            let held = (0..worlds).filter(holds).count() as f64 / worlds as f64;
            // With the noise near the best alone it was 0.4 to 0.7 where no decay scatters four to eight times as far.
            assert!(held > 0.945, "{seeds} seeds, {scatter}: {held}");
        }
    }
}
