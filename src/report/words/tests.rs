mod told_once;
mod warned;
mod what_is_so;

use proptest::prelude::*;

use super::findings::{cell, verdict};
use super::*;
use crate::config::{Expect, Form, Mask, Named, TestFamily, Texts};
use crate::published::Transfer;
use crate::report::summary::Summary;
use crate::report::words;
use crate::results::RunRow;
use crate::stats::claims::tests::judged_of;
use crate::stats::claims::{Judged, Verdict, WhyNot};
use crate::stats::tests::{arm as runs, experiment, row};
use crate::stats::{Comparison, Estimate, GapChange, Judgement, Opponent, Rule, Side};

#[test]
fn verdicts_say_what_the_differences_allow() {
    let verdicts = verdicts(&Analysis::of(&experiment()));
    let second = "AdamW on everything, λ = 0.5: val loss 0.500 lower than without decay ([−0.5";
    assert!(verdicts[1].starts_with(second), "{}", verdicts[1]);
    let third = "val loss undecided against no decay (−0.100 [";
    assert!(verdicts[2].contains(third), "{}", verdicts[2]);
    assert!(verdicts[2].contains("would decide)"), "{}", verdicts[2]);
    assert!(verdicts[3].contains(", λ = 0.1: val loss undecided"), "{}", verdicts[3]);
}

#[test]
fn a_difference_that_is_told_though_its_interval_holds_0_is_explained() {
    let mut analysis = Analysis::of(&experiment());
    let told = "step by step, so that a difference may be told whose [ ] holds 0";
    assert!(!reading(&analysis).contains(told));
    let mut lower = analysis.headline.iter_mut().filter(|one| one.is_distinguishable());
    lower.next().unwrap().judgement.interval = Some([-0.6, 0.1]);
    assert!(reading(&analysis).contains(told));
}

#[test]
fn two_seeds_give_numbers_and_no_verdict() {
    let rows: Vec<RunRow> = experiment().into_iter().filter(|row| row.seed < 2).collect();
    let analysis = Analysis::of(&rows);
    assert!(verdicts(&analysis).is_empty());
    let summary = Summary::of(&analysis, None, &[]);
    assert!(summary.fine_print.contains("no verdict"), "{}", summary.fine_print);
    assert!(summary.warnings[0].contains("(here 2)"), "{:?}", summary.warnings);
    assert!(summary.arms.iter().all(|arm| arm.val_loss.is_some() && arm.val_loss_ci95.is_none()));
}

#[test]
fn every_claim_names_its_texts_and_files_without_test_say_so() {
    let fixed = Analysis::of(&experiment());
    let print = fine_print(&fixed);
    assert!(
        print.starts_with("Val loss in nats per token at the last step; 3 seeds, all on one text")
    );
    assert!(print.contains("These files have no test loss"), "{print}");
    assert!(print.contains("rest on normal noise") && print.contains("noise is skewed"), "{print}");
    let own = |row: RunRow| RunRow {
        texts: Some(Texts::PerSeed),
        text_seed: Some(row.seed),
        test_loss: row.val_loss,
        test_uniform: Some(3.9),
        test_unigram: Some(3.0),
        test_ngram: Some(1.2),
        test_ngram_order: Some(5),
        test_floor: Some(0.7),
        ..row
    };
    let analysis = Analysis::of(&experiment().into_iter().map(own).collect::<Vec<_>>());
    let print = fine_print(&analysis);
    assert!(print.starts_with(
        "Test loss in nats per token at the last step; 3 seeds, each with a train text"
    ));
    assert!(
        print.contains("ε = 0.026: 2% of the distance between no decay (2.00) and the floor"),
        "{print}"
    );
    assert_eq!(
        levels(&analysis).unwrap(),
        "The best arm's test loss is 0.30 above counting 5-grams (1.20), 0.80 above the floor (0.70)."
    );
    assert!(crate::report::screen::answer(&analysis, &[]).contains("counting 5-grams"));
}

