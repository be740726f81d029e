//! Runs that did not reach their end, or learned nothing on the way.

use super::{arm, experiment, row};
use crate::config::{Form, Mask, Stage, TestFamily};
use crate::record::Status;
use crate::results::RunRow;
use crate::stats::{Analysis, Extent, Kind, Quantity, Warning, unseen};

/// One of three seeds of the arm with the lowest loss diverges.
fn with_a_diverged_run() -> Vec<RunRow> {
    let mut rows = experiment();
    let mut bad = arm(Form::AdamW, Mask::Matrices, 0.5, 0.5, 0.0);
    bad[2] = RunRow {
        status: Status::Diverged,
        val_loss: None,
        gap: None,
        train_loss: None,
        best_val_loss: Some(100.0),
        ..bad[2].clone()
    };
    bad[0].best_val_loss = Some(0.5);
    rows.extend(bad);
    rows
}

#[test]
fn a_diverged_run_is_in_no_mean_and_its_arm_has_no_p_and_is_never_best() {
    let analysis = Analysis::of(&with_a_diverged_run());
    let group = &analysis.groups[0];
    let cell = group.cells.iter().find(|cell| cell.weight_decay == Some(0.5)).unwrap();
    assert_eq!(cell.estimate(|run| run.val_loss).unwrap().n, 2);
    assert_eq!(cell.mean(|run| run.best_val_loss), Some(0.5), "its own lowest loss neither");
    assert_eq!(group.best().unwrap().weight_decay, Some(1.0));
    let against = analysis.against_none(Quantity::ValLoss, &group.side(cell)).unwrap();
    assert_eq!((against.difference.n, against.kind()), (2, Kind::NoTest));
    assert_eq!(against.judgement.family_size, 4, "it is in no family");
}

#[test]
fn an_arm_beside_an_unfinished_baseline_has_no_p() {
    let mut rows = experiment();
    let unfinished =
        RunRow { status: Status::Unfinished, ..row(Form::AdamW, Mask::Matrices, 0.0, 3, 2.0) };
    rows.push(unfinished);
    let analysis = Analysis::of(&rows);
    let with_none = analysis.headline.iter().filter(|one| one.is_against_none());
    assert!(with_none.clone().all(|one| one.difference.n == 3 && one.kind() == Kind::NoTest));
    assert_eq!(with_none.count(), 3);
}

/// Two rules at two λ each, the better one second, beside no decay; the last seed of these arms diverges.
fn without_the_last_seed_of(is_lost: impl Fn(&RunRow) -> bool) -> Vec<RunRow> {
    let mut rows = [
        arm(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1),
        arm(Form::AdamW, Mask::Matrices, 0.03, 2.1, 0.101),
        arm(Form::AdamW, Mask::Matrices, 1.0, 1.5, 0.102),
        arm(Form::L2, Mask::Matrices, 0.0001, 1.9, 0.1),
        arm(Form::L2, Mask::Matrices, 0.001, 1.6, 0.1),
    ]
    .concat();
    for one in rows.iter_mut().filter(|row| row.seed == 2 && is_lost(row)) {
        *one = row(one.form, Mask::Matrices, one.weight_decay.unwrap(), 2, f64::NAN);
    }
    rows
}

#[test]
fn beside_no_decay_that_lost_a_run_every_rule_is_described_at_its_own_best() {
    let analysis = Analysis::of(&without_the_last_seed_of(|row| row.weight_decay == Some(0.0)));
    let against: Vec<_> = analysis.headline.iter().filter(|one| one.is_against_none()).collect();
    let at: Vec<_> = against.iter().map(|one| one.left.weight_decay).collect();
    assert_eq!(at, [Some(1.0), Some(0.001)]);
    assert!(against.iter().all(|one| one.difference.n == 2 && one.kind() == Kind::NoTest));
    assert!((against[0].difference.mean + 0.5).abs() < 0.01, "{:?}", against[0]);
    assert_eq!(analysis.best_point().unwrap().1.side, against[0].left);
}

