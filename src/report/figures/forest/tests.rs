use super::*;
use crate::config::{Form, Mask};
use crate::report::figures::drawn::Drawn;
use crate::report::figures::fixture::data;
use crate::results::RunRow;
use crate::stats::Estimate;
use crate::stats::tests::{experiment, row};

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
        has_other_points: false,
        is_copied: false,
        told: None,
    }
}

#[test]
fn a_bar_that_holds_0_under_a_verdict_is_explained() {
    let notes = |high: f64| {
        let lines = vec![Line::Row(decided([-0.154, high]))];
        let text = String::new;
        Forest::new(lines, Shape::of(1.0), text(), text(), text()).unwrap().lettering.notes
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

fn of_row(row: Row, epsilon: Option<f64>) -> Forest {
    let (text, shape) = (String::new, Shape { epsilon, ..Shape::of(1.0) });
    Forest::new(vec![Line::Row(row)], shape, text(), text(), text()).unwrap()
}

#[test]
fn the_axis_of_what_is_equivalent_holds_epsilon() {
    let of = |kind: Kind| of_row(Row { kind, ..decided([-0.154, -0.002]) }, Some(0.4));
    let equivalent = of(Kind::Equivalent);
    assert!([-0.4, 0.4].iter().all(|end| equivalent.range.contains(end)));
    assert!(equivalent.lettering.notes.contains(&"thin lines: ε = 0.4".to_owned()));
    assert!(of(Kind::Lower).marks.is_empty());
}

#[test]
fn a_verdict_is_never_cut_and_says_where_seeds_are_judged_elsewhere() {
    let mut row = decided([-1234.567, 1234.567]);
    (row.kind, row.has_other_points) = (Kind::Undecided, true);
    let numbers = row.numbers();
    assert!(numbers.ends_with("undecided°"), "{numbers}");
    let forest = of_row(row, None);
    assert_eq!(fit(&numbers, 12, f64::from(forest.numbers - BESIDE)), numbers);
    assert!(forest.lettering.notes.iter().any(|note| note.starts_with('°')));
}

#[test]
fn a_rule_that_was_not_tested_is_told_so_and_has_no_bar_of_a_family() {
    let mut runs = experiment();
    runs.retain(|run| run.form == Form::None || run.seed == 0);
    let (lines, _) = rows::of_arms(&data(runs));
    let rows: Vec<&Row> = lines.iter().filter_map(Line::row).collect();
    let told = rows.iter().filter(|row| row.numbers().ends_with("no test"));
    assert!(told.clone().count() > 0 && told.clone().all(|row| !row.is_verdict));
}

#[test]
fn what_has_no_test_is_told_why_and_its_bar_is_explained() {
    let told = |is_copied: bool| {
        let row = Row { kind: Kind::NoTest, interval: None, is_copied, ..decided([0.0, 0.0]) };
        let row = row.telling_what_is_not_tested();
        (row.numbers(), of_row(row, Some(0.1)).lettering.notes)
    };
    let (numbers, notes) = told(false);
    assert!(numbers.ends_with("no test"), "{numbers}");
    assert!(notes.contains(&"thin bars: no test, its own 95% interval".to_owned()), "{notes:?}");
    assert!(told(true).0.ends_with("the same in every seed"));
}