#[test]
fn the_gap_is_told_with_the_share_that_is_train_loss_rising() {
    let mut rows = experiment();
    for row in rows.iter_mut().filter(|row| row.decays()) {
        row.train_loss = Some(1.3);
        row.gap = row.val_loss.map(|val| val - 1.3);
    }
    let told = gap(&Analysis::of(&rows)).unwrap();
    let expected = "The gap between val and train loss is 0.200 in place of 1.000; train loss rises by 0.300 ± 0.000, 38% of that.";
    assert_eq!(told, expected);
    let one_seed: Vec<RunRow> = rows.into_iter().filter(|row| row.seed == 0).collect();
    let told = gap(&Analysis::of(&one_seed)).unwrap();
    assert!(
        told.ends_with(
            "; train loss is 0.300 higher. So few seeds do not tell either from chance."
        ),
        "{told}"
    );
}

#[test]
fn a_claim_of_which_a_run_has_no_number_says_why_the_other_seeds_are_not_tested() {
    for (why_not, told) in
        [(WhyNot::Diverged(1), "1 run of it diverged: "), (WhyNot::Unmeasured(2), "2 runs of it")]
    {
        let whole = judged_of(Expect::Lower, 0.0);
        let judged = Judged { verdict: Verdict::CannotTell, why_not: Some(why_not), ..whole };
        let said = words::cannot_tell(&judged).unwrap();
        assert!(said.starts_with(told), "{said}");
        assert!(said.contains("choose seeds by what came of them"), "{said}");
    }
}

#[test]
fn a_summary_holds_every_arm_with_its_difference() {
    let summary = Summary::of(&Analysis::of(&experiment()), None, &[]);
    assert_eq!(summary.arms.len(), 5);
    let best = summary.arms.iter().find(|arm| arm.weight_decay == Some(1.0)).unwrap();
    assert!(best.best && best.complete && best.n == 3);
    assert!((best.d_val_loss.unwrap() + 0.5).abs() < 1e-12);
    assert!(best.d_val_loss_p_holm >= best.d_val_loss_p && best.final_test.is_none());
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
    let arms = Summary::of(&Analysis::of(&rows), None, &[]).arms;
    let diverged = arms.iter().find(|arm| arm.weight_decay == Some(1.0)).unwrap();
    assert_eq!((diverged.n, diverged.diverged, diverged.collapsed), (3, 1, 0));
    assert!(!diverged.complete && !diverged.best && diverged.d_val_loss_p_holm.is_none());
    let collapsed = arms.iter().find(|arm| arm.form == Form::L2).unwrap();
    assert_eq!((collapsed.n, collapsed.diverged, collapsed.collapsed), (3, 0, 1));
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
    let table = Analysis::of(&rows).values.unwrap();
    let titles: Vec<String> = table.rows.iter().map(row_title).collect();
    let model = &table.rows[0].published.model;
    let expected = ["adamw on matrices", "adamw on global"].map(|own| format!("{model} ({own})"));
    assert_eq!(titles, expected);
}

