//! Searches over three axes, on losses whose optimum is known.

use std::io::Write;

use rayon::prelude::*;

use super::super::{Axis, Best, Known, Next, Terms, Tuned, Wanted, Why, replay};
use crate::random::{normals, stream};

/// How far the optimum lies from the start, over the logarithms.
const AWAY: [f64; 3] = [1.5, -0.8, 1.1];
const STARTS: [f64; 3] = [0.1, 0.003, 400.0];

/// A loss above the lowest, over the distances from where it is lowest.
type Shape = fn([f64; 3]) -> f64;

/// A shape, and of 100 searches at each noise how many at least recommend what costs no more than ε.
struct Truth {
    name: &'static str,
    shape: Shape,
    least_good: [usize; 3],
}

const SEARCHES: usize = 100;
const SDS: [f64; 3] = [0.005, 0.02, 0.05];
const EPSILON: f64 = 0.02;

const TRUTHS: [Truth; 5] = [
    Truth {
        name: "each by itself",
        shape: |[x, y, z]| 0.03 * x * x + 0.05 * y * y + 0.04 * z * z,
        least_good: [95, 95, 90],
    },
    Truth {
        name: "nearly only the product decides",
        shape: |[x, y, z]| 0.05 * (x + y + z).powi(2) + 0.005 * ((x - y).powi(2) + (y - z).powi(2)),
        least_good: [95, 95, 85],
    },
    Truth {
        name: "one against the two others",
        shape: |[x, y, z]| {
            0.04 * (x + y - z).powi(2) + 0.02 * (x - y).powi(2) + 0.02 * (z + x).powi(2)
        },
        least_good: [95, 95, 92],
    },
    Truth {
        name: "steep on one side",
        shape: |[x, y, z]| {
            let sum = x + y + z;
            0.1 * (sum.exp() - 1.0 - sum) + 0.02 * (x - y).powi(2) + 0.02 * z * z
        },
        least_good: [95, 78, 75],
    },
    Truth {
        name: "only one of them matters",
        shape: |[_, y, _]| 0.05 * y * y,
        least_good: [95, 95, 95],
    },
];

fn axes() -> Vec<Axis> {
    let of = |(tuned, start)| Axis { ends_at_zero: false, ..Axis::new(tuned, start) };
    let tuned = [Tuned::WeightDecay, Tuned::LearningRate, Tuned::Steps];
    tuned.into_iter().zip(STARTS).map(of).collect()
}

fn regret(shape: Shape, values: &[f64]) -> f64 {
    shape([0, 1, 2].map(|axis| (values[axis] / STARTS[axis]).ln() - AWAY[axis]))
}

/// The loss of a run, less that of the optimum: what its seed shifts, what is its own.
fn noise(sd: f64, number: u64, seed: usize, place: &[i32]) -> f64 {
    let of_seed = normals(&mut stream("seed", &[&[number as u8, seed as u8]]), 0.03, 1)[0];
    let place: Vec<u8> = place.iter().map(|parts| *parts as u8).collect();
    let own = normals(&mut stream("run", &[&[number as u8, seed as u8], &place]), sd, 1)[0];
    f64::from(of_seed + own)
}

fn train(shape: Shape, sd: f64, number: u64, wanted: &Wanted, known: &mut Known) {
    let place = &wanted.point.place;
    for seed in 0..wanted.seeds {
        let loss = 1.5 + regret(shape, &wanted.point.values) + noise(sd, number, seed, &place.0);
        known.add(place, seed, loss);
    }
}

/// How a search ended.
struct End {
    /// What its recommendation costs.
    regret: f64,
    runs: usize,
    /// Whether it used up its runs, which is said beside what it recommends.
    is_cut_off: bool,
}

fn carry_out(shape: Shape, sd: f64, number: u64) -> End {
    let mut known = Known::default();
    loop {
        let terms = Terms { most_runs: 120, ..Terms::default() };
        let now = replay(&axes(), &terms, &known);
        match &now.next {
            Next::Train { points, .. } => {
                points.iter().for_each(|wanted| train(shape, sd, number, wanted, &mut known));
            }
            Next::Confirm(Best::At(point)) => {
                return End {
                    regret: regret(shape, &point.values),
                    runs: now.asked.iter().map(|wanted| wanted.seeds).sum(),
                    is_cut_off: now.log.iter().any(|decision| decision.why == Why::MostRuns),
                };
            }
            other => panic!("{other:?}"),
        }
    }
}

/// `WANE_SHOW_SIMULATION=1` prints every shape and noise.
#[test]
fn searches_over_three_axes_recommend_what_costs_little() {
    let shows = std::env::var_os("WANE_SHOW_SIMULATION").is_some();
    for truth in &TRUTHS {
        for (sd, least_good) in SDS.into_iter().zip(truth.least_good) {
            let ends: Vec<End> = (0..SEARCHES)
                .into_par_iter()
                .map(|number| carry_out(truth.shape, sd, number as u64))
                .collect();
            let good = ends.iter().filter(|end| end.regret <= EPSILON).count();
            if shows {
                let runs = ends.iter().map(|end| end.runs).sum::<usize>() / SEARCHES;
                let cut_off = ends.iter().filter(|end| end.is_cut_off).count();
                let told = format!("good {good} of {SEARCHES}, cut off {cut_off}, runs {runs}");
                writeln!(std::io::stderr(), "{:32} {sd:>6}  {told}", truth.name).unwrap();
            }
            let share = good * 100 / SEARCHES;
            assert!(shows || share >= least_good, "{}, sd {sd}: {good} of {SEARCHES}", truth.name);
        }
    }
}
