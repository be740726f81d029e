//! The statistics judged by thousands of synthetic experiments whose truth is known.
//!
//! An experiment has no decay and some rules, each with a grid of arms, over a few seeds. A loss is the
//! arm's true mean, what all arms share of a seed, and the arm's own noise, of which neighbours in a
//! grid share a part, on val and test in part alike. `WANE_SHOW_SIMULATION=1` prints the table.

use chacha20::ChaCha8Rng;
use rand_distr::{Distribution, Exp1, StandardNormal};
use rayon::prelude::*;
use std::io::Write;

use crate::random::{stream, unit};
use crate::stats::Evidence;
use crate::stats::contrast::Contrast;
use crate::stats::inference::{Estimate, holm, p_of_no_difference};
use crate::stats::rotations::Rotations;
use crate::stats::scores::{Scores, chosen_by_all};
use crate::stats::verdict::{Kind, Terms, judge};

const ALPHA: f64 = 0.05;
/// ε in standard deviations of an arm's own noise.
const EPSILON: f64 = 3.0;
const EXPERIMENTS: usize = 500;
const ROTATIONS: usize = 199;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Noise {
    Normal,
    /// An exponential's.
    Skewed,
    /// One seed in five ends elsewhere.
    Bimodal,
}

/// What the arms of a rule truly differ by from the rule's best.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    /// All alike: the choice is by chance alone.
    Flat,
    /// A bowl around an optimum.
    Bowl,
    /// Half of the arms alike, half far worse.
    Cliff,
}

#[derive(Clone, Copy, Debug)]
struct World {
    noise: Noise,
    shape: Shape,
    arms: usize,
    seeds: usize,
    /// The best of each rule against no decay, in standard deviations of an arm's own noise.
    truths: &'static [f64],
    /// Whether rules are compared with each other, or each with no decay.
    between_rules: bool,
}

impl Noise {
    /// With mean 0 and standard deviation 1.
    fn draw(self, rng: &mut ChaCha8Rng) -> f64 {
        let normal = |rng: &mut ChaCha8Rng| -> f64 { StandardNormal.sample(rng) };
        match self {
            Noise::Normal => normal(rng),
            Noise::Skewed => <Exp1 as Distribution<f64>>::sample(&Exp1, rng) - 1.0,
            Noise::Bimodal => {
                let mode = if unit(rng) < 0.2 { 2.0 } else { -0.5 };
                (mode + 0.3 * normal(rng)) / 1.09f64.sqrt()
            }
        }
    }
}

impl World {
    fn mean(&self, arm: usize) -> f64 {
        match self.shape {
            Shape::Flat => 0.0,
            Shape::Bowl => 0.5 * (arm as f64 - (self.arms / 2) as f64).powi(2),
            Shape::Cliff => f64::from(u8::from(arm % 2 == 1)) * 20.0,
        }
    }

    /// No decay, then the rules.
    fn draw(&self, rng: &mut ChaCha8Rng) -> Vec<Vec<Scores>> {
        let shared: Vec<f64> = (0..self.seeds).map(|_| 3.0 * self.noise.draw(rng)).collect();
        let mut rules = vec![self.grid(&[0.0], &shared, rng)];
        for truth in self.truths {
            let means: Vec<f64> = (0..self.arms).map(|arm| truth + self.mean(arm)).collect();
            rules.push(self.grid(&means, &shared, rng));
        }
        rules
    }

    fn grid(&self, means: &[f64], shared: &[f64], rng: &mut ChaCha8Rng) -> Vec<Scores> {
        let alike = if self.shape == Shape::Flat { 0.0 } else { 0.5f64 };
        let mut noise = vec![0.0; self.seeds];
        let mut arms = Vec::new();
        for (arm, mean) in means.iter().enumerate() {
            let keep = if arm == 0 { 0.0 } else { alike };
            for value in &mut noise {
                *value = keep * *value + (1.0 - keep * keep).sqrt() * self.noise.draw(rng);
            }
            // Windows of val and test differ a little; the shape of the noise stays.
            let mut loss = || -> Vec<f64> {
                let of = |(noise, shared): (&f64, &f64)| {
                    let own: f64 = StandardNormal.sample(rng);
                    mean + noise + shared + 0.2 * own
                };
                noise.iter().zip(shared).map(of).collect()
            };
            arms.push(Scores { choose: loss(), score: loss() });
        }
        arms
    }
}

