//! Rules that are compared at their own best point over more than λ.

use super::row;
use crate::config::{Form, Mask, Stage, TestFamily};
use crate::results::RunRow;
use crate::stats::{Analysis, Kind, Quantity, Unlike, Values, Warning};

/// A rule's grid over λ and the learning rate; `loss` of both, on test a little above val.
fn grid(form: Form, lambdas: &[f64], tuned: &str, loss: impl Fn(f64, f64) -> f64) -> Vec<RunRow> {
    let mut rows = Vec::new();
    for lr in [0.001, 0.003, 0.01] {
        for weight_decay in lambdas {
            for seed in 0..5u64 {
                let noise = 0.002 * ((seed * 7 + (lr * 1e4) as u64) % 5) as f64;
                // No two arms differ by the same in every seed: of that there is no test.
                let own = 1e-4 * ((seed * (1 + (weight_decay * 1e3) as u64 % 4)) % 5) as f64;
                let loss = loss(*weight_decay, lr) + 0.1 * seed as f64 + noise + own;
                rows.push(RunRow {
                    lr,
                    run: format!("{form} {weight_decay} {lr} {seed}"),
                    variant: format!("lr={lr}"),
                    setting: format!("{lr}"),
                    base: "base".to_owned(),
                    axes: format!("lr={lr}"),
                    tuned: tuned.to_owned(),
                    test_loss: Some(loss + 0.05),
                    stopped_test_loss: Some(loss + 0.04),
                    best_val_loss: Some(loss - 0.01),
                    best_step: Some(8),
                    ..row(form, Mask::Matrices, *weight_decay, seed, loss)
                });
            }
        }
    }
    rows
}

/// AdamW is best at λ = 1 and lr = 0.01, L2 at λ = 0.01 and lr = 0.001, no decay at lr = 0.003.
fn experiment() -> Vec<RunRow> {
    let distance = |value: f64, best: f64| (value / best).ln().powi(2);
    let adamw =
        grid(Form::AdamW, &[0.0, 0.1, 1.0, 10.0], "weight_decay lr", |lambda, lr| match lambda {
            0.0 => 2.0 + 0.05 * distance(lr, 0.003),
            lambda => 1.5 + 0.02 * distance(lambda, 1.0) + 0.05 * distance(lr, 0.01),
        });
    let l2 = grid(Form::L2, &[0.001, 0.01, 0.1], "weight_decay lr", |lambda, lr| {
        1.7 + 0.02 * distance(lambda, 0.01) + 0.05 * distance(lr, 0.001)
    });
    [adamw, l2].concat()
}

#[test]
fn a_rule_that_tunes_two_axes_is_one_rule_at_its_own_best_point() {
    let analysis = Analysis::of(&experiment());
    assert_eq!(analysis.loss, Quantity::TestLoss);
    let places: Vec<(Option<f64>, &str)> = analysis
        .contenders
        .iter()
        .map(|one| one.best().unwrap())
        .map(|point| (point.side.weight_decay, point.side.at.as_str()))
        .collect();
    assert_eq!(places, [(Some(1.0), "lr=0.01"), (Some(0.01), "lr=0.001")]);
    assert!(analysis.contenders.iter().all(|one| one.rule.variant.is_empty()));
    let forms: Vec<_> = analysis.family(TestFamily::Form).collect();
    assert_eq!(forms.len(), 1, "L2 against AdamW, each at its own λ and its own learning rate");
    assert!((forms[0].difference.mean + 0.2).abs() < 0.01);
    assert_eq!(forms[0].kind(), Kind::Lower);
}

#[test]
fn points_without_decay_of_a_decayed_rule_serve_no_decay_at_its_own_best_learning_rate() {
    let analysis = Analysis::of(&experiment());
    for contender in &analysis.contenders {
        let none = contender.best_without_decay().unwrap();
        assert_eq!(none.side.at, "lr=0.003");
        assert_eq!(contender.none.len(), 3);
    }
    let against: Vec<_> = analysis.family(TestFamily::AgainstNone).collect();
    assert!((against[0].difference.mean + 0.5).abs() < 0.01);
    let stopping: Vec<_> = analysis.family(TestFamily::AgainstStopping).collect();
    let gained = stopping[0].difference.mean - against[0].difference.mean;
    assert!((gained - 0.01).abs() < 1e-9, "stopping alone gains 0.01");
}

