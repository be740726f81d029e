use super::*;
use crate::config::{Form, Mask};
use crate::report::figures::drawn::Drawn;
use crate::report::figures::fixture::data;
use crate::results::RunRow;
use crate::stats::tests::{experiment, row};
use crate::stats::{Estimate, Kind};

fn svg(runs: Vec<RunRow>) -> String {
    Drawn::of(&Forest::of_arms(&data(runs)).unwrap()).unwrap().svg
}

fn decided(interval: [f64; 2]) -> Row {
    Row {
        name: "adamw on matrices".to_owned(),
        colour: INK,
        difference: Estimate { mean: -0.075, sd: None, half_width: None, n: 3 },
        by_seed: Vec::new(),
        kind: Kind::Lower,
        interval: Some(interval),
        is_verdict: true,
        told: None,
    }
}

#[test]
fn a_bar_that_holds_0_under_a_verdict_is_explained() {
    let notes = |high: f64| {
        let lines = vec![Line::Row(decided([-0.154, high]))];
        let text = String::new;
        Forest::new(lines, 1.0, NAMES, text(), text(), text()).unwrap().lettering.notes
    };
    assert!(notes(0.002).iter().any(|note| note == CORRECTIONS));
    assert!(notes(-0.002).iter().all(|note| note != CORRECTIONS));
}

#[test]
fn verdicts_and_the_lowest_arm_are_on_the_axis_among_many_arms_that_differ_little() {
    let row = |mean: f64, is_verdict: bool| Row {
        difference: Estimate { mean, ..decided([0.0, 0.0]).difference },
        is_verdict,
        ..decided([1.2 * mean, 0.8 * mean])
    };
    let few = [(-0.1, true), (-0.12, false), (0.15, false), (-5.0, true)];
    let many = (0..20).map(|_| (-0.02, false));
    let rows: Vec<Row> =
        few.into_iter().chain(many).map(|(mean, is_verdict)| row(mean, is_verdict)).collect();
    let shown = range(&rows.iter().collect::<Vec<_>>(), 10.0).unwrap();
    let is_shown = |mean: f64| shown.contains(&mean);
    assert_eq!([-0.1, -0.12, 0.15, -5.0].map(is_shown), [true, true, false, false]);
}

#[test]
fn seeds_beyond_the_axis_are_counted() {
    assert!(!svg(experiment()).contains("dots: seeds, paired, "));
    let mut runs = experiment();
    let losses = (0u64..).zip([2.0, 2.1, 500.0]);
    let seed = |(seed, loss)| row(Form::AdamW, Mask::Matrices, 9.0, seed, loss);
    runs.extend(losses.map(seed));
    assert!(svg(runs).contains("dots: seeds, paired, 1 beyond the axis"));
}