#[test]
fn beside_a_rule_that_lost_a_run_of_every_arm_the_other_is_described_at_its_own_best() {
    let is_lost = |row: &RunRow| row.form == Form::AdamW && row.decays();
    let analysis = Analysis::of(&without_the_last_seed_of(is_lost));
    let form = analysis.family(TestFamily::Form).next().unwrap();
    assert_eq!(form.left.weight_decay, Some(1.0), "the lowest of those that none may be chosen of");
    assert_eq!(form.others()[0].weight_decay, Some(0.001));
    assert!((form.difference.mean + 0.1).abs() < 0.01, "{form:?}");
}

/// A file may say of a run that it is done, and give it a loss that is no number, or one whose square is none.
#[test]
fn losses_that_are_no_measurements_are_in_no_mean_and_no_test() {
    for wrong in [f64::NAN, f64::INFINITY, 1.5e308] {
        let mut rows = experiment();
        for (place, row) in rows.iter_mut().enumerate() {
            let sign = if place % 2 == 0 { 1.0 } else { -1.0 };
            row.test_loss = Some(if place % 5 == 0 { sign * wrong } else { 1.5 * sign });
            assert_eq!(Quantity::TestLoss.of(row).is_none(), place % 5 == 0, "{wrong}");
        }
        let analysis = Analysis::of(&rows);
        assert_eq!(analysis.loss, Quantity::TestLoss);
        let means = analysis.against_none.iter().map(|one| one.difference.mean);
        assert!(means.into_iter().all(f64::is_finite), "{wrong}");
        rows.iter_mut().for_each(|row| row.test_loss = Some(wrong));
        assert!(Analysis::of(&rows).headline.iter().all(|one| one.kind() == Kind::NoTest));
    }
}

#[test]
fn a_run_without_the_test_loss_that_others_have_counts_as_one_that_did_not_end_and_is_named() {
    let mut rows = experiment();
    rows.iter_mut().for_each(|row| row.test_loss = row.val_loss);
    let lacks = rows.iter().position(|row| row.weight_decay == Some(1.0)).unwrap();
    rows[lacks].test_loss = None;
    let analysis = Analysis::of(&rows);
    assert_eq!(analysis.loss, Quantity::TestLoss);
    let own = analysis.groups.iter().flat_map(|group| &group.cells);
    let cell =
        own.filter(|cell| cell.weight_decay == Some(1.0)).min_by_key(|cell| cell.done().count());
    assert_eq!(cell.unwrap().done().count(), 2);
    let expected = Warning::Unmeasured {
        quantity: Quantity::TestLoss,
        is_missing: true,
        runs: vec![rows[lacks].run.clone()],
        all: rows.len(),
    };
    assert_eq!(analysis.warnings[0], expected);
}

#[test]
fn a_run_without_a_val_loss_is_in_no_mean() {
    let mut rows = experiment();
    rows[0].val_loss = None;
    assert!(!rows[0].is_done());
    let analysis = Analysis::of(&rows);
    let is_such = |one: &Warning| {
        matches!(one, Warning::Unmeasured { quantity: Quantity::ValLoss, is_missing: true, .. })
    };
    assert!(is_such(&analysis.warnings[0]) && analysis.is_asked());
}

fn collapsing_at(unigram: f64) -> Vec<RunRow> {
    let know = |row: RunRow| RunRow { val_unigram: Some(unigram), ..row };
    experiment().into_iter().map(know).collect()
}

