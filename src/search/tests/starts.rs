//! Searches that start up to 1000 times above or below the best.

use super::super::{Axis, Best, Next, Replay, Terms, Why, replay};
use super::truths::{Place, TRUTHS, Truth, World};
use super::worlds::{carry_out, decay};
use crate::config::Stage;

const SEARCHES: u64 = 100;
const EPSILON: f64 = 0.02;
const TIMES: [f64; 10] = [1e-3, 1e-2, 0.1, 3.0, 7.0, 10.0, 30.0, 100.0, 300.0, 1000.0];
/// The best lies between these in every world.
const USUAL: [f64; 2] = [0.00625, 1.6];

/// Rises steeply above the best and levels off where training has collapsed, as losses of much decay do.
const OVERDONE: Truth =
    Truth { name: "overdone", regret: overdone, none: 0.12, optimum: Place::Inside };

fn overdone(u: f64) -> f64 {
    if u > 0.0 { 1.2 * (1.0 - (-0.06 * u * u).exp()) } else { 0.12 * (1.0 - (-0.3 * u * u).exp()) }
}

fn named(name: &str) -> &'static Truth {
    TRUTHS.iter().find(|truth| truth.name == name).expect("there is such a truth")
}

/// A search that starts so many times above the best.
fn search(world: World, times: f64) -> Replay {
    let axis = Axis { start: world.optimum() * times, usual: Some(USUAL), ..decay() };
    carry_out(world, &[axis], &Terms { most_runs: 120, ..Terms::default() }).0
}

fn runs(replay: &Replay) -> usize {
    replay.asked.iter().map(|wanted| wanted.seeds).sum()
}

/// Whether what a search comes to costs no more than ε.
fn is_good(world: World, replay: &Replay) -> bool {
    match &replay.next {
        Next::Confirm(Best::At(point)) => world.regret(point.values[0]) <= EPSILON,
        Next::Confirm(Best::NoDecay) => world.regret(0.0) <= EPSILON,
        _ => false,
    }
}

/// How many searches are good, and their mean and most runs.
fn tally(truth: &'static Truth, sd: f64, times: f64) -> (usize, usize, usize) {
    let of = |number: u64| {
        let world = World::even(truth, sd, number);
        let replay = search(world, times);
        (usize::from(is_good(world, &replay)), runs(&replay))
    };
    let all: Vec<(usize, usize)> = (0..SEARCHES).map(of).collect();
    let good = all.iter().map(|one| one.0).sum();
    let runs = all.iter().map(|one| one.1);
    (good, runs.clone().sum::<usize>() / all.len(), runs.max().unwrap_or(0))
}

#[test]
fn a_search_that_starts_far_too_high_or_too_low_comes_to_the_best() {
    for truth in [named("quadratic"), named("skewed"), &OVERDONE] {
        for (sd, least) in [(0.01, 95), (0.03, 90)] {
            for times in TIMES {
                let (good, mean, most) = tally(truth, sd, times);
                let told = format!("{}, sd {sd}, {times} times: {good}", truth.name);
                assert!(good >= least, "{told}");
                assert!(mean <= 42 && most <= 80, "{told} of {mean} runs, {most} at most");
            }
        }
    }
}

#[test]
fn where_decay_does_nothing_or_harm_a_search_ends_soon_wherever_it_starts() {
    for (name, most_in_the_mean) in [("flat", 66), ("rising", 50)] {
        for sd in [0.01, 0.03] {
            for times in TIMES {
                let (good, mean, most) = tally(named(name), sd, times);
                let told = format!("{name}, sd {sd}, {times} times: {good}");
                assert!(good >= if sd > 0.02 { 90 } else { 95 }, "{told}");
                assert!(mean <= most_in_the_mean && most <= 100, "{told} of {mean} runs, {most}");
            }
        }
    }
}

/// Nothing between 0 and 12.5 times the best was tried once, and no decay taken for it.
#[test]
fn no_decay_is_not_called_the_best_before_usual_values_were_tried() {
    let world = World::even(&OVERDONE, 0.03, 5);
    let replay = search(world, 1000.0);
    let lowest = replay.asked.iter().map(|wanted| wanted.point.values[0]).fold(f64::MAX, f64::min);
    assert!(lowest < world.optimum(), "{:?}", replay.log);
    assert!(!replay.log.iter().any(|line| line.why == Why::SameAsNone), "{:?}", replay.log);
}

#[test]
fn a_search_that_starts_in_the_middle_of_what_is_usual_asks_for_the_same_as_without_it() {
    for truth in TRUTHS {
        for number in 0..20 {
            let world = World::even(truth, 0.02, number);
            let (whole, known) = carry_out(world, &[decay()], &Terms::default());
            let axis = Axis { usual: Some(USUAL), ..decay() };
            assert_eq!(replay(&[axis], &Terms::default(), &known), whole, "{}", truth.name);
        }
    }
}

/// Two seeds may have shown a point as above no decay, or as the best of a plateau, which five do not.
#[test]
fn what_further_seeds_show_sends_a_search_back_to_where_it_brackets() {
    let goes_back = |replay: &Replay| {
        let mut pairs = replay.log.windows(2).map(|pair| (pair[0].stage, pair[1].stage));
        pairs.any(|pair| pair == (Stage::Refine, Stage::Bracket))
    };
    let worlds = (0..SEARCHES).map(|number| World::even(&OVERDONE, 0.03, number));
    let searches = worlds.map(|world| (world, search(world, 1e-3)));
    let back: Vec<_> = searches.filter(|(_, replay)| goes_back(replay)).collect();
    let good = back.iter().filter(|(world, replay)| is_good(*world, replay)).count();
    assert!(!back.is_empty() && good * 10 >= back.len() * 7, "{good} of {}", back.len());
}
