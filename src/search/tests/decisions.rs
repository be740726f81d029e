//! What is decided, step by step, and that nothing but the losses decides it.

use proptest::prelude::*;

use super::super::{
    Axis, Best, Decision, Epsilon, Known, Next, Place, Terms, Tuned, Wanted, Why, replay,
};
use super::truths::{TRUTHS, Truth, World};
use super::worlds::{carry_out, decay, loss, train};
use crate::config::Stage;

fn world(name: &str, sd: f64, number: u64) -> World {
    let is_named = |truth: &&Truth| truth.name == name;
    World::even(TRUTHS.iter().find(is_named).expect("there is such a truth"), sd, number)
}

fn reasons(log: &[Decision]) -> Vec<Why> {
    log.iter().map(|line| line.why).collect()
}

#[test]
fn a_search_begins_with_five_points_on_one_seed_and_with_no_decay() {
    let now = replay(&[decay()], &Terms::default(), &Known::default());
    let Next::Train { stage, points, none_seeds } = now.next else { panic!("nothing to train") };
    let values: Vec<f64> = points.iter().map(|wanted| wanted.point.values[0]).collect();
    assert_eq!(values, [0.00625, 0.025, 0.1, 0.4, 1.6]);
    assert!(points.iter().all(|wanted| wanted.seeds == 1));
    assert_eq!((stage, none_seeds), (Stage::Bracket, 2));
    assert_eq!(reasons(&now.log), [Why::First]);
    assert_eq!(now.best, Best::Nothing);
}

#[test]
fn a_quadratic_is_bracketed_refined_and_confirmed() {
    let world = world("quadratic", 0.01, 3);
    let (replay, _) = carry_out(world, &[decay()], &Terms::default());
    let why = reasons(&replay.log);
    assert!(
        why.contains(&Why::Inside) && matches!(why.last(), Some(Why::GainBelow { .. })),
        "{why:?}"
    );
    let Next::Confirm(Best::At(point)) = &replay.next else { panic!("{:?}", replay.next) };
    assert!(world.regret(point.values[0]) < 0.02);
    let runs: usize = replay.asked.iter().map(|wanted| wanted.seeds).sum();
    assert_eq!(replay.log.last().unwrap().runs, runs);
}

#[test]
fn a_search_that_starts_far_away_extends_until_it_is_inside() {
    let world = world("quadratic", 0.01, 3);
    let far = Axis { start: world.optimum() * 4000.0, ..decay() };
    let (replay, _) = carry_out(world, &[far], &Terms::default());
    assert!(reasons(&replay.log).contains(&Why::BestAtLowerEdge { axis: 0 }));
    let Next::Confirm(Best::At(point)) = &replay.next else { panic!("{:?}", replay.next) };
    assert!(world.regret(point.values[0]) < 0.02);
}

/// λ is best where it starts, the learning rate far above.
#[test]
fn of_two_axes_the_one_that_the_best_is_an_end_of_is_named() {
    let axes = [decay(), Axis::new(Tuned::LearningRate, 3e-3)];
    let loss = |place: &Place, seed: usize| {
        let noise = 1e-3 * f64::from((7 * seed as i32 + place.0[0] + 3 * place.0[1]).rem_euclid(5));
        let away = [place.0[0], place.0[1] - 9].map(|parts| f64::from(parts) / 8.0);
        away.iter().map(|away| away * away).sum::<f64>() + noise
    };
    let mut known = Known::default();
    let log = loop {
        let now = replay(&axes, &Terms::default(), &known);
        let Next::Train { points, none_seeds, .. } = &now.next else { break now.log };
        for Wanted { point, seeds } in points {
            (0..*seeds).for_each(|seed| known.add(&point.place, seed, loss(&point.place, seed)));
        }
        (0..*none_seeds).for_each(|seed| known.add_none(seed, 10.0));
    };
    assert!(reasons(&log).contains(&Why::BestAtUpperEdge { axis: 1 }), "{:?}", reasons(&log));
    for (index, decision) in log.iter().enumerate() {
        let (axis, way) = match decision.why {
            Why::BestAtLowerEdge { axis } => (axis, -1),
            Why::BestAtUpperEdge { axis } => (axis, 1),
            _ => continue,
        };
        let best = decision.leader.as_ref().expect("something is the best").point.place.0[axis];
        let mut tried = log[..index].iter().flat_map(|one| &one.points);
        assert!(tried.all(|one| (one.point.place.0[axis] - best) * way <= 0), "{decision:?}");
    }
}

#[test]
fn a_curve_that_rises_from_zero_ends_at_no_decay() {
    let (replay, _) = carry_out(world("rising", 0.01, 1), &[decay()], &Terms::default());
    assert!(reasons(&replay.log).contains(&Why::SameAsNone), "{:?}", replay.log);
}