#[test]
fn an_arm_with_a_collapsed_run_is_never_best() {
    // The unigram level lies among the seeds of no decay and of L2, where it is known of them.
    let mut rows = collapsing_at(1.95);
    let is_other = |row: &&mut RunRow| row.form == Form::L2 || row.weight_decay == Some(0.0);
    rows.iter_mut().filter(is_other).for_each(|row| row.val_unigram = None);
    rows.extend(arm(Form::AdamW, Mask::Matrices, 9.0, 1.0, 0.1));
    let last = rows.last_mut().unwrap();
    (last.val_loss, last.val_unigram) = (Some(1.1), Some(1.1));
    let analysis = Analysis::of(&rows);
    assert_eq!(analysis.groups[0].best().unwrap().weight_decay, Some(1.0));
    assert_eq!(analysis.groups[0].best_of_rule().unwrap().weight_decay, Some(1.0));
    let collapsed = rows.iter().filter(|row| row.is_collapsed()).count();
    let Warning::Collapsed { count, overfitted: 0, all, extent: Extent::Some, arms } =
        &analysis.warnings[0]
    else {
        panic!("{:?}", analysis.warnings)
    };
    assert_eq!((*count, *all), (collapsed, rows.len()));
    assert_eq!(arms.iter().map(|(_, count)| count).sum::<usize>(), collapsed);
    assert!(arms.iter().any(|(name, count)| (name.weight_decay, *count) == (Some(9.0), 1)));
    // L2 ends above the level with one seed in its only arm, and is held against the others as it is: so are they.
    let l2 = rows.iter_mut().filter(|row| row.form == Form::L2);
    l2.for_each(|row| row.val_unigram = Some(1.95));
    let analysis = Analysis::of(&rows);
    assert!(analysis.groups[2].best().is_some());
    assert_eq!(analysis.groups[0].best().unwrap().weight_decay, Some(9.0));
    let extent = |one: &Warning| match one {
        Warning::Collapsed { extent, .. } => Some(*extent),
        _ => None,
    };
    assert_eq!(extent(&analysis.warnings[0]), Some(Extent::EveryArmOfARule));
}

#[test]
fn a_run_that_collapsed_on_test_alone_is_told_to_have_and_may_be_chosen() {
    let chosen = |val_unigram, test_unigram| {
        let rows = experiment().into_iter().map(|row| RunRow { test_loss: row.val_loss, ..row });
        let mut rows: Vec<RunRow> = rows.collect();
        let best = |row: &&mut RunRow| row.weight_decay == Some(1.0);
        for row in rows.iter_mut().filter(best) {
            (row.val_unigram, row.test_unigram) = (Some(val_unigram), Some(test_unigram));
            assert_eq!(row.is_collapsed(), test_unigram < 1.0);
        }
        Analysis::of(&rows).groups[0].best().unwrap().weight_decay
    };
    assert_eq!(chosen(9.0, 0.5), Some(1.0));
    assert_eq!(chosen(0.5, 9.0), Some(3.0));
}

#[test]
fn where_every_arm_has_collapsed_the_answer_goes_on_under_a_warning() {
    let analysis = Analysis::of(&collapsing_at(0.5));
    assert_eq!(analysis.best().unwrap().1.weight_decay, Some(1.0));
    assert_eq!(analysis.headline.len(), 5);
    assert!(matches!(analysis.warnings[0], Warning::Collapsed { extent: Extent::All, .. }));
    assert_eq!(analysis.alarms().count(), 1);
}

#[test]
fn one_collapsed_seed_in_every_arm_is_no_alarm_and_bars_no_arm() {
    let mut rows = experiment();
    for row in rows.iter_mut().filter(|row| row.seed == 2) {
        row.val_unigram = row.val_loss;
    }
    let analysis = Analysis::of(&rows);
    let Warning::Collapsed { count, overfitted: 0, extent: Extent::EveryArm, arms, .. } =
        &analysis.warnings[0]
    else {
        panic!("{:?}", analysis.warnings)
    };
    assert_eq!((*count, arms.len()), (rows.len() / 3, 5));
    assert!(arms.iter().all(|(_, count)| *count == 1));
    assert_eq!(analysis.alarms().count(), 0);
    assert_eq!(analysis.best().unwrap().1.weight_decay, Some(1.0));
}

