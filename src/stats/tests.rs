use super::*;
use crate::config::Family;
use crate::config::{Form, Mask};
use crate::record::Status;

fn row(form: Form, mask: Mask, weight_decay: f64, seed: u64, val_loss: f64) -> RunRow {
    let ended = val_loss.is_finite();
    RunRow {
        run: format!("{form}-{weight_decay}-{seed}"),
        form,
        mask: Some(mask),
        weight_decay: Some(weight_decay),
        lr: 1e-3,
        seed,
        status: if ended { Status::Done } else { Status::Diverged },
        steps: 10,
        train_loss: ended.then_some(1.0),
        val_loss: ended.then_some(val_loss),
        gap: ended.then_some(val_loss - 1.0),
        best_val_loss: None,
        best_val_step: None,
        total_decay: Some(1.0),
        timescale_steps: None,
        weight_norm: None,
        seconds: None,
        variant: String::new(),
        val_floor: None,
        backend: None,
        commit: None,
        family: Family::Gpt2,
        recipe: None,
        transfer: None,
    }
}

/// Three seeds of an arm whose val loss is `mean` and differs between seeds by `spread`.
fn arm(form: Form, mask: Mask, weight_decay: f64, mean: f64, spread: f64) -> Vec<RunRow> {
    let seed = |seed: u64| row(form, mask, weight_decay, seed, mean + spread * (seed as f64 - 1.0));
    (0..3).map(seed).collect()
}

fn experiment() -> Vec<RunRow> {
    [
        arm(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1),
        arm(Form::AdamW, Mask::Matrices, 1.0, 1.5, 0.101),
        arm(Form::AdamW, Mask::Matrices, 3.0, 1.7, 0.1),
        arm(Form::AdamW, Mask::Global, 0.5, 1.5, 0.099),
        arm(Form::L2, Mask::Matrices, 0.1, 1.9, 0.3),
    ]
    .concat()
}

#[test]
fn the_best_cell_has_the_lowest_mean_and_no_diverged_run() {
    let rows = [
        row(Form::AdamW, Mask::Matrices, 0.0, 0, 2.0),
        row(Form::AdamW, Mask::Matrices, 1.0, 0, 1.5),
        row(Form::AdamW, Mask::Matrices, 1.0, 1, 1.7),
        row(Form::AdamW, Mask::Matrices, 3.0, 0, 1.0),
        row(Form::AdamW, Mask::Matrices, 3.0, 1, f64::NAN),
    ];
    let groups = group_by_rule(&rows);
    assert_eq!(groups.len(), 1);
    let best = groups[0].best().unwrap();
    assert_eq!(best.weight_decay, Some(1.0));
    assert_eq!(best.estimate(|run| run.val_loss).unwrap().n, 2);
}

#[test]
fn differences_pair_by_seed_and_the_baseline_may_stand_in_another_rule() {
    let rows = [
        row(Form::AdamW, Mask::Matrices, 0.0, 0, 2.0),
        row(Form::AdamW, Mask::Matrices, 0.0, 1, 3.0),
        row(Form::L2, Mask::Matrices, 0.1, 1, 2.5),
        row(Form::L2, Mask::Matrices, 0.1, 0, 1.9),
    ];
    let groups = group_by_rule(&rows);
    let baseline = groups[1].baseline.as_ref().unwrap();
    let difference = groups[1].cells[0].paired(baseline, |run| run.val_loss).unwrap();
    assert!((difference.mean + 0.3).abs() < 1e-12);
    assert!((difference.sd.unwrap() - 0.08f64.sqrt()).abs() < 1e-12);
}

#[test]
fn every_rule_is_compared_at_its_own_best() {
    let analysis = Analysis::of(&experiment());
    let pairs: Vec<(String, Option<String>)> = analysis
        .headline
        .iter()
        .map(|c| (c.left.key.title(), c.right.as_ref().map(|right| right.key.title())))
        .collect();
    let adamw = "AdamW on matrices".to_owned();
    let (global, l2) =
        ("AdamW on everything".to_owned(), "L2 in the gradient on matrices".to_owned());
    let expected = [
        (adamw.clone(), None),
        (global.clone(), None),
        (l2.clone(), None),
        (adamw.clone(), Some(global)),
        (adamw, Some(l2)),
    ];
    assert_eq!(pairs, expected, "forms on one mask and masks of one form, not both at once");
    assert_eq!(analysis.headline[0].left.weight_decay, Some(1.0), "the best λ, not the first");
    assert!(analysis.headline.iter().all(|comparison| comparison.family == 5));
    assert_eq!(analysis.against_none.len(), 2 * 4);
}

#[test]
fn verdicts_say_what_the_differences_allow() {
    let verdicts = verdicts(&Analysis::of(&experiment()));
    assert!(
        verdicts[0].starts_with(
            "AdamW on matrices, λ = 1: val loss 0.500 ± 0.002 lower than without decay (n = 3, p"
        ),
        "{}",
        verdicts[0]
    );
    assert!(
        verdicts[2].contains("not distinguishable from no decay (−0.100 ± "),
        "{}",
        verdicts[2]
    );
    assert!(
        verdicts[3].contains("each at its best: val loss not distinguishable"),
        "{}",
        verdicts[3]
    );
}

#[test]
fn two_seeds_give_numbers_and_no_verdict() {
    let rows: Vec<RunRow> = experiment().into_iter().filter(|row| row.seed < 2).collect();
    let analysis = Analysis::of(&rows);
    assert!(verdicts(&analysis).is_empty());
    assert!(analysis.fine_print().contains("no verdict"));
    assert!(analysis.warnings[0].contains("2 seed(s)"), "{:?}", analysis.warnings);
    let summary = Summary::of(&analysis);
    assert!(summary.arms.iter().all(|arm| arm.val_loss.is_some() && arm.val_loss_ci95.is_none()));
}

#[test]
fn warnings_name_what_misleads() {
    let mut rows = experiment();
    rows.extend(arm(Form::L2, Mask::Matrices, 1.0, 1.8, 0.1));
    rows.extend(arm(Form::Cautious, Mask::Matrices, 0.01, 1.8, 0.1));
    rows.last_mut().unwrap().total_decay = Some(0.01);
    rows.push(row(Form::AdamW, Mask::Matrices, 9.0, 0, f64::NAN));
    let warnings = Analysis::of(&rows).warnings.join("\n");
    for expected in [
        "1 of 22 runs diverged",
        "λ = 1 stands under L2 and under a decoupled form",
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