/// Experiments with some false claim.
#[derive(Clone, Copy, Debug, Default)]
struct Errors {
    difference: usize,
    equivalence: usize,
    coverage: usize,
    /// By what was shipped before: chosen and judged on val by all seeds, with per-comparison intervals.
    difference_before: usize,
    coverage_before: usize,
}

impl Errors {
    fn add(self, other: Errors) -> Errors {
        Errors {
            difference: self.difference + other.difference,
            equivalence: self.equivalence + other.equivalence,
            coverage: self.coverage + other.coverage,
            difference_before: self.difference_before + other.difference_before,
            coverage_before: self.coverage_before + other.coverage_before,
        }
    }
}

fn is_false(kind: Kind, truth: f64) -> bool {
    kind == Kind::Lower && truth >= 0.0 || kind == Kind::Higher && truth <= 0.0
}

/// The comparisons of a family: every rule with no decay, then every rule with the next, with their truths.
fn family<'a>(world: &World, rules: &'a [Vec<Scores>]) -> Vec<([&'a [Scores]; 2], f64)> {
    let truths = world.truths;
    let none = (0..truths.len()).map(|rule| ([&rules[rule + 1][..], &rules[0]], truths[rule]));
    let next = (1..truths.len())
        .map(|rule| ([&rules[rule][..], &rules[rule + 1]], truths[rule - 1] - truths[rule]));
    if world.between_rules { next.collect() } else { none.collect() }
}

fn experiment(world: &World, rotations: &Rotations, number: usize) -> Errors {
    let name = format!("{world:?}");
    let mut rng = stream("simulation", &[name.as_bytes(), &(number as u64).to_le_bytes()]);
    let rules = world.draw(&mut rng);
    let (asked, truths): (Vec<_>, Vec<f64>) = family(world, &rules).into_iter().unzip();
    let contrasts: Vec<Contrast> =
        asked.iter().map(|[left, right]| Contrast::new(left, right, rotations)).collect();
    let terms = Terms { alpha: ALPHA, epsilon: Some(EPSILON) };
    let evidence: Vec<&dyn Evidence> = contrasts.iter().map(|one| one as &dyn Evidence).collect();
    let judged = judge(&evidence, &terms);
    let tail = terms.tail(contrasts.len());
    let before = before(&asked);
    let any = |is: &dyn Fn(usize, f64) -> bool| {
        usize::from(truths.iter().enumerate().any(|(place, truth)| is(place, *truth)))
    };
    Errors {
        difference: any(&|place, truth| is_false(judged[place].kind, truth)),
        equivalence: any(&|place, truth| {
            judged[place].is_within_epsilon(&terms) && truth.abs() >= EPSILON
        }),
        coverage: any(&|place, truth| !contrasts[place].covers(truth, tail)),
        difference_before: any(&|place, truth| {
            let (p, estimate) = &before[place];
            let kind = if estimate.mean < 0.0 { Kind::Lower } else { Kind::Higher };
            *p < ALPHA && is_false(kind, truth)
        }),
        coverage_before: any(&|place, truth| {
            let (_, estimate) = &before[place];
            (estimate.mean - truth).abs() > estimate.half_width.unwrap()
        }),
    }
}

/// What was shipped before: Holm's p and the paired difference of val loss, at the λ with the lowest mean val
/// loss over all seeds.
fn before(asked: &[[&[Scores]; 2]]) -> Vec<(f64, Estimate)> {
    let best = |arms: &[Scores]| arms[chosen_by_all(arms).unwrap()].choose.clone();
    let differences: Vec<Vec<f64>> = asked
        .iter()
        .map(|[left, right]| {
            best(left).iter().zip(best(right)).map(|(left, right)| left - right).collect()
        })
        .collect();
    let p: Vec<Option<f64>> = differences.iter().map(|own| p_of_no_difference(own)).collect();
    let corrected = holm(&p).into_iter().map(Option::unwrap);
    corrected.zip(differences.iter().map(|own| Estimate::of(own).unwrap())).collect()
}

fn simulate(world: &World) -> Errors {
    let rotations = Rotations::draw(world.seeds, ROTATIONS);
    (0..EXPERIMENTS)
        .into_par_iter()
        .map(|number| experiment(world, &rotations, number))
        .reduce(Errors::default, Errors::add)
}

/// As many errors as a true rate of 5% gives in 999 of 1,000 simulations.
fn most() -> usize {
    let mean = ALPHA * EXPERIMENTS as f64;
    (mean + 3.1 * (mean * (1.0 - ALPHA)).sqrt()) as usize
}

fn worlds() -> Vec<World> {
    const NULL: &[f64] = &[0.0];
    const NULLS: &[f64] = &[0.0, 0.0, 0.0, 0.0];
    /// Real differences of several sizes beside rules without one, and one as large as ε.
    const MIXED: &[f64] = &[0.0, -2.0, EPSILON, 0.0];
    /// As far from equivalent as is just not allowed.
    const AT_EPSILON: &[f64] = &[EPSILON];
    let mut worlds = Vec::new();
    for noise in [Noise::Normal, Noise::Skewed, Noise::Bimodal] {
        for (shape, arms, seeds, truths, between_rules) in [
            (Shape::Flat, 1, 5, NULLS, false),
            (Shape::Flat, 5, 3, NULL, false),
            (Shape::Flat, 5, 5, NULL, false),
            (Shape::Flat, 10, 5, NULL, false),
            (Shape::Flat, 30, 5, NULL, false),
            (Shape::Flat, 10, 10, NULL, false),
            (Shape::Flat, 6, 5, NULLS, false),
            (Shape::Flat, 5, 10, MIXED, false),
            (Shape::Bowl, 6, 5, NULLS, false),
            (Shape::Bowl, 30, 5, NULL, false),
            (Shape::Bowl, 6, 10, MIXED, false),
            (Shape::Cliff, 10, 5, NULL, false),
            (Shape::Cliff, 6, 10, MIXED, false),
            (Shape::Flat, 1, 10, AT_EPSILON, false),
            (Shape::Flat, 5, 10, AT_EPSILON, false),
            (Shape::Flat, 6, 5, NULLS, true),
            (Shape::Bowl, 6, 10, MIXED, true),
        ] {
            worlds.push(World { noise, shape, arms, seeds, truths, between_rules });
        }
    }
    worlds
}

/// What is false in more than [`ALPHA`] of families by chance alone, and what was shipped before.
#[test]
fn no_family_errs_more_often_than_it_says() {
    let show = std::env::var_os("WANE_SHOW_SIMULATION").is_some();
    for world in worlds() {
        let errors = simulate(&world);
        if show {
            writeln!(std::io::stderr(), "{}", line(&world, &errors)).unwrap();
        }
        let all = [errors.difference, errors.equivalence, errors.coverage];
        assert!(all.iter().all(|count| *count <= most()), "{world:?}: {errors:?}");
    }
}

/// Were the simulation blind, it would find nothing wrong with what was shipped before.
#[test]
fn what_chose_and_judged_on_the_same_windows_erred_more_often() {
    let flat = World {
        noise: Noise::Normal,
        shape: Shape::Flat,
        arms: 10,
        seeds: 5,
        truths: &[0.0],
        between_rules: false,
    };
    let errors = simulate(&flat);
    assert!(errors.difference_before > most() && errors.coverage_before > most(), "{errors:?}");
}

fn line(world: &World, errors: &Errors) -> String {
    let World { noise, shape, arms, seeds, truths, between_rules } = world;
    let family = if *between_rules { "between rules" } else { "against none" };
    let counts = [
        errors.difference,
        errors.equivalence,
        errors.coverage,
        errors.difference_before,
        errors.coverage_before,
    ];
    let shares = counts.map(|count| format!("{:.1}%", 100.0 * count as f64 / EXPERIMENTS as f64));
    format!(
        "| {noise:?} | {shape:?} | {arms} | {seeds} | {} | {family} | {} |",
        truths.len(),
        shares.join(" | ")
    )
}