#[test]
fn an_end_of_the_grid_is_not_told_where_an_arm_with_a_collapsed_run_lies_lower() {
    let at_an_end = |rows: &[RunRow]| {
        let warnings = Analysis::of(rows).warnings;
        let is_such = |one: &&Warning| matches!(one, Warning::LargestTried { rule, .. } if rule.mask == Some(Mask::Matrices));
        warnings.iter().filter(is_such).count()
    };
    let own = |row: &RunRow| row.form == Form::AdamW && row.mask == Some(Mask::Matrices);
    let rows = experiment();
    let best = rows.iter().filter(|row| own(row)).map(|row| row.weight_decay.unwrap());
    let largest = best.fold(0.0, f64::max);
    let mut barred = rows.clone();
    for row in barred.iter_mut().filter(|row| own(row) && row.weight_decay == Some(1.0)) {
        row.val_unigram = Some(0.5);
    }
    let chosen = Analysis::of(&barred).groups[0].best().unwrap().weight_decay;
    assert_eq!((chosen, at_an_end(&barred)), (Some(largest), 0));
    for row in barred.iter_mut().filter(|row| own(row) && row.weight_decay == Some(1.0)) {
        row.val_loss = Some(1.9);
    }
    assert_eq!(at_an_end(&barred), 1);
}

#[test]
fn an_arm_without_rows_of_seeds_that_others_have_is_told() {
    let mut rows = experiment();
    let uneven = |rows: &[RunRow]| {
        let warnings = Analysis::of(rows).warnings;
        warnings.into_iter().find(|one| matches!(one, Warning::UnevenSeeds { .. }))
    };
    assert_eq!(uneven(&rows), None);
    let lost = rows.iter().position(|row| row.form == Form::L2).unwrap();
    rows.remove(lost);
    let Some(Warning::UnevenSeeds { arms }) = uneven(&rows) else { panic!("{rows:?}") };
    assert_eq!((arms.len(), arms[0].form, arms[0].weight_decay), (1, Form::L2, Some(0.1)));
    rows.iter_mut().for_each(|row| row.stage = Some(crate::config::Stage::Refine));
    assert_eq!(uneven(&rows), None);
}

#[test]
fn arms_of_other_seeds_are_told_though_each_has_as_many() {
    let mut rows = experiment();
    rows.iter_mut().filter(|row| !row.decays()).for_each(|row| row.seed += 10);
    let analysis = Analysis::of(&rows);
    let is_uneven = |one: &Warning| matches!(one, Warning::UnevenSeeds { .. });
    assert!(analysis.warnings.iter().any(is_uneven), "{:?}", analysis.warnings);
    assert_eq!(analysis.seeds(), 6);
    assert!(!analysis.headline.iter().any(|one| one.is_against_none()));
    assert!(!analysis.contenders[0].shares_a_seed_with_none());
    assert!(Analysis::of(&experiment()).contenders[0].shares_a_seed_with_none());
}

/// The seeds that are left of an arm may be the easy ones.
#[test]
fn an_end_of_the_grid_is_told_where_an_arm_that_lost_a_run_lies_lower_on_easy_seeds_alone() {
    let edge_of = |middle: f64| {
        let mut rows = arm(Form::AdamW, Mask::Matrices, 1.0, 2.0, 0.5);
        rows.extend(arm(Form::AdamW, Mask::Matrices, 3.0, middle, 0.5));
        rows.extend(arm(Form::AdamW, Mask::Matrices, 10.0, 1.9, 0.5));
        // The hardest seed.
        rows[5] = row(Form::AdamW, Mask::Matrices, 3.0, 2, f64::NAN);
        let is_edge =
            |one: &Warning| matches!(one, Warning::LargestTried { best, .. } if *best == 10.0);
        Analysis::of(&rows).warnings.iter().any(is_edge)
    };
    assert!(edge_of(1.95) && !edge_of(1.85));
}

