//! Searches on a curve that no quadratic in the logarithm fits: flat on one side, steep on the other.

use std::io::Write;

use rayon::prelude::*;

use super::super::{Best, Next, Terms};
use super::truths::{Place, Truth, World};
use super::worlds::{carry_out, decay};

const SEARCHES: u64 = 1000;
const SDS: [f64; 3] = [0.005, 0.01, 0.02];
const EPSILON: f64 = 0.02;

/// A plateau below the best, 0.06 above it; beyond the best the loss rises ever faster.
const VALLEY: Truth = Truth { name: "valley", regret: valley, none: 0.06, optimum: Place::Inside };

fn valley(u: f64) -> f64 {
    if u > 0.0 { 0.08 * u.powi(3) } else { 0.06 * (1.0 - (-0.8 * u * u).exp()) }
}

/// Whether what a search confirms costs no more than ε.
fn is_good(world: World) -> bool {
    let (replay, _) = carry_out(world, &[decay()], &Terms::default());
    match &replay.next {
        Next::Confirm(Best::At(point)) => world.regret(point.values[0]) <= EPSILON,
        _ => false,
    }
}

/// `WANE_SHOW_SIMULATION=1` prints how many are, for each noise.
#[test]
fn what_is_confirmed_beside_a_plateau_costs_no_more_than_epsilon_in_97_of_100_searches() {
    let shows = std::env::var_os("WANE_SHOW_SIMULATION").is_some();
    for sd in SDS {
        let worlds = (0..SEARCHES).into_par_iter().map(|number| World::even(&VALLEY, sd, number));
        let good = worlds.filter(|world| is_good(*world)).count() as u64;
        if shows {
            writeln!(std::io::stderr(), "{} {sd}: good {good} of {SEARCHES}", VALLEY.name).unwrap();
        }
        assert!(good * 100 >= SEARCHES * 97, "sd {sd}: {good} of {SEARCHES}");
    }
}
