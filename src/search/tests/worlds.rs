//! A search carried out in a world whose losses are drawn.

use super::super::{Axis, Known, Next, Place, Replay, Terms, Tuned, Wanted, replay};
use super::truths::World;
use crate::stats::optimum::{Optimum, Tried};

/// Times that a search may train; none in the tests comes near.
const MOST_ROUNDS: usize = 60;

pub fn decay() -> Axis {
    Axis::new(Tuned::WeightDecay, 0.1)
}

/// Trains whatever is asked for until nothing is.
pub fn carry_out(world: World, axes: &[Axis], terms: &Terms) -> (Replay, Known) {
    let mut known = Known::default();
    for _ in 0..MOST_ROUNDS {
        let now = replay(axes, terms, &known);
        let Next::Train { points, none_seeds, .. } = &now.next else { return (now, known) };
        train(world, points, *none_seeds, &mut known);
    }
    panic!("a search without end in {world:?}");
}

pub fn train(world: World, points: &[Wanted], none_seeds: usize, known: &mut Known) {
    for Wanted { point, seeds } in points {
        for seed in 0..*seeds {
            known.add(&point.place, seed, loss(world, &point.place, point.values[0], seed));
        }
    }
    (0..none_seeds).for_each(|seed| known.add_none(seed, world.loss(0.0, seed as u64, 999)));
}

pub fn loss(world: World, place: &Place, value: f64, seed: usize) -> f64 {
    world.loss(value, seed as u64, (place.0[0] + 500) as u64)
}

/// The answer of a search that has ended.
pub fn answer(replay: &Replay, known: &Known, terms: &Terms) -> Optimum {
    let losses = |one: &Wanted| Tried {
        value: one.point.values[0],
        losses: known.losses(&one.point.place, one.seeds).expect("it was trained"),
    };
    let tried: Vec<Tried> = replay.asked.iter().map(losses).collect();
    let none = known.none(terms.refine_seeds).or_else(|| known.none(terms.bracket_seeds));
    let epsilon = replay.epsilon.expect("no decay was trained");
    Optimum::of(&tried, none.as_deref(), epsilon).expect("something ran")
}

/// The numbers that `benches/search/optuna_search.py` has for the same run.
#[test]
fn a_world_is_the_same_in_python() {
    let truth = &super::truths::TRUTHS[1];
    let world = World::even(truth, 0.02, 7);
    assert!((world.optimum() - 1.002_764_449_419_617_5).abs() < 1e-12);
    assert!((world.loss(0.3, 2, 11) - 1.476_343_277_064_879_7).abs() < 1e-12);
}
