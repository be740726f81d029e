use super::*;
use crate::config::{Family, Form, Mask};
use crate::published::Transfer;
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
        setting: "5e771995e771".to_owned(),
        val_unigram: None,
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
    assert_eq!((against.difference.n, against.p, against.p_holm), (2, None, None));
    assert_eq!(against.family, 4, "it is in no family");
}

#[test]
fn an_arm_beside_an_unfinished_baseline_has_no_p() {
    let mut rows = experiment();
    let unfinished =
        RunRow { status: Status::Unfinished, ..row(Form::AdamW, Mask::Matrices, 0.0, 3, 2.0) };
    rows.push(unfinished);
    let analysis = Analysis::of(&rows);
    let with_none = analysis.headline.iter().filter(|one| one.right.is_none());
    assert!(with_none.clone().all(|one| one.difference.n == 3 && one.kind() == Kind::NoTest));
    assert_eq!(with_none.count(), 3);
}

fn collapsing_at(unigram: f64) -> Vec<RunRow> {
    let know = |row: RunRow| RunRow { val_unigram: Some(unigram), ..row };
    experiment().into_iter().map(know).collect()
}

#[test]
fn an_arm_with_a_collapsed_run_is_never_best() {
    // The unigram level lies between the seeds of AdamW on everything and above all of L2's.
    let mut rows = collapsing_at(1.95);
    rows.extend(arm(Form::AdamW, Mask::Matrices, 9.0, 1.0, 0.1));
    let last = rows.last_mut().unwrap();
    (last.val_loss, last.val_unigram) = (Some(1.1), Some(1.1));
    let analysis = Analysis::of(&rows);
    assert_eq!(analysis.groups[0].best().unwrap().weight_decay, Some(1.0));
    assert!(analysis.groups[2].best().is_none(), "L2 ends above the level with one seed");
    let collapsed = rows.iter().filter(|row| row.is_collapsed()).count();
    let expected =
        Warning::Collapsed { count: collapsed, all: rows.len(), nothing_is_learned: false };
    assert_eq!(analysis.warnings[0], expected);
}

#[test]
fn where_every_arm_has_collapsed_the_answer_goes_on_under_a_warning() {
    let analysis = Analysis::of(&collapsing_at(0.5));
    assert_eq!(analysis.best().unwrap().1.weight_decay, Some(1.0));
    assert_eq!(analysis.headline.len(), 5);
    assert!(analysis.nothing_is_learned());
}

/// A recipe's runs without decay, at its λ and at the matched one, under a form and mask.
fn carried(recipe: &str, variant: &str, form: Form, mask: Mask) -> Vec<RunRow> {
    let own = |transfer, rows: Vec<RunRow>| {
        rows.into_iter().map(move |row| RunRow {
            recipe: Some(recipe.to_owned()),
            variant: variant.to_owned(),
            setting: format!("{variant:0>12}"),
            transfer: Some(transfer),
            ..row
        })
    };
    let none = own(Transfer::None, arm(Form::None, mask, 0.0, 2.0, 0.1));
    let none = none.map(|row| RunRow { mask: None, weight_decay: None, ..row });
    let raw = own(Transfer::Raw, arm(form, mask, 0.1, 1.8, 0.101));
    let matched = own(Transfer::Matched, arm(form, mask, 0.7, 1.7, 0.102));
    none.chain(raw).chain(matched).collect()
}

#[test]
fn rows_that_alternate_between_settings_give_one_row_each_and_one_family() {
    let [one, two] = ["gpt-3", "gpt-3 lr=0.001"]
        .map(|variant| carried("gpt-3", variant, Form::AdamW, Mask::Matrices));
    let alternating: Vec<RunRow> =
        one.chunks(3).zip(two.chunks(3)).flat_map(|(a, b)| [a, b].concat()).collect();
    let table = ValuesTable::of(&alternating).unwrap();
    let variants: Vec<&str> = table.rows.iter().map(|row| row.variant.as_str()).collect();
    assert_eq!(variants, ["gpt-3", "gpt-3 lr=0.001"]);
    assert!(table.comparisons().all(|comparison| comparison.family == 4));
    assert_eq!(table.comparisons().count(), 4);
}

#[test]
fn a_recipe_crossed_with_masks_has_a_row_for_each() {
    let both = [Mask::Matrices, Mask::Global]
        .map(|mask| carried("gpt-3", "gpt-3", Form::AdamW, mask))
        .concat();
    let table = ValuesTable::of(&both).unwrap();
    let masks: Vec<Option<Mask>> = table.rows.iter().map(|row| row.mask).collect();
    assert_eq!(masks, [Some(Mask::Matrices), Some(Mask::Global)]);
    let is_whole = |row: &ValuesRow| {
        let carried = [&row.raw, &row.matched].into_iter().flatten();
        carried.clone().count() == 2 && carried.into_iter().all(|one| one.run().mask == row.mask)
    };
    assert!(table.rows.iter().all(|row| row.is_crossed && is_whole(row)));
}

#[test]
fn a_matched_run_stands_beside_the_raw_run_whose_form_has_no_coefficient() {
    let mut rows = carried("palm", "palm", Form::LrPower, Mask::Global);
    for row in rows.iter_mut().filter(|row| row.transfer == Some(Transfer::Matched)) {
        row.form = Form::CorrectedAll;
    }
    let table = ValuesTable::of(&rows).unwrap();
    assert_eq!(table.rows.len(), 1);
    assert!(table.rows[0].raw.is_some() && table.rows[0].matched.is_some());
}

#[test]
fn equal_recipes_under_two_names_keep_their_own_rows() {
    let named = |name: &str| -> Vec<RunRow> {
        let rows = carried(name, name, Form::AdamW, Mask::Matrices).into_iter();
        rows.map(|row| RunRow { setting: "0".repeat(12), ..row }).collect()
    };
    let rows = [named("pythia"), named("nanogpt")].concat();
    let table = ValuesTable::of(&rows).unwrap();
    assert_eq!(table.rows.len(), 2);
    let carried = table.rows.iter().flat_map(|row| [&row.raw, &row.matched]).flatten();
    assert!(carried.into_iter().all(|carried| carried.cell.runs.len() == 3));
    let groups = group_by_rule(&rows);
    assert!(groups.iter().flat_map(|group| &group.cells).all(|cell| cell.runs.len() == 3));
}

#[test]
fn a_recipe_with_its_own_masks_asks_its_own_question_and_has_no_row() {
    let without = |mask| {
        let rows = carried("llama-2", "llama-2", Form::AdamW, mask).into_iter();
        rows.map(|row| RunRow { transfer: None, ..row })
    };
    let rows: Vec<RunRow> = without(Mask::Matrices).chain(without(Mask::Global)).collect();
    let analysis = Analysis::of(&rows);
    assert!(analysis.values.is_none());
    let masks = analysis.headline.iter().filter(|one| one.right.is_some()).count();
    assert_eq!(masks, 1, "one comparison between masks");
}
