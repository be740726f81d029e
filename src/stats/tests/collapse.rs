//! Whether lines are one, on worlds where that is known.

use std::collections::BTreeMap;

use rand_distr::{Distribution, StandardNormal};

use crate::random::stream;
use crate::results::Draw;
use crate::stats::collapse::{Coincidence, Line, Place};

const NOISE: f64 = 0.02;
/// What a seed shifts in every line alike.
const SHIFT: f64 = 0.1;

fn draw(seed: u64) -> Draw {
    Draw { seed, text: None, model: None, data: None }
}

/// Lines of one parabola, each moved across by its `offset`.
fn world(number: u64, seeds: u64, offsets: &[f64]) -> Vec<Line> {
    let mut random = stream("world of lines", &[&number.to_le_bytes()]);
    let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
    let shifts: Vec<f64> = (0..seeds).map(|_| SHIFT * normal()).collect();
    let mut line = |(index, offset): (usize, &f64)| {
        let place = |step: u32| {
            let at = f64::from(step);
            let loss = 0.05 * (at - 3.0 - offset).powi(2);
            let losses = (0..seeds)
                .map(|seed| (draw(seed), loss + shifts[seed as usize] + NOISE * normal()));
            Place { at, losses: losses.collect() }
        };
        Line { label: format!("{index}"), places: (0..7).map(place).collect() }
    };
    offsets.iter().enumerate().map(&mut line).collect()
}

/// Share of worlds whose lines are told apart at 5%.
fn told_apart(seeds: u64, offsets: &[f64]) -> f64 {
    let worlds = 400;
    let told = (0..worlds).filter(|number| {
        Coincidence::of(&world(*number, seeds, offsets)).unwrap().is_told_apart(0.05)
    });
    told.count() as f64 / f64::from(worlds as u32)
}

#[test]
fn lines_that_are_one_are_told_apart_as_rarely_as_the_level_says() {
    for seeds in [6, 8, 20] {
        let share = told_apart(seeds, &[0.0, 0.0, 0.0]);
        assert!(share <= 0.075, "{seeds} seeds: {share}");
    }
}

#[test]
fn lines_that_are_not_one_are_told_apart() {
    for seeds in [6, 8, 20] {
        let share = told_apart(seeds, &[0.0, 0.5, 0.0]);
        assert!(share > 0.95, "{seeds} seeds: {share}");
    }
}

#[test]
fn what_seeds_alone_do_is_measured_without_what_they_shift_in_all_lines() {
    let found: Vec<Coincidence> =
        (0..100).map(|number| Coincidence::of(&world(number, 8, &[0.0, 0.0])).unwrap()).collect();
    let mean = |of: fn(&Coincidence) -> f64| found.iter().map(of).sum::<f64>() / 100.0;
    // Two lines of 8 seeds: NOISE/√8, over √2 around the mean of two, and less between places.
    let expected = NOISE / 8f64.sqrt() / 2f64.sqrt();
    let (apart, by_seeds) = (mean(|one| one.apart), mean(|one| one.by_seeds));
    assert!((by_seeds / expected - 0.95).abs() < 0.1, "{by_seeds} {expected}");
    assert!((apart / by_seeds - 1.0).abs() < 0.1, "{apart} {by_seeds}");
}

#[test]
fn lines_are_compared_at_the_places_that_all_have() {
    let line = |places: &[f64]| Line {
        label: String::new(),
        places: places
            .iter()
            .map(|at| Place {
                at: *at,
                losses: (0..4).map(|seed| (draw(seed), at * at + seed as f64)).collect(),
            })
            .collect(),
    };
    let lines = [line(&[0.0, 1.0, 2.0, 4.0]), line(&[0.5, 1.0 + 1e-9, 2.0, 3.0, 4.0])];
    let found = Coincidence::of(&lines).unwrap();
    assert!(found.apart < 1e-6, "{found:?}");
    assert_eq!((found.places, found.seeds), (3, 4), "1, 2 and 4");
}

#[test]
fn lines_that_share_too_little_are_not_compared() {
    let place = |at: f64, seeds: std::ops::Range<u64>| Place {
        at,
        losses: seeds.map(|seed| (draw(seed), at)).collect::<BTreeMap<_, _>>(),
    };
    let line = |from: f64, seeds: std::ops::Range<u64>| Line {
        label: String::new(),
        places: (0..4).map(|step| place(from + f64::from(step), seeds.clone())).collect(),
    };
    assert_eq!(Coincidence::of(&[line(0.0, 0..5)]), None, "one line");
    assert_eq!(Coincidence::of(&[line(0.0, 0..5), line(9.0, 0..5)]), None, "no places");
    assert_eq!(Coincidence::of(&[line(0.0, 0..5), line(0.0, 3..8)]), None, "two seeds");
    assert!(Coincidence::of(&[line(0.0, 0..5), line(0.0, 2..8)]).is_some());
}