#[test]
fn a_bound_a_cliff_and_the_most_runs_are_ends() {
    let bound = Axis { upper: Some(0.5), ..decay() };
    let (replay, _) = carry_out(world("falling", 0.001, 5), &[bound], &Terms::default());
    assert!(reasons(&replay.log).contains(&Why::AtTheEnd { axis: 0 }), "{:?}", replay.log);
    let values = replay.asked.iter().map(|wanted| wanted.point.values[0]);
    assert!(values.clone().all(|value| value <= 0.5) && values.fold(0.0, f64::max) == 0.4);

    let (replay, _) = carry_out(world("cliff at the best", 0.01, 2), &[decay()], &Terms::default());
    assert!(reasons(&replay.log).contains(&Why::Cliff), "{:?}", replay.log);

    let few = Terms { most_runs: 14, ..Terms::default() };
    let (replay, _) = carry_out(world("quadratic", 0.05, 2), &[decay()], &few);
    assert_eq!(reasons(&replay.log).last(), Some(&Why::MostRuns));
    assert!(replay.asked.iter().map(|wanted| wanted.seeds).sum::<usize>() <= 14);
    assert!(matches!(replay.next, Next::Confirm(Best::At(_))));
}

#[test]
fn where_everything_diverges_it_looks_below_and_ends() {
    let world = world("cliff", 0.01, 2);
    let far = Axis { start: world.optimum() * 1e4, ..decay() };
    let (replay, _) = carry_out(world, &[far], &Terms::default());
    assert!(reasons(&replay.log).contains(&Why::NothingFinite));
    assert!(matches!(replay.next, Next::Confirm(Best::At(_))));
}

#[test]
fn a_share_for_epsilon_waits_for_no_decay_and_stays_what_it_is() {
    let epsilon = Epsilon::Share { share: 0.02, level: 0.7 };
    let terms = Terms { epsilon, ..Terms::default() };
    let axes = [Axis { tuned: Tuned::LearningRate, ends_at_zero: false, ..decay() }];
    assert_eq!(replay(&axes, &terms, &Known::default()).epsilon, None);
    let world = world("quadratic", 0.01, 4);
    let (replay, known) = carry_out(world, &axes, &terms);
    let none = known.none(2).unwrap();
    let expected = 0.02 * ((none[0] + none[1]) / 2.0 - 0.7);
    assert!((replay.epsilon.unwrap() - expected).abs() < 1e-12);
}

/// Every run of a search, in some order.
fn runs(asked: &[Wanted]) -> Vec<(Place, f64, usize)> {
    let of = |one: &Wanted| {
        let (place, value) = (one.point.place.clone(), one.point.values[0]);
        (0..one.seeds).map(move |seed| (place.clone(), value, seed))
    };
    asked.iter().flat_map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Losses that arrive one by one, in any order, lead to the same log and the same end.
    #[test]
    fn losses_in_pieces_decide_the_same(
        number in 0u64..1000, truth in 0..TRUTHS.len(), order in any::<u64>(),
    ) {
        let (axes, terms) = ([decay()], Terms::default());
        let world = World::even(&TRUTHS[truth], 0.03, number);
        let (whole, known) = carry_out(world, &axes, &terms);
        let mut known_in_pieces = Known::default();
        let none = known.none(terms.refine_seeds).unwrap_or_else(|| known.none(2).unwrap());
        none.iter().enumerate().for_each(|(seed, loss)| known_in_pieces.add_none(seed, *loss));
        let mut runs = runs(&whole.asked);
        runs.sort_by_key(|run| (run.0.0[0] as u64).wrapping_mul(31).wrapping_add(run.2 as u64).wrapping_mul(order | 1));
        for (place, value, seed) in runs {
            let now = replay(&axes, &terms, &known_in_pieces);
            prop_assert_eq!(&now.log[..], &whole.log[..now.log.len()]);
            known_in_pieces.add(&place, seed, loss(world, &place, value, seed));
        }
        prop_assert_eq!(replay(&axes, &terms, &known_in_pieces), whole);
    }

    /// What the store holds beyond what was asked for changes nothing.
    #[test]
    fn losses_that_were_not_asked_for_decide_nothing(number in 0u64..1000, truth in 0..TRUTHS.len()) {
        let (axes, terms) = ([decay()], Terms::default());
        let world = World::even(&TRUTHS[truth], 0.03, number);
        let (whole, mut known) = carry_out(world, &axes, &terms);
        let more = Terms { refine_seeds: 9, bracket_seeds: 4, most_runs: 100, ..terms };
        let (wider, _) = carry_out(world, &axes, &more);
        train(world, &wider.asked, 9, &mut known);
        prop_assert_eq!(replay(&axes, &terms, &known), whole);
    }
}