#[test]
fn while_runs_are_to_come_no_collapse_is_said_to_be_in_every_arm() {
    let mut rows = collapsing_at(0.5);
    for row in rows.iter_mut().filter(|row| row.weight_decay != Some(1.0)) {
        row.status = Status::Unfinished;
    }
    let analysis = Analysis::of(&rows);
    assert!(analysis.groups.iter().all(|group| !group.accepts_collapsed));
}

#[test]
fn total_decay_says_nothing_of_arms_whose_roles_have_a_lambda_of_their_own() {
    let small = |variant: &str| {
        let of =
            |row: RunRow| RunRow { variant: variant.to_owned(), total_decay: Some(0.0), ..row };
        let mut rows = experiment();
        rows.extend(arm(Form::Cautious, Mask::Matrices, 2.0, 1.9, 0.1).into_iter().map(of));
        let warnings = Analysis::of(&rows).warnings;
        warnings.iter().any(|one| matches!(one, Warning::TooLittleDecay { .. }))
    };
    assert!(small("") && !small("mlp.weight_decay=0"));
}

#[test]
fn a_run_in_the_rows_of_several_arms_is_counted_once() {
    let mut rows = experiment();
    let none = rows.iter_mut().find(|row| !row.decays()).unwrap();
    none.val_unigram = none.val_loss;
    let again = RunRow { form: Form::L2, ..none.clone() };
    let runs = rows.len();
    rows.push(again);
    assert!(
        matches!(Analysis::of(&rows).warnings[0], Warning::Collapsed { count: 1, all, .. } if all == runs)
    );
}

#[test]
fn held_out_text_that_was_trained_on_is_an_alarm_above_everything_else() {
    let with = |val, test| {
        let of = |row| RunRow { val_copied: Some(val), test_copied: Some(test), ..row };
        Analysis::of(&experiment().into_iter().map(of).collect::<Vec<_>>())
    };
    assert_eq!(with(0.4, 0.9).alarms().count(), 1);
    let few = with(0.02, 0.0);
    assert_eq!(
        (few.alarms().count(), &few.warnings[0]),
        (0, &Warning::Copied { val: 0.02, test: 0.0 })
    );
    assert!(!with(0.005, 0.005).warnings.iter().any(|one| matches!(one, Warning::Copied { .. })));
}

#[test]
fn held_out_tokens_that_train_lacks_are_an_alarm_on_test_as_on_val() {
    for shares in [[0.12, 0.0], [0.0, 0.12]] {
        assert!(unseen(shares).is_some_and(|one| one.is_alarm()), "{shares:?}");
    }
    assert_eq!(unseen([0.05, 0.05]), None);
}

/// The default question on tiny Shakespeare: three of twenty runs without decay collapsed.
#[test]
fn rules_are_held_against_no_decay_even_where_it_collapses() {
    let mut rows = experiment();
    let none = rows.iter_mut().find(|row| !row.decays()).unwrap();
    none.val_unigram = none.val_loss;
    assert!(none.is_collapsed());
    let tested = |rows: &[RunRow]| {
        let analysis = Analysis::of(rows);
        let against = analysis.headline.iter().filter(|one| one.is_against_none());
        against.filter(|one| one.kind() != Kind::NoTest).count()
    };
    assert!(tested(&rows) > 0);
    assert_eq!(tested(&rows), tested(&experiment()));
}

