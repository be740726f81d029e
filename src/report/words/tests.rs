use proptest::prelude::*;

use super::*;
use crate::config::{Form, Mask};
use crate::published::Transfer;
use crate::report::summary::Summary;
use crate::results::RunRow;
use crate::stats::tests::{arm as runs, experiment, row};
use crate::stats::{Estimate, Side, Warning};

#[test]
fn verdicts_say_what_the_differences_allow() {
    let verdicts = verdicts(&Analysis::of(&experiment()));
    let first =
        "AdamW on matrices, λ = 1: val loss 0.500 ± 0.002 lower than without decay (n = 3, p";
    assert!(verdicts[0].starts_with(first), "{}", verdicts[0]);
    let third = "not distinguishable from no decay (−0.100 ± ";
    assert!(verdicts[2].contains(third), "{}", verdicts[2]);
    let fourth = "each at its best: val loss not distinguishable";
    assert!(verdicts[3].contains(fourth), "{}", verdicts[3]);
}

#[test]
fn two_seeds_give_numbers_and_no_verdict() {
    let rows: Vec<RunRow> = experiment().into_iter().filter(|row| row.seed < 2).collect();
    let analysis = Analysis::of(&rows);
    assert!(verdicts(&analysis).is_empty());
    let summary = Summary::of(&analysis);
    assert!(summary.fine_print.contains("no verdict"), "{}", summary.fine_print);
    assert!(summary.warnings[0].contains("(here 2)"), "{:?}", summary.warnings);
    assert!(summary.arms.iter().all(|arm| arm.val_loss.is_some() && arm.val_loss_ci95.is_none()));
}

#[test]
fn warnings_say_what_misleads() {
    let mut rows = experiment();
    rows.extend(runs(Form::L2, Mask::Matrices, 1.0, 1.8, 0.1));
    rows.extend(runs(Form::Cautious, Mask::Matrices, 0.01, 1.8, 0.1));
    rows.last_mut().unwrap().total_decay = Some(0.01);
    rows.push(row(Form::AdamW, Mask::Matrices, 9.0, 0, f64::NAN));
    let warnings = Summary::of(&Analysis::of(&rows)).warnings.join("\n");
    for expected in [
        "1 of 22 runs diverged. Means and n leave them out",
        "λ = 1 is tried both as L2 and as decoupled decay",
        "l2 on matrices: the best λ = 1 is the largest tried",
        "Λ is below 0.05 for cautious λ = 0.01",
    ] {
        assert!(warnings.contains(expected), "{expected}: {warnings}");
    }
}

#[test]
fn a_summary_holds_every_arm_with_its_difference() {
    let summary = Summary::of(&Analysis::of(&experiment()));
    assert_eq!(summary.arms.len(), 5);
    let best = summary.arms.iter().find(|arm| arm.weight_decay == Some(1.0)).unwrap();
    assert!(best.best && best.complete && best.n == 3);
    assert!((best.d_val_loss.unwrap() + 0.5).abs() < 1e-12);
    assert!(best.d_val_loss_p_holm >= best.d_val_loss_p);
    assert!((best.noise_floor.unwrap() - 0.1).abs() < 1e-12);
    let none = summary.arms.iter().find(|arm| arm.weight_decay == Some(0.0)).unwrap();
    assert_eq!((none.d_val_loss, none.d_val_loss_p), (None, None));
}

#[test]
fn a_summary_counts_the_runs_that_are_in_its_means_and_those_that_are_not() {
    let mut rows = experiment();
    rows.push(row(Form::AdamW, Mask::Matrices, 1.0, 3, f64::NAN));
    for row in rows.iter_mut().filter(|row| row.form == Form::L2) {
        row.val_unigram = Some(1.95);
    }
    let arms = Summary::of(&Analysis::of(&rows)).arms;
    let diverged = arms.iter().find(|arm| arm.weight_decay == Some(1.0)).unwrap();
    assert_eq!((diverged.n, diverged.diverged, diverged.collapsed), (3, 1, 0));
    assert!(!diverged.complete && !diverged.best && diverged.d_val_loss_p.is_none());
    let collapsed = arms.iter().find(|arm| arm.form == Form::L2).unwrap();
    assert_eq!((collapsed.n, collapsed.diverged, collapsed.collapsed), (3, 0, 1));
}

