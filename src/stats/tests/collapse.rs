//! Whether lines are one, on worlds where that is known.

use std::collections::BTreeMap;

use rand_distr::{Distribution, StandardNormal};

use super::row;
use crate::config::{Form, Mask, Stage};
use crate::random::stream;
use crate::results::{Draw, MechanismRow, RunRow};
use crate::stats::Quantity;
use crate::stats::collapse::{Claim, Coincidence, Collapse, Line, Named, Place};

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
            Place { at, losses: losses.collect(), ..Place::default() }
        };
        Line { label: format!("{index}"), tokens: 0, places: (0..7).map(place).collect() }
    };
    offsets.iter().enumerate().map(&mut line).collect()
}

/// Share of worlds whose lines are told apart at 5%.
fn told_apart(seeds: u64, offsets: &[f64]) -> f64 {
    let worlds = 400;
    let told = (0..worlds).filter(|number| {
        Coincidence::of(&world(*number, seeds, offsets)).unwrap().is_told_apart(0.05) == Some(true)
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
        tokens: 0,
        places: places
            .iter()
            .map(|at| Place {
                at: *at,
                losses: (0..4).map(|seed| (draw(seed), at * at + seed as f64)).collect(),
                ..Place::default()
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
        ..Place::default()
    };
    let line = |from: f64, seeds: std::ops::Range<u64>| Line {
        label: String::new(),
        tokens: 0,
        places: (0..4).map(|step| place(from + f64::from(step), seeds.clone())).collect(),
    };
    assert_eq!(Coincidence::of(&[line(0.0, 0..5)]), None, "one line");
    assert_eq!(Coincidence::of(&[line(0.0, 0..5), line(9.0, 0..5)]), None, "no places");
    assert_eq!(Coincidence::of(&[line(0.0, 0..5), line(0.0, 3..8)]), None, "two seeds");
    assert!(Coincidence::of(&[line(0.0, 0..5), line(0.0, 2..8)]).is_some());
}

#[test]
fn too_few_seeds_tell_no_lines_apart_however_far_they_lie() {
    for seeds in [3, 4, 5] {
        let found = Coincidence::of(&world(0, seeds, &[0.0, 5.0])).unwrap();
        assert_eq!(found.is_told_apart(0.05), None, "{seeds} seeds: {found:?}");
    }
    let found = Coincidence::of(&world(0, 6, &[0.0, 5.0])).unwrap();
    assert_eq!(found.is_told_apart(0.05), Some(true));
}

fn run(mask: Mask, lr: f64, weight_decay: f64, seed: u64) -> RunRow {
    let mut run = row(Form::AdamW, mask, weight_decay, seed, 2.0 + weight_decay);
    (run.lr, run.variant) = (lr, if lr == 1e-3 { String::new() } else { format!("lr={lr}") });
    (run.tokens, run.steps) = (1000, 10);
    run
}

/// Two η at three ηλ, for two masks.
fn product_runs() -> Vec<RunRow> {
    let mut runs = Vec::new();
    for mask in [Mask::Matrices, Mask::Global] {
        for seed in 0..3 {
            for place in [1.0, 2.0, 4.0] {
                runs.push(run(mask, 1e-3, place, seed));
                runs.push(run(mask, 2e-3, place / 2.0, seed));
            }
        }
    }
    runs
}

#[test]
fn lines_are_of_one_mask_and_of_forms_that_the_claim_speaks_of() {
    let none = BTreeMap::new();
    let mut runs = product_runs();
    // Runs that must not come into any line: another form, a recipe, a rival of decay, one that a search chose by.
    let odd = |change: fn(&mut RunRow)| {
        let mut one = run(Mask::Matrices, 1e-3, 1.0, 0);
        one.val_loss = Some(99.0);
        change(&mut one);
        one
    };
    runs.push(odd(|run| run.form = Form::Independent));
    runs.push(odd(|run| run.recipe = Some("gpt-3".to_owned())));
    runs.push(odd(|run| run.treatment = "dropout=0.1".to_owned()));
    runs.push(odd(|run| run.stage = Some(Stage::Refine)));
    let found = Collapse::all(&runs, &[], &none, Quantity::ValLoss);
    assert_eq!(found.len(), 2, "a collapse for each mask");
    for collapse in &found {
        assert_eq!(collapse.claim, Claim::Product);
        assert_eq!(collapse.lines.len(), 2);
        for line in &collapse.lines {
            assert_eq!(line.places.len(), 3);
            assert!(line.places.iter().all(|place| place.mean() < 10.0), "{line:?}");
        }
    }
    assert!(found[0].subject != found[1].subject, "{}", found[0].subject);
}

/// What `mechanism.csv` says of τ of a run.
fn timescale(run: &RunRow, epochs: f64) -> MechanismRow {
    let RunRow { form, mask, weight_decay, seed, variant, status, .. } = run.clone();
    let told = serde_json::json!({
        "run": run.run, "form": form, "mask": mask, "weight_decay": weight_decay, "seed": seed, "variant": variant,
        "status": status, "role": "mlp", "nearly_scale_invariant": true, "timescale_epochs": epochs,
    });
    serde_json::from_value(told).unwrap()
}

/// An arm at three λ and three seeds that ends at one loss.
fn arm_of(variant: &str, loss: f64) -> Vec<RunRow> {
    let run = |lambda: f64, seed: u64| {
        let mut run = row(Form::AdamW, Mask::Matrices, lambda, seed, loss);
        (run.tokens, run.steps) = (1000, if variant.contains("batch") { 5 } else { 10 });
        (run.run, run.variant) = (format!("{variant} {}", run.run), variant.to_owned());
        run
    };
    (0..3).flat_map(|seed| [1.0, 2.0, 4.0].map(|lambda| run(lambda, seed))).collect()
}

#[test]
fn arms_of_one_batch_that_differ_in_their_warm_up_are_lines_of_their_own_in_any_order() {
    let arms = [arm_of("", 2.0), arm_of("batch=8 warmup=2", 3.0), arm_of("batch=8 warmup=4", 4.0)];
    let found = |order: [usize; 3]| {
        let runs = order.map(|place| arms[place].clone()).concat();
        let mechanism: Vec<MechanismRow> =
            runs.iter().map(|run| timescale(run, 8.0 / run.weight_decay.unwrap())).collect();
        let mut found = Collapse::all(&runs, &mechanism, &BTreeMap::new(), Quantity::ValLoss);
        found.retain(|one| one.claim == Claim::Timescale);
        let lines = found.pop().expect("a collapse over the timescale").lines;
        let told = |line: &Line| (line.label.clone(), line.places[0].mean());
        lines.iter().map(told).collect::<Vec<_>>()
    };
    let lines = found([0, 1, 2]);
    assert_eq!(lines, found([2, 1, 0]));
    assert_eq!(lines.iter().map(|(_, loss)| *loss).collect::<Vec<_>>(), [2.0, 3.0, 4.0]);
    let labels: Vec<&str> = lines.iter().map(|(label, _)| label.as_str()).collect();
    assert!(!labels[0].contains("warmup"), "{labels:?}");
    assert!(labels[1].ends_with("batch=8, warmup=2"), "{labels:?}");
    assert!(labels[2].ends_with("batch=8, warmup=4"), "{labels:?}");
}

#[test]
fn experiments_are_laid_on_the_masks_that_all_have_and_without_one_each_is_told_by_its_own() {
    let of = |name: &str, masks: &[Mask]| {
        let runs: Vec<RunRow> = masks
            .iter()
            .flat_map(|mask| {
                arm_of("", 2.0).into_iter().map(move |mut run| {
                    (run.run, run.mask) = (format!("{mask} {}", run.run), Some(*mask));
                    run
                })
            })
            .collect();
        let mechanism: Vec<MechanismRow> =
            runs.iter().map(|run| timescale(run, 8.0 / run.weight_decay.unwrap())).collect();
        (name.to_owned(), runs, mechanism)
    };
    let one = of("one", &[Mask::Global]);
    let both = of("both", &[Mask::Matrices, Mask::Global]);
    let found = Collapse::of_experiments(&[one.clone(), both.clone()], true).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].subject, "AdamW on global");
    let labels: Vec<&str> = found[0].lines.iter().map(|line| line.label.as_str()).collect();
    assert_eq!(labels, ["one", "both"]);
    let twice = Collapse::of_experiments(&[both.clone(), both], true).unwrap();
    assert_eq!(twice.len(), 2, "a collapse for each mask");
    let other = of("other", &[Mask::Matrices]);
    let none = Collapse::of_experiments(&[one, other], true).unwrap_err();
    assert_eq!(none, [["AdamW on global"], ["AdamW on matrices"]]);
}

/// Runs of one curve over λ, lowest at 8, and what they scatter by.
fn on_one_curve(number: u64, name: &str, lambdas: &[f64], scatter: f64) -> Named {
    let mut random = stream(name, &[&number.to_le_bytes()]);
    let mut run = |lambda: f64, seed: u64| {
        let noise: f64 = StandardNormal.sample(&mut random);
        let loss = 2.0 + 0.02 * (lambda.log2() - 3.0).powi(2) + scatter * noise;
        let mut run = row(Form::AdamW, Mask::Matrices, lambda, seed, loss);
        (run.tokens, run.steps, run.run) = (1000, 10, format!("{name} {}", run.run));
        run
    };
    let mut runs = Vec::new();
    for seed in 0..8 {
        runs.extend(lambdas.iter().map(|lambda| run(*lambda, seed)));
    }
    let tau = |run: &RunRow| timescale(run, 8.0 / run.weight_decay.unwrap());
    let mechanism = runs.iter().map(tau).collect();
    (name.to_owned(), runs, mechanism)
}

#[test]
fn one_curve_is_not_told_apart_where_a_grid_ends_before_its_lowest_place_or_where_runs_scatter_more()
 {
    let told = |lambdas: &[f64], scatter: f64| {
        let worlds = 200;
        let is_told = |number: &u64| {
            let one = on_one_curve(*number, "one", &[0.5, 1.0, 2.0, 4.0, 8.0], 0.01);
            let other = on_one_curve(*number, "other", lambdas, scatter);
            let found = Collapse::of_experiments(&[one, other], true).unwrap().remove(0);
            found.coincidence.unwrap().is_told_apart(0.05) == Some(true)
        };
        (0..worlds).filter(is_told).count() as f64 / worlds as f64
    };
    // Against the best of each line it was nine in ten, and one in ten.
    let ends_early = told(&[0.5, 1.0, 2.0, 4.0], 0.01);
    assert!(ends_early <= 0.09, "{ends_early}");
    let scatters = told(&[0.5, 1.0, 2.0, 4.0, 8.0], 0.1);
    assert!(scatters <= 0.09, "{scatters}");
}