/// A search asks for a second seed of what is good: of what is bad there is one, and that is all of it.
#[test]
fn a_search_that_is_not_over_is_told_on_the_seeds_that_all_points_have() {
    let point = |lambda: f64, loss: f64| {
        let is_good = loss < 3.0;
        (0..1 + u64::from(is_good)).map(move |seed| RunRow {
            stage: Some(Stage::Bracket),
            tuned: "weight_decay".to_owned(),
            status: if seed == 0 { Status::Done } else { Status::Unfinished },
            ..row(Form::AdamW, Mask::Matrices, lambda, seed, loss + 0.1 * seed as f64)
        })
    };
    let losses = [(0.0, 2.48), (0.25, 2.475), (1.0, 2.468), (16.0, 3.004)];
    let rows: Vec<RunRow> =
        losses.into_iter().flat_map(|(lambda, loss)| point(lambda, loss)).collect();
    let analysis = Analysis::of(&rows);
    assert_eq!(analysis.best_point().unwrap().1.side.weight_decay, Some(1.0));
    let unfinished = Warning::Unfinished { count: 3, all: rows.len() };
    assert!(analysis.warnings.contains(&unfinished), "{:?}", analysis.warnings);
}

/// λ of the arms that are told to be passed over.
fn passed_over(rows: &[RunRow]) -> Vec<Option<f64>> {
    let warnings = Analysis::of(rows).warnings;
    let told = warnings.iter().find_map(|one| match one {
        Warning::PassedOver { arms } => Some(arms),
        _ => None,
    });
    told.into_iter().flatten().map(|arm| arm.weight_decay).collect()
}

#[test]
fn an_arm_that_is_not_the_best_only_for_a_collapsed_run_is_told() {
    let of = |lambda, loss| arm(Form::AdamW, Mask::Matrices, lambda, loss, 0.1);
    let mut rows = [of(0.0, 2.0), of(0.1, 1.8), of(1.0, 1.5)].concat();
    assert!(passed_over(&rows).is_empty());
    let last = rows.len() - 1;
    rows[last].val_unigram = Some(0.5);
    assert_eq!(Analysis::of(&rows).groups[0].best().unwrap().weight_decay, Some(0.1));
    assert_eq!(passed_over(&rows), [Some(1.0)]);
    rows[last].status = Status::Unfinished;
    assert!(passed_over(&rows).is_empty());
    rows[last].status = Status::Diverged;
    assert_eq!(passed_over(&rows), [Some(1.0)]);
}

#[test]
fn runs_that_overfitted_until_they_were_worse_than_counting_are_not_said_to_have_learned_nothing() {
    let mut rows = collapsing_at(0.5);
    rows.iter_mut().for_each(|row| row.best_val_loss = Some(0.4));
    let warning = &Analysis::of(&rows).warnings[0];
    assert!(matches!(warning, Warning::Collapsed { count, overfitted, .. } if count == overfitted));
}

#[test]
fn arms_that_differ_by_the_same_in_every_seed_are_not_tested() {
    let mut rows = arm(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1);
    rows.extend(arm(Form::AdamW, Mask::Matrices, 1e-9, 2.0, 0.1));
    let analysis = Analysis::of(&rows);
    let against = &analysis.headline[0];
    assert!(against.is_copied && against.kind() == Kind::NoTest, "{against:?}");
}

#[test]
fn a_run_overfitted_only_where_it_was_better_at_its_best_step_on_the_same_text() {
    let of = |test: Option<[f64; 3]>| {
        let known = RunRow { val_unigram: Some(3.0), best_val_loss: Some(2.9), ..arm_of(3.1) };
        let Some([end, stopped, unigram]) = test else { return known };
        RunRow {
            test_loss: Some(end),
            stopped_test_loss: Some(stopped),
            test_unigram: Some(unigram),
            ..known
        }
    };
    assert!(of(None).is_collapsed() && of(None).is_overfitted());
    // On val it was better before, on test it never was.
    let never = of(Some([2.95, 2.95, 2.9]));
    assert!(never.is_collapsed() && !never.is_overfitted());
    assert!(of(Some([2.95, 2.8, 2.9])).is_overfitted());
}

fn arm_of(val_loss: f64) -> RunRow {
    row(Form::AdamW, Mask::Matrices, 1.0, 0, val_loss)
}
