use super::*;
use crate::config::{Form, Mask};
use crate::report::figures::drawn::Drawn;
use crate::report::figures::fixture::data;
use crate::results::RunRow;
use crate::stats::tests::{arm, experiment, row};

fn svg(runs: Vec<RunRow>) -> String {
    Drawn::of(&Regret::new(&data(runs)).unwrap()).unwrap().svg
}

#[test]
fn no_decay_is_no_point_of_a_rule_with_rivals() {
    let mut runs = arm(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1);
    let with = |runs: &[RunRow], treatment: &str| -> Vec<RunRow> {
        let treated = |run: &RunRow| RunRow {
            run: format!("{} {treatment}", run.run),
            treatment: treatment.to_owned(),
            ..run.clone()
        };
        runs.iter().map(treated).collect()
    };
    for (lambda, loss) in [(1.0, 1.5), (3.0, 1.7)] {
        let plain = arm(Form::AdamW, Mask::Matrices, lambda, loss, 0.101);
        runs.extend([with(&plain, "dropout=0.1"), plain].concat());
    }
    let told = "hollow: no decay, without rivals";
    let of_dropout = "adamw on matrices with dropout 0.1, λ = 0:";
    let plain: Vec<RunRow> = runs.iter().filter(|run| run.treatment.is_empty()).cloned().collect();
    assert!(!svg(plain.clone()).contains(told));
    let drawn = svg(runs.clone());
    assert!(drawn.contains(told) && !drawn.contains(of_dropout));
    // With an arm of its own there it is a point like any other.
    runs.extend(with(&plain[..3], "dropout=0.1"));
    let drawn = svg(runs);
    assert!(!drawn.contains(told) && drawn.contains(of_dropout));
}

#[test]
fn a_bar_is_told_where_there_is_an_epsilon() {
    for epsilon in [true, false] {
        let mut data = data(experiment());
        if !epsilon {
            data.analysis.epsilon = None;
        }
        let told = data.analysis.epsilon.is_some();
        let notes = Regret::new(&data).unwrap().lettering.notes.join("; ");
        assert_eq!(notes.contains("bar at the bottom"), told);
    }
}

#[test]
fn no_decay_without_a_point_is_told() {
    let told = "no decay: not drawn, as";
    let rule = |lambda, loss| arm(Form::AdamW, Mask::Matrices, lambda, loss, 0.1);
    let decayed = [rule(1.0, 1.5), rule(3.0, 1.7)].concat();
    let with = |none: Vec<RunRow>| svg([decayed.clone(), none].concat());
    assert!(!with(rule(0.0, 2.0)).contains(told));
    let failed = |seed| row(Form::AdamW, Mask::Matrices, 0.0, seed, f64::NAN);
    let failed: Vec<RunRow> = (0..3).map(failed).collect();
    assert!(with(failed).contains(told));
}

#[test]
fn of_many_rules_the_best_are_named_whatever_their_order() {
    let mut runs = Vec::new();
    for (place, loss) in [1.9, 1.8, 1.7, 1.6, 1.5].into_iter().enumerate() {
        let lambdas = [(0.0, 2.0), (1.0, loss), (3.0, loss + 0.1)];
        let own = lambdas.map(|(lambda, loss)| arm(Form::AdamW, Mask::Matrices, lambda, loss, 0.1));
        runs.extend(own.concat().into_iter().map(|run| RunRow {
            run: format!("{place} {}", run.run),
            setting: place.to_string(),
            variant: format!("batch={place}"),
            ..run
        }));
    }
    let drawn = svg(runs);
    assert!(drawn.contains("the best 4 of a form; … 1 more rule in summary.csv"));
    assert!(!drawn.contains("batch=0") && drawn.contains("batch=4"));
}

#[test]
fn arms_without_a_point_are_counted_with_the_text_on_which_they_collapsed() {
    let mut runs = experiment();
    runs.extend(arm(Form::AdamW, Mask::Matrices, 9.0, 9.0, 0.1));
    runs.iter_mut().for_each(|run| run.val_unigram = Some(8.0));
    let note = "not drawn, as a run did not reach its end or collapsed on val: 1 arm";
    assert!(svg(runs).contains(note));
}
