//! Answers that say no more than is so: of no decay, of gaps, of what matters, of nothing to compare.

use super::super::levels::epsilon;
use super::super::{gap, headline, in_short, reading, verdicts};
use super::{experiment, runs};
use crate::config::{AnalysisTerms, Excerpts, Form, Mask, Texts};
use crate::published::Transfer;
use crate::record::Status;
use crate::report::screen::answer;
use crate::report::summary::Summary;
use crate::results::RunRow;
use crate::stats::Analysis;
use crate::stats::tests::beside_a_tuned_learning_rate;

#[test]
fn where_val_lies_below_train_nothing_narrows() {
    let mut rows = experiment();
    for row in rows.iter_mut() {
        let gap = if row.decays() { -0.066 } else { -0.040 };
        (row.gap, row.train_loss) = (Some(gap), row.val_loss.map(|val| val - gap));
    }
    let told = gap(&Analysis::of(&rows)).unwrap();
    assert_eq!(told, "The gap between val and train loss is −0.066 in place of −0.040.");
}

#[test]
fn no_decay_of_another_recipe_is_the_best_arm_where_it_is() {
    let of = |setting: &'static str, variant: &'static str| {
        move |row: RunRow| RunRow {
            setting: setting.to_owned(),
            variant: variant.to_owned(),
            base: setting.to_owned(),
            ..row
        }
    };
    let mut rows: Vec<RunRow> = experiment().into_iter().map(of("a", "")).collect();
    let muon = of("b", "optimizer=muon");
    rows.extend(runs(Form::None, Mask::Matrices, 0.0, 1.2, 0.1).into_iter().map(muon));
    rows.extend(runs(Form::AdamW, Mask::Matrices, 30.0, 1.9, 0.1).into_iter().map(muon));
    let analysis = Analysis::of(&rows);
    let told = headline(&analysis).unwrap();
    let expected =
        "No decay (optimizer=muon) is the best arm by val loss; the best of the others is";
    assert!(told.starts_with(expected), "{told}");
    let screen = answer(&analysis, &[]);
    let none: Vec<&str> = screen.lines().filter(|line| line.starts_with("none")).collect();
    assert_eq!(none.len(), 2, "each recipe has its own: {screen}");
    assert!(none[0].contains("2.000") && none[1].contains("1.200"), "{none:?}");
    assert!(none[1].contains("optimizer=muon"), "{none:?}");
}

#[test]
fn a_cell_of_the_screen_names_its_point_where_no_point_of_the_rule_may_be_the_best() {
    let screen = |is_lost: fn(&RunRow) -> bool| {
        let arm = |form, lambda, loss, spread| runs(form, Mask::Matrices, lambda, loss, spread);
        let (none, lower) = (arm(Form::AdamW, 0.0, 2.0, 0.1), arm(Form::AdamW, 0.03, 2.1, 0.101));
        let (best, l2) = (arm(Form::AdamW, 1.0, 1.5, 0.102), arm(Form::L2, 0.001, 1.6, 0.1));
        let mut rows = [none, lower, best, l2].concat();
        for row in rows.iter_mut().filter(|row| row.seed == 2 && is_lost(row)) {
            (row.status, row.val_loss, row.gap) = (Status::Diverged, None, None);
        }
        answer(&Analysis::of(&rows), &[])
    };
    let all = screen(|row| row.form == Form::AdamW && row.decays());
    assert!(all.contains("λ = 1: −0.501 no test, n = 2"), "{all}");
    assert!(all.contains("adamw on matrices, λ = 1: −0.101 no test, n = 2"), "{all}");
    let none = screen(|row| !row.decays());
    assert!(none.contains("  −0.501 no test, n = 2"), "at the λ of its row: {none}");
}

