//! Searches over two axes, on surfaces whose optimum and ridge are known.

use std::io::Write;

use rayon::prelude::*;

use super::super::{Axis, Best, Known, Next, Replay, Terms, Tuned, Wanted, replay};
use crate::random::{normals, stream};
use crate::stats::surface::{Surface, TriedPair};

/// How far the optimum lies from the start, over the logarithms.
const AWAY: [f64; 2] = [1.5, -0.8];

/// A loss above the optimum, over the distances from it.
type Shape = fn(f64, f64) -> f64;

/// Nearly only the product of both decides: a ridge at −45 degrees.
fn product(x: f64, y: f64) -> f64 {
    0.05 * (x + y).powi(2) + 0.005 * (x - y).powi(2)
}

/// The first axis hardly matters: a ridge at 0 degrees.
fn second_alone(x: f64, y: f64) -> f64 {
    0.006 * x * x + 0.06 * y * y
}

fn axes() -> [Axis; 2] {
    let decay = Axis { ends_at_zero: false, ..Axis::new(Tuned::WeightDecay, 0.1) };
    [decay, Axis::new(Tuned::LearningRate, 0.003)]
}

fn regret(shape: Shape, values: &[f64]) -> f64 {
    shape((values[0] / 0.1).ln() - AWAY[0], (values[1] / 0.003).ln() - AWAY[1])
}

fn train(shape: Shape, sd: f64, number: u64, wanted: &Wanted, known: &mut Known) {
    let place = &wanted.point.place;
    for seed in 0..wanted.seeds {
        let of_seed = normals(&mut stream("seed", &[&[number as u8, seed as u8]]), 0.03, 1)[0];
        let keys = [number as u8, seed as u8, place.0[0] as u8, place.0[1] as u8];
        let own = normals(&mut stream("run", &[&keys]), sd, 1)[0];
        known.add(
            place,
            seed,
            1.5 + regret(shape, &wanted.point.values) + f64::from(of_seed + own),
        );
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

/// Of one search: whether it recommends well, whether the interval of the ridge holds it, runs.
fn outcome(shape: Shape, ridge: f64, sd: f64, number: u64) -> [usize; 3] {
    let (replay, known) = carry_out(shape, sd, number);
    let Next::Confirm(Best::At(point)) = &replay.next else { panic!("{:?}", replay.next) };
    let pair = |one: &Wanted| TriedPair {
        values: [one.point.values[0], one.point.values[1]],
        losses: known.losses(&one.point.place, one.seeds).unwrap_or_default(),
    };
    let tried: Vec<TriedPair> = replay.asked.iter().map(pair).collect();
    let [low, high] = Surface::of(&tried, 0.02).expect("there are enough points").ridge.interval;
    // A direction has no sign.
    let holds = [ridge - 180.0, ridge, ridge + 180.0].iter().any(|at| low <= *at && *at <= high);
    let runs = replay.asked.iter().map(|wanted| wanted.seeds).sum();
    [usize::from(regret(shape, &point.values) <= 0.02), usize::from(holds), runs]
}

#[test]
fn two_axes_are_searched_along_their_ridge() {
    for (shape, ridge) in [(product as Shape, -45.0), (second_alone as Shape, 0.0)] {
        for (sd, least_good) in [(0.005, 95), (0.02, 95), (0.05, 80)] {
            let searches = (0..100).into_par_iter().map(|number| outcome(shape, ridge, sd, number));
            let [good, holds, runs] =
                searches.reduce(|| [0; 3], |a, b| [a[0] + b[0], a[1] + b[1], a[2] + b[2]]);
            if std::env::var_os("WANE_SHOW_SIMULATION").is_some() {
                let line = format!(
                    "ridge {ridge}, sd {sd}: good {good}, angle {holds}, runs {}",
                    runs / 100
                );
                writeln!(std::io::stderr(), "{line}").unwrap();
            }
            assert!(good >= least_good && holds >= 93, "sd {sd}: {good} {holds}");
        }
    }
}
