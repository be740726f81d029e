mod choice;
mod collapse;
mod fixed_cases;
mod simulation;
mod tuned;
mod unended;
mod values;

use super::*;
use crate::config::{Family, Form, Mask};
use crate::record::Status;

pub(crate) fn row(form: Form, mask: Mask, weight_decay: f64, seed: u64, val_loss: f64) -> RunRow {
    let ended = val_loss.is_finite();
    RunRow {
        run: format!("{form}-{mask}-{weight_decay}-{seed}"),
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
        base: String::new(),
        axes: String::new(),
        tuned: String::new(),
        stage: None,
        treatment: String::new(),
        last_train_loss: None,
        last_val_loss: None,
        val_bytes_per_token: None,
        test_bytes_per_token: None,
        val_bpb: None,
        test_bpb: None,
        stopped_test_bpb: None,
        test_unigram_bpb: None,
        test_ngram_bpb: None,
        verbatim_after: None,
        verbatim_tokens: None,
        verbatim_train: None,
        verbatim_val: None,
        longest_verbatim: None,
        longest_verbatim_val: None,
        exposure: None,
        exposure_by_repeats: String::new(),
        divergence: None,
        stopped_verbatim_train: None,
        stopped_verbatim_val: None,
        stopped_exposure: None,
        stopped_divergence: None,
        val_copied: None,
        test_copied: None,
        common: String::new(),
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
        arm(Form::AdamW, Mask::Matrices, 3.0, 1.7, 0.102),
        arm(Form::AdamW, Mask::Global, 0.5, 1.5, 0.099),
        arm(Form::L2, Mask::Matrices, 0.1, 1.9, 0.3),
    ]
    .concat()
}

/// AdamW and no decay at two learning rates, each at its own best; L2, which is held at one of them.
pub(crate) fn beside_a_tuned_learning_rate() -> Vec<RunRow> {
    let of = |rows: Vec<RunRow>, lr: f64, tuned: &'static str| {
        rows.into_iter().map(move |row| RunRow {
            lr,
            run: format!("{} {lr}", row.run),
            setting: lr.to_string(),
            base: "base".to_owned(),
            axes: format!("lr={lr}"),
            tuned: tuned.to_owned(),
            ..row
        })
    };
    let adamw = |lambda, loss, spread| arm(Form::AdamW, Mask::Matrices, lambda, loss, spread);
    let l2 = arm(Form::L2, Mask::Matrices, 0.1, 1.6, 0.104);
    of(adamw(0.0, 1.9, 0.1), 0.003, "lr")
        .chain(of(adamw(0.0, 2.0, 0.101), 0.01, "lr"))
        .chain(of(adamw(1.0, 1.4, 0.102), 0.003, "weight_decay lr"))
        .chain(of(adamw(1.0, 1.7, 0.103), 0.01, "weight_decay lr"))
        .chain(of(l2, 0.01, ""))
        .collect()
}

/// λ and dropout that a search tuned together, and told lower than no decay by its fresh seeds.
pub(crate) fn searched_with_dropout() -> Vec<RunRow> {
    let of = |stage: Stage| {
        let none = arm(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1).into_iter();
        let own = arm(Form::AdamW, Mask::Matrices, 2.0, 1.5, 0.102).into_iter();
        let own = own.map(|row| RunRow {
            tuned: "weight_decay dropout".to_owned(),
            treatment: "dropout=0.1".to_owned(),
            axes: "dropout=0.1".to_owned(),
            ..row
        });
        let run = move |row: &RunRow| format!("{stage:?} {}", row.run);
        none.chain(own).map(move |row| RunRow { stage: Some(stage), run: run(&row), ..row })
    };
    of(Stage::Bracket).chain(of(Stage::Confirm)).collect()
}