#[test]
fn a_smoke_test_is_answered_below_a_warning_that_nothing_is_learned() {
    let shallow = |row: RunRow| RunRow { val_unigram: Some(0.5), ..row };
    let analysis = Analysis::of(&experiment().into_iter().map(shallow).collect::<Vec<_>>());
    let short = in_short(&analysis);
    assert!(short[0].starts_with("NOTHING HAS BEEN LEARNED"), "{short:?}");
    assert!(short.iter().any(|sentence| sentence.starts_with("The best arm is")), "{short:?}");
    let screen = crate::report::screen::answer(&analysis);
    assert!(screen.starts_with("warning: NOTHING HAS BEEN LEARNED"), "{screen}");
    assert_eq!(screen.matches("NOTHING HAS BEEN").count(), 1, "{screen}");
}

#[test]
fn rows_of_a_recipe_under_several_masks_name_theirs() {
    let of = |transfer, rows: Vec<RunRow>| {
        let own = move |row| RunRow {
            recipe: Some("gpt-3".into()),
            variant: "gpt-3".into(),
            transfer: Some(transfer),
            ..row
        };
        rows.into_iter().map(own)
    };
    let mut rows: Vec<RunRow> =
        of(Transfer::None, runs(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1)).collect();
    for mask in [Mask::Matrices, Mask::Global] {
        rows.extend(of(Transfer::Raw, runs(Form::AdamW, mask, 0.1, 1.8, 0.101)));
    }
    let table = ValuesTable::of(&rows).unwrap();
    let titles: Vec<String> = table.rows.iter().map(row_title).collect();
    let model = &table.rows[0].published.model;
    let expected = ["adamw on matrices", "adamw on global"].map(|own| format!("{model} ({own})"));
    assert_eq!(titles, expected);
}

fn comparison(mean: f64, half_width: Option<f64>, p: Option<f64>) -> Comparison {
    let rule = Rule::of(&row(Form::AdamW, Mask::Matrices, 1.0, 0, 1.0));
    Comparison {
        quantity: Quantity::ValLoss,
        left: Side { rule, weight_decay: Some(1.0) },
        right: None,
        difference: Estimate { mean, sd: None, half_width, n: 5 },
        p,
        p_holm: p,
        family: 1,
    }
}

proptest! {
    #[test]
    fn no_sentence_and_no_title_claims_more_than_the_test_found(
        mean in -1.0f64..1.0,
        half in proptest::option::of(0.0f64..1.0),
        p in proptest::option::of(0.0f64..=1.0),
    ) {
        let comparison = comparison(mean, half, p);
        let mut analysis = Analysis::of(&experiment());
        let best = analysis.best().map(|(group, cell)| group.side(cell)).unwrap();
        analysis.headline = vec![Comparison { left: best, ..comparison.clone() }];
        let found = comparison.kind();
        let title = story_title(&comparison.left.rule, [0.5, 0.2], comparison.difference, found);
        let texts = [
            title,
            verdict(&comparison),
            crate::report::screen::answer(&analysis),
            Summary::of(&analysis).verdicts.join("\n"),
        ];
        for text in texts {
            let lower = text.contains("lower ") || text.contains("lowers ");
            let higher = text.contains("higher ") || text.contains("raises ");
            prop_assert!(!lower || found == Kind::Lower, "{found:?}: {text}");
            prop_assert!(!higher || found == Kind::Higher, "{found:?}: {text}");
        }
    }
}

#[test]
fn a_warning_tells_two_nearly_equal_coefficients_apart() {
    let of = |weight_decay| (Form::AdamW, Some(weight_decay));
    let text = warning(&Warning::TooLittleDecay { arms: vec![of(0.3), of(0.1 + 0.2)] });
    assert!(text.contains("adamw λ = 0.3, adamw λ = 0.30000000000000004"), "{text}");
}