/// Any finding on the best arm of an experiment.
fn any_finding() -> impl Strategy<Value = Comparison> {
    const KINDS: &[Kind] =
        &[Kind::Lower, Kind::Higher, Kind::Equivalent, Kind::Undecided, Kind::NoTest];
    let families = (0usize..4, prop::sample::select(TestFamily::ALL), prop::bool::ANY);
    let numbers = (-1.0f64..1.0, 0.0f64..1.0, proptest::option::of(1usize..20_000));
    (prop::sample::select(KINDS), families, numbers).prop_map(
        |(kind, (opponent, family, small), (mean, p, further_seeds))| {
            let rule = |form, mask| Rule::of(&row(form, mask, 1.0, 0, 1.0));
            let side = |form, mask| Side {
                rule: rule(form, mask),
                weight_decay: Some(1.0),
                at: String::new(),
            };
            let mean = match kind {
                Kind::Lower => -mean.abs() - 1e-3,
                Kind::Higher => mean.abs() + 1e-3,
                _ => mean,
            };
            let tested = kind != Kind::NoTest;
            let crossed = [
                side(Form::AdamW, Mask::Global),
                side(Form::L2, Mask::Matrices),
                side(Form::L2, Mask::Global),
            ];
            Comparison {
                family: Some(family),
                quantity: Quantity::TestLoss,
                left: side(Form::AdamW, Mask::Matrices),
                right: match opponent {
                    0 => Opponent::NoDecay,
                    1 => Opponent::Stopped,
                    2 => Opponent::Rule(side(Form::L2, Mask::Matrices)),
                    _ => Opponent::Crossed(Box::new(crossed)),
                },
                difference: Estimate { mean, sd: None, half_width: None, n: 5 },
                is_copied: false,
                by_seed: Vec::new(),
                judgement: Judgement {
                    kind,
                    p: tested.then_some(p),
                    p_holm: tested.then_some(p),
                    p_beyond: None,
                    interval: tested.then_some([mean - 0.1, f64::INFINITY]),
                    further_seeds: further_seeds.filter(|_| kind == Kind::Undecided),
                    family_size: 3,
                },
                is_within_epsilon: small,
                elsewhere: 0,
                is_repeated: false,
            }
        },
    )
}

/// Words that claim, with the finding that allows them.
const CLAIMS: [(&[&str], Kind); 4] = [
    (&["lower ", "lowers "], Kind::Lower),
    (&["higher ", "raises "], Kind::Higher),
    (&["equivalent"], Kind::Equivalent),
    (&["undecided", "would decide"], Kind::Undecided),
];

proptest! {
    #[test]
    fn no_sentence_and_no_title_claims_more_than_the_test_found(told in any_finding()) {
        let mut analysis = Analysis::of(&experiment());
        let best = analysis.best().map(|(group, cell)| group.side(cell)).unwrap();
        let own = Comparison { left: best.clone(), ..told.clone() };
        analysis.headline = vec![own.clone()];
        let train_rise = Estimate { mean: 0.3, sd: Some(0.01), half_width: Some(0.02), n: 3 };
        let gap = GapChange { from: 0.9, to: 0.5, train_rise, is_told: Some(true), narrows: true, train_share: Some(0.8), val_rises: false };
        let against = Some(&told).filter(|one| one.is_against_none());
        let mut texts = vec![
            verdict(&told, &analysis),
            finding(&told, &analysis),
            cell(&told, &analysis),
            crate::report::screen::answer(&analysis, &[]),
            Summary::of(&analysis, None, &[]).verdicts.join("\n"),
            story_title(&best.rule, gap, against),
        ];
        // A tally counts what it does not claim.
        let counts = |sentence: &String| sentence.starts_with("Of ");
        texts.extend(in_short(&analysis).into_iter().filter(|one| !counts(one)));
        for text in texts {
            for (words, allowed) in CLAIMS {
                let claims = words.iter().any(|word| text.contains(word));
                prop_assert!(!claims || told.kind() == allowed, "{:?}: {text}", told.kind());
            }
        }
        let json = serde_json::to_value(Summary::of(&analysis, None, &[])).unwrap();
        let kind = json["comparisons"][0]["kind"].as_str();
        prop_assert_eq!(kind, Some(words::kind(told.kind())).filter(|_| told.kind() != Kind::NoTest));
    }
}

#[test]
fn how_far_the_last_step_is_from_that_of_stopping_has_a_quantity_and_a_unit() {
    let rows: Vec<RunRow> = experiment()
        .into_iter()
        .map(|row| RunRow {
            best_val_loss: row.val_loss.map(|loss| loss - if row.decays() { 0.25 } else { 0.5 }),
            ..row
        })
        .collect();
    let told = in_short(&Analysis::of(&rows)).join(" ");
    assert!(
        told.contains("Without decay val loss at the last step is 0.500 nats per token above"),
        "{told}"
    );
    assert!(
        told.contains("in the best arm by val loss, it is 0.250 nats per token above"),
        "{told}"
    );
}