#[test]
fn fresh_seeds_tell_that_decay_is_not_best_left_out_of_a_rule_that_does_nothing_else() {
    let rows = searched_with_dropout();
    let analysis = Analysis::of(&rows);
    let rule = &analysis.search.as_ref().unwrap().rules[0];
    assert!(analysis.is_lower(&rule.rule) && !analysis.is_above_none(rule, "weight_decay"));
    assert_eq!(analysis.untold_beside(rule, "weight_decay"), ["dropout"]);
    assert_eq!(analysis.untold_beside(rule, "dropout"), ["weight_decay"]);
    let without_decay =
        |row: RunRow| RunRow { form: Form::None, mask: None, weight_decay: None, ..row };
    let alone = rows.iter().filter(|row| row.is_treated()).cloned().map(without_decay);
    let with_dropout_alone = Analysis::of(&rows.iter().cloned().chain(alone).collect::<Vec<_>>());
    assert!(with_dropout_alone.untold_beside(rule, "weight_decay").is_empty(), "that arm tells");
    let (tuned, empty) = ("weight_decay".to_owned(), String::new());
    let decay = |row: RunRow| match row.is_treated() {
        true => {
            RunRow { tuned: tuned.clone(), treatment: empty.clone(), axes: empty.clone(), ..row }
        }
        false => row,
    };
    let of_decay = Analysis::of(&rows.into_iter().map(decay).collect::<Vec<_>>());
    let rule = &of_decay.search.as_ref().unwrap().rules[0];
    assert!(of_decay.is_above_none(rule, "weight_decay"));
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

/// Form and mask of the left side, and of the right where that is a rule.
type Decays = ((Form, Option<Mask>), Option<(Form, Option<Mask>)>);

fn decays(comparison: &Comparison) -> Decays {
    let of = |side: &Side| (side.rule.form, side.rule.mask);
    let right = match &comparison.right {
        Opponent::Rule(side) => Some(of(side)),
        _ => None,
    };
    (of(&comparison.left), right)
}

#[test]
fn every_rule_is_compared_at_its_own_best_in_the_family_of_its_question() {
    let analysis = Analysis::of(&experiment());
    let adamw = (Form::AdamW, Some(Mask::Matrices));
    let global = (Form::AdamW, Some(Mask::Global));
    let l2 = (Form::L2, Some(Mask::Matrices));
    let pairs = |family| analysis.family(family).map(decays).collect::<Vec<_>>();
    assert_eq!(pairs(TestFamily::AgainstNone), [(adamw, None), (global, None), (l2, None)]);
    assert_eq!(pairs(TestFamily::Form), [(adamw, Some(l2))]);
    assert_eq!(pairs(TestFamily::Mask), [(adamw, Some(global))]);
    assert_eq!(pairs(TestFamily::Interaction), []);
    assert_eq!(analysis.headline[0].left.weight_decay, Some(1.0), "the best λ, not the first");
    let sizes: Vec<usize> = analysis.headline.iter().map(|one| one.judgement.family_size).collect();
    assert_eq!(sizes, [3, 3, 3, 1, 1], "no lowest val loss, so nothing is compared with stopping");
    assert_eq!(analysis.against_none.len(), 2 * 4);
}

#[test]
fn a_comparison_finds_what_its_corrected_p_allows() {
    let analysis = Analysis::of(&experiment());
    let kinds: Vec<Kind> = analysis.headline.iter().map(Comparison::kind).collect();
    let open = Kind::Undecided;
    assert_eq!(kinds, [Kind::Lower, Kind::Lower, open, open, open]);
    let tally: Tally = kinds.into_iter().collect();
    assert_eq!((tally.lower, tally.undecided, tally.tested()), (2, 3, 5));
}

#[test]
fn four_rules_ask_whether_the_mask_does_the_same_under_both_forms() {
    let mut rows = experiment();
    rows.extend(arm(Form::L2, Mask::Global, 0.1, 1.6, 0.1));
    let analysis = Analysis::of(&rows);
    let interaction: Vec<&Comparison> = analysis.family(TestFamily::Interaction).collect();
    assert_eq!(interaction.len(), 1);
    // (1.5 − 1.5) − (1.9 − 1.6)
    assert!((interaction[0].difference.mean + 0.3).abs() < 1e-9);
    assert_eq!(interaction[0].judgement.family_size, 1);
}

#[test]
fn rules_in_any_order_ask_the_same_questions() {
    let rules = [
        arm(Form::AdamW, Mask::Matrices, 1.0, 1.5, 0.101),
        arm(Form::L2, Mask::Matrices, 0.1, 1.9, 0.3),
        arm(Form::L2, Mask::Global, 0.1, 1.6, 0.1),
        arm(Form::AdamW, Mask::Global, 0.5, 1.5, 0.099),
    ];
    for order in [[0, 1, 2, 3], [0, 1, 3, 2], [3, 0, 2, 1], [2, 0, 3, 1], [1, 3, 0, 2]] {
        let mut rows = arm(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1);
        rows.extend(order.iter().flat_map(|place| rules[*place].clone()));
        let analysis = Analysis::of(&rows);
        assert_eq!(analysis.family(TestFamily::Mask).count(), 2, "{order:?}");
        let interaction: Vec<&Comparison> = analysis.family(TestFamily::Interaction).collect();
        assert_eq!(interaction.len(), 1, "{order:?}");
        // (1.5 − 1.5) − (1.9 − 1.6), or that from another side.
        assert!((interaction[0].difference.mean.abs() - 0.3).abs() < 1e-9, "{order:?}");
    }
}

#[test]
fn an_interval_leaves_zero_out_only_where_a_difference_is_told() {
    for spread in [0.0, 0.05, 0.1, 0.102, 0.15, 0.2, 0.4] {
        let mut rows = arm(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1);
        for (weight_decay, mean) in [(0.5, 1.9), (1.0, 1.85), (2.0, 1.96)] {
            rows.extend(arm(Form::AdamW, Mask::Matrices, weight_decay, mean, spread));
        }
        rows.extend(arm(Form::L2, Mask::Matrices, 0.1, 1.95, 0.1 + spread / 10.0));
        for comparison in Analysis::of(&rows).headline {
            let Some([low, high]) = comparison.judgement.interval else { continue };
            let away = low > 0.0 || high < 0.0;
            assert!(!away || comparison.is_distinguishable(), "{comparison:?}");
            let mean = comparison.difference.mean;
            assert!((low..=high).contains(&mean), "{comparison:?}");
        }
    }
}

#[test]
fn the_same_runs_under_two_names_are_one_test() {
    let mut rows = experiment();
    let again = |row: &RunRow| RunRow { form: Form::Cautious, ..row.clone() };
    let twins: Vec<RunRow> =
        rows.iter().filter(|row| row.mask == Some(Mask::Global)).map(again).collect();
    rows.extend(twins);
    let analysis = Analysis::of(&rows);
    let against: Vec<&Comparison> = analysis.family(TestFamily::AgainstNone).collect();
    assert_eq!(against.len(), 4);
    assert!(against.iter().all(|one| one.judgement.family_size == 3));
    assert_eq!(against[1].judgement, against[3].judgement);
    assert!(against[3].is_repeated && !against[1].is_repeated);
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
        Warning::EqualCoefficients { kind: CoefficientKind::L2, values: vec![1.0] },
        Warning::LargestTried { rule: l2, axis: "weight_decay".to_owned(), best: 1.0 },
        Warning::TooLittleDecay {
            arms: vec![ArmName {
                form: Form::Cautious,
                mask: Some(Mask::Matrices),
                variant: String::new(),
                weight_decay: Some(0.01),
            }],
        },
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

#[test]
fn a_model_as_good_as_counting_has_no_epsilon_of_nothing() {
    let of = |ngram: f64, floor: Option<f64>| {
        let levels = Levels { unigram: Some(3.3), ngram: Some(ngram), floor, ..Levels::default() };
        levels.epsilon(Start::of(2.8)).unwrap().value
    };
    // No decay is 0.5 below single tokens, whatever longer n-grams reach beside it.
    for ngram in [2.79, 2.8, 2.81] {
        assert!((of(ngram, None) - 0.01).abs() < 1e-9, "{ngram}");
    }
    assert!((of(1.8, None) - 0.02).abs() < 1e-9, "counting is far below");
    assert!((of(2.79, Some(0.8)) - 0.04).abs() < 1e-9, "the floor is known");
}

#[test]
fn one_number_of_a_form_whose_coefficient_is_another_is_warned_of() {
    let of = |form: Form| {
        let rows = [
            arm(Form::AdamW, Mask::Matrices, 0.1, 2.0, 0.1),
            arm(form, Mask::Matrices, 0.1, 1.9, 0.1),
        ];
        let warnings = Analysis::of(&rows.concat()).warnings;
        warnings.iter().find_map(|one| match one {
            Warning::EqualCoefficients { kind, values } => Some((*kind, values.clone())),
            _ => None,
        })
    };
    assert_eq!(of(Form::Independent), Some((CoefficientKind::Independent, vec![0.1])));
    assert_eq!(of(Form::L2), Some((CoefficientKind::L2, vec![0.1])));
    assert_eq!(of(Form::Cautious), None);
}
