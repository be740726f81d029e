//! Warnings as they are told.

use super::super::{in_short, optima, warning};
use super::{experiment, runs};
use crate::config::{Form, Mask, Stage};
use crate::report::summary::Summary;
use crate::results::RunRow;
use crate::stats::tests::row;
use crate::stats::{Analysis, ArmName, Warning};

#[test]
fn warnings_say_what_misleads() {
    let mut rows = experiment();
    rows.extend(runs(Form::L2, Mask::Matrices, 1.0, 1.8, 0.1));
    rows.extend(runs(Form::Cautious, Mask::Matrices, 0.01, 1.8, 0.1));
    rows.last_mut().unwrap().total_decay = Some(0.01);
    rows.push(row(Form::AdamW, Mask::Matrices, 9.0, 0, f64::NAN));
    let warnings = Summary::of(&Analysis::of(&rows), None, &[]).warnings.join("\n");
    for expected in [
        "1 of 22 runs diverged. Means and n leave them out",
        "λ = 1 is another amount as L2 than as decoupled decay",
        "l2 on matrices: the best λ = 1 is the largest tried",
        "Λ is below 0.05 for cautious on matrices λ = 0.01: over the whole run decay takes less than 5% of a weight",
    ] {
        assert!(warnings.contains(expected), "{expected}: {warnings}");
    }
}

const LAMBDAS: [f64; 4] = [0.0, 0.25, 1.0, 4.0];

/// A search over four λ, and fresh seeds at one of them; noise of this size is on every run.
fn searched(losses: [f64; 4], noise: f64) -> Vec<RunRow> {
    confirmed_at(2, losses, noise)
}

/// The same with the place of the λ that fresh seeds judge.
fn confirmed_at(place: usize, losses: [f64; 4], noise: f64) -> Vec<RunRow> {
    let run = |stage, lambda, seed: u64, loss| RunRow {
        stage: Some(stage),
        tuned: "weight_decay".to_owned(),
        ..row(Form::AdamW, Mask::Matrices, lambda, seed, loss)
    };
    let point = |(place, (lambda, loss)): (u64, (f64, f64))| {
        let own = move |seed: u64| loss + noise * ((3 * seed + place) % 4) as f64;
        (0..3).map(move |seed| run(Stage::Refine, lambda, seed, own(seed)))
    };
    let explored = (0..).zip(LAMBDAS.into_iter().zip(losses)).flat_map(point);
    let judged = [(0.0, losses[0]), (LAMBDAS[place], losses[place])].into_iter().flat_map(
        |(lambda, loss)| {
            (10..13).map(move |seed| run(Stage::Confirm, lambda, seed, loss + 0.01 * seed as f64))
        },
    );
    explored.chain(judged).collect()
}

#[test]
fn a_search_that_does_not_tell_the_best_is_warned_of_and_one_that_does_is_not() {
    let warnings = |rows: &[RunRow]| Summary::of(&Analysis::of(rows), None, &[]).warnings;
    let told = "The best λ is not known of adamw on matrices (95%: 0 to …; at λ = 1)";
    let flat = warnings(&searched([2.0; 4], 0.1));
    assert!(flat[0].starts_with(told), "{flat:?}");
    let valley = warnings(&searched([3.0, 2.5, 2.0, 2.5], 0.001));
    assert!(valley.iter().all(|one| !one.contains("is not known of")), "{valley:?}");
}

