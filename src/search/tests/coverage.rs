//! What a search claims, against the truth, in 1,000 worlds for each curve.

use std::io::Write;

use rayon::prelude::*;

use super::super::{Best, Next, Terms};
use super::truths::{Place, TRUTHS, World};
use super::worlds::{answer, carry_out, decay};
use crate::stats::optimum::Whereabouts;

const SEARCHES: u64 = 1000;
const SDS: [f64; 5] = [0.005, 0.01, 0.02, 0.05, 0.1];

/// What became of a number of searches.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    searches: usize,
    covered: usize,
    interior: usize,
    flat: usize,
    /// The recommended value costs no more than ε.
    good: usize,
    runs: usize,
    rounds: usize,
    /// Sum of the logarithms of upper over lower bound of the intervals that are closed.
    width: f64,
    closed: usize,
}

impl Tally {
    fn of(world: World) -> Self {
        let terms = Terms::default();
        let (replay, known) = carry_out(world, &[decay()], &terms);
        let optimum = answer(&replay, &known, &terms);
        let [low, high] = optimum.interval;
        let covered = match world.truth.optimum {
            Place::Inside => low <= world.optimum() && world.optimum() <= high,
            Place::Zero => low == 0.0,
            Place::Infinity => high == f64::INFINITY,
            Place::Nowhere => optimum.whereabouts != Whereabouts::Inside,
        };
        let regret = match &replay.next {
            Next::Confirm(Best::At(point)) => world.regret(point.values[0]),
            Next::Confirm(Best::NoDecay) => world.truth.none,
            _ => f64::INFINITY,
        };
        let closed = low > 0.0 && high.is_finite();
        Tally {
            searches: 1,
            covered: covered.into(),
            interior: optimum.is_interior().into(),
            flat: optimum.flat.into(),
            good: usize::from(regret <= 0.02),
            runs: replay.asked.iter().map(|wanted| wanted.seeds).sum(),
            rounds: replay.log.iter().filter(|line| !line.points.is_empty()).count(),
            width: if closed { (high / low).ln() } else { 0.0 },
            closed: closed.into(),
        }
    }

    fn and(self, other: Self) -> Self {
        Tally {
            searches: self.searches + other.searches,
            covered: self.covered + other.covered,
            interior: self.interior + other.interior,
            flat: self.flat + other.flat,
            good: self.good + other.good,
            runs: self.runs + other.runs,
            rounds: self.rounds + other.rounds,
            width: self.width + other.width,
            closed: self.closed + other.closed,
        }
    }

    fn print(&self, name: &str, sd: &str) {
        let share = |count: usize| 100.0 * count as f64 / self.searches as f64;
        let mean = |count: usize| count as f64 / self.searches as f64;
        writeln!(
            std::io::stderr(),
            "{name:18} {sd:>6}  covers {:5.1}%  interior {:5.1}%  flat {:5.1}%  good {:5.1}%  \
             runs {:5.1}  rounds {:4.1}  closed {:5.1}% ×{:.1}",
            share(self.covered),
            share(self.interior),
            share(self.flat),
            share(self.good),
            mean(self.runs),
            mean(self.rounds),
            share(self.closed),
            (self.width / self.closed.max(1) as f64).exp(),
        )
        .unwrap();
    }
}

fn tally(world: impl Fn(u64) -> World + Sync, searches: u64) -> Tally {
    let worlds = (0..searches).into_par_iter();
    worlds.map(|number| Tally::of(world(number))).reduce(Tally::default, Tally::and)
}

/// `WANE_SHOW_SIMULATION=1` prints 1,000 searches for every curve and noise.
#[test]
fn the_interval_holds_the_optimum_in_95_of_100_searches() {
    let shows = std::env::var_os("WANE_SHOW_SIMULATION").is_some();
    for truth in TRUTHS {
        if shows {
            SDS.iter().for_each(|sd| {
                let all = tally(|number| World::even(truth, *sd, number), SEARCHES);
                all.print(truth.name, &sd.to_string());
            });
        }
        let sd = |number: u64| SDS[number as usize % SDS.len()];
        let all = tally(|number| World::even(truth, sd(number), number), SEARCHES);
        if shows {
            all.print(truth.name, "all");
        }
        assert!(all.covered * 100 >= all.searches * 95, "{}: {all:?}", truth.name);
    }
}

/// How many times as far runs scatter over u = ln(value / optimum).
type Scatter = fn(f64) -> f64;

/// Where runs scatter five times as far as elsewhere: above the optimum, below it, on a stretch of one factor
/// of 4 around it, and at three values of ten.
const UNEVEN: [(&str, Scatter); 4] = [
    ("above", |u| if u > 0.0 { 5.0 } else { 1.0 }),
    ("below", |u| if u < 0.0 { 5.0 } else { 1.0 }),
    ("around", |u| if u.abs() < 2f64.ln() { 5.0 } else { 1.0 }),
    ("here and there", |u| if (u * 1e3).rem_euclid(10.0) < 3.0 { 5.0 } else { 1.0 }),
];

/// The same where runs scatter unalike.
#[test]
fn the_interval_holds_the_optimum_where_runs_scatter_five_times_as_far_at_some_values() {
    let shows = std::env::var_os("WANE_SHOW_SIMULATION").is_some();
    for truth in TRUTHS {
        for (name, scatter) in UNEVEN {
            let sd = |number: u64| [0.005, 0.01, 0.02][number as usize % 3];
            let world = |number| World { scatter, ..World::even(truth, sd(number), number) };
            let all = tally(world, SEARCHES / 2);
            if shows {
                all.print(truth.name, name);
            }
            assert!(all.covered * 100 >= all.searches * 95, "{} {name}: {all:?}", truth.name);
        }
    }
}