#[test]
fn a_lower_no_decay_with_another_value_of_what_is_tuned_is_not_said_to_be_of_another_recipe() {
    let is_kept = |row: &RunRow| row.form != Form::AdamW || !row.decays();
    let rows: Vec<RunRow> = beside_a_tuned_learning_rate().into_iter().filter(is_kept).collect();
    let told = in_short(&Analysis::of(&rows)).join(" ");
    let expected = "Without decay, val loss ends at 2.000; with lr = 0.003 at 1.900.";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn beside_no_decay_that_lost_a_run_the_headline_says_that_nothing_was_tested() {
    let mut rows = experiment();
    let none = rows.iter_mut().find(|row| !row.decays()).unwrap();
    (none.status, none.val_loss) = (Status::Diverged, None);
    let told = headline(&Analysis::of(&rows)).unwrap();
    assert!(told.ends_with("val loss 1.500, not tested against no decay."), "{told}");
}

#[test]
fn no_decay_is_told_by_what_it_holds_where_other_rules_tune_that() {
    let analysis = Analysis::of(&beside_a_tuned_learning_rate());
    let told = verdicts(&analysis);
    let of = |form: &str| told.iter().find(|one| one.starts_with(form)).unwrap();
    assert!(of("L2").contains("lower than without decay at lr = 0.01 (["), "{told:?}");
    assert!(of("AdamW").contains("lr = 0.003: val loss"), "{told:?}");
    assert!(!of("AdamW").contains("decay at lr"), "at its own best: {told:?}");
    let summary = serde_json::to_value(Summary::of(&analysis, None, &[])).unwrap();
    let comparisons = summary["comparisons"].as_array().unwrap();
    let rights: Vec<&str> = comparisons.iter().filter_map(|one| one["right"].as_str()).collect();
    assert!(
        rights.contains(&"no decay at lr = 0.01") && rights.contains(&"no decay"),
        "{rights:?}"
    );
}

#[test]
fn rules_of_other_seeds_than_those_of_no_decay_are_said_not_to_be_held_against_it() {
    let mut rows = experiment();
    let told = "Not held against no decay, for no seed has runs of both: AdamW on matrices;";
    assert!(!answer(&Analysis::of(&rows), &[]).contains(told));
    rows.iter_mut().filter(|row| !row.decays()).for_each(|row| row.seed += 10);
    let screen = answer(&Analysis::of(&rows), &[]);
    assert!(screen.contains(told) && screen.contains("; 6 seeds, "), "{screen}");
}

/// Rows of another recipe than those of the spec's own.
fn of_recipe(setting: &'static str, variant: &'static str) -> impl Fn(RunRow) -> RunRow {
    move |row: RunRow| RunRow {
        run: format!("{setting}-{}", row.run),
        setting: setting.to_owned(),
        variant: variant.to_owned(),
        base: setting.to_owned(),
        ..row
    }
}

#[test]
fn no_decay_is_that_of_the_best_arms_own_recipe_and_a_lower_one_is_told_apart() {
    let arm = |lambda, loss| runs(Form::AdamW, Mask::Matrices, lambda, loss, 0.1).into_iter();
    let own = || arm(0.0, 2.0).chain(arm(1.0, 1.5)).map(of_recipe("a", ""));
    let other = arm(0.0, 1.8).chain(arm(3.0, 1.7)).map(of_recipe("b", "lr=0.003"));
    let both = Analysis::of(&own().chain(other).collect::<Vec<_>>());
    let told = in_short(&both).join(" ");
    assert!(told.contains("Without decay, val loss ends at 2.000"), "{told}");
    assert!(told.contains("; of another model or recipe at 1.800"), "{told}");
    let told = headline(&both).unwrap();
    assert!(told.contains(" no decay of its recipe (2.000)"), "{told}");
    let alone = Analysis::of(&own().collect::<Vec<_>>());
    assert!(!in_short(&alone).join(" ").contains("another model"));
    assert!(headline(&alone).unwrap().contains(" no decay (2.000)"));
}

#[test]
fn the_row_of_no_decay_says_of_which_recipe_it_is_where_another_arm_has_none() {
    let rows = runs(Form::None, Mask::Matrices, 0.0, 2.2, 0.1).into_iter().map(of_recipe("a", ""));
    let arm = |lambda, loss| runs(Form::AdamW, Mask::Matrices, lambda, loss, 0.1).into_iter();
    let longer = arm(0.0, 2.0).chain(arm(3.0, 1.7)).map(of_recipe("b", "accumulate=4"));
    let analysis = Analysis::of(&rows.chain(longer).collect::<Vec<_>>());
    let screen = answer(&analysis, &[]);
    let none = screen.lines().find(|line| line.starts_with("none")).unwrap();
    assert!(none.contains("accumulate=4") && none.contains("2.000"), "{screen}");
    let told = in_short(&analysis).join(" ");
    assert!(told.contains("Without decay (accumulate=4), val loss ends at 2.000"), "{told}");
}

#[test]
fn no_decay_that_no_rule_is_held_against_is_the_lowest_where_it_is_and_has_a_line() {
    let given_up = runs(Form::None, Mask::Matrices, 0.0, 1.2, 0.1).into_iter();
    let given_up: Vec<RunRow> = given_up.map(of_recipe("b", "optimizer=muon")).collect();
    let judged = experiment().into_iter().map(of_recipe("a", ""));
    let analysis = Analysis::of(&judged.chain(given_up.clone()).collect::<Vec<_>>());
    assert!((analysis.baseline.unwrap().mean - 1.2).abs() < 1e-9);
    let told = headline(&analysis).unwrap();
    assert!(told.starts_with("No decay (optimizer=muon) is the best arm by val loss"), "{told}");
    assert!(told.contains("no decay of its recipe (2.000)"), "{told}");
    let screen = answer(&analysis, &[]);
    let none: Vec<&str> = screen.lines().filter(|line| line.starts_with("none")).collect();
    assert!(none.len() == 2 && none[1].contains("optimizer=muon"), "{screen}");
    assert!(none[1].contains("1.200"), "{screen}");
    let alone = answer(&Analysis::of(&given_up), &[]);
    let expected = "Without decay (optimizer=muon), val loss ends at 1.200";
    assert!(alone.starts_with(expected), "{alone}");
    assert!(alone.lines().any(|line| line.starts_with("none, optimizer=muon")), "{alone}");
}

#[test]
fn a_best_arm_without_a_partner_says_what_to_add() {
    let lone = runs(Form::AdamW, Mask::Matrices, 1.0, 1.0, 0.1).into_iter();
    let lone = lone.map(of_recipe("c", "mlp.lr=0.003"));
    let rows: Vec<RunRow> = experiment().into_iter().map(of_recipe("a", "")).chain(lone).collect();
    let analysis = Analysis::of(&rows);
    for told in [headline(&analysis).unwrap(), in_short(&analysis).join(" ")] {
        assert!(told.contains("mlp.lr=0.003"), "{told}");
        assert!(
            told.contains("; it is not held against no decay, for no arm of its model"),
            "{told}"
        );
    }
    assert!(!headline(&Analysis::of(&experiment())).unwrap().contains("not held"));
}

#[test]
fn rules_with_an_empty_cell_are_named_with_the_reason() {
    let lone = runs(Form::AdamW, Mask::Matrices, 1.0, 1.9, 0.1).into_iter();
    let lone = lone.map(of_recipe("c", "lr=0.01"));
    let rows: Vec<RunRow> = experiment().into_iter().map(of_recipe("a", "")).chain(lone).collect();
    let flat = |rows: &[RunRow]| {
        let screen = answer(&Analysis::of(rows), &[]);
        screen.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let told = flat(&rows);
    let expected = "Not held against no decay, for no arm of the same model and recipe is without: AdamW on matrices (lr=0.01).";
    assert!(told.contains(expected), "{told}");
    assert!(!flat(&experiment()).contains("Not held against no decay"));
}

#[test]
fn a_choice_that_no_decay_has_not_is_named_with_what_to_write() {
    let at = |lr: &'static str, tuned: &'static str| {
        move |row: RunRow| RunRow {
            axes: format!("lr={lr}"),
            tuned: tuned.to_owned(),
            base: "base".to_owned(),
            ..of_recipe(lr, "")(row)
        }
    };
    let none = runs(Form::None, Mask::Matrices, 0.0, 2.0, 0.1).into_iter().map(at("0.0005", ""));
    let arm = |lr, loss| {
        runs(Form::AdamW, Mask::Matrices, 1.0, loss, 0.1).into_iter().map(at(lr, "weight_decay lr"))
    };
    let rows = none.chain(arm("0.0005", 1.9)).chain(arm("0.005", 1.5));
    let analysis = Analysis::of(&rows.collect::<Vec<_>>());
    let screen = answer(&analysis, &[]);
    let told = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "λ = 1, lr = 0.005: val loss 1.500; it is not held against no decay, which has other values",
        "warning: adamw on matrices chooses among lr = 0.0005, 0.005, and is not held against no decay (lr = 0.0005): a \
         difference may be due to lr and not to decay. To compare them, let each choose among the same, such as [[arm]] \
         form = \"none\", lr = [0.0005, 0.005], tune = [\"lr\"].",
        "have other values of what is tuned: no verdict",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let none: Vec<&str> = screen.lines().filter(|line| line.starts_with("none")).collect();
    assert!(none.len() == 1 && none[0].contains("2.000"), "{screen}");
}

#[test]
fn a_learning_rate_that_a_rule_holds_and_no_decay_has_not_is_named_with_what_to_write() {
    let at = |lr: &'static str, tuned: &'static str| {
        move |row: RunRow| RunRow {
            axes: format!("lr={lr}"),
            tuned: tuned.to_owned(),
            base: "base".to_owned(),
            ..of_recipe(lr, "")(row)
        }
    };
    let none = runs(Form::None, Mask::Matrices, 0.0, 2.0, 0.1).into_iter().map(at("0.005", "lr"));
    let held = runs(Form::AdamW, Mask::Matrices, 1.0, 1.9, 0.1).into_iter().map(at("0.001", ""));
    let screen = answer(&Analysis::of(&none.chain(held).collect::<Vec<_>>()), &[]);
    let told = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = "has lr = 0.001, and is not held against no decay (lr = 0.005): a difference may be due to lr and not to \
                    decay. To compare them, let each have the same, such as [[arm]] form = \"none\", lr = 0.001.";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn where_small_differences_matter_they_are_shown() {
    let mut rows = experiment();
    for row in &mut rows {
        row.val_loss = row.val_loss.map(|loss| 1.0 + loss * 1e-5);
        row.best_val_loss = row.val_loss;
    }
    let terms = AnalysisTerms { epsilon: Some(1e-6), ..AnalysisTerms::default() };
    let screen = answer(&Analysis::on(&rows, &terms), &[]);
    assert!(screen.contains("−0.0000050 [−0.00000"), "{screen}");
    assert!(!answer(&Analysis::of(&rows), &[]).contains("0.0000050"));
}

#[test]
fn an_experiment_without_anything_to_compare_says_so() {
    let lone = runs(Form::AdamW, Mask::Matrices, 1.0, 1.9, 0.1);
    let told = reading(&Analysis::of(&lone));
    assert!(told.contains("No arm of the same model and recipe is without decay"), "{told}");
    let mut cut = lone;
    cut[0].status = Status::Diverged;
    let told = reading(&Analysis::of(&cut));
    assert!(told.contains("whose every run reached its end"), "{told}");
}

#[test]
fn arms_without_decay_alone_are_not_said_to_lack_one() {
    let told = reading(&Analysis::of(&runs(Form::AdamW, Mask::Matrices, 0.0, 1.9, 0.1)));
    assert!(told.contains("Every arm is without decay"), "{told}");
}

#[test]
fn no_decay_that_is_as_good_as_the_best_of_the_others_is_not_said_to_be_better() {
    let mut rows = runs(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1);
    rows.extend(runs(Form::AdamW, Mask::Matrices, 1e-12, 2.0, 0.1));
    let told = headline(&Analysis::of(&rows)).unwrap();
    assert!(
        told.starts_with("No decay is as good by val loss as the best of the others:"),
        "{told}"
    );
}

#[test]
fn a_narrowing_of_the_gap_that_seeds_make_by_chance_is_not_explained() {
    let of = |gaps: [f64; 3]| {
        let mut rows = runs(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1);
        rows.extend(runs(Form::AdamW, Mask::Matrices, 1.0, 1.9, 0.1));
        for (place, row) in rows.iter_mut().enumerate() {
            row.gap = Some(if place < 3 { 0.32 } else { gaps[place - 3] });
            row.train_loss = row.val_loss.zip(row.gap).map(|(val, gap)| val - gap);
        }
        gap(&Analysis::of(&rows)).unwrap()
    };
    let chance = of([0.33, 0.30, 0.29]);
    assert!(chance.ends_with(", which may be chance."), "{chance}");
    let surely = of([0.101, 0.10, 0.099]);
    assert!(surely.ends_with("% of that."), "{surely}");
}

/// What is said of a gap that narrows from 0.34 to 0.3 where val loss rises so.
fn narrowed(val_rises: [f64; 3]) -> String {
    let mut rows = runs(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1);
    rows.extend(runs(Form::AdamW, Mask::Matrices, 1.0, 2.0, 0.1));
    for (place, row) in rows.iter_mut().enumerate() {
        let val = if place < 3 { 2.0 } else { 2.0 + val_rises[place - 3] };
        row.gap = Some(if place < 3 { 0.34 } else { [0.301, 0.30, 0.299][place - 3] });
        (row.val_loss, row.train_loss) = (Some(val), row.gap.map(|gap| val - gap));
    }
    gap(&Analysis::of(&rows)).unwrap()
}

#[test]
fn val_loss_is_said_to_rise_only_where_seeds_tell_it() {
    let by_chance = narrowed([-0.007, 0.002, 0.008]);
    assert!(!by_chance.contains("rises too"), "{by_chance}");
    assert!(by_chance.ends_with("all of that: val loss is not shown to change."), "{by_chance}");
    let surely = narrowed([0.049, 0.05, 0.051]);
    assert!(surely.ends_with(", more than that, so val loss rises too."), "{surely}");
}

#[test]
fn a_share_of_the_narrowing_is_told_only_where_train_loss_surely_moves() {
    for wide in [[-0.2, 0.0, 0.17], [-0.2, -0.1, 0.1]] {
        let told = narrowed(wide);
        assert!(told.ends_with("so that its share in that cannot be told."), "{told}");
        assert!(told.contains("train loss changes by ") && !told.contains('%'), "{told}");
    }
    let falling = narrowed([-0.251, -0.25, -0.249]);
    let expected = "falls by 0.210 ± 0.005, so that none of that is train loss rising.";
    assert!(falling.ends_with(expected), "{falling}");
    let half = narrowed([-0.021, -0.02, -0.019]);
    assert!(half.ends_with("; train loss rises by 0.020 ± 0.005, 50% of that."), "{half}");
}

#[test]
fn seeds_that_share_a_few_texts_are_not_said_to_tell_of_others() {
    let on = |texts: u64| {
        let mut rows = experiment();
        for row in &mut rows {
            (row.texts, row.text_seed) = (Some(Texts::PerSeed), Some(row.seed % texts));
        }
        answer(&Analysis::of(&rows), &[])
    };
    assert!(on(2).contains("3 seeds share 2 train texts"), "{}", on(2));
    assert!(!on(3).contains("seeds share"), "{}", on(3));
}

#[test]
fn excerpts_that_overlap_are_not_said_to_be_texts_of_their_own() {
    let cut_from = |pool: Option<usize>| {
        let mut rows = experiment();
        for row in &mut rows {
            (row.texts, row.text_seed) = (Some(Texts::PerSeed), Some(row.seed));
        }
        let excerpts = pool.map(|pool| Excerpts { pool, length: 100 });
        answer(&Analysis::of(&rows).with_excerpts(excerpts), &[]).replace('\n', " ")
    };
    let crowded = cut_from(Some(200));
    assert!(crowded.contains("excerpts share 59% of their text on average"), "{crowded}");
    assert!(crowded.contains("warning: 3 train texts are 1.5 times what they"), "{crowded}");
    assert!(!crowded.contains("a train text of its own"), "{crowded}");
    for apart in [cut_from(Some(2000)), cut_from(None)] {
        assert!(apart.contains("each with a train text of its own"), "{apart}");
        assert!(!apart.contains("excerpt") && !apart.contains("cut from"), "{apart}");
    }
}

#[test]
fn arms_that_have_too_few_seeds_in_common_say_so() {
    let mut rows = runs(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1);
    rows.extend(runs(Form::AdamW, Mask::Matrices, 1.0, 1.9, 0.11));
    rows[4].seed = 9;
    let told = reading(&Analysis::of(&rows));
    assert!(told.contains("Fewer than 3 pairs of seeds"), "{told}");
    rows[4].val_loss = None;
    let told = reading(&Analysis::of(&rows));
    assert!(told.contains("every run reached its end with losses that are finite"), "{told}");
}

#[test]
fn texts_of_their_own_that_nothing_tells_apart_are_not_said_to_be_one() {
    let own = |row: RunRow| RunRow { texts: Some(Texts::PerSeed), ..row };
    let told = reading(&Analysis::of(&experiment().into_iter().map(own).collect::<Vec<_>>()));
    assert!(!told.contains("all on one text"), "{told}");
    assert!(told.contains("`text_seed` does not tell which"), "{told}");
}

#[test]
fn losses_that_are_not_finite_are_no_lack_of_an_end() {
    let mut rows = experiment();
    rows.iter_mut().for_each(|row| row.test_loss = Some(f64::NAN));
    let told = answer(&Analysis::of(&rows), &[]);
    let expected = format!("No result: {0} of {0} runs reached the last step, but", rows.len());
    assert!(told.starts_with(&expected), "{told}");
}

#[test]
fn a_rule_whose_runs_did_not_end_says_so_in_place_of_a_best_lambda() {
    let mut rows = experiment();
    for row in rows.iter_mut().filter(|row| row.form == Form::L2) {
        row.status = Status::Diverged;
    }
    let screen = answer(&Analysis::of(&rows), &[]);
    assert!(screen.contains("– (diverged)"), "{screen}");
    rows.iter_mut().rfind(|row| row.form == Form::L2).unwrap().status = Status::Done;
    let screen = answer(&Analysis::of(&rows), &[]);
    let runs = rows.iter().filter(|row| row.form == Form::L2).count();
    assert!(screen.contains(&format!("– ({} of {runs}", runs - 1)), "{screen}");
}

#[test]
fn a_smallest_difference_that_is_measured_from_several_toys_says_so() {
    let toy = |setting: &str, loss: f64| {
        let of = |lambda, loss| {
            let own = move |row| RunRow {
                recipe: Some("gpt-3".into()),
                setting: setting.to_owned(),
                transfer: Some(Transfer::Raw),
                val_unigram: Some(3.0),
                ..row
            };
            runs(Form::AdamW, Mask::Matrices, lambda, loss, 0.1).into_iter().map(own)
        };
        of(0.0, loss).chain(of(0.1, loss - 0.1)).collect::<Vec<_>>()
    };
    let analysis = Analysis::of(&[toy("a", 2.0), toy("b", 1.0)].concat());
    let measured = analysis.epsilon.unwrap();
    assert!((measured.value - 0.02 * 1.5).abs() < 1e-12, "{measured:?}");
    let told = epsilon(&measured);
    assert!(told.contains("no decay (1.50, the mean of 2 toys) and counting tokens"), "{told}");
}
