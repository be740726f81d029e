//! Searches over two axes, on surfaces whose optimum and ridge are known.

use std::io::Write;

use rayon::prelude::*;

use super::super::{Axis, Best, Known, Next, Replay, Terms, Tuned, Wanted, Why, replay};
use crate::random::{normals, stream};
use crate::stats::Estimate;
use crate::stats::surface::{Surface, TriedPair};

/// How far the optimum lies from the start, over the logarithms.
const AWAY: [f64; 2] = [1.5, -0.8];

/// A loss above the lowest, over the distances from where it is lowest.
type Shape = fn(f64, f64) -> f64;

/// A surface, and what is true of it.
struct Truth {
    name: &'static str,
    shape: Shape,
    /// The direction of the ridge in degrees, where there is one.
    ridge: Option<f64>,
    /// Where each axis has its optimum.
    optimum: [Optimum; 2],
    /// Of 100 searches at each noise, how many recommend well.
    least_good: [usize; 3],
}

#[derive(Clone, Copy, PartialEq)]
enum Optimum {
    Inside,
    /// The smaller the better.
    Zero,
    /// One value is as good as another, or any with one of the other axis.
    Nowhere,
}

const SEARCHES: usize = 200;
const SDS: [f64; 3] = [0.005, 0.02, 0.05];

const TRUTHS: [Truth; 10] = [
    Truth {
        name: "nearly only the product decides",
        shape: |x, y| 0.05 * (x + y).powi(2) + 0.005 * (x - y).powi(2),
        ridge: Some(-45.0),
        optimum: [Optimum::Inside; 2],
        least_good: [95, 95, 87],
    },
    Truth {
        name: "the first hardly matters",
        shape: |x, y| 0.006 * x * x + 0.06 * y * y,
        ridge: Some(0.0),
        optimum: [Optimum::Inside; 2],
        least_good: [95, 95, 87],
    },
    Truth {
        name: "steep on one side",
        shape: |x, y| 0.1 * ((x + y).exp() - 1.0 - x - y) + 0.01 * (x - y).powi(2),
        ridge: Some(-45.0),
        optimum: [Optimum::Inside; 2],
        least_good: [95, 95, 77],
    },
    Truth {
        name: "small values do nothing",
        shape: |x, y| {
            0.06 * y * y + if x < 0.0 { 0.1 * (1.0 - x.exp()).powi(2) } else { 0.04 * x * x }
        },
        ridge: None,
        optimum: [Optimum::Inside; 2],
        least_good: [95, 95, 87],
    },
    Truth {
        name: "only the product decides",
        shape: |x, y| 0.05 * (x + y).powi(2),
        ridge: Some(-45.0),
        optimum: [Optimum::Nowhere; 2],
        least_good: [95, 95, 87],
    },
    Truth {
        name: "the first does nothing",
        shape: |_, y| 0.05 * y * y,
        ridge: Some(0.0),
        optimum: [Optimum::Nowhere, Optimum::Inside],
        least_good: [95, 95, 87],
    },
    Truth {
        name: "the first does harm",
        shape: |x, y| 0.03 * x.exp() + 0.05 * y * y,
        ridge: None,
        optimum: [Optimum::Zero, Optimum::Inside],
        least_good: [95, 95, 87],
    },
    Truth {
        name: "small values of the second cost 0.003",
        shape: |x, y| 0.05 * x * x + plateau(0.003, y),
        ridge: None,
        optimum: [Optimum::Inside; 2],
        least_good: [95, 95, 87],
    },
    Truth {
        name: "small values of the second cost 0.01",
        shape: |x, y| 0.05 * x * x + plateau(0.01, y),
        ridge: None,
        optimum: [Optimum::Inside; 2],
        least_good: [95, 95, 87],
    },
    Truth {
        name: "small values of the second cost 0.03",
        shape: |x, y| 0.05 * x * x + plateau(0.03, y),
        ridge: None,
        optimum: [Optimum::Inside; 2],
        least_good: [95, 95, 90],
    },
];

/// As of dropout: of small values the loss comes to that of none, of large ones it rises.
fn plateau(depth: f64, y: f64) -> f64 {
    if y < 0.0 { depth * (1.0 - y.exp()).powi(2) } else { 0.02 * y * y }
}

fn axes() -> [Axis; 2] {
    let decay = Axis { ends_at_zero: false, ..Axis::new(Tuned::WeightDecay, 0.1) };
    [decay, Axis { factor: 2.0, ..Axis::new(Tuned::LearningRate, 0.003) }]
}

fn regret(shape: Shape, values: &[f64]) -> f64 {
    shape((values[0] / 0.1).ln() - AWAY[0], (values[1] / 0.003).ln() - AWAY[1])
}

/// The loss of a run, less that of the optimum: what its seed shifts, what is its own.
fn noise(sd: f64, number: u64, seed: usize, place: [u8; 2]) -> f64 {
    let of_seed = normals(&mut stream("seed", &[&[number as u8, seed as u8]]), 0.03, 1)[0];
    let keys = [number as u8, seed as u8, place[0], place[1]];
    f64::from(of_seed + normals(&mut stream("run", &[&keys]), sd, 1)[0])
}

/// Whether the best that was tried is lower than no decay, at 95%.
fn is_below_none(shape: Shape, sd: f64, number: u64, tried: &[TriedPair]) -> bool {
    let mean = |one: &TriedPair| one.losses.iter().sum::<f64>() / one.losses.len() as f64;
    let best = tried.iter().min_by(|a, b| mean(a).total_cmp(&mean(b))).expect("some were tried");
    let none = |seed| 1.5 + shape(f64::NEG_INFINITY, 0.0) + noise(sd, number, seed, [99, 99]);
    let differences: Vec<f64> =
        best.losses.iter().enumerate().map(|(seed, loss)| loss - none(seed)).collect();
    let difference = Estimate::of(&differences).expect("it has seeds");
    difference.half_width.is_some_and(|half| difference.mean + half < 0.0)
}

