use super::*;
use crate::config::{Form, Mask};
use crate::report::figures::drawn::Drawn;
use crate::report::figures::fixture::data;
use crate::results::RunRow;
use crate::stats::group_by_rule;
use crate::stats::tests::{arm, experiment, row};

fn svg(runs: Vec<RunRow>) -> String {
    let data = data(runs);
    let figure = AgainstLambda::new(&data, Quantity::ValLoss).unwrap();
    Drawn::of(&figure).unwrap().svg
}

#[test]
fn arms_with_runs_that_did_not_end_are_marked() {
    let whole = svg(experiment());
    assert!(!whole.contains("hollow:") && !whole.contains("×:"));
    let mut runs = experiment();
    runs.push(row(Form::AdamW, Mask::Matrices, 1.0, 3, f64::NAN));
    assert!(svg(runs.clone()).contains("hollow: never the best, as a run did not reach its end"));
    runs.push(row(Form::AdamW, Mask::Matrices, 9.0, 0, f64::NAN));
    assert!(svg(runs).contains("×: no run reached its end"));
}

#[test]
fn what_collapsed_on_test_alone_may_be_the_best_and_is_not_hollow() {
    let mut runs = experiment();
    let collapsed = |run: &mut RunRow| {
        (run.test_loss, run.test_unigram) = (Some(9.0), Some(8.0));
        run.val_unigram = Some(8.0);
    };
    runs.iter_mut().for_each(collapsed);
    let hollow = "hollow: never the best, as a run did not reach its end or collapsed on val";
    assert!(!svg(runs.clone()).contains("hollow:"));
    runs.extend(arm(Form::AdamW, Mask::Matrices, 9.0, 9.0, 0.1));
    let last = runs.len() - 3;
    runs[last..].iter_mut().for_each(collapsed);
    assert!(svg(runs).contains(hollow));
}

#[test]
fn a_search_points_to_regret_where_that_is_drawn() {
    let noted = |runs: Vec<RunRow>| {
        let mut data = data(runs);
        data.found = Some(group_by_rule(&data.runs));
        AgainstLambda::new(&data, Quantity::ValLoss).unwrap().lettering.notes.join("; ")
    };
    let pointed = format!("{SEARCHED}: compare in `regret`");
    assert!(noted(experiment()).contains(&pointed));
    // At one λ a rule costs nothing against another.
    let alone = arm(Form::AdamW, Mask::Matrices, 1.0, 2.0, 0.1);
    assert!(noted(alone.clone()).contains(SEARCHED) && !noted(alone).contains("`regret`"));
}

#[test]
fn rules_without_a_place_across_are_counted() {
    let mut runs = experiment();
    assert!(!svg(runs.clone()).contains("without a λ"));
    let fixed = arm(Form::Hyperball, Mask::Matrices, 0.0, 1.8, 0.1).into_iter();
    runs.extend(fixed.map(|run| RunRow { weight_decay: None, ..run }));
    assert!(svg(runs).contains("1 rule without a λ above 0: not drawn"));
}

#[test]
fn a_long_name_among_many_does_not_take_a_line_for_each() {
    let mut runs = Vec::new();
    for place in 0..8 {
        let own = arm(Form::AdamW, Mask::Matrices, 1.0, 2.0 + 0.01 * f64::from(place), 0.1);
        let length = if place == 0 { 90 } else { 3 };
        runs.extend(own.into_iter().map(|run| RunRow {
            run: format!("{place} {}", run.run),
            setting: place.to_string(),
            variant: format!("model={}{place}", "x".repeat(length)),
            ..run
        }));
    }
    let few: Vec<RunRow> = runs.iter().filter(|run| run.setting.as_str() < "3").cloned().collect();
    let legend = |runs: Vec<RunRow>| {
        let data = data(runs);
        AgainstLambda::new(&data, Quantity::ValLoss).unwrap().legend()
    };
    assert_eq!([legend(few), legend(runs)], [3 * LEGEND_LINE, 4 * LEGEND_LINE]);
}

#[test]
fn names_that_would_read_the_same_when_cut_take_a_line_each() {
    let mut runs = Vec::new();
    for place in 0..8 {
        let own = arm(Form::AdamW, Mask::Matrices, 1.0, 2.0 + 0.01 * f64::from(place), 0.1);
        let [x, y, z] = [("x", 30), ("y", 12), ("z", 30)].map(|(one, times)| one.repeat(times));
        let middle = format!("{x} {place} {y} {z}");
        runs.extend(own.into_iter().map(|run| RunRow {
            run: format!("{place} {}", run.run),
            setting: place.to_string(),
            variant: format!("model={middle}"),
            ..run
        }));
    }
    let data = data(runs);
    let figure = AgainstLambda::new(&data, Quantity::ValLoss).unwrap();
    assert!(figure.lines.len() > MOST_LINES);
    assert_eq!(figure.legend(), LEGEND_LINE * figure.lines.len() as u32);
}

#[test]
fn one_arm_or_two_without_no_decay_are_shown_with_their_seeds() {
    let one = arm(Form::AdamW, Mask::Matrices, 1.0, 3.0, 0.1);
    let two = [one.clone(), arm(Form::AdamW, Mask::Matrices, 3.0, 3.4, 0.1)].concat();
    for runs in [one, two] {
        let data = data(runs);
        let figure = AgainstLambda::new(&data, Quantity::ValLoss).unwrap();
        let mut losses = data.runs.iter().filter_map(|run| run.val_loss);
        assert!(losses.all(|loss| !figure.scale.is_beyond(loss)));
        assert!(!figure.lines.iter().any(|line| line.goes_beyond(&figure.scale)));
    }
}

#[test]
fn seeds_that_are_cut_are_told_of_an_arm_beyond_the_axis_too() {
    // Two seeds have no interval.
    let arm = |lambda: f64, losses: [f64; 2]| {
        let seeds = (0u64..).zip(losses);
        seeds.map(move |(seed, loss)| row(Form::AdamW, Mask::Matrices, lambda, seed, loss))
    };
    let near: Vec<RunRow> = arm(0.0, [2.0, 2.1]).chain(arm(1.0, [1.5, 1.6])).collect();
    let cut = "seeds and intervals end at the axis";
    assert!(!svg(near.clone()).contains(cut));
    let with = |losses| near.iter().cloned().chain(arm(9.0, losses)).collect();
    assert!(svg(with([1.6, 500.0])).contains(cut));
    assert!(!svg(with([400.0, 500.0])).contains(cut));
}