/// What is warned of as not compared.
fn not_compared(analysis: &Analysis) -> Vec<Unlike> {
    let of = |warning: &Warning| match warning {
        Warning::OtherValues { rules } => rules.clone(),
        _ => Vec::new(),
    };
    analysis.warnings.iter().flat_map(of).collect()
}

fn learning_rates(values: &[&str]) -> Vec<Values> {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    vec![Values { key: "lr".to_owned(), values }]
}

#[test]
fn the_gain_of_a_learning_rate_that_no_decay_has_not_is_not_told_as_that_of_decay() {
    let is_kept = |row: &RunRow| {
        row.form == Form::AdamW && (row.weight_decay != Some(0.0) || row.lr == 0.001)
    };
    let rows: Vec<RunRow> = experiment().into_iter().filter(is_kept).collect();
    let analysis = Analysis::of(&rows);
    assert!(analysis.headline.is_empty(), "{:?}", analysis.headline);
    let [one] = &not_compared(&analysis)[..] else { panic!("{:?}", analysis.warnings) };
    assert_eq!(one.values, learning_rates(&["0.001", "0.003", "0.01"]));
    assert!(one.others.len() == 1 && one.others[0].rule.is_none(), "{one:?}");
    assert_eq!(one.others[0].values, learning_rates(&["0.001"]));
    assert!(analysis.baseline.is_some(), "no decay is told all the same");
    assert!(not_compared(&Analysis::of(&experiment())).is_empty());
}

#[test]
fn no_decay_that_has_more_values_than_a_rule_is_held_against_it_at_those_of_the_rule() {
    let is_kept = |row: &RunRow| row.weight_decay == Some(0.0) || row.lr < 0.01;
    let rows: Vec<RunRow> = experiment().into_iter().filter(is_kept).collect();
    let analysis = Analysis::of(&rows);
    assert!(analysis.contenders.iter().all(|one| one.none.len() == 2));
    assert_eq!(analysis.family(TestFamily::AgainstNone).count(), 2);
}

#[test]
fn a_rule_that_holds_a_learning_rate_is_held_against_no_decay_at_the_same_alone() {
    let rows = |lrs: &[f64]| -> Vec<RunRow> {
        let is_kept = |row: &RunRow| match row.weight_decay {
            Some(0.0) => lrs.contains(&row.lr),
            lambda => row.form == Form::AdamW && lambda == Some(1.0) && row.lr == 0.01,
        };
        let held = |row: RunRow| {
            let tuned = if row.weight_decay == Some(0.0) { "lr" } else { "" };
            RunRow { tuned: tuned.to_owned(), ..row }
        };
        experiment().into_iter().filter(is_kept).map(held).collect()
    };
    let both = Analysis::of(&rows(&[0.003, 0.01]));
    let none: Vec<&str> = both.contenders[0].none.iter().map(|one| one.side.at.as_str()).collect();
    assert_eq!(none, ["lr=0.01"], "at 0.003 it is lower for its learning rate");
    assert_eq!(both.family(TestFamily::AgainstNone).count(), 1);
    assert!(not_compared(&both).is_empty());
    let other = Analysis::of(&rows(&[0.003]));
    assert!(other.headline.is_empty(), "{:?}", other.headline);
    let [one] = &not_compared(&other)[..] else { panic!("{:?}", other.warnings) };
    assert_eq!(one.values, learning_rates(&["0.01"]));
    assert_eq!(one.others[0].values, learning_rates(&["0.003"]));
}

