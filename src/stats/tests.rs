mod unended;
mod values;

use super::*;
use crate::config::{Family, Form, Mask};
use crate::record::Status;

pub(crate) fn row(form: Form, mask: Mask, weight_decay: f64, seed: u64, val_loss: f64) -> RunRow {
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
        best_step: None,
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
        setting: "5e771995e771".to_owned(),
        val_unigram: None,
        tokens: 0,
        test_loss: None,
        stopped_test_loss: None,
        test_uniform: None,
        test_unigram: None,
        test_ngram: None,
        test_ngram_order: None,
        test_floor: None,
        texts: None,
        text_seed: None,
        model_seed: None,
        data_seed: None,
    }
}

/// Three seeds of an arm whose val loss is `mean` and differs between seeds by `spread`.
pub(crate) fn arm(
    form: Form,
    mask: Mask,
    weight_decay: f64,
    mean: f64,
    spread: f64,
) -> Vec<RunRow> {
    let seed = |seed: u64| row(form, mask, weight_decay, seed, mean + spread * (seed as f64 - 1.0));
    (0..3).map(seed).collect()
}

pub(crate) fn experiment() -> Vec<RunRow> {
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

/// Form and mask of both sides of a comparison.
type Decays = ((Form, Option<Mask>), Option<(Form, Option<Mask>)>);

fn decays(comparison: &Comparison) -> Decays {
    let of = |side: &Side| (side.rule.form, side.rule.mask);
    (of(&comparison.left), comparison.right.as_ref().map(of))
}

#[test]
fn every_rule_is_compared_at_its_own_best() {
    let analysis = Analysis::of(&experiment());
    let adamw = (Form::AdamW, Some(Mask::Matrices));
    let global = (Form::AdamW, Some(Mask::Global));
    let l2 = (Form::L2, Some(Mask::Matrices));
    let expected =
        [(adamw, None), (global, None), (l2, None), (adamw, Some(global)), (adamw, Some(l2))];
    let pairs: Vec<_> = analysis.headline.iter().map(decays).collect();
    assert_eq!(pairs, expected, "forms on one mask and masks of one form, not both at once");
    assert_eq!(analysis.headline[0].left.weight_decay, Some(1.0), "the best λ, not the first");
    assert!(analysis.headline.iter().all(|comparison| comparison.family == 5));
    assert_eq!(analysis.against_none.len(), 2 * 4);
}

#[test]
fn a_comparison_finds_what_its_corrected_p_allows() {
    let analysis = Analysis::of(&experiment());
    let kinds: Vec<Kind> = analysis.headline.iter().map(Comparison::kind).collect();
    let open = Kind::NotDistinguishable;
    assert_eq!(kinds, [Kind::Lower, Kind::Lower, open, open, open]);
    let tally: Tally = kinds.into_iter().collect();
    assert_eq!((tally.lower, tally.not_distinguishable, tally.tested()), (2, 3, 5));
}

#[test]
fn two_seeds_give_numbers_and_no_test() {
    let rows: Vec<RunRow> = experiment().into_iter().filter(|row| row.seed < 2).collect();
    let analysis = Analysis::of(&rows);
    assert!(analysis.headline.iter().all(|comparison| comparison.kind() == Kind::NoTest));
    assert_eq!(analysis.warnings[0], Warning::TooFewSeeds { seeds: 2 });
}

#[test]
fn warnings_name_what_misleads() {
    let mut rows = experiment();
    rows.extend(arm(Form::L2, Mask::Matrices, 1.0, 1.8, 0.1));
    rows.extend(arm(Form::Cautious, Mask::Matrices, 0.01, 1.8, 0.1));
    rows.last_mut().unwrap().total_decay = Some(0.01);
    rows.push(row(Form::AdamW, Mask::Matrices, 9.0, 0, f64::NAN));
    let warnings = Analysis::of(&rows).warnings;
    let l2 = Rule::of(&row(Form::L2, Mask::Matrices, 1.0, 0, 1.0));
    for expected in [
        Warning::Diverged { count: 1, all: 22 },
        Warning::EqualCoefficients { values: vec![1.0] },
        Warning::LargestTried { rule: l2, best: 1.0 },
        Warning::TooLittleDecay { arms: vec![(Form::Cautious, Some(0.01))] },
    ] {
        assert!(warnings.contains(&expected), "{expected:?}: {warnings:?}");
    }
}

#[test]
fn recipes_with_different_values_are_never_pooled_even_under_one_label() {
    let mut rows = experiment();
    let other = rows.clone().into_iter().map(|row| RunRow { setting: "0".repeat(12), ..row });
    rows.extend(other);
    let groups = group_by_rule(&rows);
    assert_eq!(groups.len(), 2 * 3);
    assert!(groups.iter().flat_map(|group| &group.cells).all(|cell| cell.runs.len() == 3));
    let twin = groups[3].baseline.as_ref().unwrap();
    assert!(twin.runs.iter().all(|run| run.setting == groups[3].rule.setting));
}

#[test]
fn one_setting_under_two_labels_is_one_rule() {
    let mut rows = arm(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1);
    let decayed = arm(Form::AdamW, Mask::Matrices, 1.0, 1.5, 0.1);
    rows.extend(decayed.into_iter().map(|row| RunRow { variant: "lr=0.001".into(), ..row }));
    let groups = group_by_rule(&rows);
    assert_eq!(groups.len(), 1);
    assert!(groups[0].baseline.is_some());
}

#[test]
fn files_without_a_setting_are_grouped_by_their_labels() {
    let old = |row: RunRow| RunRow { setting: String::new(), ..row };
    let mut rows: Vec<RunRow> = experiment().into_iter().map(old).collect();
    let other = rows.clone().into_iter().map(|row| RunRow { variant: "lr=0.01".into(), ..row });
    rows.extend(other);
    let groups = group_by_rule(&rows);
    assert_eq!(groups.len(), 2 * 3);
    assert!(groups.iter().all(|group| group.baseline.as_ref().unwrap().runs.len() == 3));
}
