//! Runs that it takes until what is recommended costs no more than ε with a chance of 95%: a search beside
//! grids over the same range. `optuna_search.py` says the same of Optuna's samplers.
//!
//! `cargo bench --bench search`

mod truths;

use truths::{Place, TRUTHS, World};
use wane::search::{Axis, Best, Known, Next, Terms, Tuned, replay};

const EPSILON: f64 = 0.02;
const WORLDS: u64 = 1000;
const SDS: [f64; 3] = [0.01, 0.02, 0.05];
/// The range of whatever is no search: by this factor to both sides of the start. The optimum lies within
/// 16.
const REACH: f64 = 64.0;
/// Nobody goes on beyond so many runs.
const MOST_RUNS: usize = 150;

/// After so many runs, what the recommendation costs.
type Path = Vec<(usize, f64)>;

/// How a method goes about one world.
type Method = Box<dyn Fn(World) -> Path>;

fn main() {
    let mut methods: Vec<(String, Method)> = Vec::new();
    for (bracket_seeds, refine_seeds) in [(1, 5), (2, 5), (1, 8), (2, 8)] {
        let terms = Terms { bracket_seeds, refine_seeds, most_runs: MOST_RUNS, ..Terms::default() };
        let name = format!("search, {bracket_seeds} and {refine_seeds} seeds");
        methods.push((name, Box::new(move |world| searched(world, &terms))));
    }
    for seeds in [1, 2, 3, 5, 8] {
        methods.push((format!("grid, {seeds} seeds"), Box::new(move |world| grids(world, seeds))));
    }
    println!("method,truth,sd,runs,chance_at_the_end,runs_at_the_end");
    for truth in TRUTHS.iter().filter(|truth| truth.optimum == Place::Inside) {
        for sd in SDS {
            for (name, of) in &methods {
                let worlds = (0..WORLDS).map(|number| World::even(truth, sd, number));
                let paths: Vec<Path> = worlds.map(of).collect();
                print(name, truth.name, sd, &paths);
            }
        }
    }
}

fn print(method: &str, truth: &str, sd: f64, paths: &[Path]) {
    let needed = (1..=MOST_RUNS).rev().take_while(|runs| chance(paths, *runs) >= 0.95).last();
    let needed = needed.map_or_else(|| format!(">{MOST_RUNS}"), |runs| runs.to_string());
    let runs = paths.iter().filter_map(|path| Some(path.last()?.0)).sum::<usize>() / paths.len();
    println!("\"{method}\",{truth},{sd},{needed},{:.3},{runs}", chance(paths, MOST_RUNS));
}

/// The share of worlds where the recommendation after so many runs is good enough.
fn chance(paths: &[Path], runs: usize) -> f64 {
    let is_good = |path: &&Path| {
        let now = path.iter().take_while(|(after, _)| *after <= runs).last();
        now.is_some_and(|(_, regret)| *regret <= EPSILON)
    };
    paths.iter().filter(is_good).count() as f64 / paths.len() as f64
}

/// The search: its recommendation after every round.
fn searched(world: World, terms: &Terms) -> Path {
    let axes = [Axis { ends_at_zero: false, ..Axis::new(Tuned::WeightDecay, 0.1) }];
    let (mut known, mut path) = (Known::default(), Path::new());
    loop {
        let now = replay(&axes, terms, &known);
        let trained = now.log.last().map_or(0, |line| line.runs);
        if let Best::At(point) = &now.best {
            path.push((trained, world.regret(point.values[0])));
        }
        let Next::Train { points, .. } = now.next else { return path };
        for wanted in points {
            let run = (wanted.point.place.0[0] + 500) as u64;
            for seed in 0..wanted.seeds {
                let loss = world.loss(wanted.point.values[0], seed as u64, run);
                known.add(&wanted.point.place, seed, loss);
            }
        }
    }
}

/// Grids of 3 values and more, each of them a world of its own: the lowest mean is recommended.
fn grids(world: World, seeds: u64) -> Path {
    let sizes = 3..=MOST_RUNS / seeds as usize;
    sizes.map(|size| (size * seeds as usize, grid(world, size, seeds))).collect()
}

fn grid(world: World, size: usize, seeds: u64) -> f64 {
    let value = |at: usize| 0.1 * REACH.powf(2.0 * at as f64 / (size - 1) as f64 - 1.0);
    let mean = |at: usize| {
        let run = (1000 * size + at) as u64;
        (0..seeds).map(|seed| world.loss(value(at), seed, run)).sum::<f64>()
    };
    let means: Vec<f64> = (0..size).map(mean).collect();
    let best = (0..size).min_by(|a, b| means[*a].total_cmp(&means[*b])).unwrap_or(0);
    world.regret(value(best))
}