#[test]
fn no_decay_may_be_shorter_than_a_rule_that_it_is_held_against_and_not_longer() {
    let of = |weight_decay: f64, steps: usize, loss: f64| {
        let tuned = if weight_decay == 0.0 { "steps" } else { "" };
        (0..5u64).map(move |seed| RunRow {
            steps,
            run: format!("{weight_decay} {steps} {seed}"),
            variant: format!("steps={steps}"),
            setting: steps.to_string(),
            base: "base".to_owned(),
            axes: format!("steps={steps}"),
            tuned: tuned.to_owned(),
            ..row(Form::AdamW, Mask::Matrices, weight_decay, seed, loss + 0.01 * seed as f64)
        })
    };
    let none = [(300, 2.0), (600, 2.1), (1200, 1.0)];
    let rows = none.into_iter().flat_map(|(steps, loss)| of(0.0, steps, loss));
    let analysis = Analysis::of(&rows.chain(of(1.0, 600, 1.9)).collect::<Vec<_>>());
    let at: Vec<&str> =
        analysis.contenders[0].none.iter().map(|one| one.side.at.as_str()).collect();
    assert_eq!(at, ["steps=300", "steps=600"]);
    let longer = Analysis::of(&of(0.0, 1200, 1.0).chain(of(1.0, 600, 1.9)).collect::<Vec<_>>());
    assert!(longer.headline.is_empty() && not_compared(&longer).len() == 1);
}

#[test]
fn what_a_search_found_is_held_against_no_decay_at_what_it_found_for_that() {
    let is_found = |row: &RunRow| match row.weight_decay {
        Some(0.0) => row.lr == 0.003,
        lambda => row.form == Form::AdamW && lambda == Some(1.0) && row.lr == 0.01,
    };
    let fresh = |row| RunRow { stage: Some(Stage::Confirm), tuned: "lr".to_owned(), ..row };
    let rows: Vec<RunRow> = experiment().into_iter().filter(is_found).map(fresh).collect();
    assert_eq!(Analysis::of(&rows).family(TestFamily::AgainstNone).count(), 1);
}

#[test]
fn what_one_rule_tunes_and_another_holds_is_not_compared() {
    let fixed = |row: RunRow| RunRow { tuned: String::new(), ..row };
    let (tuned, held) = experiment().into_iter().partition::<Vec<_>, _>(|row| row.form != Form::L2);
    let held: Vec<RunRow> = held.into_iter().map(fixed).collect();
    let analysis = Analysis::of(&[tuned, held].concat());
    assert_eq!(analysis.contenders.len(), 1 + 3, "L2 is a rule for each learning rate");
    assert_eq!(analysis.family(TestFamily::Form).count(), 0, "its gain may be the choice's");
    let [one] = &not_compared(&analysis)[..] else { panic!("{:?}", analysis.warnings) };
    assert!(one.rule.form == Form::AdamW && one.others.len() == 3, "{one:?}");
}

#[test]
fn an_end_of_any_tuned_axis_is_warned_of() {
    let warnings = Analysis::of(&experiment()).warnings;
    let of = |name: &str| {
        warnings.iter().any(|warning| match warning {
            Warning::LargestTried { axis, best, .. } => axis == name && *best == 0.01,
            _ => false,
        })
    };
    assert!(of("lr") && !of("weight_decay"), "{warnings:?}");
}

#[test]
fn no_seed_takes_part_in_the_choice_that_it_is_judged_on() {
    // Two arms that differ in nothing but which seed was lucky.
    let mut rows = Vec::new();
    for (weight_decay, lucky) in [(0.1, 0), (0.2, 1), (0.3, 2)] {
        for seed in 0..3 {
            let loss = if seed == lucky { 1.0 } else { 2.0 };
            rows.push(row(Form::AdamW, Mask::Matrices, weight_decay, seed, loss));
            if weight_decay == 0.1 {
                rows.push(row(Form::AdamW, Mask::Matrices, 0.0, seed, 1.9));
            }
        }
    }
    let analysis = Analysis::of(&rows);
    let by_seed: Vec<f64> = analysis.headline[0].by_seed.iter().map(|(_, one)| *one).collect();
    assert!(by_seed.iter().all(|one| (one - 0.1).abs() < 1e-9), "no luck is scored: {by_seed:?}");
}