/// By the search's seeds no decay may be best as well, by fresh seeds it is not.
#[test]
fn a_search_that_tried_few_values_over_a_wide_range_does_not_tell_the_best() {
    let is_told = |lowest: f64, gain: f64| {
        let mut rows = searched([2.0, 2.0, 2.0, 5.0], 0.1);
        for row in &mut rows {
            let is_judged = row.stage == Some(Stage::Confirm) && row.weight_decay == Some(1.0);
            let own = if is_judged { gain * (1.0 + 0.01 * row.seed as f64) } else { 0.0 };
            row.val_loss = row.val_loss.map(|loss| loss - own);
            row.test_loss = row.test_loss.map(|loss| loss - own);
            row.weight_decay = row.weight_decay.map(|one| if one == 0.25 { lowest } else { one });
        }
        let warnings = Summary::of(&Analysis::of(&rows), None, &[]).warnings.join("\n");
        warnings.contains("not known of adamw on matrices (95%: 0 to 4; at λ = 1)")
    };
    assert!(is_told(0.001, 0.5), "the best is anywhere from 0.001 to 4");
    assert!(!is_told(0.25, 0.5), "it is known to a factor of 16");
    assert!(!is_told(0.001, 0.0), "no decay may be best, which is told");
}

#[test]
fn a_search_whose_best_is_an_end_of_what_it_tried_is_warned_of() {
    let warnings = |place, losses| {
        let rows = confirmed_at(place, losses, 0.001);
        Summary::of(&Analysis::of(&rows), None, &[]).warnings.join("\n")
    };
    let told = warnings(1, [2.5, 2.0, 2.3, 2.6]);
    let lowest = "the best λ = 0.25 is the smallest above 0 tried; smaller may be better";
    assert!(told.contains(lowest), "{told}");
    let told = warnings(3, [2.5, 2.4, 2.3, 2.0]);
    assert!(told.contains("the best λ = 4 is the largest tried; larger may be better"), "{told}");
    for (place, losses) in [(2, [3.0, 2.5, 2.0, 2.5]), (1, [2.0, 2.1, 2.2, 2.6])] {
        let told = warnings(place, losses);
        assert!(!told.contains("may be better"), "{told}");
    }
}

#[test]
fn the_best_of_a_search_is_what_it_confirmed_and_another_lowest_mean_is_told() {
    let screen = |losses| {
        let analysis = Analysis::of(&searched(losses, 0.001));
        (optima(&analysis).join(" "), crate::report::screen::answer(&analysis, &[]))
    };
    let why = "though the lowest mean of the search's seeds is at λ = 4";
    let (sentence, told) = screen([2.5, 2.4, 2.2, 2.0]);
    assert!(sentence.contains("the best λ is 1 (") && sentence.contains(why), "{sentence}");
    assert!(told.replace('\n', " ").contains(why), "{told}");
    assert!(told.lines().all(|line| line.chars().count() <= 112), "{told}");
    let (sentence, told) = screen([3.0, 2.5, 2.0, 2.5]);
    assert!(sentence.contains("the best λ is 1 ("), "{sentence}");
    assert!(![sentence, told].iter().any(|text| text.contains("though the lowest")));
}

#[test]
fn what_a_search_found_of_no_decay_is_told_beside_the_table_of_lambda() {
    let noise = |lr: f64, seed: u64| 0.001 * ((3 * seed + (lr * 1e3) as u64) % 4) as f64;
    let at = |stage, lr: f64, seed: u64, loss: f64| RunRow {
        lr,
        stage: Some(stage),
        run: format!("none {lr} {seed}"),
        variant: format!("lr={lr}"),
        setting: format!("lr={lr}"),
        base: "base".to_owned(),
        axes: format!("lr={lr}"),
        tuned: "lr".to_owned(),
        ..row(Form::None, Mask::Matrices, 0.0, seed, loss + noise(lr, seed))
    };
    let tried = [(0.001, 2.5), (0.003, 2.0), (0.01, 2.6)].into_iter();
    let tried =
        tried.flat_map(|(lr, loss)| (0..3).map(move |seed| at(Stage::Refine, lr, seed, loss)));
    let judged = (10..13).map(|seed| at(Stage::Confirm, 0.003, seed, 2.0));
    let found = searched([3.0, 2.5, 2.0, 2.5], 0.001);
    let rows: Vec<RunRow> = found.into_iter().chain(tried).chain(judged).collect();
    let analysis = Analysis::of(&rows);
    let expected =
        "No decay: the best learning rate is 0.003 (95% interval 0.001 to 0.01; 9 runs).";
    assert!(optima(&analysis).iter().any(|told| told == expected), "{:?}", optima(&analysis));
    let screen = crate::report::screen::answer(&analysis, &[]);
    let told = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(expected) && told.contains("λ*"), "{screen}");
}

