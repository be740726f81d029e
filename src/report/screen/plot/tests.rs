use std::collections::BTreeMap;

use super::drawing::{HEIGHT, WIDEST};
use super::*;
use crate::config::{Form, Mask};
use crate::results::RunRow;
use crate::stats::tests::{arm, experiment, row};
use crate::stats::{Analysis, group_by_rule};

const WIDE: Canvas = Canvas { columns: 100, is_unicode: true };

fn plot(runs: Vec<RunRow>) -> Option<Plot> {
    let explored: Vec<RunRow> = runs.iter().filter(|run| run.is_explored()).cloned().collect();
    let found = (!explored.is_empty()).then(|| group_by_rule(&explored));
    let (analysis, curves) = (Analysis::of(&runs), BTreeMap::new());
    let (mechanism, collapses, caption) = (Vec::new(), Vec::new(), String::new());
    let floor = None;
    let (memorisation, claims) = (None, Vec::new());
    Plot::of(&Data {
        runs,
        analysis,
        curves,
        found,
        mechanism,
        collapses,
        memorisation,
        claims,
        floor,
        caption,
    })
}

/// A plot without colours.
fn drawn(runs: Vec<RunRow>, canvas: Canvas) -> String {
    anstream::adapter::strip_str(&plot(runs).unwrap().drawn(canvas)).to_string()
}

/// The lines of the chart without its labels.
fn chart(drawn: &str) -> Vec<Vec<char>> {
    let lines = drawn.lines().skip(1).take(HEIGHT);
    lines.map(|line| line.split_once(['│', '|']).unwrap().1.chars().collect()).collect()
}

fn place(chart: &[Vec<char>], mark: char) -> Vec<(usize, usize)> {
    let rows = chart.iter().enumerate();
    rows.flat_map(|(row, cells)| {
        let found = cells.iter().enumerate().filter(move |(_, cell)| **cell == mark);
        found.map(move |(column, _)| (column, row))
    })
    .collect()
}

#[test]
fn every_arm_has_its_mark_where_its_decay_and_loss_are() {
    let drawn = drawn(experiment(), WIDE);
    let chart = chart(&drawn);
    // AdamW on matrices at 1 and 3, which lies above; on all at 0.5; L2 at 0.1, without decay at 0.
    let (matrices, global, l2) = (place(&chart, '●'), place(&chart, '■'), place(&chart, '▲'));
    assert_eq!((matrices.len(), global.len(), l2.len()), (2, 1, 1), "{drawn}");
    let [at_3, at_1] = [matrices[0], matrices[1]];
    assert!(at_3.0 > at_1.0 && at_3.1 < at_1.1, "{drawn}");
    let none = place(&chart, '×')[0];
    assert!(none.0 < l2[0].0 && l2[0].0 < global[0].0 && global[0].0 < at_1.0, "{drawn}");
    assert!(none.1 < l2[0].1 && l2[0].1 < at_3.1 && global[0].1 == at_1.1, "{drawn}");
    let first = drawn.lines().next().unwrap();
    assert!(first.contains("mean val loss against λ; [ ] lowest: 1.500 at λ = "), "{first}");
    assert_eq!(drawn.matches(['[', ']']).count(), 4);
    let legend = drawn.lines().last().unwrap();
    for words in ["● adamw on matrices", "■ adamw on global", "▲ l2 on matrices", "× no decay"]
    {
        assert!(legend.contains(words), "{legend}");
    }
    let axis: Vec<&str> = drawn.lines().nth(HEIGHT + 2).unwrap().split_whitespace().collect();
    assert_eq!((axis[0], axis.contains(&"1")), ("0", true), "{drawn}");
}