#[test]
fn the_comparison_that_decides_a_claim_says_what_was_expected_of_it() {
    let of = |expected| claim_part("a − b at step 9", expected, Expect::Lower);
    assert_eq!(of(Expect::Lower), " for a − b at step 9");
    assert_eq!(of(Expect::Higher), " for a − b at step 9, expected above 0");
}

#[test]
fn a_claim_that_is_contradicted_says_whether_by_its_opposite_or_by_too_small_an_effect() {
    let cases = [
        (Expect::Lower, 9.0, "it is higher"),
        (Expect::Higher, -9.0, "it is lower"),
        (Expect::Lower, 0.0, "1 or more is excluded, a smaller effect is not told"),
        (Expect::Higher, 0.0, "1 or more is excluded, a smaller effect is not told"),
        (Expect::Equal, 9.0, "it differs by more than 1"),
    ];
    for (expected, effect, remark) in cases {
        let judged = judged_of(expected, effect);
        assert_eq!(judged.verdict, Verdict::Contradicted, "{expected:?} {effect}: {judged:?}");
        assert_eq!(claim_remark(&judged).as_deref(), Some(remark), "{expected:?} {effect}");
        assert!(claim_told(&judged).starts_with("contradicted: t (s), "));
        assert!(claim_told(&judged).ends_with(remark), "{}", claim_told(&judged));
    }
    let small = |expected, interval| {
        let judged = Judged { interval: Some(interval), ..judged_of(expected, 0.0) };
        claim_remark(&judged).unwrap()
    };
    assert_eq!(small(Expect::Lower, [-0.9, -0.1]), "it is lower, but by less than 1");
    assert_eq!(small(Expect::Higher, [0.1, 0.9]), "it is higher, but by less than 1");
}

#[test]
fn seeds_that_are_judged_at_other_points_than_the_one_that_is_named_are_counted() {
    // Without the last seed the others choose 0.1; with it all of them choose 0.5.
    let of = |last: f64| {
        let losses = [(0.0, [2.0; 5]), (0.1, [1.0; 5]), (0.5, [1.05, 1.05, 1.05, 1.05, last])];
        let rows = losses.into_iter().flat_map(|(weight_decay, losses)| {
            let form = if weight_decay == 0.0 { Form::None } else { Form::AdamW };
            losses.into_iter().zip(0..).map(move |(loss, seed)| {
                let own = 0.001 * (1.0 + weight_decay) * seed as f64;
                row(form, Mask::Matrices, weight_decay, seed, loss + own)
            })
        });
        Analysis::of(&rows.collect::<Vec<_>>())
    };
    let (one, none) = (of(0.7), of(1.05));
    assert_eq!(one.headline[0].left.weight_decay, Some(0.5));
    assert_eq!(none.headline[0].left.weight_decay, Some(0.1));
    assert!(verdicts(&one)[0].contains("n = 5, 1 at other points"), "{:?}", verdicts(&one));
    assert!(fine_print(&one).contains("seeds \"at other points\" (° in tables) are judged"));
    let screen = crate::report::screen::answer(&one, &[]);
    assert!(["lower°", "undecided°"].iter().any(|mark| screen.contains(mark)), "{screen}");
    assert!(verdicts(&none)[0].contains("n = 5"), "{:?}", verdicts(&none));
    assert!(!format!("{:?}{}", verdicts(&none), fine_print(&none)).contains("at other points"));
}

#[test]
fn where_no_seeds_would_tell_it_is_said_what_it_takes() {
    assert_eq!(would_tell(Some(1), Some("a GPU")), "about 1 seed more would tell");
    let none = would_tell(None, Some("a GPU"));
    assert_eq!(none, "no number of seeds that anyone trains would tell; it takes a GPU");
}