fn train(shape: Shape, sd: f64, number: u64, wanted: &Wanted, known: &mut Known) {
    let place = &wanted.point.place;
    let parts = [0, 1].map(|axis| place.0[axis] as u8);
    for seed in 0..wanted.seeds {
        let loss = 1.5 + regret(shape, &wanted.point.values) + noise(sd, number, seed, parts);
        known.add(place, seed, loss);
    }
}

fn carry_out(shape: Shape, sd: f64, number: u64) -> (Replay, Known) {
    let mut known = Known::default();
    loop {
        let now = replay(&axes(), &Terms { most_runs: 120, ..Terms::default() }, &known);
        let Next::Train { points, .. } = &now.next else { return (now, known) };
        points.iter().for_each(|wanted| train(shape, sd, number, wanted, &mut known));
    }
}

/// What is right of one search, or how often that is so in many.
#[derive(Clone, Copy, Debug, Default)]
struct Right {
    searches: usize,
    /// What it recommends costs no more than ε.
    good: usize,
    /// The interval of the ridge holds it.
    ridge: usize,
    /// The interval of an axis is true of it.
    axes: [usize; 2],
    /// A lowest point of the surface is told, and costs no more than ε.
    told: [usize; 2],
    runs: usize,
}

impl Right {
    fn of(truth: &Truth, sd: f64, number: u64) -> Self {
        let (replay, known) = carry_out(truth.shape, sd, number);
        let Next::Confirm(Best::At(point)) = &replay.next else { panic!("{:?}", replay.next) };
        let pair = |one: &Wanted| TriedPair {
            values: [one.point.values[0], one.point.values[1]],
            losses: known.losses(&one.point.place, one.seeds).unwrap_or_default(),
        };
        let tried: Vec<TriedPair> = replay.asked.iter().map(pair).collect();
        let surface = Surface::of(&tried, 0.02).expect("there are enough points");
        let [low, high] = surface.ridge.interval;
        // A direction has no sign.
        let holds = |ridge: f64| {
            [-180.0, 0.0, 180.0].iter().any(|turn| (low..=high).contains(&(ridge + turn)))
        };
        let lowest = [0.1 * AWAY[0].exp(), 0.003 * AWAY[1].exp()];
        let axis = |axis: usize| {
            let [low, high] = surface.intervals[axis];
            usize::from(match truth.optimum[axis] {
                Optimum::Inside => low <= lowest[axis] && lowest[axis] <= high,
                Optimum::Zero => low == 0.0 || !is_below_none(truth.shape, sd, number, &tried),
                Optimum::Nowhere => low == 0.0 || high.is_infinite(),
            })
        };
        let is_good = |values: &[f64]| usize::from(regret(truth.shape, values) <= 0.02);
        Right {
            searches: 1,
            good: is_good(&point.values),
            ridge: truth.ridge.is_none_or(holds).into(),
            axes: [0, 1].map(axis),
            told: surface.best.map_or([0; 2], |best| [1, is_good(&best)]),
            runs: replay.asked.iter().map(|wanted| wanted.seeds).sum(),
        }
    }

    fn and(self, other: Self) -> Self {
        let both = |a: [usize; 2], b: [usize; 2]| [a[0] + b[0], a[1] + b[1]];
        Right {
            searches: self.searches + other.searches,
            good: self.good + other.good,
            ridge: self.ridge + other.ridge,
            axes: both(self.axes, other.axes),
            told: both(self.told, other.told),
            runs: self.runs + other.runs,
        }
    }

    fn print(&self, name: &str, sd: f64) {
        let Right { searches, good, ridge, axes, told: [told, right], runs } = self;
        let runs = runs / searches;
        writeln!(
            std::io::stderr(),
            "{name:32} {sd:>6}  of {searches}: good {good}  ridge {ridge}  intervals {axes:?}  a lowest point {told}, {right} \
             good  runs {runs}"
        )
        .unwrap();
    }
}

/// The smaller the second, the better, by far less than matters.
#[test]
fn a_search_ends_where_a_factor_of_4_changes_nothing_that_matters() {
    let of = |x: f64, y: f64| 0.05 * x * x + 0.002 * y + 0.04 * y.max(0.0).powi(2);
    let (replay, _) = carry_out(of, 1e-4, 0);
    let lowest = replay.asked.iter().map(|wanted| wanted.point.place.0[1]).min();
    assert!(replay.log.iter().any(|line| line.why == Why::Flat { axis: 1 }), "{:?}", replay.log);
    assert!(lowest >= Some(-16), "{lowest:?}");
}

/// `WANE_SHOW_SIMULATION=1` prints every surface and noise.
#[test]
fn searches_over_two_axes_recommend_well_and_say_where_the_best_values_lie() {
    let shows = std::env::var_os("WANE_SHOW_SIMULATION").is_some();
    let share = |count: usize| count * 100 / SEARCHES;
    for truth in &TRUTHS {
        for (sd, least_good) in SDS.into_iter().zip(truth.least_good) {
            let searches =
                (0..SEARCHES).into_par_iter().map(|number| Right::of(truth, sd, number as u64));
            let all = searches.reduce(Right::default, Right::and);
            if shows {
                all.print(truth.name, sd);
            }
            let holds = all.axes.iter().chain([&all.ridge]).all(|holds| share(*holds) >= 95);
            let told = share(all.good);
            assert!(shows || told >= least_good && holds, "{}, sd {sd}: {all:?}", truth.name);
        }
    }
}