#[test]
fn arms_far_above_and_arms_that_diverged_stand_at_the_edge_and_flatten_nothing() {
    let mut runs = experiment();
    runs.extend(arm(Form::AdamW, Mask::Matrices, 30.0, 1e7, 0.1));
    runs.push(row(Form::AdamW, Mask::Global, 30.0, 0, 0.1));
    runs.push(row(Form::AdamW, Mask::Global, 30.0, 1, f64::NAN));
    let drawn = drawn(runs, WIDE);
    let chart = chart(&drawn);
    let beyond = place(&chart, '↑');
    assert!(beyond.len() == 2 && beyond.iter().all(|(_, row)| *row == 0), "{drawn}");
    let rows: std::collections::BTreeSet<usize> =
        "●■▲×".chars().flat_map(|mark| place(&chart, mark)).map(|(_, row)| row).collect();
    assert!(rows.len() >= 4, "{drawn}");
    assert!(drawn.contains("lowest: 1.500") && drawn.contains("↑ far above, or diverged"));
}

#[test]
fn it_fits_any_width_and_has_letters_for_every_terminal() {
    let mut runs = experiment();
    for (place, form) in [Form::Cautious, Form::Independent, Form::TargetNorm].iter().enumerate() {
        runs.extend(arm(*form, Mask::Linear, 1e-7, 1.6 + 0.1 * place as f64, 0.1));
        runs.extend(arm(*form, Mask::NoEmbeddings, 1e5, 1.6 + 0.1 * place as f64, 0.1));
    }
    for columns in [80, 100, 111, 300] {
        for is_unicode in [true, false] {
            let drawn = drawn(runs.clone(), Canvas { columns, is_unicode });
            let widest = drawn.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= columns.min(WIDEST), "{widest} of {columns}:\n{drawn}");
            assert!(drawn.lines().count() <= HEIGHT + 6, "{drawn}");
            assert_eq!(drawn.is_ascii(), !is_unicode, "{drawn}");
            assert!(drawn.contains("3 more in summary.csv"), "{drawn}");
        }
    }
}

#[test]
fn the_lowest_mean_of_several_rules_is_told_with_its_rule_where_there_is_room() {
    let title = |columns: usize| {
        let drawn = drawn(experiment(), Canvas { columns, is_unicode: true });
        drawn.lines().next().unwrap().to_owned()
    };
    assert!(title(100).ends_with("lowest: 1.500 at λ = 1 of adamw on matrices"), "{}", title(100));
    assert!(title(60).ends_with("lowest: 1.500 at λ = 1"), "{}", title(60));
}

#[test]
fn after_a_search_what_fresh_seeds_judged_is_pointed_at_and_not_the_lowest_of_its_own_seeds() {
    let of = |stage: Stage, lambda: f64, loss: f64| {
        let rows = arm(Form::AdamW, Mask::Matrices, lambda, loss, 0.1);
        rows.into_iter().map(move |row| RunRow { stage: Some(stage), ..row })
    };
    let tried = [(0.0, 2.0), (0.1, 1.49), (1.0, 1.5)];
    let explored = tried.map(|(lambda, loss)| of(Stage::Refine, lambda, loss));
    let mut runs: Vec<RunRow> = explored.into_iter().flatten().collect();
    let before = drawn(runs.clone(), WIDE);
    let title = "mean val loss against λ on the search's own seeds";
    assert_eq!(before.lines().next(), Some(title), "{before}");
    assert!(!before.contains('['), "{before}");
    let judged = [(0.0, 2.01), (1.0, 1.51)].map(|(lambda, loss)| of(Stage::Confirm, lambda, loss));
    let run = |row: RunRow| RunRow { run: format!("fresh {}", row.run), ..row };
    runs.extend(judged.into_iter().flatten().map(run));
    let after = drawn(runs, WIDE);
    assert_eq!(after.lines().next(), Some(&*format!("{title}; [ ] judged on fresh ones")));
    let marks = place(&chart(&after), '●');
    let brackets = place(&chart(&after), '[');
    assert_eq!((marks.len(), brackets.len()), (2, 1), "{after}");
    let last = marks.iter().max().unwrap();
    assert_eq!(brackets[0], (last.0 - 1, last.1), "at 1 and not at 0.1, which is lower: {after}");
}

#[test]
fn fewer_than_three_arms_are_no_plot() {
    let two = [
        arm(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1),
        arm(Form::AdamW, Mask::Matrices, 1.0, 1.5, 0.1),
    ];
    assert_eq!(plot(two.concat()), None);
    assert_eq!(plot(Vec::new()), None);
}