/// A list beside a search of the same rule is judged on the same fresh seeds, and may hold what the search confirmed.
#[test]
fn a_list_beside_a_search_changes_nothing_of_what_the_search_found() {
    let found = searched([3.0, 2.5, 2.0, 2.5], 0.001);
    let is_judged =
        |row: &&RunRow| row.stage == Some(Stage::Confirm) && row.weight_decay == Some(1.0);
    let given = |lambda: f64, loss: f64| {
        found.iter().filter(is_judged).map(move |row| RunRow {
            tuned: String::new(),
            weight_decay: Some(lambda),
            run: if lambda == 1.0 { row.run.clone() } else { format!("{}{lambda}", row.run) },
            test_loss: row.test_loss.map(|own| own + loss),
            val_loss: row.val_loss.map(|own| own + loss),
            ..row.clone()
        })
    };
    let rows: Vec<RunRow> =
        given(0.25, 0.5).chain(given(1.0, 0.0)).chain(found.iter().cloned()).collect();
    let analysis = Analysis::of(&rows);
    let told = optima(&analysis).join(" ");
    assert!(told.contains("the best λ is 1 ("), "{told}");
    let warnings = Summary::of(&analysis, None, &[]).warnings.join("\n");
    assert!(!warnings.contains("may be better") && !warnings.contains("not known"), "{warnings}");
}

#[test]
fn a_smoke_test_is_answered_below_a_warning_that_nothing_is_learned() {
    let shallow = |row: RunRow| RunRow { val_unigram: Some(0.5), ..row };
    let analysis = Analysis::of(&experiment().into_iter().map(shallow).collect::<Vec<_>>());
    let short = in_short(&analysis);
    assert!(short[0].starts_with("NOTHING HAS BEEN LEARNED"), "{short:?}");
    assert!(
        short.iter().any(|sentence| sentence.starts_with("The best arm by val loss is")),
        "{short:?}"
    );
    let screen = crate::report::screen::answer(&analysis, &[]);
    assert!(screen.starts_with("warning: NOTHING HAS BEEN LEARNED"), "{screen}");
    assert_eq!(screen.matches("NOTHING HAS BEEN").count(), 1, "{screen}");
}

#[test]
fn a_warning_tells_two_nearly_equal_coefficients_apart() {
    let of = |weight_decay| arm_name(None, "", weight_decay);
    let text = warning(&Warning::TooLittleDecay { arms: vec![of(0.3), of(0.1 + 0.2)] });
    assert!(text.contains("adamw λ = 0.3, adamw λ = 0.30000000000000004"), "{text}");
}

fn arm_name(mask: Option<Mask>, variant: &str, weight_decay: f64) -> ArmName {
    let variant = variant.to_owned();
    ArmName { form: Form::AdamW, mask, variant, weight_decay: Some(weight_decay) }
}

#[test]
fn little_decay_is_told_by_what_it_takes_and_no_more() {
    let arms = vec![arm_name(Some(Mask::Global), "lr=0.001", 0.3)];
    let text = warning(&Warning::TooLittleDecay { arms });
    assert!(text.contains("adamw on global lr=0.001 λ = 0.3: "), "{text}");
    assert!(text.contains("less than 5% of a weight") && !text.contains("matter"), "{text}");
    let text = warning(&Warning::PassedOver { arms: vec![arm_name(None, "", 0.3)] });
    assert!(
        text.contains(": adamw λ = 0.3. A run of each collapsed on val, diverged or failed."),
        "{text}"
    );
}
